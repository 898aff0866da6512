"""The border between stored values and arrays: the figures of KPIs where they are measured."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.aggregation import TimeRule
from calculations.figures import Figures, Series, Span, TargetRow, Values, figures
from calculations.periods import Calendar, Frequency
from calculations.targets import TargetKind
from kpis.models import KPI, Assignment, Measurement, Target
from organizations.models import Organization

SIGNS = {KPI.Direction.HIGHER: 1, KPI.Direction.LOWER: -1, KPI.Direction.RANGE: 0}
# A figure may need the part that lies around its span: at most a year on either side.
MARGIN = dt.timedelta(days=366)


@dataclass(frozen=True)
class Facts:
    """All that the arithmetic needs; the numbers of series are places in `assignments`."""

    calendar: Calendar
    assignments: tuple[Assignment, ...]
    series: tuple[Series, ...]
    values: Values
    targets: tuple[TargetRow, ...]
    today: dt.date

    def figures(self, spans: Sequence[Span]) -> Figures:
        """The figures of every series in every span; no statement is run."""
        return figures(self.calendar, self.series, spans, self.values, self.targets, self.today)


def kpi_facts(
    organization: Organization, assignments: Sequence[Assignment], first: dt.date, end: dt.date
) -> Facts:
    """Values and targets of the assignments for any span within [first, end), by two statements.

    The assignments must have their KPIs at hand (`select_related`).
    """
    numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
    return Facts(
        calendar=organization.calendar,
        assignments=tuple(assignments),
        series=tuple(series_of(assignment) for assignment in assignments),
        values=_values(numbers, first - MARGIN, end + MARGIN),
        targets=_target_rows(numbers),
        today=organization.today(),
    )


def series_of(assignment: Assignment) -> Series:
    kpi = assignment.kpi
    return Series(
        frequency=Frequency(kpi.frequency),
        time_rule=TimeRule(kpi.time_rule),
        sign=SIGNS[KPI.Direction(kpi.direction)],
        is_yes_no=kpi.value_kind == KPI.ValueKind.YES_NO,
        natural_minimum=_number(kpi.natural_minimum),
        natural_maximum=_number(kpi.natural_maximum),
        grace_days=kpi.grace_days,
        starts_on=assignment.starts_on,
        ends_on=assignment.ends_on,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _values(numbers: dict[int, int], first: dt.date, end: dt.date) -> Values:
    rows = Measurement.objects.filter(
        assignment_id__in=numbers, period_start__gte=first, period_start__lt=end
    ).values_list("assignment_id", "period_start", "value")
    ids, starts, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Values(
        series=np.fromiter((numbers[i] for i in ids), dtype=np.int64, count=len(ids)),
        starts=np.array(starts, dtype="M8[D]"),
        values=np.array(values, dtype=np.float64),
    )


def _target_rows(numbers: dict[int, int]) -> tuple[TargetRow, ...]:
    targets = Target.objects.live().filter(assignment_id__in=numbers).order_by("id")
    return tuple(target_row(target, numbers[target.assignment_id]) for target in targets)


def target_row(target: Target, number: int) -> TargetRow:
    """A stored target in the form that the arithmetic reads."""
    kind, points = _form(target)
    a, b, c, d = (_number(point) for point in points)
    return TargetRow(
        series=number,
        valid_from=target.valid_from,
        kind=kind,
        points=(a, b, c, d),
        baseline=_number(target.baseline),
        curve=tuple((float(x), float(y)) for x, y in target.curve or ()),
    )


def _form(target: Target) -> tuple[TargetKind, tuple[float | None, ...]]:
    if target.curve is not None:
        return TargetKind.CUSTOM, (None,) * 4
    if target.target_low is not None:
        return TargetKind.RANGE, (
            target.red_low,
            target.target_low,
            target.target_high,
            target.red_high,
        )
    return TargetKind.THRESHOLD, (target.floor, target.red_flag, target.target, target.stretch)
