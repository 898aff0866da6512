"""Scores, heads and tables in the words of a printed page."""

import zoneinfo
from collections.abc import Iterable, Sequence

from django.utils import timezone

from organizations.access import Access
from scorecards.models import Scorecard
from scorecards.selectors.closing.reported import CURRENT, ClosedNote
from scorecards.selectors.shapes import Figure, Score
from scorecards.selectors.viewing import Viewing

from .shapes import Cell, Column, Document, Head, Scored, Section, Table

WORDS = {
    "on_target": "on target",
    "below_target": "below target",
    "critical": "critical",
    "no_data": "no data",
    "insufficient_data": "insufficient data",
    "no_target": "no target",
}


def document(access: Access, title: str, sections: Iterable[Section]) -> Document:
    """What every page says at its foot is who printed it, and when."""
    by = f" by {access.user}" if access.user is not None else ""
    made = f"{access.organization.name}  ·  printed {now_text(access)}{by}"
    return Document(title, access.organization.name, made, tuple(sections))


def now_text(access: Access) -> str:
    """The moment, at the organization's place."""
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    return f"{timezone.now().astimezone(zone):%Y-%m-%d %H:%M}"


def head(
    access: Access, unit_id: int, title: str, viewing: Viewing, state: str, period: str = ""
) -> Head:
    """The unit is told with the line above it, as far as it is seen."""
    line = " › ".join(node.name for node in access.line(unit_id))
    code = access.tree.by_id[unit_id].code
    return Head(line, code, title, period or viewing.label, state)


def state_of(
    access: Access,
    viewing: Viewing,
    closed: ClosedNote | None = None,
    scorecard: Scorecard | None = None,
) -> str:
    """Whether what is shown may still change: closed, as of a moment, or as it stands."""
    if viewing.as_of:
        return f"As of {viewing.as_of.told(access.organization)}"
    if scorecard is not None and scorecard.status == Scorecard.State.DRAFT:
        return f"Draft, {now_text(access)}"
    if closed is None:
        return f"As it stands on {now_text(access)}"
    if closed.figures == CURRENT:
        return f"Not the reported figures: as computed on {now_text(access)}"
    restated = ", restated since" if closed.is_restated else ""
    return f"Closed: reported on {closed.at_text} by {closed.by}{restated}"


def scored(score: Score, actual: Figure | None = None) -> Scored:
    """actual: of a KPI; where it has one and no score, only the target is missing."""
    has_value = actual is not None and actual.value is not None
    status = "no_target" if has_value and score.status == "no_data" else score.status
    words = WORDS.get(status, status) + (" (assessed)" if score.assessed else "")
    now = f" (now {score.restated.text})" if score.restated else ""
    cover = "" if actual is not None else score.coverage_text
    return Scored(score.text + now, score.value, status, words, cover)


def figure_text(figure: Figure) -> str:
    """With what stands now, where that was restated since."""
    return figure.text + (f" (now {figure.restated.text})" if figure.restated else "")


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[tuple[str, Cell]]], note: str = ""
) -> Table:
    """rows: for each cell the text and the value behind it."""
    kept = [tuple(row) for row in rows]
    return Table(
        columns=tuple(columns),
        texts=tuple(tuple(text for text, _ in row) for row in kept),
        values=tuple(tuple(value for _, value in row) for row in kept),
        note=note,
    )


def said(text: str) -> tuple[str, Cell]:
    """A cell that is a text."""
    return text, text
