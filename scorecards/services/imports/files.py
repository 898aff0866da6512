"""From the bytes of a file to the rows of its sheets, within limits."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings

from calculations.tables.csv_files import DELIMITERS, ENCODINGS, UnreadableTable, csv_rows
from calculations.tables.spreadsheet_process import MEMORY
from scorecards.selectors.imports.tables import Cell

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 50_000  # with values or records, beneath the header
MOST_COLUMNS = 200
MOST_SHEETS = 40
SECONDS = 60  # for a spreadsheet
HEAD_ROWS = 100  # titles and a header that may stand above the rows

TOO_MUCH = (
    "The spreadsheet takes more memory than a table of that size needs. Save only the sheet with"
    " the table in a new file, or save it as CSV."
)
TOO_SLOW = "Reading the spreadsheet takes too long. Save it as CSV."
UNREADABLE = "The spreadsheet cannot be read. Save it as XLSX (Excel workbook) or as CSV."


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


def is_spreadsheet(content: bytes, file_name: str) -> bool:
    """By its first bytes: a zip, or the old format, of which we say what to do."""
    is_named_so = file_name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods"))
    return is_named_so or content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


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
    answer = _answer(content)
    if "refusal" in answer:
        raise UnreadableTable(answer["refusal"])
    sheets = answer["sheets"][:MOST_SHEETS]
    for sheet in sheets:
        _require_few_rows(sheet["height"], sheet["name"])
        require_few_columns(sheet["width"], sheet["name"])
    return [SheetRows(s["name"], list(enumerate(s["rows"], 1))) for s in sheets]


def _answer(content: bytes) -> dict[str, Any]:
    """What the process says that reads spreadsheets; it may end for lack of memory or time."""
    limits = [str(MOST_ROWS + HEAD_ROWS), str(MOST_COLUMNS)]
    command = [sys.executable, "-m", "calculations.tables.spreadsheet_process", *limits]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ.get("PATH", "")},  # none of this process's secrets
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableTable(TOO_SLOW) from None
    if done.returncode or len(done.stdout) > MEMORY:
        raise UnreadableTable(_ended(done.returncode, done.stderr))
    answer: dict[str, Any] = msgspec.json.decode(done.stdout)
    return answer


def _ended(code: int, stderr: bytes) -> str:
    """Why the process ended without an answer."""
    if code in (-24, -9):  # SIGXCPU, SIGKILL
        return TOO_SLOW
    is_memory = code == -6 or b"MemoryError" in stderr or b"memory allocation" in stderr
    return TOO_MUCH if is_memory or b"capacity overflow" in stderr else UNREADABLE


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
