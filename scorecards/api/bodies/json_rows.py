"""An array in JSON: decoded as a whole, and row by row only where a row is wrong."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from kpis.services.resolution import Refusal, Refused, RowToRecord, is_code
from scorecards.api_errors import Problem

from .pushed import FIELDS, MAX_ROWS, REQUIRED, Pushed, has_each_field_once

MAX_DEPTH = 20
MAX_PARTS = 10 * MAX_ROWS  # a row has six fields at most

_decoder = msgspec.json.Decoder(list[RowToRecord])
# A string, or what is left of the body where one does not end: hostile bodies take linear time.
_string = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_all_but_structure = bytes(set(range(256)) - set(b"[]{},"))


def json_array(body: bytes) -> Pushed:
    """The rows of the array."""
    return Pushed(decoded_rows(body))


def decoded_rows(body: bytes) -> Sequence[RowToRecord | Refusal]:
    """The rows of the body in their order, with a refusal in the place of each unreadable one.

    Raises Problem where the body as a whole cannot be read.
    """
    try:
        rows = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _row_by_row(body)
    if len(rows) > MAX_ROWS:
        raise Problem("too_many_rows")
    return rows if has_each_field_once(body, rows) else _row_by_row(body)


# --- Row by row


class Fields(list[tuple[str, Any]]):
    """A JSON object as it was written: names and values, doubles included."""


def _row_by_row(body: bytes) -> list[RowToRecord | Refusal]:
    check_outline(body)
    items = parsed(body)
    if isinstance(items, Fields) or not isinstance(items, list):
        raise Problem("not_an_array")
    return [checked_row(index, item) for index, item in enumerate(items)]


def parsed(text: bytes) -> Any:
    """What the JSON says, objects as Fields; its outline must have been checked."""
    try:
        # Numbers are read as floats: Python refuses integers of thousands of digits.
        return json.loads(
            text.decode(), object_pairs_hook=Fields, parse_int=float, parse_constant=float
        )
    except UnicodeDecodeError:
        raise Problem("malformed_json") from None
    except json.JSONDecodeError as error:
        raise Problem(
            "malformed_json",
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
        ) from None


def check_outline(body: bytes) -> None:
    """Bound depth and rows before anything is built of a body that may be hostile."""
    outline = np.frombuffer(
        _string.sub(b"", body).translate(None, _all_but_structure), dtype=np.uint8
    )
    opens, closes = np.isin(outline, list(b"[{")), np.isin(outline, list(b"]}"))
    depth = np.cumsum(opens.astype(np.int32) - closes)
    if depth.max(initial=0) > MAX_DEPTH:
        raise Problem("too_deep")
    commas = outline == ord(",")
    if commas[depth == 1].sum() >= MAX_ROWS or commas.sum() > MAX_PARTS:
        raise Problem("too_many_rows")


def checked_row(index: int, item: Any) -> RowToRecord | Refusal:
    """The row that was parsed, or why it is none."""
    try:
        return RowToRecord(**_checked(item))
    except Refused as refused:
        return refused.at(index)


def _checked(item: Any) -> dict[str, Any]:
    if not isinstance(item, Fields):
        raise Refused("not_an_object", "A row is an object with kpi, unit, period and value.")
    fields: dict[str, Any] = {}
    for name, value in item:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise Refused(
                "unknown_field",
                f"A row has the fields {known} only.",
                name if is_code(name) else "",
            )
        if name in fields:
            raise Refused("duplicate_field", f"The row names {name} twice.", name)
        fields[name] = _number(value) if name == "value" else _text(name, value)
    for name in REQUIRED:
        if name not in fields:
            raise Refused("missing_field", f"The row lacks {name}.")
    return fields


def _number(value: Any) -> float | str:
    if isinstance(value, str) and _is_storable(value):
        return value  # the label of a grade
    if not isinstance(value, float) or not math.isfinite(value):
        raise Refused("not_a_number", "The value must be a finite number.", "value")
    return value


def _text(name: str, value: Any) -> str | None:
    if value is None and name not in REQUIRED:
        return None
    if not isinstance(value, str):
        raise Refused("invalid_type", f"{name} must be a text.", name)
    if not _is_storable(value):
        raise Refused("invalid_text", f"{name} holds a character that cannot be stored.", name)
    return value


def _is_storable(text: str) -> bool:
    """Whether the text has no half of a surrogate pair: answers could not even repeat it."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
