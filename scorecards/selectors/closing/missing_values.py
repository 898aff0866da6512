"""Values that nobody has given for a period yet, with who answers for them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from calculations.periods import Frequency, Period
from calculations.units import UnitRule
from kpis.models import Assignment, Measurement
from kpis.selectors.measurements import live_assignments
from organizations.access import Access
from organizations.models import Organization
from scorecards.links import kpi_href


@dataclass(frozen=True)
class MissingValue:
    """A KPI at a unit, with the periods that lack a value."""

    responsible: str  # "" where nobody answers for it
    kpi: str
    href: str
    unit: str
    periods: tuple[str, ...]
    is_overdue: bool  # else the days of grace are still running
    kpi_code: str
    unit_code: str


def missing_values(
    access: Access, unit_ids: Collection[int], period: Period
) -> tuple[MissingValue, ...]:
    """Sorted by who answers for them, then unit and KPI; by three statements.

    Values that follow from others, by a formula or from units beneath, are nobody's to give.
    """
    organization = access.organization
    assignments = list(
        live_assignments(organization)
        .filter(unit_id__in=unit_ids)
        .select_related("kpi__owner", "unit", "responsible")
    )
    assigned: dict[int, set[int]] = defaultdict(set)
    for kpi_id, unit_id in live_assignments(organization).values_list("kpi_id", "unit_id"):
        assigned[kpi_id].add(unit_id)
    entered = [each for each in assignments if _is_entered(access, each, assigned[each.kpi_id])]
    slots = {each.pk: _slots(organization, each, period) for each in entered}
    known = _known(slots)
    lines = [
        _line(organization, each, missing)
        for each in entered
        if (missing := [slot for slot in slots[each.pk] if (each.pk, slot.start) not in known])
    ]
    return tuple(sorted(lines, key=lambda line: (line.responsible, line.unit, line.kpi)))


def _is_entered(access: Access, assignment: Assignment, unit_ids: set[int]) -> bool:
    """Whether somebody is to give the value; unit_ids: where the KPI is measured."""
    kpi = assignment.kpi
    if kpi.formula:
        return False
    if kpi.unit_rule == UnitRule.OWN or assignment.own_values != Assignment.OwnValues.NONE:
        return True
    beneath = {node.id for node, _ in access.tree.depth_first(assignment.unit_id)}
    return not beneath & unit_ids


def _slots(organization: Organization, assignment: Assignment, period: Period) -> list[Period]:
    """The own periods that end within the period and in which the KPI is measured there."""
    calendar, frequency = organization.calendar, Frequency(assignment.kpi.frequency)
    if period.frequency.is_finer_than(frequency):
        around = calendar.containing(period, frequency)
        slots = [around] if calendar.end(around) <= calendar.end(period) else []
    else:
        slots = calendar.parts(period, frequency)
    first, end = assignment.starts_on or dt.date.min, assignment.ends_on or dt.date.max
    return [slot for slot in slots if first <= slot.start < end]


def _known(slots: dict[int, list[Period]]) -> set[tuple[int, dt.date]]:
    starts = {slot.start for each in slots.values() for slot in each}
    if not starts:
        return set()
    rows = Measurement.objects.filter(assignment_id__in=slots, period_start__in=starts)
    return set(rows.values_list("assignment_id", "period_start"))


def _line(
    organization: Organization, assignment: Assignment, missing: list[Period]
) -> MissingValue:
    calendar, kpi = organization.calendar, assignment.kpi
    due_on = calendar.end(missing[0]) + dt.timedelta(days=kpi.grace_days)
    return MissingValue(
        responsible=assignment.owner_name,
        kpi=kpi.name,
        href=kpi_href(
            organization.code, kpi.code, assignment.unit.code, calendar.label(missing[-1])
        ),
        unit=assignment.unit.name,
        periods=tuple(calendar.label(slot) for slot in missing),
        is_overdue=due_on <= organization.today(),
        kpi_code=kpi.code,
        unit_code=assignment.unit.code,
    )
