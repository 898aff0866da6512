"""NDJSON: one JSON object on each line, so that a wrong line says nothing of the others."""

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
        refused = Refused("malformed_row", "The line is not an object in JSON and UTF-8.")
        return refused.at(place)
