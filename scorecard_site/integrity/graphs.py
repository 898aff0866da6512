"""Whatever hangs together hangs together without a cycle."""

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from kpis.models import KPI, KPIInput
from organizations.models import Organization, Unit
from scorecards.models import Alignment, Objective

from .findings import Finding, Looked


def graphs(organizations: list[Organization]) -> Looked:
    """The tree of units, formulas with weightings, and alignments of each organization."""
    found = (finding for organization in organizations for finding in _cycles(organization))
    return Looked.over("graphs", found, count=3 * len(organizations))


def _cycles(organization: Organization) -> Iterator[Finding]:
    mine = {"organization": organization}
    parents = Unit._base_manager.filter(**mine).exclude(parent=None)
    graphs = {
        "unit": (Unit, parents.values_list("pk", "parent_id")),
        "KPI": (KPI, KPIInput.objects.filter(**mine).values_list("kpi_id", "input_id")),
        "objective": (
            Objective,
            Alignment.objects.live().filter(**mine).values_list("objective_id", "supported_id"),
        ),
    }
    for name, (model, edges) in graphs.items():
        if cycle := cycle_in(edges):
            codes = dict(model._base_manager.filter(pk__in=cycle).values_list("pk", "code"))
            path = " → ".join(codes[pk] for pk in cycle)
            yield Finding("cycle", f'In "{organization.code}" a {name} needs itself: {path}.')


def cycle_in(edges: Iterable[tuple[int, int]]) -> list[int]:
    """A way around from a node to itself; empty where there is none.

    >>> cycle_in([(1, 2), (2, 3)])
    []
    >>> len(cycle_in([(1, 2), (2, 1)]))
    3
    """
    graph = TopologicalSorter[int]()
    for node, needed in edges:
        graph.add(node, needed)
    try:
        graph.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
