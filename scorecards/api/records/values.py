"""Records as JSON and from JSON: typed values, with what is wrong with each field.

Numbers are numbers, yes or no is true or false, days are ISO dates, periods their labels, amounts
texts with two decimals (numbers are taken, too), references codes; what names nothing is null. A
null that is sent clears: the field then says its default.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scorecards.api.base import printable
from scorecards.selectors.records import Field, Form, Kind, Record, Unreadable, Value

LONGEST_NAME = 50
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What names nothing is null in JSON, and an empty text in a record.
NAMING = (Form.CODE, Form.CHOICE)


@dataclass(frozen=True)
class FieldError:
    """What is wrong with a field, "" for the whole; `code` for programs.

    path: to what is wrong within the field, where that is an array or an object.
    """

    field: str
    code: str
    detail: str
    path: tuple[str, ...] = ()

    def at(self, row: int | None = None) -> dict[str, str]:
        """As an answer tells it; row: its place in an array."""
        parts = [str(row)] if row is not None else []
        if self.field:
            named = (self.field, *self.path)
            parts += [part.replace("~", "~0").replace("/", "~1") for part in named]
        pointer = "".join(f"/{part}" for part in parts)
        return {"pointer": pointer, "code": self.code, "detail": self.detail}


def answered(kind: Kind, record: Record) -> dict[str, Any]:
    """The record as JSON has it."""
    return {field.name: _out(field, record[field.name]) for field in kind.fields}


def _out(field: Field, value: Value) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if value == "" and field.form in NAMING else value


def said(
    kind: Kind, body: Any, named: Mapping[str, Value], extras: Mapping[str, Any] | None = None
) -> tuple[Record, list[FieldError]]:
    """What an object of the body says, and what is wrong with it.

    named: what the address says of it already; the body may repeat it. extras: what is only read,
    as it stands; the body may repeat it, too.
    """
    if not isinstance(body, Pairs):
        return {}, [FieldError("", "not_an_object", f"A {kind.word} is a JSON object.")]
    record: Record = dict(named)
    errors = [*_twice(body)]
    for name, value in body:
        error = _read_into(record, kind, name, value, named, extras or {})
        if error is not None:
            errors.append(error)
    return record, errors


class Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written: names and values, doubles included."""


def _twice(body: Pairs) -> Iterator[FieldError]:
    seen: set[str] = set()
    for name, _ in body:
        if name in seen:
            yield FieldError(_shown(name), "duplicate_field", "The object names this twice.")
        seen.add(name)


def _read_into(
    record: Record,
    kind: Kind,
    name: str,
    value: Any,
    named: Mapping[str, Value],
    extras: Mapping[str, Any],
) -> FieldError | None:
    field = kind.by_name.get(name)
    if name in extras:
        is_same = plain(value) == extras[name]
        return None if is_same else FieldError(name, "read_only", "This is only read; leave it.")
    if field is None:
        detail = f"A {kind.word} has the fields {', '.join(kind.names)}."
        return FieldError(_shown(name), "unknown_field", detail)
    try:
        read = in_record(field, value)
    except Unreadable as refusal:
        return FieldError(name, "invalid_value", str(refusal))
    if name in named:
        is_same = read == named[name]
        detail = "This names it, as the address does, and never changes."
        return None if is_same else FieldError(name, "fixed", detail)
    record[name] = read
    return None


def _shown(name: str) -> str:
    return printable(name[:LONGEST_NAME])


def plain(value: Any) -> Any:
    """JSON objects as dictionaries."""
    if isinstance(value, Pairs):
        return {name: plain(each) for name, each in value}
    return [plain(each) for each in value] if isinstance(value, list) else value


# --- One value


def in_record(field: Field, value: Any) -> Value:
    """The value as a record holds it. Raises Unreadable."""
    if value is None:
        return field.checked(None)
    read = _READ.get(field.form, _as_it_is)(field, value)
    if read is _UNFIT:
        raise Unreadable(f"{field.label} is {_TYPES[field.form]}; write {field.example}.")
    if read is None or read == "":
        return field.checked(None)
    return field.checked(read)


_UNFIT = object()


def _as_it_is(field: Field, value: Any) -> Any:
    return value if isinstance(value, str) else _UNFIT


def _number(field: Field, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else _UNFIT


def _whole(field: Field, value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else _UNFIT


def _money(field: Field, value: Any) -> Any:
    if isinstance(value, str):
        return field.read(value)
    return _UNFIT if _number(field, value) is _UNFIT else Decimal(str(value))


def _yes_no(field: Field, value: Any) -> Any:
    return value if isinstance(value, bool) else _UNFIT


def _date(field: Field, value: Any) -> Any:
    return field.read(value) if isinstance(value, str) and DAY.fullmatch(value) else _UNFIT


def _texts(field: Field, value: Any) -> Any:
    is_fit = type(value) is list and all(isinstance(each, str) for each in value)
    return value if is_fit else _UNFIT


def _pairs_of(first: type) -> Callable[[Field, Any], Any]:
    def read(field: Field, value: Any) -> Any:
        if type(value) is not list:
            return _UNFIT
        for each in value:
            if type(each) is not list or len(each) != 2 or _number(field, each[1]) is _UNFIT:
                return _UNFIT
            if not isinstance(each[0], first) or isinstance(each[0], bool):
                return _UNFIT
        return value or None

    return read


_READ: dict[Form, Callable[[Field, Any], Any]] = {
    Form.CODES: _texts,
    Form.NUMBER: _number,
    Form.WHOLE: _whole,
    Form.MONEY: _money,
    Form.YES_NO: _yes_no,
    Form.DATE: _date,
    Form.CHOICES: _texts,
    Form.PAIRS: _pairs_of(str),
    Form.POINTS: _pairs_of((int, float)),  # type: ignore[arg-type]
}
_TYPES = {
    Form.TEXT: "a text",
    Form.CODE: "a text or null",
    Form.CODES: "a list of texts",
    Form.NUMBER: "a number or null",
    Form.WHOLE: "a whole number",
    Form.MONEY: "an amount as a text, or null",
    Form.YES_NO: "true or false",
    Form.DATE: "a text such as 2026-03-31, or null",
    Form.PERIOD: "a text",
    Form.CHOICE: "a text",
    Form.CHOICES: "a list of texts",
    Form.PAIRS: "a list of lists, each a text and a number, or null",
    Form.POINTS: "a list of lists of two numbers, or null",
}
