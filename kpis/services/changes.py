"""Noting which figures may differ, so that a worker brings the scores up to date."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils import timezone

from calculations.periods import FIRST_YEAR
from calculations.units import UnitRule
from kpis.models import KPI, Assignment, Change
from organizations.models import Organization
from organizations.selectors import UnitTree, unit_tree

from .wake import wake_refresh

# A definition holds for all periods: its change reaches back to the first one.
EARLIEST = dt.date(FIRST_YEAR, 1, 1)


def note_changes(
    organization_id: int, first_starts: Mapping[int, dt.date], at: dt.datetime | None = None
) -> None:
    """Every score that an assignment reaches is to be computed again from its period on.

    first_starts: by assignment id, the start of that period. One statement for all of them.
    """
    if not first_starts:
        return
    at = at or timezone.now()
    Change.objects.bulk_create(
        Change(
            organization_id=organization_id,
            assignment_id=assignment_id,
            first_start=first_start,
            created_at=at,
        )
        for assignment_id, first_start in sorted(first_starts.items())
    )
    wake_refresh(organization_id)


def note_definition(kpi: KPI) -> None:
    """The KPI means something else from now on, wherever it is measured."""
    assigned = Assignment.objects.live().filter(kpi=kpi)
    _note_always(kpi.organization_id, assigned.values_list("pk", flat=True))


def note_assignments(organization: Organization, assignments: Sequence[Assignment]) -> None:
    """The assignments came, changed or went: so may the figures of units above and beneath."""
    reached = {assignment.pk for assignment in assignments}
    units: dict[int, set[int]] = defaultdict(set)
    connected = [assignment for assignment in assignments if connects_units(assignment.kpi)]
    if connected:
        tree = unit_tree(organization)
        for assignment in connected:
            units[assignment.kpi_id] |= _line_and_beneath(tree, assignment.unit_id)
        rows = Assignment.objects.live().filter(kpi_id__in=units)
        reached |= {
            pk
            for pk, kpi_id, unit_id in rows.values_list("pk", "kpi_id", "unit_id")
            if unit_id in units[kpi_id]
        }
    _note_always(organization.pk, reached)


def note_units(organization_id: int, unit_ids: Iterable[int]) -> None:
    """The units hang elsewhere: KPIs whose figures or targets come from other units differ."""
    alone = {"kpi__unit_rule": UnitRule.OWN, "kpi__inherits_target": False}
    assigned = (
        Assignment.objects.live()
        .filter(organization_id=organization_id, kpi__deleted_at=None, unit_id__in=set(unit_ids))
        .exclude(**alone)
    )
    _note_always(organization_id, assigned.values_list("pk", flat=True))


def connects_units(kpi: KPI) -> bool:
    """Whether a unit's figure or target may come from another unit."""
    return kpi.unit_rule != UnitRule.OWN or kpi.inherits_target


def _note_always(organization_id: int, assignment_ids: Iterable[int]) -> None:
    note_changes(organization_id, dict.fromkeys(assignment_ids, EARLIEST))


def _line_and_beneath(tree: UnitTree, unit_id: int) -> set[int]:
    line = tree.line(unit_id)
    beneath = tree.beneath(unit_id) if line else ()
    return {node.id for node in (*line, *beneath)}
