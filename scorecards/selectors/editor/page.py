"""The editor of a scorecard: the board's rows with a field for all that may be typed there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, editor_href, with_query
from scorecards.models import Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.editions.reading import current_starts
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.shapes import Link
from scorecards.selectors.structure.nodes import (
    StructureNode,
    structure_nodes,
    theme_nodes,
)
from scorecards.selectors.structure.periods import (
    consequences,
    current_period,
    first_open_day,
    offered_periods,
)

from .panel import panel
from .rows import Drawing, edited_rows, lacking
from .shapes import Done, EditedRow, EditorPage, PeriodChoice, all_rows
from .typed import ROLL_UPS, Typed

NO_PERIOD = "Choose one of these periods."


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    valid_from: str = ""
    open: str = ""
    find: str = ""
    scorecard: str = ""


@dataclass(frozen=True)
class Said:
    """What was sent and could not be stored, and what was done."""

    typed: Typed = field(default_factory=Typed)
    problems: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)  # by the id of an AddField
    done: Done = field(default_factory=Done)


NOTHING_SAID = Said()


def editor_nodes(scorecard: Scorecard) -> list[StructureNode]:
    """All that the editor shows a row of, by six statements."""
    return [*structure_nodes(scorecard), *theme_nodes(scorecard)]


def editor_page(
    access: Access, unit: UnitNode, scorecard: Scorecard, asked: Asked, said: Said = NOTHING_SAID
) -> EditorPage:
    """The page as it stands, or with what was typed and could not be stored."""
    drawing = _drawing(access, unit, scorecard, asked, said)
    top = edited_rows(drawing, None)
    scorecard_row, themes = top[0], top[1:]
    opened = next((row for row in all_rows(top) if row.is_open), None)
    return EditorPage(
        unit_code=unit.code,
        unit_name=unit.name,
        name=scorecard_row.name,
        code=scorecard.code,
        state=scorecard.status,
        here=here_href(access, unit, asked),
        plain_here=here_href(access, unit, Asked(asked.valid_from, scorecard=asked.scorecard)),
        done_href=_done_href(access, unit, scorecard, asked),
        kept=tuple(
            (name, text)
            for name, text in (("scorecard", asked.scorecard), ("open", asked.open))
            if text
        ),
        breadcrumbs=(*breadcrumbs(access, unit, None), Link("Edit", None)),
        top=scorecard_row,
        perspectives=scorecard_row.beneath,
        themes=themes,
        theme_options=tuple(Option(row.key.split(".")[1], row.name) for row in themes),
        roll_ups=ROLL_UPS,
        period=period_choice(access, unit, scorecard, asked, said),
        add_perspective=drawing.add_field("perspective", ""),
        add_theme=drawing.add_field("theme", ""),
        panel=panel(drawing, scorecard, opened, asked.find) if opened else None,
        done=said.done,
    )


def _drawing(
    access: Access, unit: UnitNode, scorecard: Scorecard, asked: Asked, said: Said
) -> Drawing:
    nodes = editor_nodes(scorecard)
    organization = access.organization
    label = organization.calendar.label(current_period(organization))
    return Drawing(
        access,
        unit,
        nodes,
        said.typed,
        said.problems,
        said.added,
        opened=asked.open,
        period_label=asked.valid_from,
        lacks=lacking(access, unit, (n.row.kpi for n in nodes if n.kind == "kpi"), label),
    )


def _done_href(access: Access, unit: UnitNode, scorecard: Scorecard, asked: Asked) -> str:
    """The board of what was edited."""
    is_named = asked.scorecard or scorecard.status == Scorecard.State.DRAFT
    board = board_href(access.organization.code, unit.code)
    return with_query(board, scorecard=scorecard.code if is_named else None)


def answered_rows(page: EditorPage, keys: Collection[str]) -> tuple[EditedRow, ...]:
    """The rows of these keys, which a save is answered with."""
    return tuple(row for row in all_rows((page.top, *page.themes)) if row.key in keys)


def weighed_rows(page: EditorPage, keys: Collection[str]) -> tuple[EditedRow, ...]:
    """The rows whose shares follow from the weights of these: their siblings."""
    families = (row.beneath for row in all_rows((page.top,)))
    return tuple(
        row
        for family in families
        if any(each.key in keys for each in family)
        for row in family
        if row.key not in keys
    )


def here_href(access: Access, unit: UnitNode, asked: Asked) -> str:
    return editor_href(
        access.organization.code,
        unit.code,
        scorecard=asked.scorecard,
        valid_from=asked.valid_from,
        open=asked.open,
    )


# --- From which period on


def offered(access: Access, unit: UnitNode, scorecard: Scorecard) -> dict[str, Period]:
    """The periods from which changes may hold, by label; none for a draft."""
    if scorecard.status == Scorecard.State.DRAFT:
        return {}
    open_from = first_open_day(access, unit)
    return offered_periods(access.organization, current_starts(scorecard), open_from)


def period_choice(
    access: Access, unit: UnitNode, scorecard: Scorecard, asked: Asked, said: Said
) -> PeriodChoice:
    if scorecard.status == Scorecard.State.DRAFT:
        return PeriodChoice()
    organization = access.organization
    open_from, starts = first_open_day(access, unit), current_starts(scorecard)
    periods = offered_periods(organization, starts, open_from)
    running = current_period(organization)
    chosen = periods.get(asked.valid_from, running)
    is_unknown = bool(asked.valid_from) and asked.valid_from not in periods
    return PeriodChoice(
        label=organization.calendar.label(chosen),
        options=tuple(
            Option(label, label, _detail(period, running)) for label, period in periods.items()
        ),
        consequences=consequences(organization, starts, chosen, open_from),
        problem=said.problems.get("valid_from", NO_PERIOD if is_unknown else ""),
    )


def _detail(period: Period, running: Period) -> str:
    if period == running:
        return "current"
    return "next" if period.start > running.start else ""
