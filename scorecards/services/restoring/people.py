"""Setting back settings, units, people and their roles."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from kpis.services.units import move_unit
from organizations.models import Person, Unit
from organizations.selectors import roles_held
from organizations.services.people import change_person
from organizations.services.roles import give_role, take_role
from organizations.services.structure import change_unit, restore_structure, retire_structure
from scorecards.services.settings import change_settings

from .wishes import Wish, require_seen


def set_settings(wish: Wish, values: Mapping[str, Any]) -> Any:
    return change_settings(organization=wish.row, **wish.signed, **values)


def set_unit(wish: Wish, values: Mapping[str, Any]) -> Any:
    require_seen(wish)
    unit: Unit = wish.row
    named = {name: values.get(name, getattr(unit, name)) for name in ("name", "kind")}
    unit = change_unit(unit=unit, by=wish.by, **named)
    if "parent" in values and values["parent"] is None:
        raise ValidationError("Only the topmost unit hangs on nothing.")
    if "parent" in values:
        unit = move_unit(unit=unit, parent=values["parent"], by=wish.by)
    return unit


def bring_unit(wish: Wish) -> Any:
    require_seen(wish)
    for above in (wish.row.parent, wish.row.person):
        if above is not None and above.deleted_at is not None:
            raise ValidationError(f"“{above}” was removed, too: bring that back first.")
    return restore_structure(row=wish.row, by=wish.by)


def set_person(wish: Wish, values: Mapping[str, Any]) -> Any:
    return change_person(person=wish.row, **wish.signed, **values)


def bring_row(wish: Wish) -> Any:
    require_seen(wish)
    return restore_structure(row=wish.row, by=wish.by)


def take_row(wish: Wish) -> Any:
    return retire_structure(row=wish.row, **wish.signed)


def take_person(wish: Wish) -> Any:
    if roles_held(wish.row).exists():
        raise ValidationError(f"{wish.row} holds a role: deactivate them first.")
    return take_row(wish)


def _holder(wish: Wish) -> Person:
    people = Person.objects.live().filter(organization_id=wish.row.organization_id)
    found: Person | None = people.filter(user_id=wish.row.user_id).first()
    if found is None:
        raise ValidationError("Whoever held this role is not in the organization any more.")
    return found


def set_role(wish: Wish, values: Mapping[str, Any]) -> Any:
    role = values.get("role", wish.row.role)
    return give_role(person=_holder(wish), unit=wish.row.unit, role=role, **wish.signed)


def bring_role(wish: Wish) -> Any:
    require_seen(wish)
    held = roles_held(_holder(wish)).filter(unit=wish.row.unit_id)
    if held.exists():
        raise ValidationError("They hold another role there by now: set that one back.")
    row = restore_structure(row=wish.row, by=wish.by)
    return give_role(person=_holder(wish), unit=row.unit, role=row.role, by=wish.by)


def end_role(wish: Wish) -> Any:
    take_role(person=_holder(wish), unit=wish.row.unit, **wish.signed)
