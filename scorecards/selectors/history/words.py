"""Fields and what they say, in words: the same as on the forms where people change them."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from calculations.display import NOTHING
from kpis.models import KPI
from scorecards.selectors.editions.changes import weight_text
from scorecards.selectors.formats import grouped, money_text, number_text, share_text
from scorecards.selectors.kpis.form_words import OPTIONS as KPI_OPTIONS
from scorecards.selectors.kpis.form_words import QUESTIONS as KPI_QUESTIONS
from scorecards.selectors.settings.words import OPTIONS as SETTING_OPTIONS
from scorecards.selectors.settings.words import QUESTIONS as SETTING_QUESTIONS

from .names import Names
from .parts import FIGURES, Part

NONE = "none"
LONG = 90  # characters of a text from which on it stands by itself
LABELS = {
    "is_capped": "Children capped at 100",
    "position": "Place",
    "rule": "Roll-up rule",
    "email": "E-mail",
    "user": "Sign-in",
    "budget_spent": "Spent",
    "parent": "Above it",
    "hint": "Question to its author",
    "own_values": "Own values",
    "weight": "Weight",
    "due_on": "Due",
    "done_on": "Done",
}
QUESTIONS = {"kpi": KPI_QUESTIONS, "settings": SETTING_QUESTIONS}
OPTIONS = {"kpi": KPI_OPTIONS, "settings": SETTING_OPTIONS}
YES_NO = {True: "yes", False: "no"}


def label_of(part: Part, column: Any) -> str:
    """What people call the field."""
    question = QUESTIONS.get(part.name, {}).get(column.name)
    if question is not None:
        return question.label.removesuffix(", in %")
    words = str(column.verbose_name)
    return LABELS.get(column.name) or words[:1].upper() + words[1:]


def value_text(part: Part, column: Any, record: Any, names: Names) -> str:
    """What the field says in this record."""
    value = getattr(record, column.attname)
    if column.is_relation:
        return names.text(column.related_model, value)
    if value is None or value in ("", []):
        return NONE
    for option in OPTIONS.get(part.name, {}).get(column.name, ()):
        if option.value == str(value):
            return str(option.label)
    if column.choices:
        return str(dict(column.flatchoices).get(value, value)).replace("_", " ")
    if part.name == "target" and column.name in FIGURES:
        return _figure(value, record, names)
    return _plain(column, value, record, names)


def _figure(value: Any, record: Any, names: Names) -> str:
    """A figure of a target as its KPI writes numbers."""
    kpi = names.assignments[record.assignment_id].kpi
    if isinstance(value, list):
        return ", ".join(f"{number_text(kpi, x)} scores {_number(y)}" for x, y in value)
    return with_unit(kpi, value)


def with_unit(kpi: KPI, value: float) -> str:
    return f"{number_text(kpi, value)} {kpi.unit_of_measure}".strip()


def _plain(column: Any, value: Any, record: Any, names: Names) -> str:
    if isinstance(value, bool):
        return YES_NO[value]
    if column.name in WORDED:
        return WORDED[column.name](value)
    if isinstance(value, Decimal):
        return money_text(value, getattr(record, "currency", ""))
    if isinstance(value, float):
        return _number(value)
    return _listed(value) if isinstance(value, list | dict) else str(value)


WORDED: dict[str, Callable[[Any], str]] = {
    "weight": weight_text,
    "position": lambda value: str(value + 1),
    "percent_done": lambda value: f"{value} %",
    "minimum_coverage": share_text,
}


def _number(value: float) -> str:
    return grouped(f"{value:.10g}")


def _listed(value: Any) -> str:
    """Grades, frequencies and answers: their parts in their order."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_listed(one)}" for name, one in value.items()) or NONE
    if not isinstance(value, list):
        return {True: "yes", False: "no", None: NOTHING}.get(value, str(value))
    pairs = all(isinstance(one, list) and len(one) == 2 for one in value)
    if pairs:
        return ", ".join(f"{name} = {_number(float(number))}" for name, number in value)
    return ", ".join(str(one) for one in value)


def moment_text(moment: dt.datetime, organization: Any) -> str:
    """At the organization's place."""
    return f"{moment.astimezone(zoneinfo.ZoneInfo(organization.time_zone)):%Y-%m-%d %H:%M}"
