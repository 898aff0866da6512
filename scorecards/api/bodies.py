"""Reading pushed bodies: bounded, decoded as a whole, and row by row where a row is wrong."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from rest_framework.request import Request

from kpis.services.resolution import Refusal, Refused, RowToRecord, is_code
from scorecards.api_errors import Problem

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
MAX_DEPTH = 20
MAX_PARTS = 10 * MAX_ROWS  # a row has six fields at most

FIELDS = tuple(field.name for field in msgspec.structs.fields(RowToRecord))
REQUIRED = tuple(f.name for f in msgspec.structs.fields(RowToRecord) if f.required)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_decoder = msgspec.json.Decoder(list[RowToRecord])
# A string, or what is left of the body where one does not end: hostile bodies take linear time.
_string = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_all_but_structure = bytes(set(range(256)) - set(b"[]{},"))


def json_body(request: Request) -> bytes:
    """The body's bytes; refuses other content types, and whatever is too large, however sent."""
    media_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if media_type != "application/json" or encoding != "identity":
        raise Problem("unsupported_media_type")
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise Problem("body_too_large")
    body = _stream(request).read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise Problem("body_too_large")
    return bytes(body).removeprefix(BYTE_ORDER_MARK)


def _stream(request: Request) -> Any:
    """What to read from: Django takes a body without Content-Length for an empty one.

    Where the server ends the stream itself, a body sent in chunks is read as it comes.
    """
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    if is_chunked and request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]
    return request._request


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
    return rows if _has_each_field_once(body, rows) else _row_by_row(body)


def _has_each_field_once(body: bytes, rows: Sequence[RowToRecord]) -> bool:
    """Whether no row can name a field twice, which the decoder would overlook.

    False only means that it must be looked at closely: where a backslash could spell a field in
    another way, or where a field's name occurs more often than there are rows that fill it.
    """
    if b"\\" in body:
        return False
    filled = dict.fromkeys(REQUIRED, len(rows))
    filled["unit"] = sum(row.unit is not None for row in rows)
    filled["note"] = sum(row.note is not None for row in rows)
    filled["reason"] = sum(row.reason is not None for row in rows)
    return all(body.count(b'"%b"' % name.encode()) == n for name, n in filled.items())


# --- Row by row


class Fields(list[tuple[str, Any]]):
    """A JSON object as it was written: names and values, doubles included."""


def _row_by_row(body: bytes) -> list[RowToRecord | Refusal]:
    _check_outline(body)
    try:
        # Numbers are read as floats: Python refuses integers of thousands of digits.
        items = json.loads(
            body.decode(), object_pairs_hook=Fields, parse_int=float, parse_constant=float
        )
    except UnicodeDecodeError:
        raise Problem("malformed_json") from None
    except json.JSONDecodeError as error:
        raise Problem(
            "malformed_json",
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
        ) from None
    if isinstance(items, Fields) or not isinstance(items, list):
        raise Problem("not_an_array")
    return [_row(index, item) for index, item in enumerate(items)]


def _check_outline(body: bytes) -> None:
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


def _row(index: int, item: Any) -> RowToRecord | Refusal:
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
