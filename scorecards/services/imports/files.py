"""From the bytes of a file to the rows of its sheets, within limits."""

from dataclasses import dataclass
from typing import Any

from calculations.tables.csv_files import DELIMITERS, ENCODINGS, UnreadableTable, csv_rows
from calculations.tables.spreadsheets import is_spreadsheet, spreadsheet_sheets
from scorecards.selectors.imports.tables import Cell

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 50_000  # with values or records, beneath the header
MOST_COLUMNS = 200
MOST_SHEETS = 40
SECONDS = 60  # for a spreadsheet
HEAD_ROWS = 100  # titles and a header that may stand above the rows


@dataclass(frozen=True)
class SheetRows:
    """The rows of a sheet with their numbers from 1; of a CSV file the only one, without a name."""

    name: str
    rows: list[tuple[int, list[Cell]]]


@dataclass(frozen=True)
class FileRead:
    """What a file holds, and how it was read: for the form that reads it otherwise."""

    sheets: list[SheetRows]
    encoding: str = ""
    delimiter: str = ""


def read_file(content: bytes, file_name: str, options: dict[str, Any]) -> FileRead:
    """The sheets of a file. Raises UnreadableTable."""
    if not content.strip():
        raise UnreadableTable("The file is empty. Choose one with a table in it.")
    if is_spreadsheet(content, file_name):
        return FileRead(_spreadsheet(content))
    encoding, delimiter = options.get("encoding", ""), options.get("delimiter", "")
    dialect, rows = csv_rows(
        content,
        encoding if encoding in ENCODINGS else "",
        delimiter if delimiter in DELIMITERS else "",
    )
    _require_few_rows(len(rows))
    cells: list[tuple[int, list[Cell]]] = [(number, list(row)) for number, row in rows]
    return FileRead([SheetRows("", cells)], dialect.encoding, dialect.delimiter)


def _spreadsheet(content: bytes) -> list[SheetRows]:
    sheets = spreadsheet_sheets(content, MOST_ROWS + HEAD_ROWS, MOST_COLUMNS, SECONDS)
    for sheet in sheets[:MOST_SHEETS]:
        _require_few_rows(sheet["height"], sheet["name"])
        require_few_columns(sheet["width"], sheet["name"])
    return [SheetRows(s["name"], list(enumerate(s["rows"], 1))) for s in sheets[:MOST_SHEETS]]


def _require_few_rows(count: int, sheet: str = "") -> None:
    if count > MOST_ROWS + HEAD_ROWS:
        raise UnreadableTable(_too_many(count, sheet))


def _too_many(count: int, sheet: str = "") -> str:
    where = f"The sheet “{sheet}”" if sheet else "The file"
    return f"{where} has {count:,} rows; at most {MOST_ROWS:,} are brought in at once. Split it."


def require_few_records(count: int, sheet: str = "") -> None:
    """Refuse a table with too many rows beneath its header."""
    if count > MOST_ROWS:
        raise UnreadableTable(_too_many(count, sheet))


def require_few_columns(count: int, sheet: str = "") -> None:
    """Refuse a table that is too wide."""
    if count > MOST_COLUMNS:
        where = f"The sheet “{sheet}”" if sheet else "The file"
        raise UnreadableTable(
            f"{where} has {count:,} columns; at most {MOST_COLUMNS} are read. Leave out those that"
            " are not needed."
        )
