"""The stored form of a reported board.

The document is complete: it is made with the view of somebody who sees everything, and holds
neither addresses nor anything that depends on the reader or on the day; shown_report.py puts the
addresses in, and leaves out what a reader may not see.
"""

import datetime as dt
from dataclasses import replace

import msgspec

from organizations.models import ClosedPeriod
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import BoardData
from scorecards.selectors.boards.shapes import Board, ObjectiveRow
from scorecards.selectors.shapes import SaidLine
from scorecards.selectors.traces.shapes import TraceNode, ValueStep
from scorecards.selectors.traces.trace import trace

FORMAT = 1


class Named(msgspec.Struct, frozen=True):
    code: str
    name: str


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The board of a scorecard for a closed period with the explanation of all of its scores."""

    format: int
    organization: Named
    unit: Named
    line: tuple[Named, ...]  # the units from the corporate one down to this
    scorecard: Named
    period: str
    frequency: str
    closed_period: str  # the one that was closed: this one, or a longer one around it
    closed_unit: Named  # where it was closed: this unit or one above
    reported_at: dt.datetime
    reported_by: str
    note: str
    structure_valid_from: dt.date
    board: Board
    trace: TraceNode


def report_text(data: BoardData, closing: ClosedPeriod) -> str:
    """The document as it is stored; `data` must be read with an access that sees everything."""
    organization, unit, tree = data.organization, data.unit, data.access.tree
    explained = trace(data, "scorecard")
    assert explained is not None
    closed_unit = tree.by_id[closing.unit_id]
    document = ReportDocument(
        format=FORMAT,
        organization=Named(organization.code, organization.name),
        unit=Named(unit.code, unit.name),
        line=tuple(Named(node.code, node.name) for node in tree.line(unit.id)),
        scorecard=Named(data.scorecard.code, data.content.name),
        period=data.viewing.label,
        frequency=data.viewing.period.frequency.value,
        closed_period=organization.calendar.label(closing.period),
        closed_unit=Named(closed_unit.code, closed_unit.name),
        reported_at=closing.closed_at,
        reported_by=str(closing.closed_by or "the system"),
        note=closing.note,
        structure_valid_from=data.edition.valid_from,
        board=timeless_board(board(data)),
        trace=timeless_node(explained),
    )
    return msgspec.json.encode(document).decode()


def opened_report(content: str) -> ReportDocument:
    """The stored document; fields that were added since have their defaults."""
    return msgspec.json.decode(content, type=ReportDocument)


# --- Without reader and day


def timeless_board(given: Board) -> Board:
    """The board without addresses, and with days in the place of ages."""
    period = replace(
        given.period,
        previous_href=None,
        next_href=None,
        frequencies=(),
        recent=(),
        is_current=False,
        now_href="",
        today="",
        kept=(),
    )
    return replace(
        given,
        breadcrumbs=(),
        period=period,
        trace_href="",
        is_stale=False,
        assessments=tuple(replace(line, trace_href="") for line in given.assessments),
        perspectives=tuple(
            replace(
                band,
                trace_href="",
                objectives=tuple(_timeless_objective(row) for row in band.objectives),
            )
            for band in given.perspectives
        ),
    )


def _timeless_objective(row: ObjectiveRow) -> ObjectiveRow:
    return replace(
        row,
        trace_href="",
        said=timeless_said(row.said),
        supports=tuple(replace(link, href=None) for link in row.supports),
        supported_by=tuple(replace(link, href=None) for link in row.supported_by),
        initiatives=tuple(replace(chip, href="") for chip in row.initiatives),
        # An age grows; the day on which the value was recorded stays.
        kpis=tuple(
            replace(kpi, href="", trace_href="", age_text=kpi.recorded_on) for kpi in row.kpis
        ),
    )


def timeless_node(node: TraceNode) -> TraceNode:
    """The explanation without addresses."""
    children = tuple(timeless_node(child) for child in node.children)
    step = _timeless_step(node.step) if node.step else None
    said = timeless_said(node.said)
    return replace(node, href=None, children=children, step=step, said=said)


def timeless_said(said: SaidLine | None) -> SaidLine | None:
    """The sentence without the addresses of its files; their digests find them."""
    if said is None:
        return None
    return replace(said, evidence=tuple(replace(each, href="") for each in said.evidence))


def _timeless_step(step: ValueStep) -> ValueStep:
    return replace(
        step,
        href=None,
        children=tuple(_timeless_step(child) for child in step.children),
        inputs=tuple((name, _timeless_step(read)) for name, read in step.inputs),
    )
