"""What somebody typed of the places where a KPI is measured, and what it means."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import KPI, Assignment
from organizations.access import Access
from organizations.models import Person
from scorecards.selectors.administration.choices import chosen_person

FIELDS = ("responsible", "starts_on", "ends_on", "own_values")
DAYS = ("starts_on", "ends_on")


def place_texts(assignment: Assignment) -> dict[str, str]:
    """A place as its form shows it."""
    days = {name: getattr(assignment, name) for name in DAYS}
    return {
        "responsible": assignment.responsible.code if assignment.responsible else "",
        **{name: day.isoformat() if day else "" for name, day in days.items()},
        "own_values": assignment.own_values,
    }


def place_values(access: Access, kpi: KPI, texts: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the texts mean; raises ValidationError, by field."""
    problems: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name in FIELDS:
        try:
            values[name] = _value(access, kpi, name, texts.get(name, "").strip())
        except ValidationError as refusal:
            problems[name] = refusal.message_dict.get(name) if _by_field(refusal) else refusal
    first, last = values.get("starts_on"), values.get("ends_on")
    if first and last and last <= first:
        problems["ends_on"] = "Choose a day after the first one."
    if problems:
        raise ValidationError(problems)
    return values


def _by_field(refusal: ValidationError) -> bool:
    return hasattr(refusal, "error_dict")


def _value(access: Access, kpi: KPI, name: str, text: str) -> Any:
    if name in DAYS:
        return _day(text)
    if name == "responsible":
        people = Person.objects.live().filter(organization=access.organization)
        return chosen_person(text, people, name) if text else None
    chosen = text or Assignment.OwnValues.NONE
    if chosen not in Assignment.OwnValues.values:
        raise ValidationError("Choose one of these.")
    return chosen if kpi.is_rolled_up else Assignment.OwnValues.NONE


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValidationError("Write a day like 2026-04-01.") from None
