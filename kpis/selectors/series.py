"""The border between stored values and arrays: the figures of KPIs where they are measured."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from calculations.aggregation import TimeRule
from calculations.figures import Figures, Series, Span, TargetRow, Values, figures
from calculations.periods import Calendar, Frequency
from calculations.targets import TargetKind
from kpis.models import (
    KPI,
    POINTS,
    RANGE,
    Assignment,
    Measurement,
    MeasurementRevision,
    Target,
    TargetRevision,
)
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
    organization: Organization,
    assignments: Sequence[Assignment],
    spans: Sequence[Span],
    as_of: dt.datetime | None = None,
) -> Facts:
    """Values and targets of the assignments for the spans, by two statements.

    The assignments must have their KPIs at hand (`select_related`). as_of: what was said at that
    moment (two statements more); None: what stands now.
    """
    first, end = min(span.first for span in spans), max(span.end for span in spans)
    return Facts(
        calendar=organization.calendar,
        assignments=tuple(assignments),
        series=tuple(series_of(assignment) for assignment in assignments),
        values=_values(organization.calendar, assignments, first, end, as_of),
        targets=_target_rows(assignments, end, as_of),
        today=organization.today(as_of),
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
    calendar: Calendar,
    assignments: Sequence[Assignment],
    first: dt.date,
    end: dt.date,
    as_of: dt.datetime | None,
) -> Values:
    """The values of every own period that has to do with [first, end)."""
    numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
    ids_of: dict[Frequency, list[int]] = defaultdict(list)
    for assignment in assignments:
        ids_of[Frequency(assignment.kpi.frequency)].append(assignment.pk)
    wanted = Q(pk__in=[])
    for frequency, of_frequency in ids_of.items():
        # A longer period begins before the days it lies around, and a week before its Thursday.
        start = calendar.canonical_start(frequency, first)
        wanted |= Q(assignment_id__in=of_frequency, period_start__gte=start, period_start__lt=end)
    fields = ("assignment_id", "period_start", "value")
    rows = list(said_measurements(as_of).filter(wanted).values_list(*fields))
    if as_of is not None:
        rows += (
            superseded(MeasurementRevision, "recorded_at", as_of)
            .filter(wanted)
            .values_list(*fields)
        )
    ids, starts, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Values(
        series=np.fromiter((numbers[i] for i in ids), dtype=np.int64, count=len(ids)),
        starts=np.array(starts, dtype="M8[D]"),
        values=np.array(values, dtype=np.float64),
    )


def said_measurements(as_of: dt.datetime | None) -> QuerySet[Measurement]:
    """The values that stand; at a moment: those of them that stood then already."""
    current = Measurement.objects.all()
    return current if as_of is None else current.filter(recorded_at__lte=as_of)


def superseded(revisions: Any, said_at: str, as_of: dt.datetime) -> QuerySet[Any]:
    """What stood at the moment and has been changed or deleted since."""
    rows: QuerySet[Any] = revisions.objects.filter(
        **{f"{said_at}__lte": as_of}, superseded_at__gt=as_of
    )
    return rows


def _target_rows(
    assignments: Sequence[Assignment], end: dt.date, as_of: dt.datetime | None
) -> tuple[TargetRow, ...]:
    """The targets that begin before the end."""
    numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
    fields = ("assignment_id", "valid_from", "baseline", *POINTS, *RANGE, "curve")
    of_these = Q(assignment_id__in=numbers, valid_from__lt=end)
    if as_of is None:
        rows = list(Target.objects.live().filter(of_these).values_list(*fields))
    else:
        stood = Q(deleted_at=None) | Q(deleted_at__gt=as_of)
        current = Target.objects.filter(of_these & stood, said_at__lte=as_of)
        earlier = superseded(TargetRevision, "said_at", as_of).filter(of_these)
        rows = [*current.values_list(*fields), *earlier.values_list(*fields)]
    rows.sort(key=itemgetter(0, 1))
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
