"""Letting what was deleted of the library stand again, under the rules of what is new."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from kpis.models import KPI, Assignment
from organizations.models import Structure, User
from organizations.services.locks import lock_organization
from organizations.services.structure import changed, require_version

from .changes import note_assignments, note_definition
from .definitions import checked_inputs, write_inputs
from .library import assigned_inputs, check_own_values

Row = TypeVar("Row", bound=Structure)


@transaction.atomic
def restore_kpi(*, kpi: KPI, version: int | None = None, by: User | None = None) -> KPI:
    """Let a deleted definition stand again, with what its formula reads.

    Raises StaleVersion, and ValidationError, by field: where another has its code by now, or where
    the formula reads what is not there any more.
    """
    row = _gone(kpi, version)
    row.deleted_at = None
    input_ids = checked_inputs(row)
    changed(row, by)
    write_inputs(row, input_ids)
    note_definition(row)
    return row


@transaction.atomic
def restore_assignment(
    *, assignment: Assignment, version: int | None = None, by: User | None = None
) -> Assignment:
    """Let the KPI be measured at the unit again.

    Raises StaleVersion, and ValidationError where it is measured there already, or where the KPI or
    the unit is gone.
    """
    row = _gone(assignment, version)
    for needed in (row.kpi, row.unit):
        if needed.deleted_at is not None:
            raise ValidationError(f"“{needed}” was removed meanwhile: bring that back first.")
    row.deleted_at = None
    check_own_values(row)
    changed(row, by)
    note_assignments(row.kpi.organization, [row, *assigned_inputs(row.kpi, {row.unit_id})])
    return row


def _gone(row: Row, version: int | None) -> Row:
    lock_organization(row.organization_id)
    row = row.__class__.objects.get(pk=row.pk)
    require_version(row, version)
    if row.deleted_at is None:
        raise ValidationError(f"“{row}” stands already.")
    return row
