"""Setting back KPIs, where they are measured, and targets."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import Target
from kpis.services.library import (
    change_assignment,
    change_kpi,
    delete_kpi,
    remove_assignment,
    restore_assignment,
    restore_kpi,
)
from kpis.services.process_changes import restore_process_change, take_back_process_change
from kpis.services.targets import FIGURES, remove_target, set_target

from .wishes import Wish, require_seen


def set_kpi(wish: Wish, values: Mapping[str, Any]) -> Any:
    return change_kpi(kpi=wish.row, **wish.signed, **values)


def bring_kpi(wish: Wish) -> Any:
    require_seen(wish)
    return restore_kpi(kpi=wish.row, by=wish.by)


def take_kpi(wish: Wish) -> Any:
    return delete_kpi(kpi=wish.row, **wish.signed)


def set_assignment(wish: Wish, values: Mapping[str, Any]) -> Any:
    return change_assignment(assignment=wish.row, **wish.signed, **values)


def bring_assignment(wish: Wish) -> Any:
    require_seen(wish)
    for needed in (wish.row.kpi, wish.row.unit):
        if needed.deleted_at is not None:
            raise ValidationError(f"“{needed}” was removed meanwhile: bring that back first.")
    return restore_assignment(assignment=wish.row, by=wish.by)


def take_assignment(wish: Wish) -> Any:
    return remove_assignment(assignment=wish.row, **wish.signed)


def retarget(wish: Wish, values: Mapping[str, Any]) -> Any:
    require_seen(wish)
    row: Target = wish.row
    figures = {name: getattr(row, name) for name in FIGURES} | dict(values)
    return _said_target(wish, figures)


def bring_target(wish: Wish) -> Any:
    """Another row says it from now on: targets are kept by what they say, not by who they are."""
    row: Target = wish.row
    begun = Target.objects.live().filter(assignment=row.assignment_id, valid_from=row.valid_from)
    if begun.exists():
        raise ValidationError("Another target begins there by now: set that one back.")
    return _said_target(wish, {name: getattr(row, name) for name in FIGURES})


def _said_target(wish: Wish, figures: Mapping[str, Any]) -> Any:
    row: Target = wish.row
    if row.assignment.deleted_at is not None:
        raise ValidationError(f"“{row.assignment}” was removed: bring that back first.")
    return set_target(
        assignment=row.assignment,
        valid_from=row.valid_from,
        by=wish.by,
        reason=wish.reason,
        **figures,
    )


def set_process_change(wish: Wish, values: Mapping[str, Any]) -> Any:
    raise ValidationError("What is declared is not edited: take it back, and declare it anew.")


def bring_process_change(wish: Wish) -> Any:
    require_seen(wish)
    if wish.row.assignment.deleted_at is not None:
        raise ValidationError(f"“{wish.row.assignment}” was removed: bring that back first.")
    return restore_process_change(change=wish.row, by=wish.by)


def take_process_change(wish: Wish) -> Any:
    return take_back_process_change(change=wish.row, **wish.signed)


def take_target(wish: Wish) -> Any:
    require_seen(wish)
    remove_target(target=wish.row, by=wish.by, reason=wish.reason)
