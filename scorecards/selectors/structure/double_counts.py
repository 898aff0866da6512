"""Where a KPI would count twice in an objective: rolled up over units, and by a contribution."""

from collections import defaultdict
from collections.abc import Collection

from calculations.units import UnitRule
from kpis.models import KPI, KPIInput
from scorecards.models import Objective, ObjectiveKPI


def double_count(supporting: Objective, supported: Objective) -> tuple[KPI, KPI] | None:
    """The KPI of the supporting objective, and the one above whose value already includes it.

    Only KPIs with a weight count. The value of the one above includes the other where it is the
    same KPI or is computed from it, and one of those on the way rolls up over units.
    """
    links = (
        ObjectiveKPI.objects.live()
        .filter(objective__in=[supporting, supported], weight__gt=0)
        .select_related("kpi")
    )
    beneath = {link.kpi_id: link.kpi for link in links if link.objective_id == supporting.pk}
    above = [link.kpi for link in links if link.objective_id == supported.pk]
    if not beneath or not above:
        return None
    inputs = _formula_inputs(supporting.organization_id)
    for kpi in above:
        found = _included(kpi, beneath, inputs)
        if found is not None:
            return found, kpi
    return None


def _formula_inputs(organization_id: int) -> dict[int, list[KPI]]:
    """By KPI, what its formula reads; a KPI that only weighs a mean adds nothing to its value."""
    inputs: dict[int, list[KPI]] = defaultdict(list)
    rows = KPIInput.objects.filter(organization_id=organization_id)
    for row in rows.select_related("kpi", "input"):
        if row.kpi.formula:
            inputs[row.kpi_id].append(row.input)
    return inputs


def _included(top: KPI, wanted: Collection[int], inputs: dict[int, list[KPI]]) -> KPI | None:
    """The first of the wanted KPIs whose values at units beneath enter the top one's."""
    waiting = [(top, False)]
    seen: set[tuple[int, bool]] = set()
    while waiting:
        kpi, rolled = waiting.pop()
        rolls_up = rolled or kpi.unit_rule != UnitRule.OWN
        if (kpi.pk, rolls_up) in seen:
            continue
        seen.add((kpi.pk, rolls_up))
        if rolls_up and kpi.pk in wanted:
            return kpi
        waiting += [(each, rolls_up) for each in inputs[kpi.pk]]
    return None
