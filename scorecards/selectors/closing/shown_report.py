"""A stored report as a reader sees it: with addresses, without what they may not see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from organizations.access import Access
from scorecards.links import board_href, evidence_href, initiative_href, kpi_href
from scorecards.selectors.boards.shapes import Board, KpiRow, ObjectiveRow, PerspectiveBand
from scorecards.selectors.shapes import Link, SaidLine
from scorecards.selectors.traces.hidden_parts import HiddenPart, hidden_line
from scorecards.selectors.traces.shapes import TraceNode

from .report_document import ReportDocument
from .shown_steps import shown_step


@dataclass(frozen=True)
class Reader:
    """Who opens a report, and which figures the addresses are to keep showing."""

    access: Access
    document: ReportDocument
    figures: str = ""

    def sees(self, unit: str) -> bool:
        """Units that are gone are not seen: nobody can tell any more who was allowed to."""
        return self.access.visible_unit(unit) is not None

    def trace_href(self, trace: str) -> str:
        code, unit = self.access.organization.code, self.document.unit.code
        return board_href(code, unit, self.document.period, trace, figures=self.figures)

    def objective_href(self, unit: str, objective: str) -> str:
        code = self.access.organization.code
        return board_href(code, unit, self.document.period, f"objective:{objective}")

    def initiative_href(self, initiative: str) -> str:
        """Its page as it was then, whatever has become of it."""
        as_of = self.document.reported_at.isoformat()
        return initiative_href(self.access.organization.code, initiative, as_of=as_of)

    def said(self, said: SaidLine | None) -> SaidLine | None:
        """A sentence with the addresses of its files."""
        if said is None:
            return None
        code, unit = self.access.organization.code, self.document.unit.code
        files = [replace(e, href=evidence_href(code, unit, e.sha256)) for e in said.evidence]
        return replace(said, evidence=tuple(files))

    def kpi_href(self, kpi: str) -> str:
        document = self.document
        return kpi_href(self.access.organization.code, kpi, document.unit.code, document.period)


def shown_board(reader: Reader) -> Board:
    given = reader.document.board
    return replace(
        given,
        trace_href=reader.trace_href("scorecard"),
        assessments=tuple(
            replace(line, trace_href=reader.trace_href(line.trace_key))
            for line in given.assessments
        ),
        perspectives=tuple(_perspective(reader, band) for band in given.perspectives),
    )


def shown_line(reader: Reader) -> tuple[Link, ...]:
    """The line of sight as it was: those above that the reader sees, by the names they had."""
    code, period = reader.access.organization.code, reader.document.period
    return tuple(
        Link(unit.name, board_href(code, unit.code, period), unit=unit.code)
        for unit in reader.document.line
        if reader.sees(unit.code)
    )


def _perspective(reader: Reader, band: PerspectiveBand) -> PerspectiveBand:
    return replace(
        band,
        trace_href=reader.trace_href(f"perspective:{band.code}"),
        objectives=tuple(_objective(reader, row) for row in band.objectives),
    )


def _objective(reader: Reader, row: ObjectiveRow) -> ObjectiveRow:
    return replace(
        row,
        trace_href=reader.trace_href(f"objective:{row.code}"),
        said=reader.said(row.said),
        supports=_links(reader, row.supports),
        supported_by=_links(reader, row.supported_by),
        initiatives=tuple(
            replace(chip, href=reader.initiative_href(chip.code))
            for chip in row.initiatives
            if reader.sees(chip.unit)
        ),
        kpis=tuple(_kpi(reader, row.code, kpi) for kpi in row.kpis),
    )


def _kpi(reader: Reader, objective: str, row: KpiRow) -> KpiRow:
    return replace(
        row,
        href=reader.kpi_href(row.code),
        trace_href=reader.trace_href(f"kpi:{objective}:{row.code}"),
    )


def _links(reader: Reader, links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(
        replace(link, href=reader.objective_href(link.unit, link.code))
        for link in links
        if reader.sees(link.unit)
    )


def shown_trace(reader: Reader, key: str) -> TraceNode | None:
    """The explanation of one reported score; None where the key names nothing in the report."""
    found = _found(reader.document.trace, key)
    if found is None:
        return None
    top = replace(found, weight=None, weight_share=None, effective_share=None)
    return _node(reader, top)


def _found(root: TraceNode, key: str) -> TraceNode | None:
    kind, _, rest = key.partition(":")
    if kind == "scorecard" and not rest:
        return root
    for perspective in root.children:
        if kind == "perspective" and perspective.code == rest:
            return perspective
        for objective in perspective.children:
            if kind == "objective" and objective.code == rest:
                return objective
            for child in objective.children:
                names_kpi = kind == "kpi" and child.kind == "kpi"
                if names_kpi and f"{objective.code}:{child.code}" == rest:
                    return child
    return None


def _node(reader: Reader, node: TraceNode) -> TraceNode:
    """The node with addresses; children at units that may not be seen are one nameless line."""
    seen = [child for child in node.children if not child.unit or reader.sees(child.unit)]
    unseen = [child for child in node.children if child.unit and not reader.sees(child.unit)]
    children = [_node(reader, child) for child in seen]
    if unseen:
        children.append(_hidden(reader, node, unseen))
    step = shown_step(reader.access, node.step) if node.step else None
    said = reader.said(node.said)
    return replace(node, href=_href(reader, node), children=tuple(children), step=step, said=said)


def _href(reader: Reader, node: TraceNode) -> str | None:
    if node.unit:
        return reader.objective_href(node.unit, node.code)
    if node.kind == "kpi":
        return reader.kpi_href(node.code)
    if node.kind == "hidden":
        return None
    return reader.trace_href(node.kind if node.kind == "scorecard" else f"{node.kind}:{node.code}")


def _hidden(reader: Reader, node: TraceNode, unseen: Sequence[TraceNode]) -> TraceNode:
    parts = [
        HiddenPart(
            child.score.value,
            child.weight or 0.0,
            child.weight_share or 0.0,
            child.effective_share or 0.0,
        )
        for child in unseen
    ]
    return hidden_line(reader.access.organization, parts, is_capped=node.is_capped)
