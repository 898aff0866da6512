"""From the rows of a file to its tables: where the header stands, and of which kind each is."""

from collections.abc import Sequence
from typing import Any

from calculations.periods import Calendar
from calculations.tables.csv_files import UnreadableTable
from calculations.tables.headers import column_letter, folded, header_position
from scorecards.selectors.imports.kinds import BOOK, KNOWN_NAMES, TABLE_KINDS, VALUES
from scorecards.selectors.imports.mapping import guessed_kind, period_label
from scorecards.selectors.imports.tables import Cell, Table, cell_text

from .files import HEAD_ROWS, SheetRows, require_few_columns, require_few_records

EMPTY = "The file is empty. Choose one with a table in it."
NO_SHEET = "There is no sheet “{sheet}” in the file; choose one of {names}."
NO_HEADER = (
    "Row {row} holds values where the names of the columns are expected. Write them above, such as"
    " kpi, unit, period, value."
)
ONLY_HEADER = "There is a header in row {row} and nothing beneath it. Add rows to the table."
LONGEST_NAME = 200


def tables_of(
    sheets: Sequence[SheetRows], options: dict[str, Any], kind: str, calendar: Calendar
) -> tuple[str, list[Table]]:
    """The kind of the file and its tables. kind: as somebody said; "" to guess.

    A spreadsheet whose sheets are of several known kinds is taken as a whole, unless a sheet or a
    kind is said. Raises UnreadableTable.
    """
    filled = [sheet for sheet in sheets if _is_filled(sheet)]
    if not filled:
        raise UnreadableTable(EMPTY)
    if kind == BOOK or (kind == "" and not options.get("sheet") and len(filled) > 1):
        book = _book(filled, calendar)
        if kind == BOOK or len(book) > 1:
            return BOOK, _required(book)
    sheet = _chosen(filled, options.get("sheet", ""), calendar)
    table = _table(sheet, options.get("header_row", 0), kind, calendar)
    return table.kind, [table]


def _required(book: list[Table]) -> list[Table]:
    if not book:
        raise UnreadableTable(
            "No sheet is of a kind that is known. Name the columns as in an exported file."
        )
    return book


def _book(sheets: Sequence[SheetRows], calendar: Calendar) -> list[Table]:
    """The sheets that are tables of records, each kind once; an empty one says nothing."""
    found: dict[str, Table] = {}
    for sheet in sheets:
        header, row, rows = _parted(sheet, 0)
        named = folded(sheet.name).replace(" ", "_")
        kind = named if named in TABLE_KINDS else guessed_kind(header, calendar)
        if kind and kind != VALUES and kind not in found and rows:
            found[kind] = _checked(Table(sheet.name, kind, row, header, rows))
    return [found[kind] for kind in TABLE_KINDS if kind in found]


def _chosen(sheets: Sequence[SheetRows], name: str, calendar: Calendar) -> SheetRows:
    """The sheet of that name, else the first of a known kind, else the first."""
    for sheet in sheets:
        if name and sheet.name == name:
            return sheet
    if name:
        names = ", ".join(f"“{sheet.name}”" for sheet in sheets)
        raise UnreadableTable(NO_SHEET.format(sheet=name, names=names))
    if len(sheets) == 1:
        return sheets[0]
    known = (sheet for sheet in sheets if guessed_kind(_header(sheet), calendar))
    return next(known, sheets[0])


def _header(sheet: SheetRows) -> list[str]:
    """The names of the columns, looked for among the first rows only."""
    head = SheetRows(sheet.name, sheet.rows[:HEAD_ROWS])
    return _parted(head, 0)[0] if _is_filled(head) else []


def _table(sheet: SheetRows, header_row: int, kind: str, calendar: Calendar) -> Table:
    header, row, rows = _parted(sheet, header_row)
    _require_names(header, row, calendar)
    kind = kind or guessed_kind(header, calendar)
    return _checked(Table(sheet.name, kind, row, header, rows))


def _checked(table: Table) -> Table:
    _require_once(table.header)
    if not table.rows:
        raise UnreadableTable(ONLY_HEADER.format(row=table.header_row))
    require_few_records(len(table.rows), table.sheet)
    require_few_columns(len(table.header), table.sheet)
    return table


def _parted(
    sheet: SheetRows, header_row: int
) -> tuple[list[str], int, list[tuple[int, list[Cell]]]]:
    """The names of the columns, the number of their row, and the filled rows beneath it."""
    filled = [(number, cells) for number, cells in sheet.rows if any(map(_is_said, cells))]
    at = next((p for p, (number, _) in enumerate(filled) if number == header_row), None)
    if at is None:
        heads = [[cell_text(cell) for cell in cells] for _, cells in filled[:HEAD_ROWS]]
        at = header_position(heads, KNOWN_NAMES)
    row, names = filled[at]
    rows = filled[at + 1 :]
    width = max(_width(cells) for _, cells in [filled[at], *rows])
    require_few_columns(width, sheet.name)
    header = [cell_text(cell).strip()[:LONGEST_NAME] for cell in _padded(names, width)]
    return header, row, [(number, _padded(cells, width)) for number, cells in rows]


def _is_filled(sheet: SheetRows) -> bool:
    return any(_is_said(cell) for _, cells in sheet.rows for cell in cells)


def _is_said(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _width(cells: Sequence[Cell]) -> int:
    width = len(cells)
    while width and not _is_said(cells[width - 1]):
        width -= 1
    return width


def _padded(cells: Sequence[Cell], width: int) -> list[Cell]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _require_names(header: Sequence[str], row: int, calendar: Calendar) -> None:
    """Refuse a table that begins with its values."""
    is_known = any(folded(name) in KNOWN_NAMES for name in header)
    is_value = any(name.replace(".", "").replace(",", "").lstrip("-").isdigit() for name in header)
    is_value = is_value or any(period_label(calendar, name) for name in header)
    if not is_known and is_value:
        raise UnreadableTable(NO_HEADER.format(row=row))


def _require_once(header: Sequence[str]) -> None:
    places: dict[str, int] = {}
    for position, name in enumerate(header):
        earlier = places.setdefault(folded(name), position)
        if name and earlier != position:
            raise UnreadableTable(
                f"The columns {column_letter(earlier)} and {column_letter(position)} are both"
                f" called “{name}”. Rename one of them, or take it out."
            )
