"""What was chosen for each unit, read against what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calculations.numerals import InvalidNumber
from calculations.units import UnitRule
from kpis.models import KPI
from scorecards.models import Objective, Perspective
from scorecards.models.scorecard import MAX_WEIGHT
from scorecards.selectors.structure.form import WEIGHT, WRONG_WEIGHT
from scorecards.selectors.typed_values import entry_text, typed_value

from .level import Level, Place
from .parts import NothingLeft, is_split, is_typed, shared, targets_of
from .wishes import Wish, matching_perspective

KPI_WAY, OWN_WAY = "kpi", "objective"
LONGEST_NAME = 200
LONGEST_TEXT = 100
NOT_YOURS = "You may not edit the scorecard of this unit."
NO_PERSPECTIVE = "Its scorecard has no perspective yet: add one in its editor first."


@dataclass(frozen=True)
class Choice:
    """What was typed for one unit; problems by field: "" is for the whole row.

    seen: what stood there when the form was opened; it differs from what stands now where
    somebody else changed it.
    """

    place: Place
    way: str = ""  # kpi, objective; "" = nothing
    share: str = "1"
    target: str = ""
    objective: str = ""  # code of one of theirs; "" = a new one
    name: str = ""
    perspective: str = ""
    counts: str = "0"
    seen: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_stale(self) -> bool:
        return bool(self.way) and self.seen != self.place.standing


@dataclass(frozen=True)
class Typed:
    """All choices of a form; wishes: what they mean, where nothing is wrong with them."""

    choices: tuple[Choice, ...]
    values: Mapping[int, float | None] = field(default_factory=dict)  # targets, by unit
    wishes: tuple[Wish, ...] = ()
    problem: str = ""
    is_stale: bool = False

    @property
    def n_wrong(self) -> int:
        return sum(bool(choice.problems) for choice in self.choices)

    def refused(self, problems: Mapping[str, str]) -> "Typed":
        """With what the service said, by the units' codes; under "" what belongs to none."""
        choices = tuple(
            replace(each, problems={**each.problems, "": problems[each.place.node.code]})
            if each.place.node.code in problems
            else each
            for each in self.choices
        )
        return replace(self, choices=choices, problem=problems.get("", ""))


def untouched(level: Level) -> Typed:
    """As the form begins: nothing is handed to anybody."""
    return Typed(tuple(_begun(level, place) for place in level.places))


def typed_cascade(level: Level, posted: Mapping[str, str]) -> Typed:
    """What was sent, and what it means."""
    choices = tuple(_read(level, place, posted) for place in level.places)
    if not any(choice.way for choice in choices):
        return Typed(choices, problem="Choose for at least one unit what it is handed.")
    choices = tuple(_checked(level, choice) for choice in choices)
    values, choices = _values(level, choices)
    is_stale = posted.get("seen", "")[:1000] != level.standing
    typed = Typed(choices, values, is_stale=is_stale or any(each.is_stale for each in choices))
    if typed.n_wrong:
        return typed
    targets = targets_of(level, values) if level.kpi is not None else {}
    return replace(typed, wishes=tuple(_wish(level, c, targets) for c in choices if c.way))


def _begun(level: Level, place: Place) -> Choice:
    target = ""
    if level.kpi is not None and place.target is not None and place.target.target is not None:
        target = entry_text(level.kpi, place.target.target)
    like = matching_perspective(place.perspectives, level.objective.perspective)
    return Choice(
        place,
        target=target,
        perspective=like.code if like else "",
        seen=place.standing,
    )


def _read(level: Level, place: Place, posted: Mapping[str, str]) -> Choice:
    begun = _begun(level, place)

    def text(name: str, default: str = "", longest: int = LONGEST_TEXT) -> str:
        said = posted.get(f"{name}.{place.node.code}", default)
        return said.replace("\x00", "").strip()[:longest]

    way = text("way")
    return replace(
        begun,
        way=way if way in (KPI_WAY, OWN_WAY) else "",
        share=text("share", "1"),
        target=text("target", begun.target),
        objective=text("objective"),
        name=text("name", longest=LONGEST_NAME + 1),
        perspective=text("perspective", begun.perspective),
        counts=text("counts", "0"),
        seen=text("seen", longest=2000),
    )


def _checked(level: Level, choice: Choice) -> Choice:
    if not choice.way:
        return choice
    problems = _own_problems(level, choice) if choice.way == OWN_WAY else _kpi_problems(choice)
    if choice.way == KPI_WAY and level.kpi is None:
        problems[""] = "The objective has no KPI that could be handed down."
    if not choice.place.may_edit:
        problems[""] = NOT_YOURS
    place = choice.place
    if place.scorecard is not None and not place.perspectives and _objective(level, choice) is None:
        problems[""] = NO_PERSPECTIVE
    return replace(choice, problems=problems)


def _own_problems(level: Level, choice: Choice) -> dict[str, str]:
    problems: dict[str, str] = {}
    place = choice.place
    existing = _named(place.objectives, choice.objective)
    if choice.objective and existing is None:
        problems["objective"] = "There is no such objective any more; choose another."
    if existing is not None and any(tie.objective_id == existing.pk for tie in place.ties):
        problems["objective"] = "This one supports it already."
    if not choice.objective and not choice.name:
        problems["name"] = "Name the objective."
    if len(choice.name) > LONGEST_NAME:
        problems["name"] = f"A name has at most {LONGEST_NAME} characters."
    if place.perspectives and _named(place.perspectives, choice.perspective) is None:
        problems["perspective"] = "Choose one of its perspectives."
    if (weight := _weight(choice.counts)) is None:
        problems["counts" if level.may_weigh else ""] = WRONG_WEIGHT
    elif weight and not level.may_weigh:
        problems[""] = "How much it counts there is for those who edit that scorecard."
    return problems


def _kpi_problems(choice: Choice) -> dict[str, str]:
    return {"share": WRONG_WEIGHT} if _weight(choice.share) is None else {}


def _weight(text: str) -> float | None:
    if not WEIGHT.fullmatch(text or "0"):
        return None
    weight = float(text or 0)
    return weight if weight <= MAX_WEIGHT else None


# --- The targets


def _values(
    level: Level, choices: tuple[Choice, ...]
) -> tuple[dict[int, float | None], tuple[Choice, ...]]:
    """By unit the target that it is handed: typed, its part of what is left, or None."""
    handed = {c.place.node.id: c for c in choices if c.way == KPI_WAY}
    if level.kpi is None or not handed:
        return {}, choices
    wrong: dict[int, dict[str, str]] = {}
    values: dict[int, float | None] = dict.fromkeys(handed)
    for unit_id, choice in handed.items():
        try:
            values[unit_id] = _typed_target(level.kpi, choice.target)
        except InvalidNumber as problem:
            wrong[unit_id] = {"target": f"{problem}."}
    blanks = {u: _weight(handed[u].share) or 0 for u, v in values.items() if v is None}
    blanks = {u: weight for u, weight in blanks.items() if u not in wrong}
    if is_split(level) and blanks:
        typed = {u: value for u, value in values.items() if value is not None}
        try:
            values |= shared(level, typed, blanks)
        except NothingLeft as problem:
            wrong |= {u: {"target": str(problem)} for u in blanks}
    marked = tuple(
        replace(c, problems={**c.problems, **wrong.get(c.place.node.id, {})}) for c in choices
    )
    return values, marked


def _typed_target(kpi: KPI, text: str) -> float | None:
    return typed_value(kpi, text) if text and is_typed(kpi) else None


# --- What it means


def _wish(level: Level, choice: Choice, targets: Mapping[int, Any]) -> Wish:
    place = choice.place
    is_kpi = choice.way == KPI_WAY
    return Wish(
        unit_id=place.node.id,
        unit_code=place.node.code,
        supported=level.objective,
        scorecard=place.scorecard,
        objective=_objective(level, choice),
        name=level.objective.name if is_kpi else choice.name,
        perspective=_perspective(level, choice),
        kpi=level.kpi if is_kpi else None,
        weight=0 if is_kpi else _weight(choice.counts) or 0,
        targets=targets.get(place.node.id, ()) if is_kpi else (),
    )


def _objective(level: Level, choice: Choice) -> Objective | None:
    """Theirs that is taken; of a KPI the one that counts it, else that supports, or is alike.

    One whose score enters the objective above anyway counts no KPI that rolls up into it, too.
    """
    place = choice.place
    if choice.way == OWN_WAY:
        chosen: Objective | None = _named(place.objectives, choice.objective)
        return chosen
    if place.linked:
        return place.linked[0]
    rolls_up = level.kpi is not None and level.kpi.unit_rule != UnitRule.OWN
    counting = {tie.objective_id for tie in place.ties if tie.weight > 0 and rolls_up}
    free = [each for each in place.objectives if each.pk not in counting]
    tied = {tie.objective_id for tie in place.ties}
    name = level.objective.name.casefold()
    supporting = [each for each in free if each.pk in tied]
    alike = [each for each in free if each.name.casefold() == name]
    return next(iter(supporting + alike), None)


def _perspective(level: Level, choice: Choice) -> Perspective | None:
    if choice.way == OWN_WAY:
        chosen: Perspective | None = _named(choice.place.perspectives, choice.perspective)
        return chosen
    return matching_perspective(choice.place.perspectives, level.objective.perspective)


def _named(rows: Any, code: str) -> Any:
    return next((row for row in rows if row.code == code), None)
