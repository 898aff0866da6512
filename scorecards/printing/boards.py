"""A board as a section of a document."""

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.drawing.bullets import Bullet as DrawnBullet
from scorecards.drawing.bullets import bullet, score_bullet
from scorecards.models import Scorecard
from scorecards.selectors.boards.board import board as board_of
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.shapes import (
    Board,
    InitiativeChip,
    KpiRow,
    ObjectiveRow,
    PerspectiveBand,
)
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.closing.reported import (
    CURRENT,
    ClosedNote,
    closed_note,
    reported_board,
    reported_sheet,
)
from scorecards.selectors.shapes import Counts
from scorecards.selectors.viewing import NOUNS, Viewing

from .shapes import BoardBand, BoardKpi, BoardObjective, BoardSection, Bullet, Stretch
from .words import WORDS, figure_text, head, scored, state_of

WIDE = 1000  # pixels of the bullet whose shares are taken
MOST_CHIPS = 3
MOST_SAID = 300
NO_BULLET = Bullet()


def printed_board(
    access: Access, unit: UnitNode, viewing: Viewing
) -> tuple[Board, ClosedNote | None, Scorecard] | None:
    """What the page of the board shows; None where the unit has none in the period."""
    sheet = None if viewing.as_of else reported_sheet(unit, viewing.period, viewing.scorecard)
    if sheet is not None and viewing.figures != CURRENT:
        page = reported_board(access, unit, viewing, sheet, None)
        return page.board, page.note, sheet.scorecard
    named, period = viewing.scorecard, viewing.period
    scorecard = shown_scorecard(access, unit, period, named, viewing.at)
    if scorecard is None:
        return None
    figures = viewing.figures if sheet else ""
    data = board_data(access, unit, scorecard, period, viewing.as_of, figures, named)
    if data is None:
        return None
    note = closed_note(access, unit, viewing, sheet.closing, None) if sheet else None
    return board_of(data), note, scorecard


def board_section(access: Access, unit: UnitNode, viewing: Viewing) -> BoardSection | None:
    """None where the unit has no scorecard in the period."""
    found = printed_board(access, unit, viewing)
    return section_of(access, unit, viewing, *found) if found else None


def section_of(
    access: Access,
    unit: UnitNode,
    viewing: Viewing,
    board: Board,
    closed: ClosedNote | None,
    scorecard: Scorecard,
) -> BoardSection:
    noun = NOUNS[viewing.period.frequency].lower()
    state = state_of(access, viewing, closed, scorecard)
    is_report = closed is not None and closed.figures != CURRENT
    return BoardSection(
        head=head(access, unit.id, board.scorecard_name, viewing, state),
        trend_title="12 half-years" if noun == "half-year" else f"12 {noun}s",
        age_title="Recorded" if is_report else "Age",
        score=scored(board.score),
        facts=_facts(board),
        bands=tuple(map(_band, board.perspectives)),
        notes=_notes(board, closed),
    )


def _facts(board: Board) -> tuple[str, ...]:
    counts = board.score.counts or Counts()
    numbers = ((name, getattr(counts, name)) for name in Counts.__dataclass_fields__)
    kpis = ", ".join(f"{number} {WORDS[name]}" for name, number in numbers if number)
    return (
        *((f"KPIs: {kpis}",) if kpis else ()),
        f"{board.score.coverage_text} of due weight measured",
        f"structure since {board.structure_since}",
        f"roll-up: {board.rule_text}",
    )


def _notes(board: Board, closed: ClosedNote | None) -> tuple[str, ...]:
    stale = ("Newer values have arrived than these scores tell",) if board.is_stale else ()
    noted = (closed.note,) if closed and closed.note else ()
    signal = (
        ("Signal: the newest value differs by more than chance explains",)
        if board.has_signals
        else ()
    )
    scores = (f"Scores {board.refreshed_text}",) if board.refreshed_text else ()
    return (*stale, *noted, "A score of 100 is on target", *signal, *scores)


def _band(band: PerspectiveBand) -> BoardBand:
    return BoardBand(
        code=band.code,
        name=band.name,
        weight=band.weight_text,
        score=scored(band.score),
        objectives=tuple(map(_objective, band.objectives)),
    )


def _objective(row: ObjectiveRow) -> BoardObjective:
    sentence = f"“{row.said.text}” {row.said.by}, {row.said.at_text}" if row.said else ""
    return BoardObjective(
        code=row.code,
        name=row.name,
        weight=row.weight_text,
        score=scored(row.score),
        bullet=_bullet(score_bullet(row.score.value, width=WIDE)),
        owner=row.owner,
        note="  ·  ".join(filter(None, (row.theme, _initiatives(row.initiatives)))),
        said=sentence if len(sentence) <= MOST_SAID else f"{sentence[: MOST_SAID - 1]}…",
        kpis=tuple(map(_kpi, row.kpis)),
    )


def _initiatives(chips: tuple[InitiativeChip, ...]) -> str:
    told = [f"{chip.name} ({_standing(chip)})" for chip in chips[:MOST_CHIPS]]
    more = len(chips) - MOST_CHIPS
    return ", ".join([*told, *((f"{more} more",) if more > 0 else ())])


def _standing(chip: InitiativeChip) -> str:
    late = ", late" if chip.is_late else ""
    return f"{chip.percent_done} %{late}" if chip.status == "running" else chip.status


def _kpi(row: KpiRow) -> BoardKpi:
    marks = (*row.marks, *(("signal",) if row.signal else ()))
    drawn = bullet(row.polyline, row.actual.value, row.target.value, width=WIDE)
    return BoardKpi(
        code=row.code,
        name=row.name,
        weight=row.weight_text,
        timing=row.timing,
        marks=" · ".join(marks),
        trend=row.trend.values,
        trend_targets=row.trend.targets,
        actual=figure_text(row.actual),
        actual_value=row.actual.value,
        unit_of_measure=row.unit_of_measure,
        year_to_date=row.year_to_date.text,
        year_to_date_value=row.year_to_date.value,
        last_year=row.last_year.text,
        last_year_value=row.last_year.value,
        target=figure_text(row.target),
        target_value=row.target.value,
        variance=row.variance.text,
        variance_value=row.variance.value,
        bullet=_bullet(drawn),
        score=scored(row.score, row.actual),
        change=_change(row),
        owner=row.owner,
        age=row.age_text,
    )


def _change(row: KpiRow) -> str:
    arrow = {"up": "↑", "down": "↓", "flat": "→"}.get(row.change, "")
    word = {True: "better", False: "worse", None: ""}[row.is_improvement]
    return f"{arrow} {'same' if row.change == 'flat' else word}".strip()


def _bullet(drawn: DrawnBullet) -> Bullet:
    if not drawn.bands:
        return NO_BULLET
    return Bullet(
        bands=tuple(
            Stretch(band.status, band.x / WIDE, (band.x + band.width) / WIDE)
            for band in drawn.bands
        ),
        bar=None if drawn.bar is None else drawn.bar / WIDE,
        target=None if drawn.target is None else drawn.target / WIDE,
    )
