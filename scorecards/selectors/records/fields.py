"""What a field of a record may hold, and how it is written in a cell and read from one."""

import datetime as dt
import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError

from calculations.periods import FIRST_YEAR, LAST_YEAR
from kpis.models import VALUE_LIMIT
from organizations.models.structure import validate_text

# str, float, int, bool, date, Decimal, a list of these, or None
Value = Any

NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,3})?")
WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
BETWEEN_CODES = re.compile(r"[;,\s]+")
YES = frozenset({"yes", "y", "true", "1"})
NO = frozenset({"no", "n", "false", "0"})
LONGEST_QUOTE = 40
MOST_CENTS = Decimal("1e16")
UNFOLDED = 4  # one character may be written as up to four that make it up


class Unreadable(ValueError):
    """A text that does not say what the field holds: what is wrong, and what to write."""


class Form(StrEnum):
    """How the value of a field looks."""

    TEXT = "text"
    CODE = "code"  # of the record itself, or of another one
    CODES = "codes"  # a list of codes; those of objectives are written scorecard.objective
    NUMBER = "number"
    WHOLE = "whole number"
    MONEY = "amount"
    YES_NO = "yes or no"
    DATE = "date"
    PERIOD = "period"  # a label like 2026-Q1, or a day within the period
    CHOICE = "choice"
    CHOICES = "choices"
    PAIRS = "pairs"  # a list of [label, number]
    POINTS = "points"  # a list of [number, number]


@dataclass(frozen=True)
class Field:
    """One thing that a record says.

    default: what a new record holds where nothing is said, and what an empty cell puts there; a
    field that is_required has none. refers_to: the kind of the record that a code names.
    """

    name: str
    label: str
    help: str = ""
    form: Form = Form.TEXT
    is_required: bool = False
    default: Value = None
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    longest: int = 200
    lowest: float = -VALUE_LIMIT
    highest: float = VALUE_LIMIT

    def read(self, text: str) -> Value:
        """The value that the text says; an empty text says the default.

        Numbers have a decimal point and no grouping: other ways of writing are for the reader of
        the file to know. Raises Unreadable.
        """
        if self.form is not Form.TEXT:
            text = text.strip()
        if not text:
            return self.checked(None)
        return self.checked(_READERS[self.form](self, text))

    def write(self, value: Value) -> str:
        """The text by which `read` finds the value again."""
        return _WRITERS.get(self.form, str)(value) if value not in (None, []) else ""

    def checked(self, value: Value) -> Value:
        """The value in the one form in which it is compared and stored. Raises Unreadable."""
        if value is None or value == "":
            if self.is_required:
                raise Unreadable(f"{self.label} is missing; write {self.example}.")
            return self.default
        return _CHECKS[self.form](self, value)

    @property
    def example(self) -> str:
        """What to write, in a sentence: "a number, such as 12.5"."""
        if self.form in (Form.CHOICE, Form.CHOICES):
            return f"{'one' if self.form is Form.CHOICE else 'some'} of {', '.join(self.choices)}"
        if self.form is Form.NUMBER and (self.lowest, self.highest) != (-VALUE_LIMIT, VALUE_LIMIT):
            return f"a number from {number_text(self.lowest)} to {number_text(self.highest)}"
        if self.form is Form.WHOLE:
            return f"a whole number from {self.lowest:.0f} to {self.highest:.0f}"
        return _EXAMPLES[self.form]


_EXAMPLES = {
    Form.TEXT: "a text",
    Form.CODE: "a code of lower-case letters, digits and underscores, such as on_time_delivery",
    Form.CODES: "codes with a semicolon between them",
    Form.NUMBER: "a number, such as 12.5",
    Form.MONEY: "an amount, such as 1200 or 1200.50",
    Form.YES_NO: "yes or no",
    Form.DATE: "a day, such as 2026-03-31",
    Form.PERIOD: "a period, such as 2026-Q1, or a day within it",
    Form.PAIRS: "labels with their numbers, such as A=3; B=2; C=1",
    Form.POINTS: "values with their scores, such as 0=50; 10=100",
}


def quoted(value: Value) -> str:
    """The value as a sentence may repeat it: short, and without what does not show."""
    text = number_text(value) if isinstance(value, float) and math.isfinite(value) else str(value)
    shown = text[:LONGEST_QUOTE] + ("…" if len(text) > LONGEST_QUOTE else "")
    return f"“{shown if shown.isprintable() else ascii(shown)[1:-1]}”"


def number_text(value: float) -> str:
    """The shortest text that means this number, whole ones without a point.

    >>> number_text(60.0), number_text(0.1), number_text(1e-7)
    ('60', '0.1', '1e-07')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _unreadable(field: Field, value: Value) -> Unreadable:
    return Unreadable(f"{quoted(value)} is not {_WHAT.get(field.form, 'right')}; write"
                      f" {field.example}.")  # fmt: skip


_WHAT = {
    Form.CODE: "a code",
    Form.CODES: "a list of codes",
    Form.NUMBER: "such a number",
    Form.WHOLE: "such a number",
    Form.MONEY: "an amount",
    Form.YES_NO: "yes or no",
    Form.DATE: "a day",
    Form.PERIOD: "a period",
    Form.CHOICE: "known here",
    Form.CHOICES: "known here",
    Form.PAIRS: "a list of labels with numbers",
    Form.POINTS: "a list of values with scores",
}


# --- From a cell


def _read_number(field: Field, text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise _unreadable(field, text)
    return float(text)


def _read_whole(field: Field, text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise _unreadable(field, text)
    return int(text)


def _read_money(field: Field, text: str) -> Decimal:
    if not NUMBER.fullmatch(text) or "e" in text.lower():
        raise _unreadable(field, text)
    return Decimal(text)


def _read_yes_no(field: Field, text: str) -> bool:
    if text.lower() not in YES | NO:
        raise _unreadable(field, text)
    return text.lower() in YES


def _read_date(field: Field, text: str) -> dt.date:
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError:
        raise _unreadable(field, text) from None


def _read_text(field: Field, text: str) -> str:
    return text


def _read_codes(field: Field, text: str) -> list[str]:
    return [code for code in BETWEEN_CODES.split(text) if code]


def _read_choice(field: Field, text: str) -> str:
    return text.lower()


def _read_choices(field: Field, text: str) -> list[str]:
    return [choice.lower() for choice in BETWEEN_CODES.split(text) if choice]


def _read_pairs(field: Field, text: str) -> list[list[Value]]:
    """As `A=3; B=2`; labels that hold these signs make it a JSON list of lists."""
    try:
        if text.startswith("["):
            return list(json.loads(text))
        pairs = (part.rsplit("=", 1) for part in text.split(";") if part.strip())
        return [[label.strip(), number.strip()] for label, number in pairs]
    except (ValueError, RecursionError):
        raise _unreadable(field, text) from None


_READERS: dict[Form, Callable[[Field, str], Value]] = {
    Form.TEXT: _read_text,
    Form.CODE: _read_text,
    Form.CODES: _read_codes,
    Form.NUMBER: _read_number,
    Form.WHOLE: _read_whole,
    Form.MONEY: _read_money,
    Form.YES_NO: _read_yes_no,
    Form.DATE: _read_date,
    Form.PERIOD: _read_text,
    Form.CHOICE: _read_choice,
    Form.CHOICES: _read_choices,
    Form.PAIRS: _read_pairs,
    Form.POINTS: _read_pairs,
}


# --- To a cell


def _pairs_text(pairs: list[list[Value]]) -> str:
    labels = [number_text(label) if isinstance(label, float) else label for label, _ in pairs]
    numbers = [number_text(number) for _, number in pairs]
    if any(set("=;[") & set(label) or label != label.strip() for label in labels):
        return json.dumps(pairs, ensure_ascii=False)
    return "; ".join(f"{label}={number}" for label, number in zip(labels, numbers, strict=True))


_WRITERS: dict[Form, Callable[[Value], str]] = {
    Form.NUMBER: number_text,
    Form.MONEY: lambda value: f"{value:f}",
    Form.YES_NO: lambda value: "yes" if value else "no",
    Form.CODES: "; ".join,
    Form.CHOICES: "; ".join,
    Form.PAIRS: _pairs_text,
    Form.POINTS: _pairs_text,
}


# --- One form of each value


def _check_text(field: Field, value: Value) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    try:
        validate_text(value)
    except ValidationError as refusal:
        raise Unreadable(refusal.messages[0]) from None
    # Before the text is normalized: that takes time in the square of its length at worst.
    if len(value) > UNFOLDED * field.longest:
        raise Unreadable(f"{field.label} has at most {field.longest} characters.")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if len(text) > field.longest:
        raise Unreadable(f"{field.label} has at most {field.longest} characters.")
    return text


def _check_code(field: Field, value: Value) -> str:
    text = _check_text(field, value)
    if len(text.split()) != 1 or not text.isprintable():
        raise _unreadable(field, value)
    return text


def _check_codes(field: Field, value: Value) -> list[str]:
    if not isinstance(value, list):
        raise _unreadable(field, value)
    return sorted({_check_code(field, code) for code in value})


def _check_number(field: Field, value: Value) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not field.lowest <= value <= field.highest:
        raise _unreadable(field, value)
    return float(value) + 0.0  # never -0.0, which is the same number and another text


def _check_whole(field: Field, value: Value) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not field.lowest <= value <= field.highest:
        raise _unreadable(field, value)
    return int(value)


def _check_money(field: Field, value: Value) -> Decimal:
    try:
        amount = Decimal(value if isinstance(value, int | Decimal) else str(value))
        cents = amount.quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        raise _unreadable(field, value) from None
    if cents != amount or not 0 <= amount < MOST_CENTS:
        raise Unreadable(f"{quoted(value)} is not such an amount; write one with two decimals.")
    return cents


def _check_yes_no(field: Field, value: Value) -> bool:
    if not isinstance(value, bool):
        raise _unreadable(field, value)
    return value


def _check_date(field: Field, value: Value) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise _unreadable(field, value)
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Unreadable(
            f"{field.label} is not in the years {FIRST_YEAR} to {LAST_YEAR}; choose another day."
        )
    return value


def _check_period(field: Field, value: Value) -> str:
    text = value.isoformat() if type(value) is dt.date else value
    return _check_code(field, text)


def _check_choice(field: Field, value: Value) -> str:
    if value not in field.choices:
        raise _unreadable(field, value)
    return str(value)


def _check_choices(field: Field, value: Value) -> list[str]:
    if not isinstance(value, list) or not value or set(value) - set(field.choices):
        raise _unreadable(field, value)
    return [choice for choice in field.choices if choice in value]


def _check_pairs(field: Field, value: Value) -> list[list[Value]]:
    try:
        return [[_check_text(field, str(label)), _finite(number)] for label, number in value]
    except (TypeError, ValueError, OverflowError):
        raise _unreadable(field, value) from None


def _check_points(field: Field, value: Value) -> list[list[Value]]:
    try:
        return [[_finite(at), _finite(score)] for at, score in value]
    except (TypeError, ValueError, OverflowError):
        raise _unreadable(field, value) from None


def _finite(value: Value) -> float:
    if isinstance(value, bool) or (isinstance(value, str) and not NUMBER.fullmatch(value)):
        raise ValueError(value)
    number = float(value)
    if not math.isfinite(number) or abs(number) > VALUE_LIMIT:
        raise ValueError(number)
    return number + 0.0


_CHECKS: dict[Form, Callable[[Field, Value], Value]] = {
    Form.TEXT: _check_text,
    Form.CODE: _check_code,
    Form.CODES: _check_codes,
    Form.NUMBER: _check_number,
    Form.WHOLE: _check_whole,
    Form.MONEY: _check_money,
    Form.YES_NO: _check_yes_no,
    Form.DATE: _check_date,
    Form.PERIOD: _check_period,
    Form.CHOICE: _check_choice,
    Form.CHOICES: _check_choices,
    Form.PAIRS: _check_pairs,
    Form.POINTS: _check_points,
}
