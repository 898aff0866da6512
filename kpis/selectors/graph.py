"""The graph of formulas and weightings: which KPI needs which."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kpis.models import KPI, KPIInput
from organizations.models import Organization

Edges = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class KPIEdges:
    """By a KPI's id, the KPIs that it reads, and those that read it; ids in ascending order."""

    inputs: Edges
    feeds: Edges

    def needs(self, kpi_id: int) -> dict[int, int]:
        """Every KPI beneath, with its distance: 1 for what the KPI itself reads."""
        return _distances(self.inputs, kpi_id)

    def needed_by(self, kpi_id: int) -> dict[int, int]:
        """Every KPI above, with its distance: 1 for what reads the KPI itself."""
        return _distances(self.feeds, kpi_id)

    def layers(self, of: Iterable[int] | None = None) -> dict[int, int]:
        """How many layers of formulas lie in each KPI that reads others; elsewhere there are 0.

        of: only these, and those beneath them, are asked for.
        """
        return _heights(self.inputs, of)

    def with_inputs(self, kpi_id: int, input_ids: set[int]) -> "KPIEdges":
        """The graph in which that KPI reads these others."""
        inputs = {**self.inputs, kpi_id: tuple(sorted(input_ids))}
        return _edges((reader, read) for reader, ids in inputs.items() for read in ids)

    def with_reader(self, kpi_id: int, input_ids: set[int]) -> "KPIEdges":
        """The graph in which a KPI that read nothing reads these others; cheaper."""
        read = tuple(sorted(input_ids))
        fed = {pk: (*self.feeds.get(pk, ()), kpi_id) for pk in read}
        return KPIEdges({**self.inputs, kpi_id: read}, {**self.feeds, **fed})

    def path(self, first: int, last: int) -> list[int]:
        """The shortest chain of KPIs from one down to another, both included; empty: there is none.

        From a KPI to itself: around a cycle.
        """
        came_from: dict[int, int] = {}
        waiting = [first]
        while waiting and last not in came_from:
            reached = [(below, above) for above in waiting for below in self.inputs.get(above, ())]
            waiting = []
            for below, above in reached:
                if below not in came_from:
                    came_from[below] = above
                    waiting.append(below)
        if last not in came_from:
            return []
        path = [last, came_from[last]]
        while path[-1] != first:
            path.append(came_from[path[-1]])
        return path[::-1]


def kpi_edges(organization: Organization) -> KPIEdges:
    """What the organization's live KPIs read of each other, by one statement."""
    rows = KPIInput.objects.filter(organization=organization, kpi__deleted_at=None)
    return _edges(rows.order_by("kpi_id", "input_id").values_list("kpi_id", "input_id"))


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A KPI above or beneath another; layer: how many layers of formulas lie in it."""

    code: str
    name: str
    formula: str
    distance: int
    layer: int


@dataclass(frozen=True)
class DependencyChain:
    """What a KPI needs and what needs it, nearest first, then by code."""

    needs: tuple[ChainLink, ...]
    needed_by: tuple[ChainLink, ...]


def dependency_chain(kpi: KPI, edges: KPIEdges | None = None) -> DependencyChain:
    """The KPIs beneath and above, by two statements; edges: a graph other than the stored one."""
    edges = edges or kpi_edges(kpi.organization)
    down, up = edges.needs(kpi.pk), edges.needed_by(kpi.pk)
    layers = edges.layers()
    rows = {row.pk: row for row in KPI.objects.live().filter(pk__in={*down, *up})}

    def links(distances: dict[int, int]) -> tuple[ChainLink, ...]:
        found = (
            ChainLink(rows[pk].code, rows[pk].name, rows[pk].formula, distance, layers.get(pk, 0))
            for pk, distance in distances.items()
            if pk in rows
        )
        return tuple(sorted(found, key=lambda link: (link.distance, link.code)))

    return DependencyChain(links(down), links(up))


def _edges(pairs: Iterable[tuple[int, int]]) -> KPIEdges:
    inputs: dict[int, list[int]] = defaultdict(list)
    feeds: dict[int, list[int]] = defaultdict(list)
    for reader, read in pairs:
        inputs[reader].append(read)
        feeds[read].append(reader)
    return KPIEdges(
        {kpi_id: tuple(ids) for kpi_id, ids in inputs.items()},
        {kpi_id: tuple(ids) for kpi_id, ids in feeds.items()},
    )


def _distances(edges: Edges, start: int) -> dict[int, int]:
    distances: dict[int, int] = {}
    waiting, distance = [start], 0
    while waiting:
        distance += 1
        near = {there for here in waiting for there in edges.get(here, ())}
        waiting = sorted(near - distances.keys())
        distances |= dict.fromkeys(waiting, distance)
    return distances


def _heights(edges: Edges, of: Iterable[int] | None = None) -> dict[int, int]:
    """The length of the longest chain from each KPI; the graph must have no cycle."""
    heights: dict[int, int] = {}

    def height(kpi_id: int) -> int:
        if kpi_id not in heights:
            heights[kpi_id] = max((1 + height(below) for below in edges.get(kpi_id, ())), default=0)
        return heights[kpi_id]

    if of is None:
        return {kpi_id: height(kpi_id) for kpi_id in edges}
    for kpi_id in of:
        height(kpi_id)
    return heights
