"""The objectives above that a unit could support: it chooses, and nothing comes by itself."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Alignment, Objective, Perspective, Scorecard
from scorecards.selectors.boards.shown import edited_scorecard
from scorecards.selectors.cascade.wishes import Wish, matching_perspective
from scorecards.selectors.editor.panel import key_of, supportable
from scorecards.selectors.kpis.form_words import Option

NEW = "+"  # a new objective of the same name
PREFIX = "by."


@dataclass(frozen=True)
class AboveLine:
    """An objective above, what of the unit supports it, and what could."""

    key: str
    name: str
    perspective: str
    description: str
    href: str
    supported_by: tuple[str, ...]
    options: tuple[Option, ...]
    chosen: str
    problem: str = ""


@dataclass(frozen=True)
class AboveUnit:
    name: str
    lines: tuple[AboveLine, ...]


@dataclass(frozen=True)
class Above:
    """units: the nearest first; scorecard: of the unit itself, "" where it has none yet."""

    units: tuple[AboveUnit, ...]
    scorecard: str
    is_draft: bool
    may_edit: bool
    has_units_above: bool
    problem: str = ""


@dataclass(frozen=True)
class TypedAbove:
    chosen: Mapping[str, str]
    wishes: tuple[Wish, ...] = ()
    problem: str = ""
    is_stale: bool = False


@dataclass(frozen=True)
class _Own:
    scorecard: Scorecard | None
    objectives: list[Objective]
    perspectives: list[Perspective]


def alignment_above(
    access: Access, unit: UnitNode, period: str, typed: TypedAbove | None = None
) -> Above:
    own = _own(access, unit)
    rows = supportable(access, unit)
    perspectives = Perspective.objects.in_bulk({row.perspective_id for row in rows})
    ties = _ties(own)
    chosen = typed.chosen if typed else {}
    lines: dict[int, list[AboveLine]] = defaultdict(list)
    for row in rows:
        name = perspectives[row.perspective_id].name
        line = _line(access, row, name, own, ties.get(row.pk, []), chosen, period)
        lines[row.scorecard.unit_id].append(line)
    line_up = [node for node in reversed(access.tree.line(unit.id)) if node.id in lines]
    draft = own.scorecard is not None and own.scorecard.status == Scorecard.State.DRAFT
    return Above(
        units=tuple(AboveUnit(node.name, tuple(lines[node.id])) for node in line_up),
        scorecard=own.scorecard.name if own.scorecard else "",
        is_draft=draft,
        may_edit=access.can(Action.EDIT_STRUCTURE, unit.id),
        has_units_above=len(access.tree.line(unit.id)) > 1,
        problem=typed.problem if typed else "",
    )


def typed_above(access: Access, unit: UnitNode, posted: Mapping[str, str]) -> TypedAbove:
    """What was chosen: by the key of the objective above, one of the unit's own or a new one."""
    chosen = {
        name.removeprefix(PREFIX): value[:60]
        for name, value in posted.items()
        if name.startswith(PREFIX) and value
    }
    if not chosen:
        return TypedAbove({}, problem="Choose for at least one objective above what supports it.")
    own = _own(access, unit)
    known = {key_of(row): row for row in supportable(access, unit)}
    ties = _ties(own)
    wishes = []
    for key, value in chosen.items():
        wish = _wish(unit, own, known.get(key), value, ties)
        if wish is None:
            return TypedAbove(
                chosen,
                is_stale=True,
                problem=(
                    "Nothing is saved yet: the objectives changed since you opened this page."
                    " Look at what stands now, and choose again."
                ),
            )
        wishes.append(wish)
    return TypedAbove(chosen, tuple(wishes))


def _wish(
    unit: UnitNode,
    own: _Own,
    supported: Objective | None,
    value: str,
    ties: Mapping[int, list[Objective]],
) -> Wish | None:
    """None where it cannot be any more."""
    mine = next((row for row in own.objectives if row.code == value), None)
    if supported is None or (mine is None and value != NEW):
        return None
    if mine is not None and mine in ties.get(supported.pk, []):
        return None
    return Wish(
        unit_id=unit.id,
        unit_code=unit.code,
        supported=supported,
        scorecard=own.scorecard,
        objective=mine,
        name=supported.name,
        perspective=matching_perspective(own.perspectives, supported.perspective),
    )


def _own(access: Access, unit: UnitNode) -> _Own:
    scorecard = edited_scorecard(access, unit)
    may = access.can(Action.EDIT_STRUCTURE, unit.id)
    if scorecard is None or (scorecard.status == Scorecard.State.DRAFT and not may):
        return _Own(None, [], [])
    return _Own(
        scorecard,
        list(Objective.objects.live().filter(scorecard=scorecard)),
        list(Perspective.objects.live().filter(scorecard=scorecard)),
    )


def _ties(own: _Own) -> dict[int, list[Objective]]:
    """By objective above, the unit's own that support it."""
    known = {row.pk: row for row in own.objectives}
    found: dict[int, list[Objective]] = defaultdict(list)
    for tie in Alignment.objects.live().filter(objective_id__in=known).order_by("pk"):
        found[tie.supported_id].append(known[tie.objective_id])
    return found


def _line(
    access: Access,
    row: Objective,
    perspective: str,
    own: _Own,
    supporting: list[Objective],
    chosen: Mapping[str, str],
    period: str,
) -> AboveLine:
    node = access.tree.by_id[row.scorecard.unit_id]
    trace = f"objective:{row.code}"
    free = [each for each in own.objectives if each not in supporting]
    return AboveLine(
        key=key_of(row),
        name=row.name,
        perspective=perspective,
        description=row.description,
        href=board_href(access.organization.code, node.code, period, trace),
        supported_by=tuple(each.name for each in supporting),
        options=tuple(Option(each.code, each.name) for each in free),
        chosen=chosen.get(key_of(row), ""),
    )
