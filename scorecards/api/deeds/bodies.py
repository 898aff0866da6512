"""What deeds are told: bodies as types, with what is wrong beside each part."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from rest_framework.request import Request

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access
from organizations.models.structure import validate_text
from scorecards.api.records.refusals import body_problem
from scorecards.api.records.sent import json_value
from scorecards.api.records.values import FieldError, Pairs, plain
from scorecards.api_errors import Problem
from scorecards.services.records.shapes import refused_by

T = TypeVar("T")
PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
STATES = ("already_exists", "period_closed", "conflict")


def deed_body(request: Request, shape: type[T]) -> T:
    """The body as the type. Raises Problem."""
    value = json_value(request)
    errors = [*_twice(value), *_unstorable(value)]
    if errors:
        raise body_problem(error.at() for error in errors)
    try:
        return msgspec.convert(plain(value), shape)
    except msgspec.ValidationError as refusal:
        raise body_problem([_error(str(refusal), shape).at()]) from None


def _error(text: str, shape: type) -> FieldError:
    """What msgspec says, with the place as a pointer has it."""
    place = PLACE.search(text)
    said = PLACE.sub("", text)
    parts = [part for part in re.split(r"[.\[\]]+", place["path"] if place else "") if part]
    named = re.findall(r"field `(\w{1,50})`", said)[:1]
    if said.startswith("Object missing") and named:
        return _at([*parts, *named], "missing_field", f"{named[0]} is missing.")
    if "unknown field" in said:
        known = "" if parts else f" It has the fields {', '.join(_names(shape))}."
        return _at([*parts, *named], "unknown_field", f"There is no such field.{known}")
    return _at(parts, "invalid_value", f"{said}.")


def _at(parts: Sequence[str], code: str, detail: str) -> FieldError:
    """parts: the names and numbers that lead to what is wrong."""
    field, *path = parts or ("",)
    return FieldError(field, code, detail, tuple(path))


def _names(shape: type) -> list[str]:
    return [each.encode_name for each in msgspec.structs.fields(shape)]


def _twice(value: Any) -> Iterator[FieldError]:
    if isinstance(value, Pairs) and len(dict(value)) < len(value):
        yield FieldError("", "duplicate_field", "The object names something twice.")


def _unstorable(value: Any, field: str = "") -> Iterator[FieldError]:
    if isinstance(value, Pairs):
        for name, each in value:
            yield from _unstorable(name)
            yield from _unstorable(each, field or (name if name.isidentifier() else ""))
    elif isinstance(value, list):
        for each in value:
            yield from _unstorable(each, field)
    elif isinstance(value, str):
        try:
            validate_text(value)
        except ValidationError as refusal:
            yield FieldError(field, "invalid_text", refusal.messages[0])


def wrong(field: str, code: str, detail: str, *path: str) -> Problem:
    """One part of the body says what cannot be; path: within the field."""
    return body_problem([FieldError(field, code, detail, path).at()])


def period_in(access: Access, text: str, field: str = "period") -> Period:
    """The period that a field of the body names."""
    try:
        return access.organization.calendar.parse_label(text)
    except InvalidPeriod as refusal:
        raise wrong(field, "invalid_value", f"{refusal}.") from None


def refused(refusal: ValidationError, *, or_else: str = "invalid_body") -> Problem:
    """What a service refused. or_else: where no body is at fault."""
    by_field = refusal.error_dict if hasattr(refusal, "error_dict") else {"": [refusal]}
    problems = [refused_by(ValidationError(each), name) for name, each in by_field.items()]
    codes = {problem.code for problem in problems}
    state = next((code for code in STATES if code in codes), "")
    detail = " ".join(problem.text for problem in problems)
    if state or or_else != "invalid_body":
        return Problem(state or or_else, detail)
    return body_problem(FieldError(p.field, p.code, p.text).at() for p in problems)
