"""A KPI at one unit through its own periods: what its page, its chart and its table show."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from calculations.figures import Figures, Span
from calculations.periods import Calendar, Frequency, Period
from calculations.scoring import Status, statuses
from calculations.targets import TargetKind
from kpis.models import KPI, Assignment
from kpis.selectors.series import Facts, kpi_facts
from organizations.models import Organization
from scorecards.charts import ChartSeries
from scorecards.selectors.formats import plain
from scorecards.selectors.viewing import DEFAULT_LENGTHS

# How many of its own periods may be asked for.
MAX_LENGTH = 1100
FINDINGS = {
    Status.CRITICAL: "Critical since {since}",
    Status.BELOW_TARGET: "Below target since {since}",
    Status.ON_TARGET: "On target since {since}",
    Status.INSUFFICIENT_DATA: "Insufficient data since {since}",
}


@dataclass(frozen=True)
class History:
    """Consecutive own periods of an assignment, oldest first, one column of `figures` each."""

    organization: Organization
    assignment: Assignment
    periods: tuple[Period, ...]
    facts: Facts
    figures: Figures

    @property
    def labels(self) -> list[str]:
        return [self.organization.calendar.label(period) for period in self.periods]

    @property
    def statuses(self) -> list[int]:
        codes: list[int] = statuses(
            self.figures.scores[0], self.figures.coverage[0], self.organization.minimum_coverage
        ).tolist()
        return codes


def kpi_history(
    organization: Organization,
    assignment: Assignment,
    periods: Sequence[Period],
    at: dt.datetime | None = None,
) -> History:
    """Values, targets and scores in the given own periods, by two statements.

    at: what was said at that moment (two statements more); None: what stands now.
    """
    calendar = organization.calendar
    spans = [Span(p.start, calendar.end(p), p.frequency) for p in periods]
    facts = kpi_facts(organization, [assignment], [*spans, year_span(calendar, periods)], at)
    return History(organization, assignment, tuple(periods), facts, facts.figures(spans))


def year_span(calendar: Calendar, periods: Sequence[Period]) -> Span:
    """The fiscal year of the newest of the periods: what a forecast reads besides them."""
    year = calendar.containing(periods[-1], Frequency.YEAR)
    return Span(year.start, calendar.end(year), Frequency.YEAR)


def own_periods(
    organization: Organization,
    frequency: Frequency,
    first: Period | None = None,
    last: Period | None = None,
    at: dt.datetime | None = None,
) -> list[Period]:
    """The KPI's own periods from first to last; by default the latest ones, the running one last.

    At most 1,100, the newest, so that an address cannot ask for a century of days. at: the moment
    in which the latest is running; None: now.
    """
    calendar = organization.calendar
    last = last or calendar.period(frequency, organization.today(at))
    if first is None:
        first = calendar.shift(last, 1 - DEFAULT_LENGTHS[frequency])
    end = calendar.ordinal(last) + 1
    start = max(calendar.ordinal(first), end - MAX_LENGTH)
    return [calendar.period_at(ordinal, frequency) for ordinal in range(start, end)]


def headline(history: History) -> str:
    """The finding: how it stands, since when without a break in what is known, and what is late."""
    known = [
        (label, code)
        for label, code in zip(history.labels, history.statuses, strict=True)
        if code != Status.NO_DATA
    ]
    if not known:
        has_values = bool((history.figures.known > 0).any())
        return "No target is set" if has_values else "No values yet"
    latest = known[-1][1]
    run = list(takewhile(lambda entry: entry[1] == latest, reversed(known)))
    finding = FINDINGS[Status(latest)].format(since=run[-1][0])
    return f"{finding}; no value after {run[0][0]}" if _is_late(history) else finding


def _is_late(history: History) -> bool:
    """Whether a value is due after the last one that there is."""
    last = int(np.flatnonzero(history.figures.known[0] > 0)[-1])
    return bool((history.figures.due[0, last + 1 :] > 0).any())


def chart_series(history: History, unit_name: str) -> ChartSeries:
    """The history as plain lists for the chart."""
    kpi = history.assignment.kpi
    figures = history.figures
    points = figures.points[0].tolist()
    kinds = figures.kinds[0].tolist()
    is_threshold = [kind == TargetKind.THRESHOLD for kind in kinds]
    targets = [plain(p[2]) if t else None for p, t in zip(points, is_threshold, strict=True)]
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        targets = [1.0 if kpi.direction == KPI.Direction.HIGHER else 0.0] * len(kinds)
    return ChartSeries(
        name=kpi.name,
        unit_name=unit_name,
        direction=kpi.direction,
        labels=history.labels,
        starts=[period.start.isoformat() for period in history.periods],
        values=[plain(value) for value in figures.values[0].tolist()],
        targets=targets,
        red_flags=[plain(p[1]) if t else None for p, t in zip(points, is_threshold, strict=True)],
        ranges=[_range(p, kind) for p, kind in zip(points, kinds, strict=True)],
        unit_of_measure=kpi.unit_of_measure,
        decimals=kpi.decimals,
        names=_value_names(kpi),
        headline=headline(history),
        benchmark=kpi.benchmark,
        benchmark_source=kpi.benchmark_source,
    )


def _value_names(kpi: KPI) -> tuple[tuple[float, str], ...]:
    """Values that people know by a name: grades, yes and no."""
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        return ((0.0, "no"), (1.0, "yes"))
    return tuple(sorted((float(value), str(label)) for label, value in kpi.grades or []))


def _range(points: Sequence[float], kind: int) -> tuple[float, float, float, float] | None:
    if kind != TargetKind.RANGE or any(math.isnan(point) for point in points):
        return None
    red_low, low, high, red_high = points
    return red_low, low, high, red_high
