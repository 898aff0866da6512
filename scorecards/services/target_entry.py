"""What was typed into the pages of targets, made a plan: nothing is stored here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from calculations.aggregation import TimeRule
from calculations.arrays import FloatArray, floats, tolerance
from calculations.numerals import InvalidNumber
from calculations.periods import Period
from calculations.target_planning import last_years_profile
from kpis.models import Assignment, TargetRevision
from kpis.selectors.held_targets import TargetValues, target_values
from kpis.services.target_plans import (
    Plan,
    PlannedTarget,
    Refuse,
    own_parts,
    plan_cells,
    plan_figures,
)
from scorecards.selectors.formats import number_text
from scorecards.selectors.targets.cells import GridCell, field_name, grid_periods, target_cells
from scorecards.selectors.targets.planning import Planning, last_years_values
from scorecards.selectors.typed_values import typed_value

LONGEST_REASON = 1000
LONGEST_TEXT = 100


@dataclass(frozen=True)
class SentTargets:
    """What would be stored, and what was typed and cannot be, by the field's name."""

    plan: Plan = ()
    typed: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


def refusing(planning: Planning, reason: str) -> Refuse:
    """Closed periods change only with a reason, by those who may restate."""

    def refuse(period: Period) -> str:
        closed = planning.closed_text(period)
        if not closed or (reason and planning.can_restate):
            return ""
        return f"{closed}; it changes only with a reason."

    return refuse


def sent_grid(planning: Planning, posted: Mapping[str, str], reason: str) -> SentTargets:
    """The fields of the grid that say something else than the page showed."""
    seen = _seen(posted)
    changed = list(_changed(planning, posted, seen))
    typed = {cell.name: posted[cell.name][:LONGEST_TEXT].strip() for _, _, cell in changed}
    wrong: dict[str, str] = {}
    wanted = []
    for assignment, period, cell in changed:
        try:
            _check_unchanged(cell, seen.get(cell.name, cell.text), typed[cell.name])
            wanted.append((assignment, period, _number(assignment, typed[cell.name])))
        except InvalidNumber as problem:
            wrong[cell.name] = f"{problem}."
    plan = plan_cells(wanted, planning.held, refusing(planning, reason))
    wrong |= {field_name(cell.assignment, cell.period): cell.refusal for cell in _refused(plan)}
    return SentTargets(plan, typed, wrong)


def _refused(plan: Plan) -> Iterator[PlannedTarget]:
    return (cell for cell in plan if cell.refusal)


def _seen(posted: Mapping[str, str]) -> dict[str, str]:
    """The texts that the page showed; without them, those that it would show now."""
    try:
        seen = json.loads(posted.get("seen", ""))
    except ValueError:
        return {}
    if not isinstance(seen, dict):
        return {}
    return {name: text for name, text in seen.items() if isinstance(text, str)}


def _changed(
    planning: Planning, posted: Mapping[str, str], seen: Mapping[str, str]
) -> Iterator[tuple[Assignment, Period, GridCell]]:
    for assignment in planning.assignments:
        cells = target_cells(planning, assignment, is_restating=True)
        for (period, _), cell in zip(grid_periods(planning, assignment), cells, strict=True):
            shown = seen.get(cell.name, cell.text)
            text = posted.get(cell.name)
            if cell.is_field and text is not None and text.strip() != shown:
                yield assignment, period, cell


def _check_unchanged(cell: GridCell, shown: str, typed: str) -> None:
    if cell.text not in (shown, typed):
        now = cell.text or "empty"
        raise InvalidNumber(
            f"Somebody changed this meanwhile: it is {now} now. Save again to go on"
        )


def _number(assignment: Assignment, text: str) -> float | None:
    return typed_value(assignment.kpi, text) if text else None


# --- A year split


PROFILES = ("equal", "last_year", "hand")


def split_profile(planning: Planning, assignment: Assignment, profile: str) -> FloatArray:
    """Weights for the year's parts. Raises NoProfile where last year's values give none."""
    n_parts = len(own_parts(assignment, planning.year))
    if profile != "last_year":
        return floats([1.0] * n_parts)
    values = last_years_values(planning, assignment)
    # A year of 53 weeks or 366 days has one part more than the year before, or the other way.
    values = (values + [float("nan")] * n_parts)[:n_parts]
    return last_years_profile(values)


def sent_parts(
    planning: Planning, assignment: Assignment, posted: Mapping[str, str], reason: str
) -> SentTargets:
    """The parts of a year as they were typed; every one is needed."""
    typed, wrong, wanted = {}, {}, []
    for period in own_parts(assignment, planning.year):
        name = field_name(assignment, period)
        typed[name] = posted.get(name, "")[:LONGEST_TEXT].strip()
        try:
            wanted.append((assignment, period, typed_value(assignment.kpi, typed[name])))
        except InvalidNumber as problem:
            wrong[name] = f"{problem}." if typed[name] else "Write a number."
    plan = plan_cells(wanted, planning.held, refusing(planning, reason))
    wrong |= {field_name(cell.assignment, cell.period): cell.refusal for cell in _refused(plan)}
    return SentTargets(plan, typed, wrong)


def sum_problem(assignment: Assignment, total: float, plan: Plan) -> str:
    """A sentence where the parts do not make the total; "" where they do, or need not."""
    rule, kpi = TimeRule(assignment.kpi.time_rule), assignment.kpi
    values = [cell.new["target"] for cell in plan if cell.new is not None]
    if rule not in (TimeRule.SUM, TimeRule.MEAN) or not values:
        return ""
    made = sum(values) / (len(values) if rule is TimeRule.MEAN else 1)
    # Typed parts of a mean need not be finer than what the KPI shows.
    slack = 0.5 * 10**-kpi.decimals if rule is TimeRule.MEAN else float(tolerance(total))
    if abs(made - total) <= slack:
        return ""
    verb = "add up to" if rule is TimeRule.SUM else "have a mean of"
    texts = number_text(kpi, made), number_text(kpi, total)
    return f"The parts {verb} {texts[0]}, not {texts[1]}. Change a part, or the year's target."


# --- All figures of one target


def sent_figures(
    planning: Planning,
    assignment: Assignment,
    period: Period,
    posted: Mapping[str, str],
    names: tuple[str, ...],
    reason: str,
) -> SentTargets:
    """The figures of one target; empty = not given."""
    typed = {name: posted.get(name, "")[:LONGEST_TEXT].strip() for name in names}
    wrong: dict[str, str] = {}
    figures: TargetValues = {}
    for name, text in typed.items():
        try:
            figures[name] = _number(assignment, text)
        except InvalidNumber as problem:
            wrong[name] = f"{problem}."
    if wrong:
        return SentTargets((), typed, wrong)
    cell = plan_figures(assignment, period, figures, planning.held, refusing(planning, reason))
    return SentTargets((cell,), typed, _general(cell))


def _general(cell: PlannedTarget) -> dict[str, str]:
    """The refusal, which belongs to no field."""
    return {"": cell.refusal} if cell.refusal else {}


def sent_removal(
    planning: Planning, assignment: Assignment, period: Period, reason: str
) -> SentTargets:
    """The target that begins in the period taken away."""
    refuse = refusing(planning, reason)
    (cell,) = plan_cells([(assignment, period, None)], planning.held, refuse)
    return SentTargets((cell,), {}, _general(cell))


def sent_restoration(
    planning: Planning, assignment: Assignment, period: Period, reason: str
) -> SentTargets:
    """What was last taken away, or changed, in the period; refused where a target begins there."""
    said = TargetRevision.objects.filter(assignment=assignment, valid_from=period.start)
    last = said.order_by("pk").last()
    if last is None or planning.held.beginning(assignment.pk, period.start):
        return SentTargets(wrong={"": "There is no removed target that could stand again."})
    cell = plan_figures(
        assignment, period, target_values(last), planning.held, refusing(planning, reason)
    )
    return SentTargets((cell,), {}, _general(cell))
