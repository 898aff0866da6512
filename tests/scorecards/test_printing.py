"""Pages on paper: what is told, how it is set, and that words of people stay words."""

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import time_machine
from django.test import Client
from pptx import Presentation
from python_calamine import CalamineWorkbook

from calculations.periods import Frequency, Period
from organizations.access import user_access
from scorecards.printing import setting
from scorecards.printing.boards import board_section
from scorecards.printing.kpis import kpi_section
from scorecards.printing.setting import NoTurn, Unprintable, book_file, page_file
from scorecards.printing.shapes import (
    BoardObjective,
    BoardSection,
    Document,
    Drawing,
    KpiSection,
    Panel,
    PanelsSection,
    PictureSection,
)
from scorecards.printing.words import document
from scorecards.selectors.viewing import Viewing
from scorecards.services.closing import close_period
from scorecards.services.refresh import refresh_scores
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db
QUARTER = "2026-Q1"
JANUARY = Period(Frequency.MONTH, START)
# What means something to typst, to XML or to a spreadsheet, and what is hard to set.
NASTY = (
    '#panic("read") *bold* $x^2$ <b>&amp;</b> `raw` \\ #{1+1} @cite // /* '
    "\u05e9\u05dc\u05d5\u05dd \U0001f642 \u202eleft\u202c =1+1 " + "w" * 200
)
# What XML cannot hold; a soft line break of a word processor is one of these.
UNSAYABLE = "\x01\x08\x0b\x0c\x1f\\u000b\ufffe\uffff"
HARD = NASTY + UNSAYABLE


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def sales(acme: World) -> World:
    values = {f"2026-0{month}-01": 80.0 + month for month in (1, 2, 3)}
    acme.record("revenue", "sales", values)
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def told(world: World, who: str = "alice") -> Document:
    """The board of Sales and the page of its KPI, with what Alice may see."""
    access = user_access(world.users[who], "acme")
    assert access is not None
    unit = access.visible_unit("sales")
    assert unit is not None
    viewing = Viewing(access.organization.calendar, Period(Frequency.QUARTER, START))
    board = board_section(access, unit, viewing)
    kpi = kpi_section(access, world.kpis["revenue"], unit, viewing)
    assert board is not None
    assert kpi is not None
    return document(access, "Sales", [board, kpi])


def pages_of(pdf: bytes) -> int:
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf + _streams(pdf)))


def _streams(pdf: bytes) -> bytes:
    """What is compressed in it."""
    found = b""
    for start in re.finditer(rb"stream\r?\n", pdf):
        try:
            found += zlib.decompressobj().decompress(pdf[start.end() :])
        except zlib.error:
            continue
    return found


def long_board(section: BoardSection, n: int) -> BoardSection:
    """The same board with so many KPIs in eight objectives, and hard words in them."""
    band = section.bands[0]
    row = band.objectives[0].kpis[0]
    objectives = tuple(
        BoardObjective(
            code=f"o{at}",
            name=f"Objective {at}",
            weight="25 %",
            score=section.score,
            bullet=band.objectives[0].bullet,
            owner="Alice",
            note="",
            said="A sentence on how it goes." * (at % 2),
            kpis=tuple(row for number in range(n) if number % 8 == at),
        )
        for at in range(8)
    )
    parts = (objectives[:2], objectives[2:4], objectives[4:6], objectives[6:])
    bands = tuple(msgspec.structs.replace(band, objectives=each) for each in parts)
    return msgspec.structs.replace(section, bands=bands)


def test_the_head_says_whether_figures_may_still_change(sales: World) -> None:
    def state(**about: Any) -> str:
        access = user_access(sales.users["alice"], "acme")
        assert access is not None
        viewing = Viewing(access.organization.calendar, JANUARY, **about)
        section = board_section(access, access.tree.by_code["sales"], viewing)
        assert section is not None
        return section.head.state

    assert state() == "As it stands on 2026-05-04 12:00"
    close_period(unit=sales.units["emea"], period=JANUARY, by=sales.users["alice"])
    closed = f"Closed: reported on 2026-05-04 by {sales.users['alice']}"
    assert state() == closed
    sales.record("revenue", "sales", {"2026-01-01": 40.0}, reason="A late invoice.")
    refresh_scores(organization_id=sales.organization.pk)
    assert state() == f"{closed}, restated since"
    assert state(figures="current").startswith("Not the reported figures")


def test_a_board_of_31_kpis_is_one_page_and_says_what_the_page_says(sales: World) -> None:
    paper = told(sales)
    board, kpi = paper.sections
    assert isinstance(board, BoardSection)
    rows = [row for band in board.bands for each in band.objectives for row in each.kpis]
    assert (rows[0].name, rows[0].actual_value) == (sales.kpis["revenue"].name, 246.0)
    assert board.head.unit.endswith("EMEA › Sales")
    assert board.head.state == "As it stands on 2026-05-04 12:00"
    assert paper.made.endswith(f"by {sales.users['alice']}")
    pdf = page_file(msgspec.structs.replace(paper, sections=(long_board(board, 31), kpi)))
    assert pdf.startswith(b"%PDF")
    assert pages_of(pdf) == 2
    assert b"/MarkInfo" in pdf or b"/MarkInfo" in _streams(pdf)


def test_words_stay_words_in_every_form(sales: World) -> None:
    """Nothing is read as markup, as a formula or as a link, and nothing fails."""
    paper = told(sales)
    board, kpi = paper.sections
    assert isinstance(board, BoardSection)
    row = msgspec.structs.replace(
        board.bands[0].objectives[0].kpis[0], name=HARD, marks=HARD, owner=HARD
    )
    objective = msgspec.structs.replace(
        board.bands[0].objectives[0], name=HARD, said=HARD, note=HARD, kpis=(row,)
    )
    band = msgspec.structs.replace(board.bands[0], name=HARD, objectives=(objective,))
    head = msgspec.structs.replace(board.head, title=HARD, unit=HARD)
    board = msgspec.structs.replace(board, head=head, bands=(band,), notes=(HARD,))
    assert isinstance(kpi, KpiSection)
    kpi = msgspec.structs.replace(
        kpi, chart=msgspec.structs.replace(kpi.chart, alternative=HARD), about=HARD, finding=HARD
    )
    panels = PanelsSection(head, (Panel(HARD, HARD, kpi.table, kpi.chart),))
    sections = (board, kpi, panels)
    paper = msgspec.structs.replace(paper, title=HARD, sections=sections)
    assert page_file(paper).startswith(b"%PDF")
    show = Presentation(io.BytesIO(book_file(paper, "pptx")))
    texts = [run for slide in show.slides for run in _texts(slide)]
    assert any(NASTY in text for text in texts)
    assert [shape.has_chart for slide in show.slides for shape in slide.shapes].count(True) == 2
    book = CalamineWorkbook.from_filelike(io.BytesIO(book_file(paper, "xlsx")))
    cells = [cell for name in book.sheet_names for row in _rows(book, name) for cell in row]
    assert NASTY + r"     \u000b  " in cells
    assert 246.0 in cells


def _texts(slide: Any) -> Iterator[str]:
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text
        if shape.has_table:
            yield from (cell.text_frame.text for row in shape.table.rows for cell in row.cells)


def _rows(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    return book.get_sheet_by_name(name).to_python()


def test_a_chart_on_a_slide_keeps_its_numbers_and_its_gaps(sales: World) -> None:
    _, kpi = told(sales).sections
    show = Presentation(io.BytesIO(book_file(Document("t", "o", "m", (kpi,)), "pptx")))
    chart = next(shape.chart for shape in show.slides[0].shapes if shape.has_chart)
    actual = next(each for each in chart.plots[0].series if each.name.startswith("Actual"))
    known = [value for value in actual.values if value is not None]
    assert known == [81.0, 82.0, 83.0]
    assert None in actual.values


def test_what_cannot_be_set_fails_alone(monkeypatch: pytest.MonkeyPatch, sales: World) -> None:
    """A drawing that is none, a file that takes too long, too large, or too many at once."""
    with pytest.raises(Unprintable, match="cannot be made"):
        setting.pixels(Drawing("no drawing", 10, 10))
    paper = told(sales)
    picture = PictureSection(paper.sections[0].head, "<svg", 1, 1, "x")
    with pytest.raises(Unprintable):
        page_file(msgspec.structs.replace(paper, sections=(picture,)))
    monkeypatch.setattr(setting, "MOST_BYTES", 10)
    with pytest.raises(Unprintable, match="Choose fewer units"):
        page_file(paper)
    monkeypatch.setattr(setting, "PATIENCE", 0.01)
    with pytest.raises(Unprintable, match="too long"):
        page_file(paper)
    with setting._turns, setting._turns, pytest.raises(NoTurn):
        page_file(paper)


def test_pages_as_pdf(sales: World, client: Client) -> None:
    """A name that says what it is; who does not see the unit gets nothing."""
    client.force_login(sales.users["bob"])
    answer = client.get("/acme/units/sales/scorecard.pdf", {"period": QUARTER})
    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="acme-sales-scorecard-2026-Q1.pdf"' in answer["Content-Disposition"]
    assert pages_of(answer.content) == 1
    answer = client.get("/acme/kpis/revenue/page.pdf", {"unit": "sales", "period": QUARTER})
    assert 'filename="acme-sales-revenue-2026-Q1.pdf"' in answer["Content-Disposition"]
    for hidden in ("/acme/units/ada/scorecard.pdf", "/acme/kpis/revenue/page.pdf?unit=ada"):
        assert client.get(hidden).status_code == 404
    with setting._turns, setting._turns, pytest.MonkeyPatch.context() as patch:
        patch.setattr(setting, "PATIENCE", 0.01)
        answer = client.get("/acme/units/sales/scorecard.pdf")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "Briefing books" in answer.content.decode()
