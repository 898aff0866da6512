"""CSV: the first line names the columns, whose names are those of the fields."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from calculations.tables.csv_files import LONGEST_CELL
from calculations.tables.guards import unguarded
from kpis.services.resolution import Refusal, Refused, RowToRecord
from scorecards.api_errors import Problem

from .pushed import FIELDS, MAX_ROWS, REQUIRED, Pushed

DELIMITERS = ",;\t"
_number = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)


def csv_table(body: bytes) -> Pushed:
    """The rows beneath the header; empty lines are none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Problem("malformed_body", "The body is not written in UTF-8.") from None
    records = _records(text)
    _, header = next(records, (1, []))
    names = _columns(header)
    rows: list[RowToRecord | Refusal] = []
    lines: list[int] = []
    for line, record in records:
        if len(rows) == MAX_ROWS:
            raise Problem("too_many_rows")
        rows.append(_row(len(rows), names, record))
        lines.append(line)
    return Pushed(rows, lines)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    csv.field_size_limit(LONGEST_CELL)
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise Problem(
            "malformed_body",
            f"The body is not CSV: {error} (line {line}).".replace("\n", " "),
        ) from None


def _columns(header: Sequence[str]) -> list[str]:
    """The fields of the columns in their order."""
    names = [name.strip().lower() for name in header]
    unknown = next((each for each in names if each not in FIELDS), None)
    if unknown is not None:
        said = f'"{unknown[:50]}"' if unknown.isprintable() else ascii(unknown[:50])
        raise Problem(
            "invalid_columns",
            f"There is no column {said}: the first line names {', '.join(FIELDS)}, nothing else.",
        )
    doubled = next((each for each in names if names.count(each) > 1), None)
    if doubled:
        raise Problem("invalid_columns", f"The first line names the column {doubled} twice.")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise Problem("invalid_columns", f"The first line lacks {' and '.join(missing)}.")
    return names


def _row(place: int, names: Sequence[str], record: Sequence[str]) -> RowToRecord | Refusal:
    try:
        return RowToRecord(**_fields(names, record))
    except Refused as refused:
        return refused.at(place)


def _fields(names: Sequence[str], record: Sequence[str]) -> dict[str, Any]:
    """What is filled in; an empty cell says nothing, not zero."""
    if len(record) != len(names):
        raise Refused(
            "wrong_cells", f"The row has {len(record)} cells, but the first line {len(names)}."
        )
    fields: dict[str, Any] = {
        name: unguarded(cell)
        for name, cell in zip(names, map(str.strip, record), strict=True)
        if cell
    }
    for name in REQUIRED:
        if name not in fields:
            raise Refused("missing_field", f"The row lacks {name}.")
    value = fields["value"]
    if _number.fullmatch(value):
        fields["value"] = float(value)
    return fields
