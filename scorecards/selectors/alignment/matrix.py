"""Objectives above against the units directly beneath: who supports what, and where nobody does."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calculations.units import UnitRule
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import alignment_href, board_href, cascade_href
from scorecards.models import Alignment, Objective, ObjectiveKPI, Scorecard
from scorecards.selectors.formats import share_text
from scorecards.selectors.shapes import Link

from .page import visible_children

MOST_COLUMNS = 40
WORDS = {"counts": "counts", "context": "supports", "kpi": "same KPI", "deeper": "further beneath"}


@dataclass(frozen=True)
class Mark:
    """kind: counts (contributes with a weight), context, kpi (rolls up), deeper."""

    kind: str
    word: str
    detail: str  # "24 %", "Revenue", "2 units"
    title: str  # the objectives or KPIs behind it


@dataclass(frozen=True)
class MatrixCell:
    unit: str
    unit_name: str
    marks: tuple[Mark, ...]
    gap_href: str  # where the objective is handed to the unit; "" where the reader may not


@dataclass(frozen=True)
class MatrixRow:
    code: str
    name: str
    href: str
    cascade_href: str
    cells: tuple[MatrixCell, ...]
    n_supported: int  # units with any mark


@dataclass(frozen=True)
class MatrixBand:
    name: str
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class Matrix:
    """of: whose objectives; choices: the unit and those above it."""

    of_code: str
    of_name: str
    choices: tuple[Link, ...]
    columns: tuple[Link, ...]  # units; their matrices
    bands: tuple[MatrixBand, ...]
    n_left_out: int
    has_scorecard: bool
    n_gaps: int


def chosen_source(access: Access, unit: UnitNode, code: str) -> UnitNode:
    """The unit of that code if it is this one or above and may be seen, else the unit itself."""
    line = access.tree.line(unit.id)
    return next((n for n in line if n.code == code and access.sees(n.id)), unit)


def alignment_matrix(access: Access, unit: UnitNode, of: UnitNode, period: str) -> Matrix:
    """By a fixed number of statements, whatever the number of objectives and units."""
    nodes = visible_children(access, unit.id)
    columns = nodes[:MOST_COLUMNS]
    scorecard = Scorecard.objects.active().filter(unit_id=of.id).first()
    objectives = _objectives(scorecard)
    reading = _Reading(access, of, unit, columns, objectives, period)
    bands = _bands(objectives, reading) if columns else ()
    return Matrix(
        of_code=of.code,
        of_name=of.name,
        choices=_choices(access, unit, of, period),
        columns=tuple(
            Link(node.name, _matrix_href(access, node, of, period), unit=node.code)
            for node in columns
        ),
        bands=bands,
        n_left_out=len(nodes) - len(columns),
        has_scorecard=scorecard is not None,
        n_gaps=sum(row.n_supported == 0 for band in bands for row in band.rows),
    )


def _matrix_href(access: Access, node: UnitNode, of: UnitNode, period: str) -> str:
    code = access.organization.code
    return alignment_href(code, node.code, view="matrix", of=of.code, period=period)


def _choices(access: Access, unit: UnitNode, of: UnitNode, period: str) -> tuple[Link, ...]:
    return tuple(
        Link(
            node.name,
            alignment_href(
                access.organization.code, unit.code, view="matrix", of=node.code, period=period
            ),
            "current" if node.id == of.id else "",
        )
        for node in access.line(unit.id)
    )


def _objectives(scorecard: Scorecard | None) -> list[Objective]:
    if scorecard is None:
        return []
    rows = Objective.objects.live().filter(scorecard=scorecard).select_related("perspective")
    return list(rows.order_by("perspective__position", "perspective_id", "position", "pk"))


def _bands(objectives: Sequence[Objective], reading: "_Reading") -> tuple[MatrixBand, ...]:
    bands: dict[str, list[MatrixRow]] = defaultdict(list)
    for objective in objectives:
        bands[objective.perspective.name].append(reading.row(objective))
    return tuple(MatrixBand(name, tuple(rows)) for name, rows in bands.items())


class _Reading:
    """What ties the objectives to the units, by three statements."""

    def __init__(
        self,
        access: Access,
        of: UnitNode,
        unit: UnitNode,
        columns: Sequence[UnitNode],
        objectives: Sequence[Objective],
        period: str,
    ) -> None:
        self.access, self.of, self.unit, self.period = access, of, unit, period
        self.columns = columns
        self.branch = _branches(access, columns)
        self.links = _links([row.pk for row in objectives])
        self.ties = self._ties([row.pk for row in objectives])
        self.measured = _measured([node.id for node in columns], self.links)

    def _ties(self, objective_ids: Sequence[int]) -> dict[tuple[int, int], list[Alignment]]:
        """By objective and branch; also the weights of those elsewhere, for the shares."""
        rows = Alignment.objects.live().filter(
            supported_id__in=objective_ids,
            objective__deleted_at=None,
            objective__scorecard__deleted_at=None,
            objective__scorecard__status=Scorecard.State.ACTIVE,
        )
        found: dict[tuple[int, int], list[Alignment]] = defaultdict(list)
        self.pools: dict[int, float] = {
            pk: sum(link.weight for link in links) for pk, links in self.links.items()
        }
        for row in rows.select_related("objective__scorecard").order_by("pk"):
            pk = row.supported_id
            self.pools[pk] = self.pools.get(pk, 0) + row.weight
            unit_id = row.objective.scorecard.unit_id
            if unit_id in self.branch and self.access.sees(unit_id):
                found[pk, self.branch[unit_id]].append(row)
        return found

    def row(self, objective: Objective) -> MatrixRow:
        organization = self.access.organization.code
        cells = tuple(self._cell(objective, node) for node in self.columns)
        at = self.unit.code if self.unit.id != self.of.id else None
        may = any(self.access.can(Action.EDIT_STRUCTURE, n.id) for n in self.columns)
        trace = f"objective:{objective.code}"
        return MatrixRow(
            code=objective.code,
            name=objective.name,
            href=board_href(organization, self.of.code, self.period, trace),
            cascade_href=cascade_href(organization, self.of.code, objective.code, at=at)
            if may
            else "",
            cells=cells,
            n_supported=sum(bool(cell.marks) for cell in cells),
        )

    def _cell(self, objective: Objective, node: UnitNode) -> MatrixCell:
        ties = self.ties.get((objective.pk, node.id), [])
        marks = [
            *self._direct(objective, [t for t in ties if t.objective.scorecard.unit_id == node.id]),
            *self._same_kpi(objective, node),
            *_deeper([t for t in ties if t.objective.scorecard.unit_id != node.id]),
        ]
        may = not marks and self.access.can(Action.EDIT_STRUCTURE, node.id)
        at = self.unit.code if self.unit.id != self.of.id else None
        code = self.access.organization.code
        href = f"{cascade_href(code, self.of.code, objective.code, at=at)}#unit-{node.code}"
        return MatrixCell(node.code, node.name, tuple(marks), href if may else "")

    def _direct(self, objective: Objective, ties: Sequence[Alignment]) -> Iterable[Mark]:
        counting = [tie for tie in ties if tie.weight > 0]
        if counting:
            pool = self.pools.get(objective.pk, 0)
            share = share_text(sum(tie.weight for tie in counting) / pool)
            yield Mark("counts", WORDS["counts"], share, _named(counting))
        context = [tie for tie in ties if tie.weight == 0]
        if context:
            yield Mark("context", WORDS["context"], "", _named(context))

    def _same_kpi(self, objective: Objective, node: UnitNode) -> Iterable[Mark]:
        names = [
            link.kpi.name
            for link in self.links.get(objective.pk, ())
            if (node.id, link.kpi_id) in self.measured
        ]
        if names:
            detail = names[0] if len(names) == 1 else f"{len(names)} KPIs"
            yield Mark("kpi", WORDS["kpi"], detail, ", ".join(names))


def _branches(access: Access, columns: Sequence[UnitNode]) -> dict[int, int]:
    """By unit, the column that it lies in or beneath."""
    return {below.id: node.id for node in columns for below in access.tree.beneath(node.id)}


def _links(objective_ids: Sequence[int]) -> dict[int, list[ObjectiveKPI]]:
    rows = ObjectiveKPI.objects.live().filter(objective_id__in=objective_ids)
    found: dict[int, list[ObjectiveKPI]] = defaultdict(list)
    for row in rows.select_related("kpi"):
        found[row.objective_id].append(row)
    return found


def _measured(
    unit_ids: Sequence[int], links: Mapping[int, Sequence[ObjectiveKPI]]
) -> set[tuple[int, int]]:
    """Units and KPIs whose values roll up from there, and which an objective there counts."""
    rolled = {
        link.kpi_id
        for of_objective in links.values()
        for link in of_objective
        if link.kpi.unit_rule != UnitRule.OWN
    }
    rows = ObjectiveKPI.objects.live().filter(
        kpi_id__in=rolled,
        objective__deleted_at=None,
        objective__scorecard__deleted_at=None,
        objective__scorecard__status=Scorecard.State.ACTIVE,
        objective__scorecard__unit_id__in=unit_ids,
    )
    return set(rows.values_list("objective__scorecard__unit_id", "kpi_id"))


def _deeper(ties: Sequence[Alignment]) -> Iterable[Mark]:
    """Units further beneath that support it past the one between."""
    units = {tie.objective.scorecard.unit_id for tie in ties}
    if units:
        count = "1 unit" if len(units) == 1 else f"{len(units)} units"
        yield Mark("deeper", WORDS["deeper"], count, _named(ties))


def _named(ties: Sequence[Alignment]) -> str:
    return ", ".join(dict.fromkeys(tie.objective.name for tie in ties))
