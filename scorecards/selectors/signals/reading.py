"""Which values of a KPI are signals, from the figures that a page has read."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray
from calculations.figures import Figures
from calculations.periods import Calendar, Period
from calculations.signals import Segment, Signal, segments, signals
from kpis.models import KPI, ProcessChange


@dataclass(frozen=True)
class Reading:
    """Values of consecutive own periods, nan where none is complete, with what they say.

    changes: declared ones by the place from which they hold.
    """

    values: FloatArray
    segments: tuple[Segment, ...]
    signals: tuple[Signal, ...]
    changes: tuple[tuple[int, ProcessChange], ...]

    @property
    def newest(self) -> int | None:
        """The place of the newest complete value."""
        known = np.flatnonzero(~np.isnan(self.values))
        return int(known[-1]) if known.size else None

    @property
    def newest_signal(self) -> Signal | None:
        """What the newest value says."""
        return next((each for each in self.signals if each.place == self.newest), None)

    @property
    def newest_segment(self) -> Segment:
        """The stretch in which the newest period lies."""
        return self.segments[-1]


def has_signals(kpi: KPI) -> bool:
    """Whether limits mean anything: not of yes and no, nor of grades."""
    return kpi.value_kind == KPI.ValueKind.NUMBER


def signal_reading(
    kpi: KPI,
    calendar: Calendar,
    periods: Sequence[Period],
    values: FloatArray,
    changes: Iterable[ProcessChange],
) -> Reading:
    """values: of the periods, as `complete_values` gives them."""
    placed = _placed(calendar, periods, changes)
    if not has_signals(kpi):
        return Reading(np.full(len(periods), np.nan), (), (), placed)
    lowest, highest = (
        np.nan if bound is None else bound for bound in (kpi.natural_minimum, kpi.natural_maximum)
    )
    parts = segments(values, [place for place, _ in placed], lowest, highest)
    return Reading(values, parts, signals(values, parts), placed)


def _placed(
    calendar: Calendar, periods: Sequence[Period], changes: Iterable[ProcessChange]
) -> tuple[tuple[int, ProcessChange], ...]:
    """Those that lie within the periods, by their places."""
    starts, end = [period.start for period in periods], calendar.end(periods[-1])
    within = [each for each in changes if starts[0] <= each.period_start < end]
    return tuple((bisect_right(starts, each.period_start) - 1, each) for each in within)


def complete_values(
    calendar: Calendar,
    periods: Sequence[Period],
    figures: Figures,
    row: int,
    today: dt.date,
    column: int = 0,
) -> FloatArray:
    """The values of a row, from a column on, that nothing will add to; nan elsewhere.

    Of periods that are over, of all parts, and not carried forward: half a month, or three of four
    units, would look like a change of the process.
    """
    is_over = np.array([calendar.end(period) <= today for period in periods], dtype=bool)
    of = row, slice(column, column + len(periods))
    is_whole = (figures.known[of] > 0) & (figures.known[of] >= figures.due[of])
    is_whole &= np.isnat(figures.turns_on[of]) & ~figures.is_carried[of]
    values: FloatArray = np.where(is_over & is_whole, figures.values[of], np.nan)
    return values
