"""Writing one record of units, people, roles and KPIs through the services."""

from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import QUESTIONS, Assignment
from kpis.services.library import (
    assign_kpi,
    change_assignment,
    change_kpi,
    define_kpi,
    delete_kpi,
    remove_assignment,
    restore_assignment,
    restore_kpi,
)
from kpis.services.units import move_unit
from organizations.models import Organization
from organizations.services.invitations import invite_person
from organizations.services.people import change_person, create_person
from organizations.services.roles import give_role, take_role
from organizations.services.structure import (
    change_unit,
    changed,
    create_unit,
    restore_structure,
    retire_structure,
)
from scorecards.selectors.records import Record
from scorecards.services.settings import change_settings

from .rows import Rows
from .shapes import Change, Deed


def write_settings(rows: Rows, change: Change) -> None:
    assert change.after is not None
    fields = {name: change.after[name] for name in change.fields}
    change_settings(organization=rows.organization, by=rows.by, **fields)
    rows.organization = Organization.objects.get(pk=rows.organization.pk)


def write_person(rows: Rows, change: Change) -> None:
    record = change.after
    if record is None:
        retire_structure(row=rows.get("people", *change.key), by=rows.by)
        rows.drop("people", change.key)
    elif change.deed is Deed.ADDED:
        person = create_person(organization=rows.organization, **record)
        rows.keep("people", change.key, person)
    else:
        fields = {name: record[name] for name in change.fields}
        person = change_person(person=rows.get("people", *change.key), by=rows.by, **fields)
        rows.keep("people", change.key, person)


def restore_person(rows: Rows, change: Change, row: Any) -> None:
    rows.keep("people", change.key, restore_structure(row=row, by=rows.by))


def write_unit(rows: Rows, change: Change) -> None:
    record = change.after
    if record is None:
        retire_structure(row=rows.get("units", *change.key), by=rows.by)
        rows.drop("units", change.key)
    elif change.deed is Deed.ADDED:
        references = {
            "parent": rows.optional("units", record["parent"]),
            "person": rows.optional("people", record["person"]),
        }
        unit = create_unit(organization=rows.organization, **{**record, **references})
        rows.keep("units", change.key, unit)
    else:
        _change_unit(rows, change, record)


def _change_unit(rows: Rows, change: Change, record: Record) -> None:
    unit = rows.get("units", *change.key)
    if {"name", "kind"} & set(change.fields):
        unit = change_unit(unit=unit, by=rows.by, name=record["name"], kind=record["kind"])
    if "parent" in change.fields:
        unit = move_unit(unit=unit, parent=rows.get("units", record["parent"]), by=rows.by)
    if "position" in change.fields:
        unit.position = record["position"]
        unit = changed(unit, rows.by)
    rows.keep("units", change.key, unit)


def restore_unit(rows: Rows, change: Change, row: Any) -> None:
    rows.keep("units", change.key, restore_structure(row=row, by=rows.by))


def write_role(rows: Rows, change: Change) -> None:
    """Who cannot sign in yet is invited; sending them mail is not done here."""
    code, unit = change.key
    person, place = rows.get("people", code), rows.get("units", unit)
    if change.after is None:
        take_role(person=person, unit=place, by=rows.by)
    elif person.user_id is None:
        if not person.email:
            raise ValidationError({"person": "Write an e-mail address for this person first."})
        role = change.after["role"]
        invited = invite_person(
            person=person, email=person.email, unit=place, role=role, by=rows.by
        )
        rows.keep("people", (code,), invited)
    else:
        give_role(person=person, unit=place, role=change.after["role"], by=rows.by)


# --- KPIs


def write_kpi(rows: Rows, change: Change) -> None:
    record = change.after
    if change.deed is not Deed.ADDED:
        rows.forget_library()
    if record is None:
        delete_kpi(kpi=rows.get("kpis", *change.key), by=rows.by)
        rows.drop("kpis", change.key)
        return
    fields = definition(rows, record)
    if change.deed is Deed.ADDED:
        library = rows.library_for(record)
        kpi = define_kpi(organization=rows.organization, library=library, **fields)
        rows.keep("kpis", change.key, kpi)
        return
    names = {"answers" if name.startswith("question_") else name for name in change.fields}
    altered = {name: fields[name] for name in names}
    kpi = change_kpi(kpi=rows.get("kpis", *change.key), by=rows.by, **altered)
    rows.keep("kpis", change.key, kpi)
    if names & {"formula", "weighting"}:
        rows.more_may_stand("assignments")  # what it reads is measured with it


def restore_removed_kpi(rows: Rows, change: Change, row: Any) -> None:
    rows.forget_library()
    rows.keep("kpis", change.key, restore_kpi(kpi=row, by=rows.by))


def definition(rows: Rows, record: Record) -> dict[str, Any]:
    """The fields of the model that the record says."""
    fields = {name: value for name, value in record.items() if not name.startswith("question_")}
    fields["owner"] = rows.optional("people", record["owner"])
    fields["weighting"] = rows.optional("kpis", record["weighting"])
    fields["answers"] = {
        name: {"answer": answer, "note": note}
        for name in QUESTIONS
        for answer, note in [(record[f"question_{name}"], record[f"question_{name}_note"])]
        if answer or note
    }
    return fields


def write_assignment(rows: Rows, change: Change) -> None:
    record = change.after
    if record is None:
        remove_assignment(assignment=rows.get("assignments", *change.key), by=rows.by)
        rows.drop("assignments", change.key)
        return
    fields = about_assignment(rows, record)
    if rows.has("assignments", *change.key):  # also where a formula has brought it already
        found: Assignment = rows.get("assignments", *change.key)
        row = change_assignment(assignment=found, by=rows.by, **fields)
        rows.keep("assignments", change.key, row)
        return
    kpi, unit = rows.get("kpis", record["kpi"]), rows.get("units", record["unit"])
    rows.keep("assignments", change.key, assign_kpi(kpi=kpi, unit=unit, **fields))
    if kpi.formula or kpi.weighting_id:
        rows.more_may_stand("assignments")


def about_assignment(rows: Rows, record: Record) -> dict[str, Any]:
    return {
        "responsible": rows.optional("people", record["responsible"]),
        **{name: record[name] for name in ("own_values", "starts_on", "ends_on")},
    }


def restore_removed_assignment(rows: Rows, change: Change, row: Any) -> None:
    restored = restore_assignment(assignment=row, by=rows.by)
    rows.keep("assignments", change.key, restored)
