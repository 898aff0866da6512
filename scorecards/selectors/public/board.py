"""A board as anybody may read it: no names of people, no notes, no ways in, no small counts."""

from dataclasses import dataclass, replace

import numpy as np

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import PublicLink, ReportedSheet
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.kpi_rows import LAST_YEAR, VIEWED
from scorecards.selectors.boards.shapes import Board, KpiRow, ObjectiveRow, PerspectiveBand
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.closing.report_document import opened_report
from scorecards.selectors.closing.reported import reported_sheet
from scorecards.selectors.shapes import Figure, Polyline, Score, Trend
from scorecards.selectors.viewing import TREND_LENGTH, AsOf

from .contributors import Contributors
from .links import anybody, day_text
from .reported_counts import reported_counts
from .small_counts import Hidden, SmallCounts

NOT_TOLD = Figure(None, "")
NO_SCORE = Score(None, "", "no_data", None, "")


@dataclass(frozen=True)
class PublicKpi:
    """is_hidden: its value in the viewed period is a small count, or follows from one.

    said: what stands in its place.
    """

    row: KpiRow
    is_hidden: bool
    said: str = ""


@dataclass(frozen=True)
class PublicObjective:
    """code, theme: by which a map finds it and frames it."""

    code: str
    name: str
    theme: str
    weight_text: str
    score: Score
    is_hidden: bool
    kpis: tuple[PublicKpi, ...]


@dataclass(frozen=True)
class PublicBand:
    code: str
    name: str
    weight_text: str
    score: Score
    is_hidden: bool
    objectives: tuple[PublicObjective, ...]


@dataclass(frozen=True)
class PublicBoard:
    """trend: None where one of its periods is hidden. has_hidden: whether anything is.

    reported_on: the day on which the period was closed with these figures; "" where it is open.
    scorecard_id: of the scorecard that is shown.
    """

    scorecard_id: int
    organization: str
    unit: str
    title: str
    period: str
    frequency: str
    score: Score
    is_hidden: bool
    trend: Trend | None
    bands: tuple[PublicBand, ...]
    smallest: int
    has_hidden: bool
    refreshed_text: str
    reported_on: str = ""


def public_board(link: PublicLink) -> PublicBoard | None:
    """What the link shows: of a closed period what was reported, else what stands now.

    None where there is no such board.
    """
    access = anybody(link)
    node = access.tree.by_id.get(link.unit_id)
    if node is None or node.is_individual:
        return None
    period = link.period(access.organization.today())
    sheet = reported_sheet(node, period)
    if sheet is not None:
        return _reported(access, node, period, sheet, link.smallest)
    scorecard = shown_scorecard(access, node, period)
    data = board_data(access, node, scorecard, period) if scorecard else None
    return (
        _public(access, board(data), SmallCounts(Contributors(data), link.smallest))
        if data
        else None
    )


def _reported(
    access: Access, node: UnitNode, period: Period, sheet: ReportedSheet, smallest: int
) -> PublicBoard | None:
    """The report, without what it was made of in that moment if it tells of small counts."""
    document = opened_report(sheet.content)
    then = AsOf("", sheet.reported_at)
    # A structure that was published anew since then is all that is left to judge by.
    data = board_data(access, node, sheet.scorecard, period, then) or board_data(
        access, node, sheet.scorecard, period
    )
    if data is None:
        return None
    contributors, report = Contributors(data), None
    if smallest:
        documents = contributors.reports() | {sheet.scorecard_id: document}
        report = reported_counts(access.organization, sheet.scorecard_id, documents, smallest)
    told = _public(access, document.board, SmallCounts(contributors, smallest, report))
    return replace(told, reported_on=day_text(access, sheet.reported_at), refreshed_text="")


def _public(access: Access, told: Board, counts: SmallCounts) -> PublicBoard:
    bands = tuple(_band(band, counts) for band in told.perspectives)
    is_hidden = any(band.is_hidden for band in bands)
    return PublicBoard(
        scorecard_id=counts.data.scorecard.pk,
        organization=access.organization.name,
        unit=told.unit_name,
        title=told.scorecard_name,
        period=told.period.label,
        frequency=told.period.frequency,
        score=_score(told.score, is_hidden=is_hidden),
        is_hidden=is_hidden,
        trend=None if is_hidden or counts.hides_trend else told.trend,
        bands=bands,
        smallest=counts.smallest,
        has_hidden=is_hidden or counts.hides_trend,
        refreshed_text=told.refreshed_text,
    )


def _band(band: PerspectiveBand, counts: SmallCounts) -> PublicBand:
    objectives = tuple(_objective(row, counts) for row in band.objectives)
    is_hidden = any(objective.is_hidden for objective in objectives)
    return PublicBand(
        code=band.code,
        name=band.name,
        weight_text=band.weight_text,
        score=_score(band.score, is_hidden=is_hidden),
        is_hidden=is_hidden,
        objectives=objectives,
    )


def _objective(row: ObjectiveRow, counts: SmallCounts) -> PublicObjective:
    kpis = tuple(_kpi(kpi, counts) for kpi in row.kpis)
    is_hidden = counts.hides(row.code) or any(kpi.is_hidden for kpi in kpis)
    return PublicObjective(
        code=row.code,
        name=row.name,
        theme=row.theme,
        weight_text=row.weight_text,
        score=_score(row.score, is_hidden=is_hidden),
        is_hidden=is_hidden,
        kpis=kpis,
    )


def _score(score: Score, *, is_hidden: bool) -> Score:
    """Without who assessed it and why; the status that they set stays."""
    return NO_SCORE if is_hidden else replace(score, assessed=None, restated=None)


def _kpi(row: KpiRow, counts: SmallCounts) -> PublicKpi:
    """Every field that is not meant for everybody is emptied."""
    hidden = counts.of_kpi(row.code)
    is_hidden = bool(hidden[VIEWED])
    said = counts.said_of(row.code, row.actual.value) if is_hidden else ""
    row = replace(
        row,
        href="",
        trace_href="",
        owner="",
        age_text="",
        recorded_text="",
        recorded_on="",
        marks=(),
        signal="",
        signal_text="",
        score=_score(row.score, is_hidden=is_hidden),
        trend=_trend(row.trend, hidden[:TREND_LENGTH]),
    )
    if hidden.any():  # with all other periods, the sum of the year would tell the one
        row = replace(row, year_to_date=NOT_TOLD)
    if hidden[LAST_YEAR]:
        row = replace(row, last_year=NOT_TOLD)
    if hidden[VIEWED] or hidden[VIEWED - 1]:
        row = replace(row, change="", change_text="", is_improvement=None)
    if is_hidden:
        row = replace(row, actual=NOT_TOLD, variance=NOT_TOLD, polyline=Polyline())
    if hidden.any() and counts.hides_target(row.code):
        row = replace(row, trend=replace(row.trend, targets=()))
        row = replace(row, target=NOT_TOLD) if is_hidden else row
    return PublicKpi(row, is_hidden, said)


def _trend(trend: Trend, hidden: Hidden) -> Trend:
    if not np.any(hidden):
        return trend
    values = tuple(
        None if is_hidden else value for value, is_hidden in zip(trend.values, hidden, strict=True)
    )
    label = "Periods with small counts are left out."
    return Trend(values=values, targets=trend.targets, status="no_data", label=label)
