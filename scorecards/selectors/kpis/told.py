"""A KPI at a unit with its signals and its forecast: what its page, its chart and the API tell."""

import datetime as dt
from dataclasses import dataclass, replace

from calculations.signals import Segment, Signal
from kpis.selectors.process_changes import process_changes
from scorecards.charts import ChartSeries
from scorecards.selectors.signals.forecast import Forecast, forecast
from scorecards.selectors.signals.reading import Reading, complete_values, signal_reading
from scorecards.selectors.signals.words import (
    basis_text,
    chance_text,
    ending_text,
    signal_text,
    signal_tone,
)
from scorecards.signal_traces import (
    ChartChange,
    ChartOutlook,
    ChartSegment,
    ChartSignal,
    SignalSeries,
)

from .history import History, chart_series


@dataclass(frozen=True)
class Told:
    """`reading` and `forecast` are of the history's periods."""

    history: History
    reading: Reading
    forecast: Forecast | None

    def label(self, place: int) -> str:
        return self.history.labels[place]

    def segment(self, signal: Signal) -> Segment:
        """The stretch that the signal stands in."""
        parts = self.reading.segments
        return next(part for part in parts if part.first <= signal.place < part.end)

    def signal_text(self, signal: Signal) -> str:
        limits = self.segment(signal).limits
        assert limits is not None
        kpi = self.history.assignment.kpi
        return signal_text(kpi, signal, limits, self.label(signal.place))

    @property
    def forecast_texts(self) -> tuple[str, ...]:
        """What the year comes to, the chance of its target, and how good the forecast is."""
        found, kpi = self.forecast, self.history.assignment.kpi
        if found is None:
            return ()
        label = self.history.organization.calendar.label(found.whole)
        if found.ending is None:
            return (f"Values of {label} are missing, so its sum is not told.",)
        return (
            ending_text(kpi, found.ending, label),
            chance_text(kpi, found.ending, found.target, label),
            basis_text(found.outlook),
        )


def told(history: History, at: dt.datetime | None = None) -> Told:
    """By one statement; the history's facts must cover the year (`history.year_span`)."""
    assignment, calendar = history.assignment, history.organization.calendar
    changes = process_changes([assignment.pk], at)[assignment.pk]
    values = complete_values(calendar, history.periods, history.figures, 0, history.facts.today)
    reading = signal_reading(assignment.kpi, calendar, history.periods, values, changes)
    found = forecast(assignment.kpi, history.facts, history.periods, reading)
    return Told(history, reading, found)


def told_series(of: Told, unit_name: str) -> ChartSeries:
    """As plain lists for the chart."""
    series = chart_series(of.history, unit_name)
    kpi = of.history.assignment.kpi
    return replace(
        series,
        signals=SignalSeries(
            segments=tuple(_segment(part) for part in of.reading.segments if part.limits),
            signals=tuple(
                ChartSignal(
                    each.place, each.rule.value, signal_tone(kpi, each), of.signal_text(each)
                )
                for each in of.reading.signals
            ),
            changes=tuple(ChartChange(place, row.note) for place, row in of.reading.changes),
            outlook=_outlook(of),
        ),
    )


def _segment(part: Segment) -> ChartSegment:
    limits = part.limits
    assert limits is not None
    return ChartSegment(
        part.first, part.end, limits.centre, limits.lower, limits.upper, limits.is_provisional
    )


def _outlook(of: Told) -> ChartOutlook | None:
    found = of.forecast
    if found is None:
        return None
    calendar = of.history.organization.calendar
    return ChartOutlook(
        labels=tuple(calendar.label(period) for period in found.periods),
        starts=tuple(period.start.isoformat() for period in found.periods),
        expected=tuple(found.outlook.expected.tolist()),
        lower=tuple(found.outlook.lower.tolist()),
        upper=tuple(found.outlook.upper.tolist()),
        method=found.outlook.method.value,
        whole=calendar.label(found.whole),
        ending=(found.ending.expected, found.ending.lower, found.ending.upper)
        if found.ending
        else None,
        chance=None if found.ending is None or found.target is None else found.ending.chance,
        sentences=of.forecast_texts,
    )
