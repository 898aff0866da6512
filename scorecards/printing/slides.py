"""Slides with tables and charts that can be edited; loaded only by the process that writes them."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from .pages import png_file
from .shapes import (
    BoardSection,
    Chart,
    CoverSection,
    Document,
    Head,
    KpiSection,
    Panel,
    PanelsSection,
    PictureSection,
    Table,
    TableSection,
)
from .table_rows import BOARD_COLUMNS, Row, board_rows, table_rows

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
EDGE, TOP = Inches(0.4), Inches(1.15)
FULL = WIDTH - 2 * EDGE
MOST_ROWS = 34  # of a table on one slide
MOST_BOARD_ROWS = 64  # of a board, whose type becomes as small as it must
LARGEST, SMALLEST = 9.0, 5.0  # points


def _colour(red: int, green: int, blue: int) -> Any:
    return RGBColor(red, green, blue)  # type: ignore[no-untyped-call]


INK, SOFT = _colour(0x11, 0x11, 0x11), _colour(0x44, 0x4C, 0x5A)
BAND, PAPER = _colour(0xF1, 0xEF, 0xEA), _colour(0xFF, 0xFF, 0xFF)
COLOURS = {
    "on_target": _colour(0x0B, 0x7A, 0x66),
    "below_target": _colour(0x9C, 0x54, 0x00),
    "critical": _colour(0xB3, 0x26, 0x1E),
}
SIGNS = {"on_target": "●", "below_target": "▲", "critical": "■", "no_data": "○"}
TITLE_ONLY = 5  # the layout with a title alone


def pptx_file(document: Document) -> bytes:
    """A slide for each board, KPI, map and panel; more where a table is long."""
    show: Any = Presentation()
    show.slide_width, show.slide_height = WIDTH, HEIGHT
    show.core_properties.title = document.title[:255]
    show.core_properties.author = document.organization[:255]
    for section in document.sections:
        MAKERS[type(section)](show, section, document)
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


# --- Slides


def _board(show: Any, section: BoardSection, document: Document) -> None:
    rows = list(board_rows(section))
    lead = "  ·  ".join((f"Score {section.score.text}, {section.score.words}", *section.facts))
    for part, slide in _parts(show, section.head, document, rows, lead, MOST_BOARD_ROWS):
        _grid(slide, BOARD_COLUMNS, part)


def _kpi(show: Any, section: KpiSection, document: Document) -> None:
    slide = _slide(show, section.head, document, section.finding)
    told = [f"Score {section.score.text}, {_signed(section.score.status, section.score.words)}"]
    told += [f"{name}: {text}" for name, text in section.figures]
    _text(slide, (EDGE, TOP, FULL, Inches(1.0)), [*told[:3], *section.remarks[:1]], 11)
    _chart(slide, section.chart, (EDGE, Inches(2.2), FULL, Inches(4.8)))


def _picture(show: Any, section: PictureSection, document: Document) -> None:
    slide = _slide(show, section.head, document)
    pixels = png_file(section.svg, section.width, section.height)
    room = HEIGHT - TOP - Inches(0.45)
    share = min(FULL / section.width, room / section.height)
    width, height = Emu(int(section.width * share)), Emu(int(section.height * share))
    left = Emu(int(EDGE + (FULL - width) / 2))
    shown = slide.shapes.add_picture(io.BytesIO(pixels), left, TOP, width, height)
    shown._element.nvPicPr.cNvPr.set("descr", section.alternative)
    if section.table is not None:
        _listing(show, TableSection(section.head, section.table_title, section.table), document)


def _listing(show: Any, section: TableSection, document: Document) -> None:
    rows = table_rows(section.table)
    for part, slide in _parts(show, section.head, document, rows, section.lead):
        _grid(slide, _columns(section.table), part)


def _panels(show: Any, section: PanelsSection, document: Document) -> None:
    for panel in section.panels:
        _panel(show, section.head, panel, document)


def _panel(show: Any, head: Head, panel: Panel, document: Document) -> None:
    lead = "  ·  ".join(filter(None, (panel.title, panel.lead)))
    if panel.chart is not None:
        slide = _slide(show, head, document, lead)
        _chart(slide, panel.chart, (EDGE, Inches(1.4), FULL, Inches(5.6)))
    elif panel.table is not None:
        rows = table_rows(panel.table)
        for part, slide in _parts(show, head, document, rows, lead):
            _grid(slide, _columns(panel.table), part)
    else:
        _slide(show, head, document, lead)


def _cover(show: Any, section: CoverSection, document: Document) -> None:
    slide = _slide(show, section.head, document)
    told = [f"{name}: {text}" for name, text in section.lines]
    told += [f"Left out: {each}" for each in section.left_out]
    _text(slide, (EDGE, Inches(1.6), FULL, Inches(5)), told, 16)


MAKERS: dict[type, Callable[[Any, Any, Document], None]] = {
    BoardSection: _board,
    KpiSection: _kpi,
    PictureSection: _picture,
    TableSection: _listing,
    PanelsSection: _panels,
    CoverSection: _cover,
}


# --- What they are made of


def _parts(
    show: Any,
    head: Head,
    document: Document,
    rows: Sequence[Row],
    lead: str,
    most: int = MOST_ROWS,
) -> Iterator[tuple[Sequence[Row], Any]]:
    """A slide for as many rows as one holds."""
    for start in range(0, max(len(rows), 1), most):
        yield rows[start : start + most], _slide(show, head, document, lead)


def _slide(show: Any, head: Head, document: Document, lead: str = "") -> Any:
    slide = show.slides.add_slide(show.slide_layouts[TITLE_ONLY])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = EDGE, Inches(0.15), FULL, Inches(0.45)
    _write(title.text_frame, [f"{head.title}  ·  {head.period}"], 22, is_bold=True)
    place = "  ·  ".join(filter(None, (document.organization, head.unit, head.state)))
    _text(slide, (EDGE, Inches(0.58), FULL, Inches(0.28)), [place], 10)
    if lead:
        _text(slide, (EDGE, Inches(0.84), FULL, Inches(0.28)), [lead], 10)
    _text(slide, (EDGE, HEIGHT - Inches(0.32), FULL, Inches(0.25)), [document.made], 8)
    return slide


def _text(slide: Any, box: tuple[int, int, int, int], lines: Sequence[str], size: float) -> None:
    _write(slide.shapes.add_textbox(*map(Emu, map(int, box))).text_frame, lines, size)


def _write(frame: Any, lines: Sequence[str], size: float, *, is_bold: bool = False) -> None:
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.TOP
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        _run(paragraph, line, size, INK if is_bold else SOFT, is_bold=is_bold)


def _run(paragraph: Any, text: str, size: float, colour: Any, *, is_bold: bool = False) -> None:
    run = paragraph.add_run()
    run.text = _plain(text)
    run.font.size, run.font.bold = Pt(size), is_bold
    run.font.color.rgb = colour


def _plain(text: str) -> str:
    """On one line, without what XML cannot hold."""
    return "".join(max(sign, " ") for sign in text)


def _grid(slide: Any, columns: Sequence[tuple[str, float]], rows: Sequence[Row]) -> None:
    """A table that can be edited; rows that head others are filled, and statuses coloured."""
    room = (HEIGHT - TOP - Inches(0.42)) / Pt(1) / (len(rows) + 1)  # points for each row
    size = min(LARGEST, max(SMALLEST, round((room - 1.6) / 1.2 * 2 - 0.5) / 2))
    height = int(Pt(min(room, size * 1.9)))
    total = sum(share for _, share in columns)
    shape = slide.shapes.add_table(
        len(rows) + 1, len(columns), EDGE, TOP, Emu(int(FULL)), Emu(height * (len(rows) + 1))
    )
    grid = shape.table
    for number, (name, share) in enumerate(columns):
        grid.columns[number].width = Emu(int(FULL * share / total))
        _cell(grid.cell(0, number), name, size, SOFT, BAND)
    for line, row in enumerate(rows, 1):
        grid.rows[line].height = Emu(height)
        for number, cell in enumerate(row.cells):
            colour = COLOURS.get(row.status, INK) if number in row.coloured else INK
            text = _signed(row.status, cell) if number in row.signed and cell else cell
            fill = BAND if row.is_band else PAPER
            _cell(grid.cell(line, number), text, size, colour, fill, is_bold=row.is_head)
    grid.rows[0].height = Emu(height)


def _cell(
    cell: Any, text: str, size: float, colour: Any, fill: Any, *, is_bold: bool = False
) -> None:
    cell.margin_top = cell.margin_bottom = Pt(0.6)
    cell.margin_left = cell.margin_right = Pt(3)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = fill
    _run(cell.text_frame.paragraphs[0], text, size, colour, is_bold=is_bold)


def _signed(status: str, words: str) -> str:
    return f"{SIGNS.get(status, '○')} {words}"


def _columns(told: Table) -> list[tuple[str, float]]:
    return [(each.name, each.share if each.kind == "text" else 0.8) for each in told.columns]


def _chart(slide: Any, told: Chart, box: tuple[int, int, int, int]) -> None:
    """A line chart of its own numbers, which can be edited; gaps stay gaps."""
    data: Any = CategoryChartData(number_format="General")  # type: ignore[no-untyped-call]
    data.categories = [_plain(label) for label in told.labels] or ["–"]
    for line in told.lines:
        data.add_series(_plain(line.name), line.values or (None,))
    place = [Emu(int(each)) for each in box]
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *place, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", told.alternative)
    chart = frame.chart
    chart.has_title, chart.has_legend, chart.font.size = False, True, Pt(10)
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    axis = chart.value_axis
    axis.minimum_scale, axis.maximum_scale = told.low, told.high
    axis.tick_labels.number_format = "#,##0" + ("." + "0" * told.decimals if told.decimals else "")
    axis.tick_labels.number_format_is_linked = False
    axis.major_gridlines.format.line.color.rgb = BAND
    for series, line in zip(chart.plots[0].series, told.lines, strict=True):
        _look(series, line.role, told)


def _look(series: Any, role: str, told: Chart) -> None:
    series.smooth = False
    series.format.line.color.rgb = INK if role == "actual" else SOFT
    series.format.line.width = Pt(2 if role == "actual" else 1.25)
    if role != "actual":
        series.format.line.dash_style = MSO_LINE.DASH
        series.marker.style = XL_MARKER_STYLE.NONE
        return
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 6
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = INK
    for number, status in enumerate(told.statuses):
        if status in COLOURS:
            fill = series.points[number].marker.format.fill
            fill.solid()
            fill.fore_color.rgb = COLOURS[status]
