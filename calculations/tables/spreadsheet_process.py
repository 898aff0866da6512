"""Reads one spreadsheet in a process of its own, which may fail without harm to others.

Started as `python -m calculations.tables.spreadsheet_process rows columns`; the file comes on
standard input, and what it holds goes to standard output as JSON: {"sheets": [{"name", "rows"}]}
or {"refusal": sentence}. A file that is made to need more memory or time than a spreadsheet of that
size can need ends this process, never the one that asked.
"""

import datetime as dt
import io
import json
import math
import resource
import sys
import zipfile
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from calculations.tables.limits import SPREADSHEET_MEMORY

SECONDS = 50
UNPACKED = 400 * 1024**2  # bytes
LONGEST_CELL = 20_000
TOO_LARGE = (
    "The spreadsheet unpacks to more than is read. Save only the sheet with the table, or save it"
    " as CSV."
)
NO_WORKBOOK = "This is no spreadsheet that can be read. Save it as XLSX (Excel workbook) or as CSV."
LOCKED = (
    "The spreadsheet is protected by a password, or in an old format. Save it as XLSX without a"
    " password, or as CSV."
)


def main() -> None:
    """Read standard input within limits and say what it holds."""
    resource.setrlimit(resource.RLIMIT_AS, (SPREADSHEET_MEMORY, SPREADSHEET_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most_rows, most_columns = map(int, sys.argv[1:3])
    answer = _read(sys.stdin.buffer.read(), most_rows, most_columns)
    sys.stdout.write(json.dumps(answer))


def _read(content: bytes, most_rows: int, most_columns: int) -> dict[str, Any]:
    refusal = _refusal(content)
    if refusal:
        return {"refusal": refusal}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {
            "sheets": [_sheet(book, name, most_rows, most_columns) for name in book.sheet_names]
        }
    except (CalamineError, ValueError, OSError, OverflowError):
        return {"refusal": NO_WORKBOOK}


def _refusal(content: bytes) -> str:
    """Why the file is not even opened; "" where it is."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return LOCKED if content.startswith(b"\xd0\xcf\x11\xe0") else NO_WORKBOOK
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        return NO_WORKBOOK
    if not any(member.filename.lower() == "xl/workbook.xml" for member in members):
        return NO_WORKBOOK
    return TOO_LARGE if sum(member.file_size for member in members) > UNPACKED else ""


def _sheet(book: CalamineWorkbook, name: str, most_rows: int, most_columns: int) -> dict[str, Any]:
    """A sheet's rows from its first on; what is past the limits is only counted."""
    sheet = book.get_sheet_by_name(name)
    width = sheet.end[1] + 1 if sheet.end else 0
    height = sheet.end[0] + 1 if sheet.end else 0
    if height > 2 * most_rows or width > 2 * most_columns:
        # What is filled far away may be nothing but a format: only the cells tell.
        return {"name": name, "rows": [], "height": height, "width": width}
    rows = [[_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return {"name": name, "rows": rows, "height": height, "width": width}


def _cell(cell: Any) -> Any:
    """Plain text, number or truth; days and times as ISO has them."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta) or (isinstance(cell, float) and not math.isfinite(cell)):
        return str(cell)
    return cell[:LONGEST_CELL] if isinstance(cell, str) else cell


if __name__ == "__main__":
    main()
