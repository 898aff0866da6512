"""Whatever hangs together hangs together without a cycle, and where it belongs."""

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from django.db.models import F, Q

from kpis.models import KPI, KPIInput
from organizations.models import Organization, Unit
from scorecards.models import Alignment, Objective
from strategy_maps.models import CausalLink

from .findings import NAMED, Finding, Looked


def graphs(organizations: list[Organization]) -> Looked:
    """The tree of units, formulas with weightings, alignments and causal links of each."""
    found = (
        finding
        for organization in organizations
        for finding in (*_cycles(organization), *_strays(organization))
    )
    return Looked.over("graphs", found, count=4 * len(organizations))


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
        "effect": (
            Objective,
            CausalLink.objects.live().filter(**mine).values_list("effect_id", "cause_id"),
        ),
    }
    for name, (model, edges) in graphs.items():
        if cycle := cycle_in(edges):
            codes = dict(model._base_manager.filter(pk__in=cycle).values_list("pk", "code"))
            path = " → ".join(codes[pk] for pk in cycle)
            word = "an" if name[0] in "eo" else "a"
            yield Finding("cycle", f'In "{organization.code}" {word} {name} needs itself: {path}.')


def _strays(organization: Organization) -> Iterator[Finding]:
    """Causal links between two scorecards, or of an objective that is gone."""
    links = CausalLink.objects.live().filter(organization=organization)
    of_one = Q(cause__scorecard=F("effect__scorecard"))
    gone = Q(cause__deleted_at__isnull=False) | Q(effect__deleted_at__isnull=False)
    strays = links.filter(~of_one | gone).order_by("pk")
    for pk, cause, effect in strays.values_list("pk", "cause__code", "effect__code")[:NAMED]:
        yield Finding(
            "stray-link",
            f'CausalLink {pk} of "{organization.code}", {cause} → {effect}, does not tie two'
            " objectives that stand on one scorecard.",
        )


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
