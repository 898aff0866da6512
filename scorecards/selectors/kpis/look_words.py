"""What the choices of a definition mean: sentences with the KPI's own numbers, else examples."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import NamedTuple

from calculations.aggregation import TimeRule, aggregate
from calculations.periods import Frequency, Period
from calculations.units import UnitRule
from kpis.models import KPI
from organizations.models import Organization
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.formats import number_text
from scorecards.selectors.viewing import NOUNS

from .history import History

LONGER = {
    Frequency.DAY: Frequency.MONTH,
    Frequency.WEEK: Frequency.MONTH,
    Frequency.MONTH: Frequency.QUARTER,
    Frequency.QUARTER: Frequency.YEAR,
    Frequency.HALF: Frequency.YEAR,
}
SHOWN_PARTS = 4
EXAMPLE = (8.0, 12.0, 10.0)
EXAMPLE_WEIGHTS = (1.0, 2.0, 1.0)
RULES = {
    TimeRule.SUM: "together",
    TimeRule.MEAN: "on average",
    TimeRule.LAST: "by the last",
    TimeRule.MIN: "by the lowest",
    TimeRule.MAX: "by the highest",
}


class Sentence(NamedTuple):
    """What one choice means; is_example: with numbers of our own making."""

    choice: str
    text: str
    is_example: bool = False


class Family(NamedTuple):
    """Values of units in a period, and the unit above them."""

    above: str
    period: str
    values: tuple[tuple[str, float], ...]


def sentences(
    organization: Organization, draft: KPI, history: History | None, family: Family | None
) -> tuple[Sentence, ...]:
    """One for each choice, in the order of the form."""
    found = [_kind(draft), _over_time(organization, draft, history), _over_units(draft, family)]
    return (*found, _late(organization, draft), _carried(organization, draft))


def _kind(draft: KPI) -> Sentence:
    if draft.value_kind == KPI.ValueKind.YES_NO:
        return Sentence("Values", "Yes counts as 1 and no as 0; there is no middle.")
    if draft.value_kind == KPI.ValueKind.GRADED:
        grades = ", ".join(f"{label} = {value:g}" for label, value in draft.grades or [])
        return Sentence("Values", f"A list to choose from: {grades or 'write the grades'}.")
    number = f"{number_text(draft, 1234.5678)} {draft.unit_of_measure}".strip()
    return Sentence("Values", f"A value is shown as {number}.", is_example=True)


# --- Over time


def _over_time(organization: Organization, draft: KPI, history: History | None) -> Sentence:
    own = Frequency(draft.frequency)
    if own not in LONGER:
        return Sentence("Over time", "A year is the longest period: nothing is put together.")
    if draft.formula:
        return Sentence("Over time", "The formula is computed again for each longer period.")
    rule = TimeRule(draft.time_rule)
    found = _latest_parts(organization, history, LONGER[own]) if history else None
    if found:
        label, values = found
        return Sentence("Over time", _together(draft, rule, values, f"for {label}"))
    examples = _examples(draft)
    longer = NOUNS[LONGER[own]].lower()
    return Sentence(
        "Over time",
        f"{len(examples)} {PLURALS[own]} with"
        f" {_together(draft, rule, examples, f'for the {longer}')}",
        is_example=True,
    )


def _together(draft: KPI, rule: TimeRule, values: Sequence[float], where: str) -> str:
    result = float(aggregate(values, [0] * len(values), 1, rule)[0][0])
    texts = [number_text(draft, value) for value in values]
    if len(texts) > SHOWN_PARTS:
        texts = [*texts[:2], f"… ({len(texts) - 3} more)", texts[-1]]
    return f"{', '.join(texts)} give {number_text(draft, result)} {where}, {RULES[rule]}."


def _latest_parts(
    organization: Organization, history: History, longer: Frequency
) -> tuple[str, list[float]] | None:
    """The newest longer period with two values at least: its label and the values."""
    calendar = organization.calendar
    groups: dict[Period, list[float]] = {}
    for period, value in zip(history.periods, history.figures.values[0].tolist(), strict=True):
        if not math.isnan(value):
            groups.setdefault(calendar.containing(period, longer), []).append(value)
    whole = [(period, values) for period, values in groups.items() if len(values) > 1]
    if not whole:
        return None
    period, values = max(whole, key=lambda each: (len(each[1]) > 2, each[0].start))
    return calendar.label(period), values


def _examples(draft: KPI) -> tuple[float, ...]:
    if draft.value_kind == KPI.ValueKind.YES_NO:
        return (1.0, 0.0, 1.0)
    if draft.value_kind == KPI.ValueKind.GRADED:
        grades = [float(value) for _, value in draft.grades or [("", 3.0), ("", 1.0)]]
        return (grades[0], grades[-1], grades[0])
    return EXAMPLE


# --- Over units


def _over_units(draft: KPI, family: Family | None) -> Sentence:
    rule = UnitRule(draft.unit_rule)
    if rule == UnitRule.OWN:
        return Sentence("Over units", "Each unit has a value of its own; none follows from others.")
    if rule == UnitRule.FORMULA:
        return Sentence(
            "Over units", "The formula is computed again on what its inputs are over the units."
        )
    if family:
        return Sentence("Over units", _of_family(draft, rule, family))
    values = _examples(draft)
    texts = ", ".join(number_text(draft, value) for value in values)
    if rule == UnitRule.SUM:
        text = f"Three teams with {texts} give {number_text(draft, sum(values))} above them."
        return Sentence("Over units", text, is_example=True)
    weights = EXAMPLE_WEIGHTS if draft.weighting_id else (1.0, 1.0, 1.0)
    weighed = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
    by = f", weighted 1, 2 and 1 by {draft.weighting}" if draft.weighting_id else ""
    text = f"Three teams with {texts}{by} give {number_text(draft, weighed)} above them."
    return Sentence("Over units", text, is_example=True)


def _of_family(draft: KPI, rule: UnitRule, family: Family) -> str:
    total = sum(value for _, value in family.values)
    result = total if rule == UnitRule.SUM else total / len(family.values)
    texts = ", ".join(f"{name} {number_text(draft, value)}" for name, value in family.values)
    return f"{texts} in {family.period} give {number_text(draft, result)} for {family.above}."


# --- Missing


def _late(organization: Organization, draft: KPI) -> Sentence:
    """When the value of the last period is due."""
    calendar, own = organization.calendar, Frequency(draft.frequency)
    last = calendar.shift(calendar.period(own, organization.today()), -1)
    day = calendar.end(last) + dt.timedelta(days=draft.grace_days)
    return Sentence("Due", f"The value of {calendar.label(last)} counts as missing from {day} on.")


def _carried(organization: Organization, draft: KPI) -> Sentence:
    calendar, own = organization.calendar, Frequency(draft.frequency)
    running = calendar.period(own, organization.today())
    last, missing = (calendar.label(calendar.shift(running, -n)) for n in (2, 1))
    count = draft.carry_forward
    if not count:
        text = "A missing value stays missing: it is never counted as zero, and lowers coverage."
        return Sentence("Missing", text)
    noun = NOUNS[own].lower() if count == 1 else f"{count} {PLURALS[own]}"
    text = f"Without a value for {missing}, that of {last} stands in, for {noun} at most."
    return Sentence("Missing", text)
