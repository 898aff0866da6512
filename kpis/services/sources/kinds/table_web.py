"""A table over HTTP: a CSV file or a spreadsheet at an address."""

from collections.abc import Sequence
from typing import Any

from calculations.tables.csv_files import UnreadableTable, csv_rows
from calculations.tables.headers import folded, header_position
from calculations.tables.spreadsheets import is_spreadsheet, spreadsheet_sheets
from kpis.services.sources import web
from kpis.services.sources.shapes import (
    MOST_ROWS,
    Config,
    Fetched,
    Field,
    Kind,
    RawRow,
    Settings,
    SourceFailed,
    showing,
)

MOST_COLUMNS = 200
SECONDS = 20.0
COLUMNS = (
    Field("value_column", "Column of the value", is_required=True, default="value"),
    Field("period_column", "Column of the period", "Empty: the period asked for."),
    Field("kpi_column", "Column of the KPI", "Its codes; empty: the KPI chosen below."),
    Field("unit_column", "Column of the unit", "Its codes; empty: the unit chosen below."),
    Field("sheet", "Sheet", "Of a spreadsheet; empty: the first."),
)


def fetch(config: Config) -> Fetched:
    shown, answer = web.asked(config)
    with showing(shown, web.excerpt(answer)):
        web.require_data(answer)
        try:
            table = _table(answer.content, config.settings.get("sheet", ""))
        except UnreadableTable as refusal:
            raise SourceFailed(str(refusal)) from None
    said = f"Status {answer.status}, {len(answer.content):,} bytes, {len(table)} lines"
    head = "\n".join(" | ".join(_text(cell) for cell in row)[:200] for row in table[:8])
    with showing(shown, f"{said}\n{head}"):
        return Fetched(shown, f"{said}\n{head}", rows_in(table, config.settings))


def rows_in(table: Sequence[Sequence[Any]], settings: Settings) -> list[RawRow]:
    """The rows beneath the header, by the columns that the settings name."""
    names = [settings[f"{name}_column"] for name in ("kpi", "unit", "period", "value")]
    texts = [[_text(cell) for cell in row] for row in table]
    head = header_position(texts, {folded(name) for name in names if name})
    header = [folded(name) for name in texts[head]] if texts else []
    places = [_place(name, header) if name else None for name in names]
    if len(table) - head - 1 > MOST_ROWS:
        raise SourceFailed(f"There are {len(table):,} rows; at most {MOST_ROWS:,} are taken.")
    rows = (row for row in table[head + 1 :] if any(_text(cell) for cell in row))
    return [RawRow(*(_cell(row, place) for place in places)) for row in rows]


def _place(name: str, header: list[str]) -> int:
    count = header.count(folded(name))
    if count != 1:
        there = ", ".join(each for each in header if each)[:200] or "none"
        said = "There is no column" if not count else "There are several columns"
        raise SourceFailed(f"{said} “{name}”; the columns are: {there}.")
    return header.index(folded(name))


def _cell(row: Sequence[Any], place: int | None) -> Any:
    return row[place] if place is not None and place < len(row) else None


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _table(content: bytes, sheet: str) -> list[list[Any]]:
    if not content.strip():
        raise UnreadableTable("The answer is empty.")
    if not is_spreadsheet(content):
        return [list(row) for _, row in csv_rows(content)[1]]
    sheets = spreadsheet_sheets(content, MOST_ROWS + 100, MOST_COLUMNS, SECONDS)
    for each in sheets:
        if not sheet or each["name"] == sheet:
            if not each["rows"] and each["height"]:
                raise UnreadableTable(f"The sheet has {each['height']:,} rows, which is too many.")
            return list(each["rows"])
    names = ", ".join(each["name"] for each in sheets)[:200]
    raise UnreadableTable(f"There is no sheet “{sheet}”; the sheets are: {names}.")


KIND = Kind(
    code="table",
    name="CSV or spreadsheet over HTTP",
    hint="A file with columns at an address.",
    fields=(*web.FIELDS, *COLUMNS),
    fetch=fetch,
    aim=web.aim,
    asks_by_period=web.asks_by_period,
    check=web.problems,
)
