"""What somebody typed into the form of an initiative, and the initiative that it means.

Everything is kept as text until it is checked, so that the form can be shown again with all that
was typed. Milestones have no codes: a row of the form names its milestone by its place in the
version that the form was made from.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from calculations.numerals import InvalidNumber, parsed_amount
from calculations.periods import FIRST_YEAR, LAST_YEAR
from organizations.access import Access, Action
from organizations.models import Person, Unit
from organizations.models.structure import validate_text
from scorecards.models import Initiative

from .lines import day_text
from .reading import ToldInitiative

PLAIN = ("name", "description")
DAYS = ("starts_on", "ends_on")
AMOUNTS = ("budget_planned", "budget_spent")
FIELDS = (*PLAIN, "unit", "owner", "status", *DAYS, "percent_done", *AMOUNTS, "currency")
MOST_ROWS = 200  # of milestones that are read from a form
LARGEST_AMOUNT = Decimal(10) ** 15
CURRENCY = re.compile(r"[A-Z]{3}")
LONGEST_NAME, LONGEST_DESCRIPTION = 200, 5000
PLACE = re.compile(r"[0-9]{1,4}")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class MilestoneTexts:
    """A row of the form; key: the place of the milestone that it is about, "" for a new one."""

    name: str = ""
    due_on: str = ""
    done_on: str = ""
    key: str = ""
    is_removed: bool = False

    @property
    def is_blank(self) -> bool:
        return not (self.key or self.name or self.due_on or self.done_on)

    @property
    def said(self) -> tuple[str, str, str]:
        return self.name, self.due_on, self.done_on

    @property
    def place(self) -> int:
        """The place that the key says; 0 of a new one."""
        return int(self.key) if PLACE.fullmatch(self.key) else 0


@dataclass(frozen=True)
class InitiativeTexts:
    """The form's fields as text, its milestones, and the keys of the objectives served."""

    fields: Mapping[str, str]
    milestones: tuple[MilestoneTexts, ...] = ()
    objectives: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class TypedMilestone:
    """A milestone as it shall be; place: in the version that the form was made from, 0 if new."""

    place: int
    name: str
    due_on: dt.date
    done_on: dt.date | None


@dataclass(frozen=True)
class InitiativeValues:
    """The initiative that the texts mean, and what is wrong with them, by field."""

    fields: dict[str, Any] = field(default_factory=dict)
    milestones: list[TypedMilestone] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


class _Wrong(ValueError):
    """A text that a field cannot hold; the message says what to write instead."""


# --- From and to text


def typed_initiative(posted: QueryDict) -> InitiativeTexts:
    """What the form sent; line ends as they are stored."""

    def text(name: str) -> str:
        return posted.get(name, "").replace("\r\n", "\n").strip()

    columns = [posted.getlist(f"milestone_{name}") for name in ("name", "due_on", "done_on", "key")]
    removed = set(posted.getlist("milestone_removed"))
    rows = [
        MilestoneTexts(name.strip(), due.strip(), done.strip(), key, key in removed - {""})
        for name, due, done, key in zip(*columns, strict=False)
    ]
    return InitiativeTexts(
        {name: text(name) for name in FIELDS},
        tuple(row for row in rows[:MOST_ROWS] if not row.is_blank),
        tuple(dict.fromkeys(posted.getlist("objectives"))),
    )


def told_texts(told: ToldInitiative) -> InitiativeTexts:
    """An initiative as the form shows it."""
    row = told.row
    texts = {name: str(getattr(row, name)) for name in (*PLAIN, "status", "percent_done")}
    texts |= {name: day_text(getattr(row, name)) for name in DAYS}
    texts |= {name: amount_text(getattr(row, name)) for name in AMOUNTS}
    texts |= {"currency": row.currency, "unit": told.unit.code}
    texts["owner"] = told.owner.code if told.owner else ""
    rows = tuple(
        MilestoneTexts(each.name, day_text(each.due_on), day_text(each.done_on), str(place))
        for place, each in enumerate(told.milestones, 1)
    )
    return InitiativeTexts(texts, rows, tuple(each.key for each in told.objectives))


def amount_text(amount: Decimal | None) -> str:
    """As it is typed, exactly: "620,000", "1,234.50"."""
    if amount is None:
        return ""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


# --- What it means


def initiative_values(access: Access, texts: InitiativeTexts, today: dt.date) -> InitiativeValues:
    """The initiative that was typed, by two statements at most; objectives are another matter."""
    found = InitiativeValues()
    readers: dict[str, Callable[[str], Any]] = {
        "name": _name,
        "description": lambda text: _text(text, LONGEST_DESCRIPTION),
        "unit": lambda text: _unit(access, text),
        "owner": lambda text: _owner(access, text),
        "status": _status,
        "starts_on": _day,
        "ends_on": _day,
        "percent_done": _percent,
        "budget_planned": lambda text: _amount(text, texts["currency"].upper()),
        "budget_spent": lambda text: _amount(text, texts["currency"].upper()),
        "currency": lambda text: _currency(text, texts),
    }
    for name, reader in readers.items():
        try:
            found.fields[name] = reader(texts[name])
        except _Wrong as wrong:
            found.problems[name] = str(wrong)
    starts_on, ends_on = (found.fields.get(name) for name in DAYS)
    if starts_on and ends_on and ends_on < starts_on:
        found.problems["ends_on"] = "This is before the start: one of the two days must move."
    for number, row in enumerate(texts.milestones):
        _read_milestone(found, number, row, today)
    return found


def milestone_field(number: int, name: str) -> str:
    """What the form calls a field of its row of that number."""
    return f"milestone-{number}-{name}"


def _read_milestone(
    found: InitiativeValues, number: int, row: MilestoneTexts, today: dt.date
) -> None:
    if row.is_removed:
        return
    values: dict[str, Any] = {}
    readers: dict[str, Callable[[str], Any]] = {
        "name": _milestone_name,
        "due_on": _due_day,
        "done_on": lambda text: _past(text, today),
    }
    for name, reader in readers.items():
        try:
            values[name] = reader(getattr(row, name))
        except _Wrong as wrong:
            found.problems[milestone_field(number, name)] = str(wrong)
    if len(values) == len(readers):
        found.milestones.append(TypedMilestone(row.place, **values))


def _name(text: str) -> str:
    if not text:
        raise _Wrong("Write a name, as people say it.")
    return _text(text, LONGEST_NAME)


def _milestone_name(text: str) -> str:
    if not text:
        raise _Wrong("Write what is done by then; to drop a milestone, tick “Remove”.")
    return _text(text, LONGEST_NAME)


def _text(text: str, most: int) -> str:
    if len(text) > most:
        raise _Wrong(f"Write at most {most:,} characters.")
    try:
        validate_text(text)
    except ValidationError as refusal:
        raise _Wrong(" ".join(refusal.messages)) from None
    return text


def _unit(access: Access, code: str) -> Unit:
    node = access.visible_unit(code)
    if node is None or not access.can(Action.EDIT_STRUCTURE, node.id):
        raise _Wrong("Choose a unit of this list: you may edit its initiatives.")
    unit: Unit = Unit.objects.live().get(pk=node.id)
    return unit


def _owner(access: Access, code: str) -> Person | None:
    if not code:
        return None
    # PostgreSQL cannot even be asked for a text with this character.
    live = Person.objects.live().filter(organization=access.organization)
    person: Person | None = None if "\x00" in code else live.filter(code=code).first()
    if person is None:
        raise _Wrong("There is no such person here; choose another.")
    return person


def _status(text: str) -> str:
    if text not in Initiative.State.values:
        raise _Wrong("Choose one of these.")
    return text


def typed_day(text: str) -> dt.date | None:
    """The day that the text says as a picker of days does; None where it says none."""
    try:
        return dt.date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    day = typed_day(text)
    if day is None:
        raise _Wrong("This is no day; write it like 2026-12-31.")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _Wrong(f"Choose a day in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def _due_day(text: str) -> dt.date:
    day = _day(text)
    if day is None:
        raise _Wrong("Write the day by which it shall be done.")
    return day


def _past(text: str, today: dt.date) -> dt.date | None:
    day = _day(text)
    if day is not None and day > today:
        raise _Wrong("This day is still to come; leave it empty until it is done.")
    return day


def _percent(text: str) -> int:
    digits = text.removesuffix("%").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,3}", digits) or int(digits) > 100:
        raise _Wrong("Write a whole number from 0 to 100.")
    return int(digits)


def _amount(text: str, currency: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = parsed_amount(text, currency)
    except InvalidNumber as refusal:
        raise _Wrong(f"{refusal}.") from None
    if amount < 0:
        raise _Wrong("An amount is not below zero.")
    if amount >= LARGEST_AMOUNT:
        raise _Wrong("This is more than can be stored: write less than 1,000,000,000,000,000.")
    if amount != round(amount, 2):
        raise _Wrong("Write at most two decimals.")
    return amount


def _currency(text: str, texts: InitiativeTexts) -> str:
    code = text.upper()
    if not code and any(texts[name] for name in AMOUNTS):
        raise _Wrong("Say in which currency, by its three letters such as EUR.")
    if code and not CURRENCY.fullmatch(code):
        raise _Wrong("Write the currency's three letters, such as EUR or USD.")
    return code
