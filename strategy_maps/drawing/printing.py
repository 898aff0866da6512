"""The strategy map as a page of printed documents, as it is announced when Django starts.

What reads and draws maps is imported late: every process would wait for it, and few need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.printing.kinds import PrintedKind
from scorecards.printing.shapes import Column, PictureSection, Section

if TYPE_CHECKING:
    from scorecards.selectors.viewing import Viewing
    from strategy_maps.selectors.page import HypothesisLine, MapPage

COLUMNS = (
    Column("Hypothesis", share=4),
    Column("What the data say", share=1.6),
    Column("Figures", share=2.4),
    Column("Note", share=2),
)


def printed_map(access: Access, page: MapPage, unit: UnitNode, viewing: Viewing) -> PictureSection:
    """The drawing, and its hypotheses in words on the page behind it."""
    from scorecards.printing.words import head, now_text, table

    from .files import svg_file
    from .picture import picture
    from .telling import told_map

    told = told_map(page.map, _nowhere, _nowhere)
    drawn = picture(told)
    is_closed = page.map.is_reported
    state = "Closed: scores as reported" if is_closed else f"As it stands on {now_text(access)}"
    return PictureSection(
        head=head(access, unit.id, page.title, viewing, state),
        svg=svg_file(drawn),
        width=drawn.file_box.width,
        height=drawn.file_box.height,
        alternative=". ".join([told.title, *(node.label for node in told.nodes)]),
        table=table(COLUMNS, map(_row, page.lines)) if page.lines else None,
        table_title="Hypotheses, and what the data say of them",
    )


def _nowhere(*codes: str) -> str:
    """Paper leads nowhere."""
    return ""


def _row(line: HypothesisLine) -> list[tuple[str, str | float | None]]:
    from scorecards.printing.words import said

    return [said(each) for each in (line.sentence, line.verdict_text, line.figures_text, line.note)]


def _section(access: Access, unit: UnitNode, viewing: Viewing) -> Section | None:
    """Of the scorecard that holds in the period, where it has objectives."""
    from scorecards.selectors.boards.shown import shown_scorecard
    from strategy_maps.selectors.page import map_page

    scorecard = shown_scorecard(access, unit, viewing.period)
    page = map_page(access, unit, scorecard, viewing.period) if scorecard else None
    return printed_map(access, page, unit, viewing) if page and page.map.nodes else None


PRINTED_MAP = PrintedKind(name="map", label="Strategy map", section=_section)
