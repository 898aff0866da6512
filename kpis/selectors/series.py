"""The border between stored values and arrays: the figures of KPIs where they are measured."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from django.db.models import Q, QuerySet

from calculations.arrays import DayArray
from calculations.figures import Figures, Series, Span, TargetRow, Values, figures
from calculations.periods import Calendar, Frequency
from calculations.recipes import days_read
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
from organizations.statements import as_date, fetched

from .network import KpiNetwork, Proposal, kpi_network, number_of

EPOCH = dt.date(1970, 1, 1).toordinal()
SIGNS = {KPI.Direction.HIGHER: 1, KPI.Direction.LOWER: -1, KPI.Direction.RANGE: 0}


@dataclass(frozen=True)
class Facts:
    """All that the arithmetic needs; the numbers of series are places in `assignments`.

    The first `n_requested` series are those that were asked for, the others what they follow from.
    """

    calendar: Calendar
    assignments: tuple[Assignment, ...]
    n_requested: int
    series: tuple[Series, ...]
    recorded: dict[int, int]  # by assignment id, the series that its values belong to, if any
    kinds: dict[int, str]  # of units by id, where series follow from other units
    values: Values
    targets: tuple[TargetRow, ...]
    today: dt.date

    @property
    def requested(self) -> tuple[Assignment, ...]:
        return self.assignments[: self.n_requested]

    def figures(self, spans: Sequence[Span]) -> Figures:
        """The figures of every series in every span; no statement is run."""
        return figures(self.calendar, self.series, spans, self.values, self.targets, self.today)


def kpi_facts(
    organization: Organization,
    assignments: Sequence[Assignment],
    spans: Sequence[Span],
    as_of: dt.datetime | None = None,
    proposal: Proposal | None = None,
) -> Facts:
    """Values and targets of the assignments for the spans, by two statements.

    Three or four statements more where anything is rolled up, computed or inherited. The
    assignments must have their KPIs at hand (`select_related`). as_of: what was said at that moment
    (two statements more); None: what stands now. proposal: definitions that are not stored yet.
    """
    calendar = organization.calendar
    network = kpi_network(organization, assignments, proposal)
    first, end = days_read(calendar, network.series, spans)
    return Facts(
        calendar=calendar,
        assignments=network.assignments,
        n_requested=len(assignments),
        series=network.series,
        recorded=network.recorded,
        kinds=network.kinds,
        values=_values(calendar, network, first, end, as_of),
        targets=_target_rows(network, end, as_of),
        today=organization.today(as_of),
    )


def _values(
    calendar: Calendar,
    network: KpiNetwork,
    first: dt.date,
    end: dt.date,
    as_of: dt.datetime | None,
) -> Values:
    """The values of every own period that has to do with [first, end)."""
    ids_of: dict[tuple[Frequency, int], list[int]] = defaultdict(list)
    for pk, number in network.recorded.items():
        one = network.series[number]
        ids_of[one.frequency, one.carry_forward].append(pk)
    ids_from: dict[dt.date, list[int]] = defaultdict(list)
    for (frequency, carry_forward), ids in ids_of.items():
        # A longer period begins before the days it lies around, and a week before its Thursday.
        period = calendar.period(frequency, calendar.canonical_start(frequency, first))
        ids_from[calendar.shift(period, -carry_forward).start] += ids
    rows = _standing(ids_from, end) if as_of is None else _said_then(ids_from, end, as_of)
    of, starts, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Values(
        series=np.fromiter((network.recorded[i] for i in of), dtype=np.int64, count=len(of)),
        starts=_days(starts),
        values=np.array(values, dtype=np.float64),
    )


VALUES = "SELECT assignment_id, period_start, value FROM kpis_measurement WHERE "
FROM_DAY = "(assignment_id {{ids_{0}}} AND period_start >= %(from_{0})s AND period_start < %(end)s)"


def _standing(ids_from: Mapping[dt.date, list[int]], end: dt.date) -> list[tuple[Any, ...]]:
    """The values that stand of these assignments, each from its day on, before the end."""
    if not ids_from:
        return []
    parameters: dict[str, Any] = {"end": end}
    for number, (start, ids) in enumerate(ids_from.items()):
        parameters |= {f"ids_{number}": ids, f"from_{number}": start}
    wanted = " OR ".join(FROM_DAY.format(number) for number in range(len(ids_from)))
    rows = fetched(VALUES + wanted, **parameters)
    return [(pk, as_date(start), value) for pk, start, value in rows]


def _said_then(
    ids_from: Mapping[dt.date, list[int]], end: dt.date, as_of: dt.datetime
) -> list[tuple[Any, ...]]:
    """As `_standing`, as they stood at the moment."""
    wanted = Q(pk__in=[])
    for start, ids in ids_from.items():
        wanted |= Q(assignment_id__in=ids, period_start__gte=start, period_start__lt=end)
    fields = ("assignment_id", "period_start", "value")
    current = said_measurements(as_of).filter(wanted)
    earlier = superseded(MeasurementRevision, "recorded_at", as_of).filter(wanted)
    return [*current.values_list(*fields), *earlier.values_list(*fields)]


def _days(dates: Sequence[dt.date]) -> DayArray:
    """As numpy's days; its own conversion takes ten times as long."""
    ordinals = np.fromiter((day.toordinal() for day in dates), dtype=np.int64, count=len(dates))
    return (ordinals - EPOCH).view("M8[D]")


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


TARGETS = f"""
SELECT assignment_id, valid_from, baseline, {", ".join((*POINTS, *RANGE))}, curve FROM kpis_target
WHERE assignment_id {{assignments}} AND valid_from < %(end)s AND deleted_at IS NULL
"""  # noqa: S608 - composed of the names of our own columns


def _target(pk: int, valid_from: Any, *figures: Any) -> tuple[Any, ...]:
    """A row as the model would answer it."""
    *numbers, curve = figures
    return pk, as_date(valid_from), *numbers, curve and orjson.loads(curve)


def _target_rows(
    network: KpiNetwork, end: dt.date, as_of: dt.datetime | None
) -> tuple[TargetRow, ...]:
    """The targets that begin before the end."""
    numbers = network.wanted
    fields = ("assignment_id", "valid_from", "baseline", *POINTS, *RANGE, "curve")
    of_these = Q(assignment_id__in=numbers, valid_from__lt=end)
    if as_of is None:
        rows = [_target(*row) for row in fetched(TARGETS, assignments=numbers.keys(), end=end)]
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
    a, b, c, d = (number_of(point) for point in points)
    return TargetRow(
        series=number,
        valid_from=valid_from,
        kind=kind,
        points=(a, b, c, d),
        baseline=number_of(baseline),
        curve=tuple((float(x), float(y)) for x, y in curve or ()),
    )
