"""NDJSON: one JSON object on each line, so that a wrong line says nothing of the others."""

import json

import msgspec

from kpis.services.resolution import Refusal, Refused, RowToRecord
from scorecards.api_errors import Problem

from .json_rows import check_outline, checked_row, parsed
from .pushed import MAX_ROWS, Pushed, has_each_field_once

MAX_LINES = 2 * MAX_ROWS  # empty ones included

_decoder = msgspec.json.Decoder(RowToRecord)


def json_lines(body: bytes) -> Pushed:
    """The rows of all lines that are not empty."""
    if body.count(b"\n") > MAX_LINES:
        raise Problem("too_many_rows")
    found = [
        (number, line)
        for number, line in enumerate(body.split(b"\n"), 1)
        if line and not line.isspace()
    ]
    if len(found) > MAX_ROWS:
        raise Problem("too_many_rows")
    numbers, lines = [number for number, _ in found], [line for _, line in found]
    try:
        rows: list[RowToRecord | Refusal] = [_decoder.decode(line) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        rows = []
    if len(rows) < len(lines) or not has_each_field_once(body, rows):
        rows = [_row(place, line) for place, line in enumerate(lines)]
    return Pushed(rows, numbers)


def _row(place: int, line: bytes) -> RowToRecord | Refusal:
    check_outline(line)
    try:
        return checked_row(place, parsed(line))
    except Problem:
        said = "The line is not an object in JSON and UTF-8"
        return Refused("malformed_row", f"{said}{_where(line)}.").at(place)


def _where(line: bytes) -> str:
    """At which character it stops being JSON, where it is a text at all."""
    try:
        json.loads(line.decode(), parse_int=float)
    except json.JSONDecodeError as error:
        return f": {error.msg} (column {error.colno})"
    except UnicodeDecodeError as error:
        return f": byte {error.start + 1} is not UTF-8"
    return ""
