"""Writing spreadsheets; loaded only where one is written, since the library takes much memory."""

import datetime as dt
import tempfile
from collections.abc import Sequence
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .shapes import OutCell, OutTable

DAY = "yyyy-mm-dd"
WIDTHS = {"name": 36, "description": 48, "note": 36, "formula": 48}
PLAIN_WIDTH = 18


def written_workbook(tables: Sequence[OutTable]) -> IO[bytes]:
    """The tables as a spreadsheet with a sheet each, in a temporary file at its beginning.

    Texts are texts, never formulas or links, and numbers keep all their digits.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    options: dict[str, Any] = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(file, options) as book:
        styles = _Styles(book)
        for table in tables:
            _write_sheet(book, table, styles)
    file.seek(0)
    return file


class _Styles:
    """The few formats of the workbook."""

    def __init__(self, book: Workbook) -> None:
        self.head: Format = book.add_format({"bold": True, "bottom": 1})
        self.day: Format = book.add_format({"num_format": DAY})


class _ExactSheet(Worksheet):  # type: ignore[misc]
    """Writes numbers so that they read back as they are; the library keeps 16 digits."""

    def _xml_number_element(self, number: Any, attributes: Any = ()) -> None:
        attr = "".join(f' {key}="{self._escape_attributes(value)}"' for key, value in attributes)
        digits = repr(number) if isinstance(number, float) else f"{number:.16G}"
        self.fh.write(f"<c{attr}><v>{digits}</v></c>")


def _write_sheet(book: Workbook, table: OutTable, styles: _Styles) -> None:
    sheet = book.add_worksheet(table.name, worksheet_class=_ExactSheet)
    sheet.freeze_panes(1, 0)
    for position, name in enumerate(table.header):
        sheet.set_column(position, position, WIDTHS.get(name, PLAIN_WIDTH))
        sheet.write_string(0, position, name, styles.head)
    for number, row in enumerate(table.rows, 1):
        for position, cell in enumerate(row):
            _write_cell(sheet, number, position, cell, styles)


def _write_cell(sheet: Worksheet, row: int, position: int, cell: OutCell, styles: _Styles) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, position, cell)
    elif isinstance(cell, dt.date):
        sheet.write_datetime(row, position, cell, styles.day)
    elif cell is not None:
        sheet.write_number(row, position, float(cell))
