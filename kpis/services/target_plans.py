"""Plans for many targets: what would change, cell by cell, before anything is stored.

A plan only reads; `apply_plan` stores it. Each target holds from its period until the next one
begins, so the last target of a planned year goes on into the next.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from calculations.aggregation import TimeRule
from calculations.arrays import FloatArray
from calculations.periods import Calendar, Frequency, Period
from calculations.target_planning import moved_points, rolled_over, split_target
from kpis.models import KPI, POINTS, RANGE, Assignment, Target
from kpis.selectors.held_targets import FIGURE_NAMES, HeldTargets, TargetValues, target_values
from organizations.models import User

from .targets import check_figures, remove_target, set_targets

MOVED = ("floor", "red_flag", "stretch")
NO_FIGURES: TargetValues = dict.fromkeys(FIGURE_NAMES)
LARGEST_FACTOR = 1000

Refuse = Callable[[Period], str]
"""Why the targets of a period may not change; "" where they may."""


def never(period: Period) -> str:
    """Refuses no period."""
    return ""


@dataclass(frozen=True)
class PlannedTarget:
    """What one period of one KPI is to want.

    old: what holds there now, None = nothing; new: what would begin there, None = the target that
    begins there is taken away; row: the target that begins there now.
    """

    assignment: Assignment
    period: Period
    old: TargetValues | None
    new: TargetValues | None
    row: Target | None = None
    refusal: str = ""

    @property
    def is_change(self) -> bool:
        if self.new is None or self.row is None:
            return self.new is not None or self.row is not None
        return self.new != target_values(self.row)


Plan = tuple[PlannedTarget, ...]


def plan_cells(
    wanted: Iterable[tuple[Assignment, Period, float | None]],
    held: HeldTargets,
    refuse: Refuse = never,
) -> Plan:
    """A target for each (assignment, own period, value); None takes away the one that begins there.

    The other points follow as `moved_points` says; the baseline stays.
    """
    return tuple(_cell(*one, held, refuse) for one in wanted)


def plan_figures(
    assignment: Assignment,
    period: Period,
    figures: TargetValues,
    held: HeldTargets,
    refuse: Refuse = never,
) -> PlannedTarget:
    """All figures of one target."""
    return _checked(_planned(assignment, period, held, {**NO_FIGURES, **figures}), refuse)


def split_year(
    *,
    assignment: Assignment,
    year: Period,
    total: float,
    profile: FloatArray,
    held: HeldTargets,
    refuse: Refuse = never,
) -> Plan:
    """The year's target split over its own periods by their weights; see `split_target`."""
    kpi = assignment.kpi
    periods = own_parts(assignment, year)
    parts = split_target(total, profile, TimeRule(kpi.time_rule), kpi.decimals).tolist()
    wanted = ((assignment, p, part) for p, part in zip(periods, parts, strict=True))
    return plan_cells(wanted, held, refuse)


def roll_over(
    *,
    assignments: Sequence[Assignment],
    year: Period,
    factor: float,
    held: HeldTargets,
    refuse: Refuse = never,
) -> Plan:
    """The year's targets, times the factor, for the same periods of the next year.

    Points, ranges, the values of curves and baselines are all multiplied; yes/no and graded KPIs
    carry on unchanged. Targets of the next year that begin elsewhere are replaced too, so that it
    becomes the year before times the factor. Raises ValidationError for a factor that is none.
    """
    if not 0 < factor <= LARGEST_FACTOR:
        raise ValidationError(f"The factor must be above 0 and at most {LARGEST_FACTOR}.")
    cells: list[PlannedTarget] = []
    for assignment in assignments:
        cells += _rolled_over(assignment, year, factor, held)
    return tuple(_checked(cell, refuse) for cell in cells)


@transaction.atomic
def apply_plan(*, plan: Iterable[PlannedTarget], by: User | None, reason: str | None = None) -> int:
    """Store what the plan changes, leaving out what it refuses; returns how many cells changed.

    Raises ValidationError, with nothing stored, where a target is refused meanwhile.
    """
    changes = [cell for cell in plan if cell.is_change and not cell.refusal]
    wanted = [(c.assignment, c.period.start, c.new) for c in changes if c.new is not None]
    if wanted:
        set_targets(assignment_figures=wanted, by=by, reason=reason)
    for cell in changes:
        if cell.new is None and cell.row is not None:
            remove_target(target=cell.row, by=by, reason=reason)
    return len(changes)


def own_parts(assignment: Assignment, year: Period) -> list[Period]:
    """The KPI's own periods of the year."""
    return _calendar(assignment).parts(year, Frequency(assignment.kpi.frequency))


def _calendar(assignment: Assignment) -> Calendar:
    return assignment.kpi.organization.calendar


def _cell(
    assignment: Assignment, period: Period, value: float | None, held: HeldTargets, refuse: Refuse
) -> PlannedTarget:
    cell = _planned(assignment, period, held, None)
    if value is None:
        return _checked(cell, refuse)
    return _checked(replace(cell, new=_retargeted(assignment.kpi, cell.old, value)), refuse)


def _planned(
    assignment: Assignment, period: Period, held: HeldTargets, new: TargetValues | None
) -> PlannedTarget:
    holding = held.at(assignment.pk, period.start)
    return PlannedTarget(
        assignment,
        period,
        old=target_values(holding) if holding else None,
        new=new,
        row=held.beginning(assignment.pk, period.start),
    )


def _retargeted(kpi: KPI, old: TargetValues | None, value: float) -> TargetValues:
    """The figures with another target."""
    if old is None or old["target"] is None:
        return NO_FIGURES | {"target": value}
    points = [math.nan if old[name] is None else old[name] for name in MOVED]
    moved = moved_points(points, old["target"], value, TimeRule(kpi.time_rule), kpi.decimals)
    named = dict(zip(MOVED, map(_stored, moved.tolist()), strict=True))
    return {**old, **_within_bounds(kpi, named), "target": value}


def _within_bounds(kpi: KPI, figures: TargetValues) -> TargetValues:
    """Points that moved along end at the natural bounds, as mirrored ones do."""
    lowest = -math.inf if kpi.natural_minimum is None else kpi.natural_minimum
    highest = math.inf if kpi.natural_maximum is None else kpi.natural_maximum
    return {
        name: None if value is None else min(max(value, lowest), highest)
        for name, value in figures.items()
    }


def _stored(number: float) -> float | None:
    return None if math.isnan(number) else number


def _rolled_over(
    assignment: Assignment, year: Period, factor: float, held: HeldTargets
) -> list[PlannedTarget]:
    calendar = _calendar(assignment)
    before = own_parts(assignment, year)
    cells = []
    for place, period in enumerate(own_parts(assignment, calendar.shift(year, 1))):
        model = before[min(place, len(before) - 1)].start
        source = held.at(assignment.pk, model)
        if source and (place == 0 or _begins(assignment, (model, period.start), held)):
            new = _scaled(assignment.kpi, target_values(source), factor)
            cells.append(_planned(assignment, period, held, new))
    return cells


def _begins(assignment: Assignment, days: Iterable[dt.date], held: HeldTargets) -> bool:
    return any(held.beginning(assignment.pk, day) for day in days)


def _scaled(kpi: KPI, figures: TargetValues, factor: float) -> TargetValues:
    if kpi.value_kind != KPI.ValueKind.NUMBER:
        return figures
    names = [name for name in ("baseline", *POINTS, *RANGE) if figures[name] is not None]
    scaled = rolled_over([figures[name] for name in names], factor, kpi.decimals).tolist()
    curve = figures["curve"]
    if curve is not None:
        values = rolled_over([value for value, _ in curve], factor, kpi.decimals).tolist()
        curve = [[x, y] for x, (_, y) in zip(values, curve, strict=True)]
    return {**figures, **dict(zip(names, scaled, strict=True)), "curve": curve}


def _checked(cell: PlannedTarget, refuse: Refuse) -> PlannedTarget:
    """The cell, refused where the period is or where its figures could not be scored."""
    if not cell.is_change:
        return cell
    refusal = refuse(cell.period)
    if not refusal and cell.new is not None:
        try:
            check_figures(cell.assignment.kpi, cell.new)
        except ValidationError as problem:
            refusal = " ".join(problem.messages)
    return replace(cell, refusal=refusal)
