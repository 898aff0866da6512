"""The page that hands an objective down, as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from calculations.units import UnitRule
from kpis.models import KPI
from scorecards.links import alignment_href, board_href, cascade_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.formats import grouped, number_text
from scorecards.selectors.shapes import Link
from scorecards.selectors.targets.cells import target_text
from scorecards.selectors.typed_values import entry_text

from .level import Level, Place, closed_text
from .parts import is_split, is_typed
from .typed import KPI_WAY, Choice, Typed
from .wishes import Wish

NEW_OBJECTIVE = "A new objective"


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class UnitChoice:
    """A unit's row: what stands there, and what it shall be handed."""

    code: str
    name: str
    kind: str
    standing: str
    seen: str
    meanwhile: str  # what the form said before somebody else changed it
    may_edit: bool
    way: str
    share: str
    target: str
    part: str  # what its part of the whole comes to, as far as the server knows
    held: str  # the target that stands and counts while the unit is not chosen, as a number
    name_typed: str
    counts: str
    objectives: tuple[Option, ...]
    perspectives: tuple[Option, ...]
    problems: Mapping[str, str]
    problem: str  # of the whole row
    beneath_href: str  # "" where there is nothing beneath
    n_beneath: int
    creates: tuple[str, ...]  # with the preview: what will be created there


@dataclass(frozen=True)
class KpiFacts:
    """The KPI that is handed down, and the target above that its targets are part of, or like."""

    code: str
    name: str
    unit_of_measure: str
    decimals: int
    rule_text: str
    can_type: bool
    is_split: bool
    whole: str  # "1,200", as people read it
    whole_number: str
    whole_text: str
    later_text: str


@dataclass(frozen=True)
class CascadePage:
    unit_code: str
    unit_name: str
    objective: str
    breadcrumbs: tuple[Link, ...]
    here: str
    at: str  # code of the unit whose units these are
    at_name: str
    levels: tuple[Link, ...]  # from the objective's unit down to `at`, where that is deeper
    kpis: tuple[Option, ...]
    about: KpiFacts | None  # the KPI that can be handed down; None where there is none
    periods: tuple[Option, ...]
    start: str
    closed: str
    seen: str
    meanwhile: str
    rows: tuple[UnitChoice, ...]
    may_weigh: bool
    may_any: bool
    n_left_out: int
    n_wrong: int
    problem: str
    is_preview: bool
    is_stale: bool
    sum_text: str  # with the preview: what the parts add up to
    board_href: str
    alignment_href: str


def cascade_page(level: Level, typed: Typed, *, seen: str = "", shows: bool = False) -> CascadePage:
    """seen: what the form said that was sent; shows: whether to tell what would be created."""
    access, kpi = level.access, level.kpi
    code, unit = access.organization.code, level.unit
    wishes = {wish.unit_code: wish for wish in typed.wishes}
    is_preview = shows and bool(wishes) and not typed.is_stale
    has_other = bool(seen) and seen != level.standing
    page = CascadePage(
        unit_code=unit.code,
        unit_name=unit.name,
        objective=level.objective.name,
        breadcrumbs=(*breadcrumbs(access, unit, None), Link("Cascade", None)),
        here=_href(level),
        at=level.at.code,
        at_name=level.at.name,
        levels=_levels(level),
        kpis=tuple(Option(k.code, k.name, kpi is not None and k.pk == kpi.pk) for k in level.kpis),
        about=_facts(level, kpi) if kpi else None,
        periods=tuple(Option(p, p, p == level.start_label) for p in level.periods),
        start=level.start_label,
        closed=closed_text(level),
        seen=level.standing,
        meanwhile=seen if has_other else "",
        rows=tuple(
            _row(level, choice, wishes.get(choice.place.node.code) if is_preview else None, typed)
            for choice in typed.choices
        ),
        may_weigh=level.may_weigh,
        may_any=any(place.may_edit for place in level.places),
        n_left_out=level.n_left_out,
        n_wrong=typed.n_wrong,
        problem=typed.problem,
        is_preview=is_preview,
        is_stale=typed.is_stale,
        sum_text="",
        board_href=board_href(code, unit.code),
        alignment_href=alignment_href(code, unit.code, view="matrix"),
    )
    return replace(page, sum_text=_sum_text(level, typed)) if is_preview else page


def _facts(level: Level, kpi: KPI) -> KpiFacts:
    whole = level.whole
    return KpiFacts(
        code=kpi.code,
        name=kpi.name,
        unit_of_measure=kpi.unit_of_measure,
        decimals=kpi.decimals,
        rule_text=_rule_text(kpi),
        can_type=is_typed(kpi),
        is_split=is_split(level),
        whole=target_text(kpi, whole) if whole else "",
        whole_number=f"{whole.target:.15g}" if whole and is_split(level) else "",
        whole_text=_whole_text(level),
        later_text=_later_text(level),
    )


def _href(level: Level, at: str = "") -> str:
    return cascade_href(
        level.access.organization.code,
        level.unit.code,
        level.objective.code,
        at=at or (level.at.code if level.at.id != level.unit.id else None),
        kpi=level.kpi.code if level.kpi else None,
        start=level.start_label,
    )


def _levels(level: Level) -> tuple[Link, ...]:
    """The way from the objective's unit down to the level; nothing for the first one."""
    line = level.access.tree.line(level.at.id)
    depth = [node.id for node in line].index(level.unit.id)
    if depth == len(line) - 1:
        return ()
    return tuple(
        Link(node.name, None if node.id == level.at.id else _href(level, node.code))
        for node in line[depth:]
    )


def _rule_text(kpi: KPI) -> str:
    """What the target above and those beneath have to do with each other."""
    if kpi.unit_rule == UnitRule.SUM:
        return "Its value is the sum of the units beneath, so their targets are parts of the whole."
    if kpi.unit_rule == UnitRule.MEAN:
        return "Its value is the mean of the units beneath. A target left empty is the one above."
    if kpi.unit_rule == UnitRule.FORMULA:
        return (
            "Its value is computed from its inputs rolled up. A target left empty is the one above."
        )
    if kpi.takes_target_from_above:
        return "Each unit measures it for itself. A target left empty is the one above."
    return "Each unit measures it for itself. A target left empty begins as the one above."


def _whole_text(level: Level) -> str:
    """Whose target is the whole, and for when."""
    if level.whole_at is None:
        return f"No target stands above in {level.own_label}."
    return f"Target of {level.whole_at.name} in {level.own_label}"


def _later_text(level: Level) -> str:
    n = len(level.later)
    if not n:
        return ""
    if n == 1:
        return "1 later target above is handed down in the same proportion."
    return f"{n} later targets above are handed down in the same proportion."


# --- A row


def _row(level: Level, choice: Choice, wish: Wish | None, typed: Typed) -> UnitChoice:
    place, kpi = choice.place, level.kpi
    value = typed.values.get(place.node.id)
    held = place.target.target if place.target is not None else None
    return UnitChoice(
        code=place.node.code,
        name=place.node.name,
        kind=place.node.kind,
        standing=place.standing,
        seen=place.standing,
        meanwhile=choice.seen if choice.is_stale else "",
        may_edit=place.may_edit,
        way=choice.way,
        share=choice.share,
        target=choice.target,
        part=entry_text(kpi, value) if kpi and value is not None else "",
        held="" if held is None else f"{held:.15g}",
        name_typed=choice.name,
        counts=choice.counts,
        objectives=_objectives(choice),
        perspectives=tuple(
            Option(row.code, row.name, row.code == choice.perspective) for row in place.perspectives
        ),
        problems=choice.problems,
        problem=choice.problems.get("", ""),
        beneath_href=_href(level, place.node.code) if place.n_beneath else "",
        n_beneath=place.n_beneath,
        creates=tuple(_creates(level, place, wish)) if wish else (),
    )


def _objectives(choice: Choice) -> tuple[Option, ...]:
    """Theirs that do not support it yet, behind a new one."""
    known = {tie.objective_id for tie in choice.place.ties}
    rows = [row for row in choice.place.objectives if row.pk not in known]
    new = Option("", NEW_OBJECTIVE, not choice.objective)
    return (new, *(Option(row.code, row.name, row.code == choice.objective) for row in rows))


def _creates(level: Level, place: Place, wish: Wish) -> list[str]:
    """What will be created, in words."""
    said = []
    if wish.scorecard is None:
        said.append("a draft scorecard with the four perspectives, which you activate later")
    if wish.objective is None:
        where = f" in {wish.perspective.name}" if wish.perspective else ""
        said.append(f"the objective “{wish.name}”{where}")
    if wish.kpi is not None:
        said += _creates_kpi(level, place, wish)
    supports = any(
        wish.objective is not None and tie.objective_id == wish.objective.pk for tie in place.ties
    )
    if not supports:
        how = f"counting with {grouped(f'{wish.weight:g}')}" if wish.weight else "as context"
        own = "it" if wish.objective is None else f"“{wish.objective.name}”"
        said.append(f"{own} supports “{level.objective.name}”, {how}")
    return said or ["nothing new"]


def _creates_kpi(level: Level, place: Place, wish: Wish) -> list[str]:
    kpi = wish.kpi
    assert kpi is not None
    said = []
    if place.assignment is None:
        said.append(f"{kpi.name} is measured here from {level.own_label}")
    is_linked = wish.objective is not None and wish.objective in place.linked
    if not is_linked:
        own = "it" if wish.objective is None else f"“{wish.objective.name}”"
        said.append(f"{kpi.name} counts in {own}")
    if wish.targets:
        first = wish.targets[0][1]["target"]
        more = len(wish.targets) - 1
        later = f", and {more} later in proportion" if more else ""
        wanted = "as above" if first is None else number_text(kpi, first)
        said.append(f"target {wanted} from {level.own_label}{later}")
    return said


def _sum_text(level: Level, typed: Typed) -> str:
    """What the parts of the units come to, against the whole."""
    if not is_split(level) or level.kpi is None or level.whole is None:
        return ""
    if not any(choice.way == KPI_WAY for choice in typed.choices):
        return ""
    total = 0.0
    for place in level.places:
        value = typed.values.get(place.node.id)
        if value is None and place.target is not None:
            value = place.target.target
        total += value or 0
    total = round(total, 9)
    whole = level.whole.target or 0
    shown = f"{number_text(level.kpi, total)} of {number_text(level.kpi, whole)}"
    if total == whole:
        return f"The targets add up to the whole: {shown}."
    word = "less" if total < whole else "more"
    difference = number_text(level.kpi, abs(round(total - whole, 9)))
    return f"The targets add up to {shown}: {difference} {word} than the whole."
