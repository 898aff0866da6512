"""The border between stored values and arrays: the figures of KPIs where they are measured."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Q

from calculations.aggregation import TimeRule
from calculations.figures import Figures, Series, Span, TargetRow, Values, figures
from calculations.periods import Calendar, Frequency
from calculations.targets import TargetKind
from kpis.models import KPI, POINTS, RANGE, Assignment, Measurement, Target
from organizations.models import Organization

SIGNS = {KPI.Direction.HIGHER: 1, KPI.Direction.LOWER: -1, KPI.Direction.RANGE: 0}


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
    return Facts(
        calendar=organization.calendar,
        assignments=tuple(assignments),
        series=tuple(series_of(assignment) for assignment in assignments),
        values=_values(organization.calendar, assignments, first, end),
        targets=_target_rows(assignments, end),
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


def _values(
    calendar: Calendar, assignments: Sequence[Assignment], first: dt.date, end: dt.date
) -> Values:
    """The values of every own period that has to do with [first, end), by one statement."""
    numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
    ids_of: dict[Frequency, list[int]] = defaultdict(list)
    for assignment in assignments:
        ids_of[Frequency(assignment.kpi.frequency)].append(assignment.pk)
    wanted = Q(pk__in=[])
    for frequency, of_frequency in ids_of.items():
        # A longer period begins before the days it lies around, and a week before its Thursday.
        start = calendar.canonical_start(frequency, first)
        wanted |= Q(assignment_id__in=of_frequency, period_start__gte=start, period_start__lt=end)
    rows = list(
        Measurement.objects.filter(wanted).values_list("assignment_id", "period_start", "value")
    )
    ids, starts, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Values(
        series=np.fromiter((numbers[i] for i in ids), dtype=np.int64, count=len(ids)),
        starts=np.array(starts, dtype="M8[D]"),
        values=np.array(values, dtype=np.float64),
    )


def _target_rows(assignments: Sequence[Assignment], end: dt.date) -> tuple[TargetRow, ...]:
    """The targets that begin before the end, by one statement."""
    numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
    rows = (
        Target.objects.live()
        .filter(assignment_id__in=numbers, valid_from__lt=end)
        .order_by("assignment_id", "valid_from")
        .values_list("assignment_id", "valid_from", "baseline", *POINTS, *RANGE, "curve")
    )
    return tuple(_target_row(numbers[row[0]], row[1], row[2:]) for row in rows)


def _target_row(number: int, valid_from: dt.date, figures: Sequence[Any]) -> TargetRow:
    """A stored target in the form that the arithmetic reads."""
    baseline, points, bounds, curve = figures[0], figures[1:5], figures[5:9], figures[9]
    kind = TargetKind.THRESHOLD
    if curve is not None:
        kind = TargetKind.CUSTOM
    elif bounds[1] is not None:
        kind, points = TargetKind.RANGE, bounds
    a, b, c, d = (_number(point) for point in points)
    return TargetRow(
        series=number,
        valid_from=valid_from,
        kind=kind,
        points=(a, b, c, d),
        baseline=_number(baseline),
        curve=tuple((float(x), float(y)) for x, y in curve or ()),
    )
