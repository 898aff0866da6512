"""Files as they come: how they are read, and what is said of those that cannot be."""

import io
import zipfile
from typing import Any

import pytest
from xlsxwriter import Workbook

from calculations.periods import Calendar
from calculations.tables.csv_files import UnreadableTable
from scorecards.selectors.imports.mapping import guessed_mapping
from scorecards.services.imports import files
from scorecards.services.imports.files import MOST_COLUMNS, MOST_ROWS, read_file
from scorecards.services.imports.tabulating import tables_of

PLAIN = [["kpi", "unit", "period", "value"], ["nps", "sales", "2026-Q1", "4.5"]]


def tables(content: bytes, name: str = "file.csv", **options: Any) -> Any:
    found = read_file(content, name, options)
    return tables_of(found.sheets, options, options.get("kind", ""), Calendar())


def table(content: bytes, **options: Any) -> list[list[Any]]:
    """The header and the rows of the only table."""
    _, (only,) = tables(content, **options)
    return [only.header, *(cells for _, cells in only.rows)]


def csv(rows: list[list[str]], mark: str = ",", quote: str = "") -> str:
    return "".join(mark.join(f"{quote}{cell}{quote}" for cell in row) + "\r\n" for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize(("mark", "quote"), [(",", '"'), (";", ""), ("\t", ""), ("|", "'")])
def test_encoding_delimiter_and_quotation_marks_are_found(
    encoding: str, mark: str, quote: str
) -> None:
    rows = [*PLAIN, ["Zufriedenheit €", "Köln", "2026-Q2", "4,5" if quote == '"' else "4.5"]]
    assert table(csv(rows, mark, quote).encode(encoding)) == rows


def test_titles_above_blank_rows_and_empty_columns_are_passed_over() -> None:
    rows = [["Report of May", "", "", "", ""], [], ["kpi", "unit", "period", "value", ""]]
    content = csv([*rows, [], *PLAIN[1:], ["", "", "", "", ""]]).encode()
    _, (only,) = tables(content)
    assert (only.header_row, only.header, only.rows) == (3, PLAIN[0], [(5, PLAIN[1])])
    assert table(b"sep=;\nkpi;value\nnps;1\n") == [["kpi", "value"], ["nps", "1"]]
    assert table(b"kpi,note\nnps,'=1+1\nnps,'-5\n")[1:] == [["nps", "=1+1"], ["nps", "-5"]]


def test_columns_that_are_periods_hold_values() -> None:
    header = ["KPI name", "Department", "2026-01", "2026-02-01", "2026-Q1", "Value"]
    assert guessed_mapping("values", header, Calendar()) == [
        *("kpi", "unit", "value@2026-01", "value@2026-02-01", "value@2026-Q1", ""),
    ]


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return file.getvalue()


def test_a_sheet_is_found_by_its_columns_or_said() -> None:
    numbers: list[list[Any]] = [PLAIN[0], ["nps", "sales", "Q", 4]]
    content = workbook({"Read me": [["About this file"], ["made by hand"]], "Numbers": numbers})
    _, (found,) = tables(content, "file.xlsx")
    assert (found.sheet, found.rows) == ("Numbers", [(2, ["nps", "sales", "Q", 4.0])])
    _, (said,) = tables(content, "file.xlsx", sheet="Read me")
    assert said.header == ["About this file"]


def bomb() -> bytes:
    """A few kilobytes whose only two cells span a sheet of 17 thousand million."""
    plain, packed = zipfile.ZipFile(io.BytesIO(workbook({"x": [["kpi", "value"]]}))), io.BytesIO()
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name in plain.namelist():
            content = plain.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", far)
            made.writestr(name, content)
    return packed.getvalue()


def blown_up() -> bytes:
    """A zip whose directory says that it unpacks to more than is read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("xl/workbook.xml", "small")
        made.filelist[0].file_size = 401 * 1024**2
    return packed.getvalue()


REFUSED = {
    "empty": (b"", "The file is empty"),
    "only blanks": (b" \n,,,\n", "The file is empty"),
    "only a header": (b"kpi,unit,period,value\n", "nothing beneath it"),
    "no header": (b"nps,2026-Q1,4.5\nnps,2026-Q2,4.6\n", "Write them above"),
    "names twice": (b"kpi,value,Value\nnps,1,2\n", "B and C are both called"),
    "zero byte": (b"kpi,value\nnps,1\nn\x00,2\n", "Line 3 holds a zero byte"),
    "open quotation": (b'kpi,value\nnps,"1\n2\n3', "Row 2"),
    "no spreadsheet": (b"PK\x03\x04 nothing", "no spreadsheet that can be read"),
    "old or locked": (b"\xd0\xcf\x11\xe0 old", "protected by a password, or in an old format"),
    "too wide": (csv([[f"c{n}" for n in range(MOST_COLUMNS + 1)], ["x"]]).encode(), "201 columns"),
    "too long": (b"kpi,value\n" + b"nps,1\n" * (MOST_ROWS + 1), "50,001 rows"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(name: str) -> None:
    content, said = REFUSED[name]
    with pytest.raises(UnreadableTable, match=said):
        tables(content)


def test_files_at_the_limits_are_read() -> None:
    assert len(table(b"kpi,value\n" + b"nps,1\n" * MOST_ROWS)) == MOST_ROWS + 1
    wide = [[f"c{n}" for n in range(MOST_COLUMNS)], ["x"] * MOST_COLUMNS]
    assert table(csv(wide).encode()) == wide


def test_spreadsheets_that_would_fill_the_memory_are_refused() -> None:
    content = bomb()
    assert len(content) < 10_000
    with pytest.raises(UnreadableTable, match="more memory"):
        tables(content, "bomb.xlsx")
    with pytest.raises(UnreadableTable, match="unpacks to more"):
        tables(blown_up(), "large.xlsx")


def test_a_spreadsheet_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SECONDS", 0.01)
    with pytest.raises(UnreadableTable, match="takes too long"):
        tables(workbook({"x": PLAIN}), "slow.xlsx")
