"""The same figures as spreadsheets, as numbers; loaded only by the process that writes them."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xlsxwriter import Workbook

from .shapes import (
    BoardSection,
    Cell,
    Chart,
    CoverSection,
    Document,
    Head,
    KpiSection,
    PanelsSection,
    PictureSection,
    Table,
    TableSection,
)

LONGEST_NAME = 31  # of a sheet
FORBIDDEN = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
WIDTHS = (44, 24, 24)  # of the first columns
PLAIN_WIDTH = 14
BOARD_HEADER = (
    *("Perspective", "Objective", "KPI", "Code", "Weight", "Actual", "Unit of measure"),
    *("Year to date", "Year ago", "Target", "Variance", "Score", "Status", "Measured"),
    *("Change", "Owner", "Marks"),
)
Rows = Iterable[Sequence[Cell]]


def xlsx_file(document: Document) -> bytes:
    """A sheet for each board, KPI and table; texts are texts, never formulas or links."""
    out = io.BytesIO()
    options: dict[str, Any] = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(out, options) as book:
        book.set_properties({"title": document.title, "company": document.organization})
        sheets = _Sheets(book, document)
        for section in document.sections:
            WRITERS[type(section)](sheets, section)
    return out.getvalue()


class _Sheets:
    """The book that is being written."""

    def __init__(self, book: Any, document: Document) -> None:
        self.book, self.document = book, document
        self.bold = book.add_format({"bold": True})
        self.header = book.add_format({"bold": True, "bottom": 1})
        self.soft = book.add_format({"font_color": "#444c5a"})
        self.taken: set[str] = set()

    def add(self, name: str, head: Head, lead: Sequence[str], header: Rows, rows: Rows) -> None:
        """What the sheet is of stands above its table."""
        sheet = self.book.add_worksheet(self.name(name))
        place = "  ·  ".join(filter(None, (self.document.organization, head.unit, head.period)))
        above = [head.title, place, head.state, *lead]
        for number, text in enumerate(above):
            sheet.write_string(number, 0, text, self.soft if number else self.bold)
        top = len(above) + 1
        for number, row in enumerate([*header, *rows]):
            style = self.header if number == 0 else None
            for position, cell in enumerate(row):
                _write(sheet, top + number, position, cell, style)
        sheet.freeze_panes(top + 1, 0)
        for position in range(len(BOARD_HEADER)):
            width = WIDTHS[position] if position < len(WIDTHS) else PLAIN_WIDTH
            sheet.set_column(position, position, width)

    def name(self, wanted: str) -> str:
        """A name that no other sheet has, of those that spreadsheets allow."""
        plain = FORBIDDEN.sub(" ", wanted).strip() or "Sheet"
        plain = "Sheet" if plain.lower() == "history" else plain
        name, number = plain[:LONGEST_NAME].strip(), 1
        while name.lower() in self.taken:
            number += 1
            end = f" {number}"
            name = plain[: LONGEST_NAME - len(end)].strip() + end
        self.taken.add(name.lower())
        return name


def _write(sheet: Any, row: int, position: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, position, cell, style)
    elif cell is not None:
        sheet.write_number(row, position, cell, style)


def _board(sheets: _Sheets, section: BoardSection) -> None:
    lead = (f"Score {section.score.text}, {section.score.words}", *section.facts)
    sheets.add(section.head.unit_code, section.head, lead, [BOARD_HEADER], _board_rows(section))


def _board_rows(section: BoardSection) -> Rows:
    for band in section.bands:
        yield _above(band.name, "", band)
        for objective in band.objectives:
            yield _above(band.name, objective.name, objective)
            for kpi in objective.kpis:
                yield (
                    *(band.name, objective.name, kpi.name, kpi.code, kpi.weight),
                    *(kpi.actual_value, kpi.unit_of_measure, kpi.year_to_date_value),
                    *(kpi.last_year_value, kpi.target_value, kpi.variance_value),
                    *(kpi.score.value, kpi.score.words, "", kpi.change, kpi.owner, kpi.marks),
                )


def _above(band: str, objective: str, told: Any) -> Sequence[Cell]:
    owner = getattr(told, "owner", "")
    empty = (None,) * 6
    score = told.score
    start = (band, objective, "", told.code, told.weight)
    return (*start, *empty, score.value, score.words, score.cover, "", owner, "")


def _kpi(sheets: _Sheets, section: KpiSection) -> None:
    figures = (f"{name}: {text}" for name, text in section.figures)
    told = (section.finding, *section.remarks, *figures)
    name = f"{section.head.unit_code} {section.head.title}"
    sheets.add(name, section.head, told, *_chart_rows(section.chart))


def _chart_rows(chart: Chart) -> tuple[Rows, Rows]:
    header = ["Period", *(line.name for line in chart.lines), "Status"]
    statuses = (each.replace("_", " ") for each in chart.statuses)
    columns = [chart.labels, *(line.values for line in chart.lines), tuple(statuses)]
    return [header], list(zip(*columns, strict=False))


def _table_rows(table: Table) -> tuple[Rows, Rows]:
    kinds = [column.kind for column in table.columns]
    rows = [
        [
            cell.replace("_", " ") if kind == "status" and isinstance(cell, str) else cell
            for kind, cell in zip(kinds, row, strict=True)
        ]
        for row in table.values
    ]
    return [[column.name for column in table.columns]], rows


def _listing(sheets: _Sheets, section: TableSection) -> None:
    name = f"{section.head.unit_code} {section.head.title}"
    sheets.add(name, section.head, (section.lead,), *_table_rows(section.table))


def _picture(sheets: _Sheets, section: PictureSection) -> None:
    if section.table is not None:
        _listing(sheets, TableSection(section.head, section.table_title, section.table))


def _panels(sheets: _Sheets, section: PanelsSection) -> None:
    for panel in section.panels:
        if panel.table is not None:
            sheets.add(panel.title, section.head, (panel.lead,), *_table_rows(panel.table))
        elif panel.chart is not None:
            sheets.add(panel.title, section.head, (panel.lead,), *_chart_rows(panel.chart))


def _cover(sheets: _Sheets, section: CoverSection) -> None:
    rows = [*section.lines, *(("Left out", each) for each in section.left_out)]
    sheets.add(section.head.title, section.head, (), [("What", "Said")], rows)


WRITERS: dict[type, Callable[[_Sheets, Any], None]] = {
    BoardSection: _board,
    KpiSection: _kpi,
    PictureSection: _picture,
    TableSection: _listing,
    PanelsSection: _panels,
    CoverSection: _cover,
}
