"""KPIs and where they are measured."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from calculations.units import UnitRule
from kpis.models import KPI, Assignment, KPIInput
from kpis.selectors.graph import kpi_edges
from organizations.models import Organization, Person, Structure, Unit, User
from organizations.models.structure import change_reason
from organizations.services.locks import lock_organization
from organizations.services.structure import (
    InUse,
    Using,
    changed,
    created,
    delete_structure,
    live_users,
    locked,
    require_same_organization,
    require_version,
    restore_structure,
)

from .changes import note_assignments, note_definition
from .definitions import (
    Library,
    check_targets_fit,
    check_values_fit,
    checked_inputs,
    write_inputs,
    write_new_inputs,
)

# What people may change of a definition; its code stands in addresses, files and formulas.
TEXTS = frozenset({"name", "description", "why_it_matters", "unit_of_measure", "decimals"})
TEXTS |= {"timing", "owner", "is_input", "benchmark", "benchmark_source", "answers"}
FIGURE_FIELDS = frozenset({"value_kind", "grades", "natural_minimum", "natural_maximum"})
FIGURE_FIELDS |= {"direction", "frequency", "grace_days", "time_rule", "unit_rule", "weighting"}
FIGURE_FIELDS |= {"formula", "carry_forward", "inherits_target"}
ASSIGNMENT_FIELDS = frozenset({"responsible", "starts_on", "ends_on", "own_values"})
Row = TypeVar("Row", KPI, Assignment)


@transaction.atomic
def define_kpi(
    *,
    organization: Organization,
    code: str,
    name: str,
    library: Library | None = None,
    **fields: Any,
) -> KPI:
    """A new definition in the organization's library.

    library: as it stands, where the caller has read it under the lock; the new one is added.
    Raises ValidationError, by field: among others where the formula cannot be read or names what
    is not there, or needs itself.
    """
    require_same_organization(organization.pk, fields.get("owner"), fields.get("weighting"))
    kpi = KPI(organization=organization, code=code, name=name, **fields)
    kpi.formula = kpi.formula.strip()
    if kpi.formula or kpi.weighting_id is not None:
        lock_organization(organization.pk)
    kpi.clean_fields()
    input_ids = checked_inputs(kpi, library)
    created(kpi)
    if input_ids:
        write_inputs(kpi, input_ids)
    if library is not None:
        library.add(kpi, input_ids)
    return kpi


def define_kpis(kpis: Sequence[KPI], library: Library, *, by: User | None = None) -> list[KPI]:
    """Store those new definitions that the library allows, by some statements for all of them.

    None may read another of them. library: as `define_kpi` takes it, under the lock. Those that
    are left out are for `define_kpi` to refuse.
    """
    read: dict[str, set[int]] = {}
    sound = []
    for kpi in kpis:
        try:
            kpi.clean_fields(exclude=[f.name for f in kpi._meta.concrete_fields if f.is_relation])
            read[kpi.code] = checked_inputs(kpi, library)
        except ValidationError:
            continue
        if kpi.code not in library.by_code:
            sound.append(kpi)
    if not sound:
        return []
    stored: list[KPI] = bulk_create_with_history(sound, KPI, default_user=by)
    write_new_inputs(sound[0].organization, {kpi.pk: read[kpi.code] for kpi in stored})
    for kpi in stored:
        library.add(kpi, read[kpi.code])
    return stored


@transaction.atomic
def change_kpi(
    *, kpi: KPI, by: User | None = None, version: int | None = None, **fields: Any
) -> KPI:
    """Change the definition for all periods; where it is measured, what it reads is too.

    version: the one that the writer has seen (StaleVersion if there is a newer one). The code never
    changes, the frequency and the kind of value not once values are recorded. Raises
    ValidationError, by field.
    """
    kpi = locked(kpi)
    require_version(kpi, version)
    require_same_organization(kpi.organization_id, fields.get("owner"), fields.get("weighting"))
    altered = _filled(kpi, fields, TEXTS | FIGURE_FIELDS)
    if not altered:
        return kpi
    if not altered & FIGURE_FIELDS:
        return changed(kpi, by)
    check_values_fit(kpi, altered)
    input_ids = checked_inputs(kpi)
    check_targets_fit(kpi, altered)
    changed(kpi, by)
    write_inputs(kpi, input_ids)
    units = Assignment.objects.live().filter(kpi=kpi).values_list("unit_id", flat=True)
    note_assignments(kpi.organization, _assigned_inputs(kpi, set(units)))
    note_definition(kpi)
    return kpi


@transaction.atomic
def delete_kpi(*, kpi: KPI, by: User | None = None, version: int | None = None) -> KPI:
    """Mark the definition as deleted; InUse where it is measured or a formula reads it.

    Raises StaleVersion as `change_kpi` does.
    """
    kpi = locked(kpi)
    require_version(kpi, version)
    KPIInput.objects.filter(kpi=kpi).delete()
    return _deleted(kpi, by)


@transaction.atomic
def restore_kpi(*, kpi: KPI, by: User | None = None) -> KPI:
    """Let a deleted definition stand again, with what it reads.

    Raises ValidationError where its code is taken, or what it reads is gone.
    """
    kpi = restore_structure(row=kpi, by=by)
    write_inputs(kpi, checked_inputs(kpi))
    return kpi


@transaction.atomic
def assign_kpi(
    *,
    kpi: KPI,
    unit: Unit,
    responsible: Person | None = None,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    own_values: str = Assignment.OwnValues.NONE,
) -> Assignment:
    """The KPI is measured at the unit from now on; from a day to a day (exclusive) if given.

    So is whatever its formula or its weighting needs, where it is not yet.
    """
    require_same_organization(kpi.organization_id, unit, responsible)
    kpi = locked(kpi)
    assignment = Assignment(
        organization_id=kpi.organization_id,
        kpi=kpi,
        unit=unit,
        responsible=responsible,
        starts_on=starts_on,
        ends_on=ends_on,
        own_values=own_values,
    )
    _check_own_values(assignment)
    created(assignment)
    note_assignments(kpi.organization, [assignment, *_assigned_inputs(kpi, {unit.pk})])
    return assignment


@transaction.atomic
def assign_kpi_at(*, kpi: KPI, units: Sequence[Unit], **about: Any) -> list[Assignment]:
    """The KPI is measured at all of the units, with the same days and person; all or none.

    about: as `assign_kpi` takes it. Where it is measured already, nothing is changed.
    """
    kpi = locked(kpi)
    rows = Assignment.objects.live().filter(kpi=kpi, unit__in=units)
    known = set(rows.values_list("unit_id", flat=True))
    return [assign_kpi(kpi=kpi, unit=unit, **about) for unit in units if unit.pk not in known]


@transaction.atomic
def assign_kpis(
    *, organization: Organization, assignments: Sequence[Assignment], by: User | None = None
) -> list[Assignment]:
    """Store many new assignments as `assign_kpi` does each, with what their KPIs need; all or none.

    A fixed number of statements for any number of them. Raises ValidationError or IntegrityError
    without telling whose fault it is.
    """
    lock_organization(organization.pk)
    for row in assignments:
        require_same_organization(organization.pk, row, row.kpi, row.unit, row.responsible)
        row.clean_fields(exclude=["organization", "kpi", "unit", "responsible"])
        _check_own_values(row)
    rows = [*assignments, *_missing_inputs(organization, assignments)]
    stored = _stored_with_history(rows, by) if rows else []
    note_assignments(organization, stored)
    return stored


def _missing_inputs(
    organization: Organization, assignments: Sequence[Assignment]
) -> list[Assignment]:
    """Not stored yet: what the KPIs need where it is neither measured nor about to be."""
    edges = kpi_edges(organization)
    wanted = {(pk, row.unit_id) for row in assignments for pk in edges.needs(row.kpi_id)}
    if not wanted:
        return []
    needed = KPI.objects.in_bulk({pk for pk, _ in wanted})
    standing = Assignment.objects.live().filter(organization=organization, kpi_id__in=needed)
    present = {(row.kpi_id, row.unit_id) for row in assignments}
    present.update(standing.values_list("kpi_id", "unit_id"))
    return [
        Assignment(organization=organization, kpi=needed[kpi_id], unit_id=unit_id)
        for kpi_id, unit_id in sorted(wanted - present)
    ]


@transaction.atomic
def change_assignment(
    *, assignment: Assignment, by: User | None = None, version: int | None = None, **fields: Any
) -> Assignment:
    """Change who answers for it, its days, or what values entered at the unit mean.

    Raises StaleVersion as `change_kpi` does, and ValidationError, by field.
    """
    row = locked(assignment)
    require_version(row, version)
    require_same_organization(row.organization_id, fields.get("responsible"))
    altered = _filled(row, fields, ASSIGNMENT_FIELDS)
    if not altered:
        return row
    if "own_values" in altered:
        _check_own_values(row)
    changed(row, by)
    if altered != {"responsible"}:
        note_assignments(row.kpi.organization, [row])
    return row


@transaction.atomic
def restore_assignment(*, assignment: Assignment, by: User | None = None) -> Assignment:
    """The KPI is measured there again. Raises ValidationError where it is already."""
    row = restore_structure(row=assignment, by=by)
    inputs = _assigned_inputs(row.kpi, {row.unit_id})
    note_assignments(row.kpi.organization, [row, *inputs])
    return row


@transaction.atomic
def remove_assignment(
    *, assignment: Assignment, by: User | None = None, version: int | None = None
) -> Assignment:
    """The KPI is not measured here after all; where values stand, give its assignment an end.

    InUse where an objective of the unit's scorecard counts it, where values or targets stand, or
    where a KPI measured at the unit reads it. Structures published earlier keep the KPI: their
    boards say that it is not measured any more. Raises StaleVersion as `change_kpi` does.
    """
    row = locked(assignment)
    require_version(row, version)
    readers = KPI.objects.live().filter(
        inputs__input_id=row.kpi_id,
        assignments__unit_id=row.unit_id,
        assignments__deleted_at=None,
    )
    named = [Using.named(reader) for reader in readers.order_by("code").distinct()]
    if users := [*named, *_counting_objectives(row), *live_users(row)]:
        raise InUse(row, users)
    _deleted(row, by)
    note_assignments(row.kpi.organization, [row])
    return row


def _deleted(row: Row, by: User | None) -> Row:
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]  # what the history looks for
    delete_structure(row=row)
    return row


def _counting_objectives(assignment: Assignment) -> list[str]:
    """The objectives of the unit's own scorecard that count the KPI, named for people."""
    links = assignment.kpi.objective_links.filter(
        deleted_at=None,
        objective__deleted_at=None,
        objective__scorecard__deleted_at=None,
        objective__scorecard__unit_id=assignment.unit_id,
    )
    rows = links.values_list("objective__name", "objective__scorecard__name")
    return [f"objective “{name}” of “{scorecard}”" for name, scorecard in rows.order_by("pk")]


def _filled(row: Structure, fields: dict[str, Any], editable: Collection[str]) -> set[str]:
    """Give the row the fields; returns the names of those that differ from before."""
    for name in fields.keys() - editable:
        raise ValidationError(f"{name.capitalize()} cannot be changed.")
    columns = [column for column in row._meta.concrete_fields if column.name in fields]
    before = {column.name: getattr(row, column.attname) for column in columns}
    for name, value in fields.items():
        setattr(row, name, value.strip() if name == "formula" else value)
    row.clean_fields()
    return {each.name for each in columns if getattr(row, each.attname) != before[each.name]}


def _check_own_values(assignment: Assignment) -> None:
    """Refuse what only a KPI that is rolled up over units can mean."""
    is_rolled_up = assignment.kpi.unit_rule in (UnitRule.SUM, UnitRule.MEAN)
    if assignment.own_values != Assignment.OwnValues.NONE and not is_rolled_up:
        raise ValidationError(
            {
                "own_values": f"“{assignment.kpi}” is not a sum or a mean over units, so values"
                " entered here neither add to those beneath nor replace them; choose none."
            }
        )


def _assigned_inputs(kpi: KPI, unit_ids: set[int]) -> list[Assignment]:
    """Let everything that the KPI needs be measured at the units too; returns what is new."""
    if not unit_ids or not (kpi.formula or kpi.weighting_id):
        return []
    needed = KPI.objects.in_bulk(list(kpi_edges(kpi.organization).needs(kpi.pk)))
    rows = Assignment.objects.live().filter(kpi_id__in=needed, unit_id__in=unit_ids)
    present = set(rows.values_list("kpi_id", "unit_id"))
    missing = [
        Assignment(organization_id=kpi.organization_id, kpi=needed[kpi_id], unit_id=unit_id)
        for kpi_id in sorted(needed)
        for unit_id in sorted(unit_ids)
        if (kpi_id, unit_id) not in present
    ]
    return _stored_with_history(missing) if missing else []


def _stored_with_history(rows: Sequence[Assignment], by: User | None = None) -> list[Assignment]:
    about: dict[str, Any] = {"default_user": by, "default_change_reason": change_reason()}
    return list(bulk_create_with_history(rows, Assignment, **about))
