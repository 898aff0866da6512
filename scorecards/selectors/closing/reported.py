"""The board of a closed period: as reported, with what was restated since beside it."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass, replace
from itertools import dropwhile

from calculations.periods import Period
from organizations.access import Access
from organizations.models import ClosedPeriod
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import ReportedSheet
from scorecards.selectors.boards.board import board, board_periods
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.restatements import is_other, reaches, score_beside
from scorecards.selectors.boards.shapes import Board, KpiRow, ObjectiveRow, PerspectiveBand
from scorecards.selectors.shapes import Figure, Link
from scorecards.selectors.traces.shapes import TraceNode
from scorecards.selectors.viewing import Viewing

from .report_document import opened_report
from .restatement_lines import RestatementLine, restatement_lines
from .shown_report import Reader, shown_board, shown_line, shown_trace

CURRENT, REPORTED = "current", "reported"
FIGURES = ("", CURRENT, REPORTED)


@dataclass(frozen=True)
class ClosedNote:
    """What a board says of the closing of its period."""

    by: str
    at: dt.datetime
    at_text: str  # "2026-04-12", at the organization's place
    note: str
    unit_code: str
    unit_name: str  # where it was closed
    period_label: str  # what was closed: the viewed period, or a longer one around it
    figures: str  # which ones are shown: "current", "reported", or "" for both
    both_href: str
    current_href: str
    reported_href: str
    is_restated: bool = False
    restatements: tuple[RestatementLine, ...] = ()
    unseen: int = 0  # restatements at units that the reader may not see


@dataclass(frozen=True)
class ReportedBoard:
    board: Board
    line: tuple[Link, ...]
    note: ClosedNote
    trace: TraceNode | None = None


def reported_sheet(unit: UnitNode, period: Period, scorecard: str = "") -> ReportedSheet | None:
    """What the unit reported for the period, if it is closed; scorecard: the code of just that."""
    of_unit = ReportedSheet.objects.standing().filter(scorecard__unit_id=unit.id)
    wanted = of_unit.filter(scorecard__code=scorecard) if scorecard else of_unit
    return (
        wanted.filter(frequency=period.frequency, period_start=period.start)
        .select_related("scorecard", "closing__closed_by", "closing__unit")
        .order_by("-reported_at", "-pk")
        .first()
    )


def closed_note(
    access: Access, unit: UnitNode, viewing: Viewing, closing: ClosedPeriod, trace: str | None
) -> ClosedNote:
    organization = access.organization
    local = closing.closed_at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))

    def address(figures: str) -> str:
        return board_href(
            organization.code,
            unit.code,
            viewing.label,
            trace,
            figures=figures,
            scorecard=viewing.scorecard,
        )

    return ClosedNote(
        by=str(closing.closed_by or "the system"),
        at=closing.closed_at,
        at_text=f"{local:%Y-%m-%d}",
        note=closing.note,
        unit_code=_topmost_closed(access, unit, closing).code,
        unit_name=access.told_above(closing.unit_id),
        period_label=organization.calendar.label(closing.period),
        figures=viewing.figures,
        both_href=address(""),
        current_href=address(CURRENT),
        reported_href=address(REPORTED),
    )


def _topmost_closed(access: Access, unit: UnitNode, closing: ClosedPeriod) -> UnitNode:
    """Where it was closed; for who does not see that unit, the next one beneath that they see."""
    line = dropwhile(lambda node: node.id != closing.unit_id, access.tree.line(unit.id))
    return next((node for node in line if access.sees(node.id)), unit)


def reported_board(
    access: Access, unit: UnitNode, viewing: Viewing, sheet: ReportedSheet, trace: str | None
) -> ReportedBoard:
    """The report as the reader sees it; unless it is wanted alone, with restated figures."""
    document = opened_report(sheet.content)
    reader = Reader(access, document, viewing.figures)
    shown = replace(shown_board(reader), period=board_periods(access.organization, unit, viewing))
    note = closed_note(access, unit, viewing, sheet.closing, trace)
    if viewing.figures != REPORTED:
        shown, note = _with_restated(access, unit, viewing, sheet, shown, note)
    return ReportedBoard(
        board=shown,
        line=shown_line(reader),
        note=note,
        trace=shown_trace(reader, trace) if trace else None,
    )


def _with_restated(
    access: Access,
    unit: UnitNode,
    viewing: Viewing,
    sheet: ReportedSheet,
    shown: Board,
    note: ClosedNote,
) -> tuple[Board, ClosedNote]:
    """The figures that stand now beside those that they replace, where anything was restated."""
    first, end = viewing.period.start, viewing.calendar.end(viewing.period)
    touching = [
        each
        for each in reaches(access, sheet.reported_at)
        if each.touches(unit.id, first, end, sheet.reported_at)
    ]
    data = board_data(access, unit, sheet.scorecard, viewing.period) if touching else None
    if data is None:
        return shown, note
    beside = boards_beside(shown, board(data))
    is_restated = beside != shown
    # What only may reach this period, from an earlier one, is told where it made a difference.
    told = [each for each in touching if is_restated or each.first >= first]
    lines = restatement_lines(access, [each.restatement_id for each in told])
    told_note = replace(
        note, is_restated=is_restated, restatements=lines, unseen=len(told) - len(lines)
    )
    return replace(beside, is_stale=data.is_stale), told_note


# --- Two boards beside each other


def boards_beside(reported: Board, now: Board) -> Board:
    """The reported board with the scores and figures of now where they differ."""
    bands = {band.code: band for band in now.perspectives}
    return replace(
        reported,
        score=score_beside(reported.score, now.score),
        trend=now.trend if is_other(reported.score, now.score) else reported.trend,
        perspectives=tuple(
            _perspective(band, bands.get(band.code)) for band in reported.perspectives
        ),
    )


def _perspective(reported: PerspectiveBand, now: PerspectiveBand | None) -> PerspectiveBand:
    if now is None:
        return reported
    rows = {row.code: row for row in now.objectives}
    return replace(
        reported,
        score=score_beside(reported.score, now.score),
        objectives=tuple(_objective(row, rows.get(row.code)) for row in reported.objectives),
    )


def _objective(reported: ObjectiveRow, now: ObjectiveRow | None) -> ObjectiveRow:
    if now is None:
        return reported
    rows = {row.code: row for row in now.kpis}
    return replace(
        reported,
        score=score_beside(reported.score, now.score),
        kpis=tuple(_kpi(row, rows.get(row.code)) for row in reported.kpis),
    )


def _kpi(reported: KpiRow, now: KpiRow | None) -> KpiRow:
    if now is None:
        return reported
    return replace(
        reported,
        score=score_beside(reported.score, now.score),
        actual=figure_beside(reported.actual, now.actual),
        target=figure_beside(reported.target, now.target),
    )


def figure_beside(reported: Figure, now: Figure) -> Figure:
    """The reported figure with the one that stands now, where people would see a difference."""
    return replace(reported, restated=now) if reported.text != now.text else reported
