"""The line of sight: the ways from a KPI or an objective up to the corporate scorecard.

A KPI counts in objectives at its unit, feeds others by their formulas, and rolls up to the nearest
unit above that measures it; an objective supports others above. A way only ever leads up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kpis.models import Assignment
from kpis.selectors.graph import KPIEdges, kpi_edges
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import ObjectiveNode

from .shapes import Step, Way, Ways
from .standing import Key, Standing

MOST_WAYS = 3  # that are shown
MOST_LOOKED_AT = 60
COUNTS, SUPPORTS, FEEDS, ROLLS_UP = "counts in", "supports", "feeds", "rolls up to"


@dataclass(frozen=True)
class KpiAt:
    """A KPI that is measured at a unit."""

    kpi_id: int
    unit_id: int
    code: str
    name: str
    is_rolled_up: bool


@dataclass(frozen=True)
class ObjectiveAt:
    """An objective of a scorecard that holds in the period."""

    key: Key
    unit_id: int


Place = KpiAt | ObjectiveAt


@dataclass(frozen=True)
class Edge:
    """One step from a place to the next above. counts: whether it changes the score there."""

    how: str
    to: Place
    counts: bool


Trail = tuple[Edge, ...]


class LineOfSight:
    """Finds the ways up; all that it needs is read by two statements."""

    def __init__(
        self, access: Access, standing: Standing, assignments: Sequence[Assignment]
    ) -> None:
        self.access, self.tree, self.standing = access, access.tree, standing
        self.edges: KPIEdges = kpi_edges(access.organization)
        self.measured = self._measured(assignments)

    def _measured(self, assignments: Sequence[Assignment]) -> dict[tuple[int, int], KpiAt]:
        """Where these KPIs, and those that they feed, are measured at their units and above."""
        own = {each.kpi_id for each in assignments}
        fed = {above for kpi_id in own for above in self.edges.needed_by(kpi_id)}
        unit_ids = {node.id for each in assignments for node in self.tree.line(each.unit_id)}
        rows = Assignment.objects.live().filter(
            kpi_id__in=own | fed, unit_id__in=unit_ids, kpi__deleted_at=None
        )
        return {
            (row.kpi_id, row.unit_id): KpiAt(
                row.kpi_id, row.unit_id, row.kpi.code, row.kpi.name, row.kpi.is_rolled_up
            )
            for row in rows.select_related("kpi")
        }

    def of_kpi(self, assignment: Assignment) -> Ways:
        at = self.measured.get((assignment.kpi_id, assignment.unit_id))
        if at is None:
            return Ways((), 0, "")
        return self._ways(at, "No objective counts it yet.")

    def of_objective(self, key: Key) -> Ways:
        unit_id = self.standing.units.get(key[0])
        if unit_id is None or key not in self.standing.objectives:
            return Ways((), 0, "Its scorecard does not hold in this period.")
        is_top = self.tree.by_id[unit_id].parent_id is None
        return self._ways(ObjectiveAt(key, unit_id), "" if is_top else NOTHING_ABOVE)

    def _ways(self, start: Place, nothing: str) -> Ways:
        found = sorted(islice(self._trails(start, ()), MOST_LOOKED_AT), key=self._rank)
        if not found[0]:
            return Ways((), 0, nothing)
        # What leads to no objective says nothing beside what does.
        leading = [trail for trail in found if _objectives(trail)] or found[:1]
        told: dict[tuple[object, ...], Trail] = {}
        for trail in leading:
            told.setdefault(self._seen(trail), trail)
        best = islice(told.values(), MOST_WAYS)
        ways = tuple(Way(self._steps(trail), self._end(trail)) for trail in best)
        return Ways(ways, len(told) - len(ways), "")

    def _trails(self, at: Place, trail: Trail) -> Iterator[Trail]:
        """Depth first, so that few are looked at where there are very many."""
        passed = {edge.to for edge in trail}
        onward = [edge for edge in self._up(at) if edge.to not in passed]
        if not onward:
            yield trail
        for edge in onward:
            yield from self._trails(edge.to, (*trail, edge))

    def _up(self, at: Place) -> Iterable[Edge]:
        return self._above_objective(at) if isinstance(at, ObjectiveAt) else self._above_kpi(at)

    def _above_objective(self, at: ObjectiveAt) -> Iterator[Edge]:
        above = {node.id for node in self.tree.line(at.unit_id)[:-1]}
        node = self.standing.objectives[at.key]
        for each in sorted(node.supports, key=lambda each: not each.weight):
            key = (each.scorecard, each.objective)
            unit_id = self.standing.units.get(each.scorecard)
            if unit_id in above and key in self.standing.objectives:
                yield Edge(SUPPORTS, ObjectiveAt(key, unit_id), each.weight > 0)

    def _above_kpi(self, at: KpiAt) -> Iterator[Edge]:
        for counted in self.standing.counted.get((at.unit_id, at.kpi_id), ()):
            yield Edge(COUNTS, ObjectiveAt(counted.key, at.unit_id), counted.weight > 0)
        for reader in self.edges.feeds.get(at.kpi_id, ()):
            fed = self.measured.get((reader, at.unit_id))
            if fed:
                yield Edge(FEEDS, fed, True)
        upper = self._rolled_up_at(at) if at.is_rolled_up else None
        if upper:
            yield Edge(ROLLS_UP, upper, True)

    def _rolled_up_at(self, at: KpiAt) -> KpiAt | None:
        """The nearest unit above that measures the KPI."""
        above = reversed(self.tree.line(at.unit_id)[:-1])
        found = (self.measured.get((at.kpi_id, node.id)) for node in above)
        return next((each for each in found if each), None)

    def _rank(self, trail: Trail) -> tuple[bool, bool, bool, int]:
        """The best first: those that reach the top, that end in an objective, that count."""
        return (
            not self._is_at_top(trail),
            not _objectives(trail),
            not all(edge.counts for edge in trail),
            len(trail),
        )

    def _is_at_top(self, trail: Trail) -> bool:
        if not trail or not isinstance(trail[-1].to, ObjectiveAt):
            return False
        return self.tree.by_id[trail[-1].to.unit_id].parent_id is None

    def _end(self, trail: Trail) -> str:
        """Why the way ends before the corporate scorecard."""
        if self._is_at_top(trail):
            return ""
        return NOTHING_ABOVE if isinstance(trail[-1].to, ObjectiveAt) else NOWHERE

    # --- What is told of them

    def _steps(self, trail: Trail) -> tuple[Step, ...]:
        """What the reader may not see is nameless, and one step however long it is."""
        steps: list[Step] = []
        for edge in trail:
            if self.access.sees(edge.to.unit_id):
                steps.append(self._step(edge))
            elif not steps or steps[-1].kind != "hidden":
                steps.append(Step("hidden", edge.how))
        return tuple(steps)

    def _seen(self, trail: Trail) -> tuple[object, ...]:
        """What is told of it: ways that differ in what is hidden alone are one."""
        seen: list[object] = [self._end(trail)]
        for edge in trail:
            if self.access.sees(edge.to.unit_id):
                seen.append(edge)
            elif not isinstance(seen[-1], str) or len(seen) == 1:
                seen.append(edge.how)
        return tuple(seen)

    def _step(self, edge: Edge) -> Step:
        unit = self.tree.by_id[edge.to.unit_id]
        if isinstance(edge.to, KpiAt):
            return self._kpi_step(edge.how, edge.to, unit)
        (scorecard_id, code) = edge.to.key
        node: ObjectiveNode = self.standing.objectives[edge.to.key]
        trace = f"objective:{code}"
        return Step(
            kind="objective",
            how=edge.how,
            code=code,
            name=node.name,
            unit=unit.code,
            unit_name=unit.name,
            score=self.standing.score(scorecard_id, "objective", code),
            href=board_href(self._organization, unit.code, self.standing.label, trace),
        )

    def _kpi_step(self, how: str, at: KpiAt, unit: UnitNode) -> Step:
        return Step(
            kind="kpi",
            how=how,
            code=at.code,
            name=at.name,
            unit=unit.code,
            unit_name=unit.name,
            score=self.standing.kpi_score(unit.id, at.code),
            href=kpi_href(self._organization, at.code, unit.code, self.standing.label),
        )

    @property
    def _organization(self) -> str:
        code: str = self.access.organization.code
        return code


NOTHING_ABOVE = "It supports no objective above yet."
NOWHERE = "No objective counts it there yet."


def _objectives(trail: Trail) -> bool:
    """Whether an objective stands on the way."""
    return any(isinstance(edge.to, ObjectiveAt) for edge in trail)
