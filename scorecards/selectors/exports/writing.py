"""Writing tables into files that spreadsheet programs open, and that can be brought in again."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import IO

from calculations.tables.guards import guarded
from calculations.tables.numbers import number_text

from .shapes import OutCell, OutTable

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # by which spreadsheet programs know UTF-8
ROWS_AT_ONCE = 1000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_chunks(table: OutTable) -> Iterator[bytes]:
    """The table as CSV, in portions: UTF-8, commas, a decimal point."""
    portion = io.StringIO()
    portion.write(MARK)
    writer = csv.writer(portion)
    writer.writerow([guarded(name) for name in table.header])
    for count, row in enumerate(table.rows, 1):
        writer.writerow([_text(cell) for cell in row])
        if count % ROWS_AT_ONCE == 0:
            yield portion.getvalue().encode()
            portion.seek(0)
            portion.truncate()
    yield portion.getvalue().encode()


def _text(cell: OutCell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return number_text(float(cell))


def xlsx_file(tables: Sequence[OutTable]) -> IO[bytes]:
    """The tables as a spreadsheet with a sheet each, in a temporary file at its beginning."""
    from .workbooks import written_workbook

    return written_workbook(tables)
