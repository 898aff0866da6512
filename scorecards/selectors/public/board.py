"""A board as anybody may read it: no names of people, no notes, no ways in, no small counts."""

from dataclasses import dataclass, replace

import numpy as np

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import ObjectiveNode, PublicLink
from scorecards.models.public_link import secret_digest
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import BoardData, board_data
from scorecards.selectors.boards.kpi_rows import LAST_YEAR, VIEWED
from scorecards.selectors.boards.shapes import Board, KpiRow, ObjectiveRow, PerspectiveBand
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.shapes import Figure, Polyline, Score, Trend
from scorecards.selectors.viewing import TREND_LENGTH

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
    name: str
    weight_text: str
    score: Score
    is_hidden: bool
    kpis: tuple[PublicKpi, ...]


@dataclass(frozen=True)
class PublicBand:
    name: str
    weight_text: str
    score: Score
    is_hidden: bool
    objectives: tuple[PublicObjective, ...]


@dataclass(frozen=True)
class PublicBoard:
    """trend: None where one of its periods is hidden. has_hidden: whether anything is."""

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


def link_of(secret: str) -> PublicLink | None:
    """The link of that address, unless it is unknown, expired or revoked."""
    links = PublicLink.objects.in_force().select_related("organization")
    return links.filter(digest=secret_digest(secret)).first()


def public_board(link: PublicLink) -> PublicBoard | None:
    """What the link shows now; None where there is no such board."""
    access = _anybody(link)
    node = access.tree.by_id.get(link.unit_id)
    if node is None or node.is_individual:
        return None
    data = _data(access, node, link)
    if data is None:
        return None
    counts = SmallCounts(data, link.smallest)
    return _public(access, board(data), data, counts)


def _anybody(link: PublicLink) -> Access:
    """The unit and what is beneath, read by nobody in particular."""
    return Access(
        organization=link.organization,
        roles={},
        is_unbound=True,
        limit_id=link.unit_id,
        actions=frozenset({Action.READ}),
    )


def _data(access: Access, node: UnitNode, link: PublicLink) -> BoardData | None:
    period = link.period(access.organization.today())
    scorecard = shown_scorecard(access, node, period)
    return board_data(access, node, scorecard, period) if scorecard else None


def _public(access: Access, told: Board, data: BoardData, counts: SmallCounts) -> PublicBoard:
    bands = tuple(
        _band(band, node.objectives, data, counts)
        for band, node in zip(told.perspectives, data.content.perspectives, strict=True)
    )
    return PublicBoard(
        organization=access.organization.name,
        unit=told.unit_name,
        title=told.scorecard_name,
        period=told.period.label,
        frequency=told.period.frequency,
        score=_score(told.score, is_hidden=counts.hides_any),
        is_hidden=counts.hides_any,
        trend=None if counts.hides_trend else told.trend,
        bands=bands,
        smallest=counts.smallest,
        has_hidden=counts.hides_trend,
        refreshed_text=told.refreshed_text,
    )


def _band(
    band: PerspectiveBand,
    nodes: tuple[ObjectiveNode, ...],
    data: BoardData,
    counts: SmallCounts,
) -> PublicBand:
    is_hidden = any(counts.hides(node) for node in nodes)
    return PublicBand(
        name=band.name,
        weight_text=band.weight_text,
        score=_score(band.score, is_hidden=is_hidden),
        is_hidden=is_hidden,
        objectives=tuple(
            _objective(row, node, data, counts)
            for row, node in zip(band.objectives, nodes, strict=True)
        ),
    )


def _objective(
    row: ObjectiveRow, node: ObjectiveNode, data: BoardData, counts: SmallCounts
) -> PublicObjective:
    is_hidden = counts.hides(node)
    ids = {data.facts.assignments[at].kpi.code: kpi_id for kpi_id, at in data.rows.items()}
    return PublicObjective(
        name=row.name,
        weight_text=row.weight_text,
        score=_score(row.score, is_hidden=is_hidden),
        is_hidden=is_hidden,
        kpis=tuple(
            _kpi(kpi, counts.of_kpi(ids[kpi.code]), counts.said_of(ids[kpi.code]))
            for kpi in row.kpis
        ),
    )


def _score(score: Score, *, is_hidden: bool) -> Score:
    """Without who assessed it and why; the status that they set stays."""
    return NO_SCORE if is_hidden else replace(score, assessed=None, restated=None)


def _kpi(row: KpiRow, hidden: Hidden, said: str) -> PublicKpi:
    """Every field that is not meant for everybody is emptied."""
    is_hidden = bool(hidden[VIEWED])
    row = replace(
        row,
        href="",
        trace_href="",
        owner="",
        age_text="",
        recorded_text="",
        recorded_on="",
        marks=(),
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
    return PublicKpi(row, is_hidden, said if is_hidden else "")


def _trend(trend: Trend, hidden: Hidden) -> Trend:
    if not np.any(hidden):
        return trend
    values = tuple(
        None if is_hidden else value for value, is_hidden in zip(trend.values, hidden, strict=True)
    )
    label = "Periods with small counts are left out."
    return Trend(values=values, targets=trend.targets, status="no_data", label=label)
