"""What is to come until the fiscal year's end, from the figures that a page has read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calculations.aggregation import TimeRule
from calculations.figures import Figures, Span, Values, figures
from calculations.forecasting import Ending, Outlook, ending, outlook
from calculations.periods import Calendar, Frequency, Period
from calculations.targets import TargetKind
from calculations.units import UnitRule
from kpis.models import KPI
from kpis.selectors.series import Facts

from .reading import Reading, has_signals

SEASONS = {"day": 7, "week": 52, "month": 12, "quarter": 4, "half": 2, "year": 1}
WHOLE_IS_SUM_OF_PARTS = (TimeRule.SUM, TimeRule.MEAN, TimeRule.LAST)
TARGET = 2  # among the points of a threshold
RANGE = slice(1, 3)  # from and to, among those of a range

Target = float | tuple[float, float]


@dataclass(frozen=True)
class Forecast:
    """The own periods to come until the year's end, and what the year comes to.

    whole: the fiscal year, or its last own period where its figure does not follow from theirs.
    ending: None where values of the year are missing, so that their sum means nothing. target: a
    number, or (from, to); None where there is none for all of it.
    """

    periods: tuple[Period, ...]
    outlook: Outlook
    whole: Period
    ending: Ending | None
    target: Target | None


def forecast(
    kpi: KPI, facts: Facts, periods: Sequence[Period], reading: Reading
) -> Forecast | None:
    """Of the first row of the facts, which cover the newest year; None where nothing can be said.

    periods: those of the reading; a chart that ends in the past looks at nothing to come.
    """
    calendar, own, newest = facts.calendar, facts.series[0], reading.newest
    is_ended = own.ends_on is not None and own.ends_on <= facts.today
    is_past = calendar.end(periods[-1]) <= facts.today
    if newest is None or not has_signals(kpi) or is_ended or is_past:
        return None
    year = calendar.containing(periods[-1], Frequency.YEAR)
    coming = _between(calendar, periods[newest], year)
    since = reading.newest_segment.first
    found = outlook(
        reading.values[since:],
        len(coming),
        SEASONS[kpi.frequency],
        own.natural_minimum,
        own.natural_maximum,
    )
    if found is None:
        return None
    if _is_whole_of_parts(facts):
        return _of_year(facts, found, coming, periods[newest], year)
    last = coming[-1]
    target = _target(facts, last, last)
    end = _ending(facts, found, [], TimeRule.LAST, target)
    return Forecast(tuple(coming), found, last, end, target)


def _between(calendar: Calendar, newest: Period, year: Period) -> list[Period]:
    """The own periods after the newest known one, until the year's end."""
    last = calendar.ordinal(calendar.parts(year, newest.frequency)[-1])
    after = calendar.ordinal(newest) + 1
    return [calendar.period_at(number, newest.frequency) for number in range(after, last + 1)]


def _is_whole_of_parts(facts: Facts) -> bool:
    """Whether a year's figure follows from those of its own periods; of ratios it does not."""
    own = facts.series[0]
    if own.is_rolled_up:
        return own.unit_rule is UnitRule.SUM and own.time_rule in WHOLE_IS_SUM_OF_PARTS
    return own.is_measured


def _of_year(
    facts: Facts, found: Outlook, coming: Sequence[Period], newest: Period, year: Period
) -> Forecast:
    parts, rule = facts.calendar.parts(year, newest.frequency), facts.series[0].time_rule
    within = [place for place, period in enumerate(coming) if period >= parts[0]]
    mine = replace(found, paths=found.paths[:, within], expected=found.expected[within])
    target = _target(facts, parts[0], year)
    measured = _measured(facts, year, parts, newest)
    end = None if measured is None else _ending(facts, mine, measured, rule, target)
    return Forecast(tuple(coming), found, year, end, target)


def _measured(
    facts: Facts, year: Period, parts: Sequence[Period], newest: Period
) -> list[float] | None:
    """What stands for the values of the year until the newest; None where a sum lacks some."""
    known = [part for part in parts if part <= newest]
    if not known:
        return []
    span = Span(year.start, facts.calendar.end(newest), Frequency.YEAR)
    seen, rule = facts.figures([span]), facts.series[0].time_rule
    value = float(seen.values[0, 0])
    lacks = bool(seen.known[0, 0] < seen.due[0, 0])
    if math.isnan(value) or (lacks and rule is TimeRule.SUM):
        return None
    return [value] * len(known) if rule is TimeRule.MEAN else [value]


def _ending(
    facts: Facts, found: Outlook, measured: list[float], rule: TimeRule, target: Target | None
) -> Ending:
    sign = 0 if isinstance(target, tuple) else facts.series[0].sign or 1
    return ending(found, measured, rule, sign, math.nan if target is None else target)


def _target(facts: Facts, first: Period, whole: Period) -> Target | None:
    """What is wanted of the whole; None where its first own period has no target yet."""
    wanted = _without_values(facts, [_span(facts.calendar, each) for each in (first, whole)])
    if np.isnan(wanted.points[0, 0]).all():
        return None
    kind, points = wanted.kinds[0, 1], wanted.points[0, 1]
    if kind == TargetKind.THRESHOLD and not np.isnan(points[TARGET]):
        return float(points[TARGET])
    if kind == TargetKind.RANGE and not np.isnan(points[RANGE]).any():
        low, high = points[RANGE].tolist()
        return low, high
    return None


def _without_values(facts: Facts, spans: Sequence[Span]) -> Figures:
    """The figures as if nothing were measured: then targets are those of all parts."""
    nothing = Values(
        np.empty(0, dtype=np.int64), np.empty(0, dtype="M8[D]"), np.empty(0, dtype=np.float64)
    )
    return figures(facts.calendar, facts.series, spans, nothing, facts.targets, facts.today)


def _span(calendar: Calendar, period: Period) -> Span:
    return Span(period.start, calendar.end(period), period.frequency)
