"""Parts: the own periods of every series within every span, with the values known in them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calculations.aggregation import TimeRule
from calculations.arrays import BoolArray, DayArray, FloatArray, IntArray, indices
from calculations.periods import Calendar, Frequency, Period
from calculations.series import Series, Span, TargetRow, Values

# Keys pack a series' number and an ordinal or a day into one sortable integer.
STRIDE, OFFSET = 1_000_000, 500_000


@dataclass(frozen=True, slots=True)
class Parts:
    """Every part of every cell, (m,) each, in order of series, span and time.

    cells: number of the cell (series · spans + span); ordinals: number of the period among those
    of the series' frequency; values: nan = missing; is_carried: the value is that of an earlier
    period, carried forward; is_due: whether a value should be there by now.
    """

    n_spans: int
    cells: IntArray
    series: IntArray
    ordinals: IntArray
    starts: DayArray
    values: FloatArray
    is_carried: BoolArray
    is_due: BoolArray
    due_on: DayArray

    @property
    def keys(self) -> IntArray:
        """The cell and the ordinal of each part as one number, ascending."""
        return self.cells * STRIDE + self.ordinals + OFFSET

    @property
    def is_known(self) -> BoolArray:
        """Whether each part counts as measured: what is carried does so only once it is due."""
        counts: BoolArray = ~np.isnan(self.values) & (self.is_due | ~self.is_carried)
        return counts

    @property
    def is_expected(self) -> BoolArray:
        """Whether each part has a value of its own, or should have one by now."""
        return self.is_due | (~np.isnan(self.values) & ~self.is_carried)

    def with_values(self, values: FloatArray) -> "Parts":
        return replace(self, values=values)


@dataclass(frozen=True)
class KnownValues:
    """Recorded values in the order in which they are looked up."""

    keys: IntArray  # ascending; a last one that no key reaches
    values: FloatArray

    def at(self, series: IntArray, ordinals: IntArray) -> FloatArray:
        """The value of each series in its numbered period; nan where none is known."""
        wanted = series * STRIDE + ordinals + OFFSET
        places = np.searchsorted(self.keys, wanted)
        return np.where(self.keys[places] == wanted, self.values[places], np.nan)

    def before(self, series: IntArray, ordinals: IntArray, reach: IntArray) -> FloatArray:
        """The last value known in the `reach` periods before each; nan where none is."""
        wanted = series * STRIDE + ordinals + OFFSET
        places = np.searchsorted(self.keys, wanted) - 1
        distance = wanted - self.keys[places]
        is_near = (places >= 0) & (distance > 0) & (distance <= reach)
        return np.where(is_near, self.values[places], np.nan)


def known_values(calendar: Calendar, series: Sequence[Series], values: Values) -> KnownValues:
    """The values in any order, each (series, period) once, made ready to be looked up."""
    ordinals = np.empty(values.values.size, dtype=np.int64)
    for frequency, rows in rows_by_frequency(series, values.series):
        ordinals[rows] = calendar.ordinals(values.starts[rows], frequency)
    keys = values.series * STRIDE + ordinals + OFFSET
    order = np.argsort(keys, kind="stable")
    beyond = np.iinfo(np.int64).max
    return KnownValues(np.append(keys[order], beyond), np.append(values.values[order], np.nan))


def parts_of(
    calendar: Calendar,
    series: Sequence[Series],
    sources: IntArray,
    spans: Sequence[Span],
    known: KnownValues,
    today: dt.date,
) -> Parts:
    """The parts of every series in every span; sources: whose recorded values each one reads."""
    first, end, due_end = _ordinal_bounds(calendar, series, spans, today)
    counts = np.maximum(end - first, 0).ravel()
    cells = np.repeat(np.arange(counts.size), counts)
    offsets = np.arange(cells.size) - np.repeat(np.cumsum(counts) - counts, counts)
    ordinals = first.ravel()[cells] + offsets
    numbers = cells // max(len(spans), 1)
    starts, ends = _days_of(calendar, series, numbers, ordinals)
    grace = indices([s.grace_days for s in series])
    read = np.append(sources, 0)[numbers]
    recorded = known.at(read, ordinals)
    since = ordinals - _first_ordinals(calendar, series)[numbers] if cells.size else cells
    carried = _carried(series, known, read, numbers, ordinals, counts[cells] == 1, since)
    is_carried = np.isnan(recorded) & ~np.isnan(carried)
    return Parts(
        n_spans=len(spans),
        cells=cells,
        series=numbers,
        ordinals=ordinals,
        starts=starts,
        values=np.where(is_carried, carried, recorded),
        is_carried=is_carried,
        is_due=ordinals < due_end[numbers],
        due_on=ends + grace[numbers].astype("m8[D]"),
    )


def _carried(
    series: Sequence[Series],
    known: KnownValues,
    read: IntArray,
    numbers: IntArray,
    ordinals: IntArray,
    is_alone: BoolArray,
    since: IntArray,
) -> FloatArray:
    """What an earlier period lends to each part: never to a sum, mean, minimum or maximum.

    since: periods since the first in which the KPI is measured at the unit; none before it lends.
    """
    reach = indices([s.carry_forward for s in series])
    if not reach.any():
        return np.full(numbers.size, np.nan)
    is_last = np.array([s.time_rule is TimeRule.LAST for s in series], dtype=np.bool_)
    may = (is_last[numbers] | is_alone) & (reach[numbers] > 0)
    carried = np.full(numbers.size, np.nan)
    near = np.minimum(reach[numbers[may]], since[may])
    carried[may] = known.before(read[may], ordinals[may], near)
    return carried


def _first_ordinals(calendar: Calendar, series: Sequence[Series]) -> IntArray:
    """The first period in which each KPI is measured at its unit; far back where none is set."""
    return indices(
        [
            ordinal_of(calendar, one.starts_on, one.frequency) if one.starts_on else -OFFSET
            for one in series
        ]
    )


def rows_by_frequency(
    series: Sequence[Series], numbers: IntArray
) -> list[tuple[Frequency, BoolArray]]:
    """The frequencies that occur, each with the rows of its series."""
    ranks = indices([s.frequency.rank for s in series])
    of_row = ranks[numbers] if numbers.size else ranks[:0]
    return [(f, of_row == f.rank) for f in Frequency if (ranks == f.rank).any()]


def target_rows_at(
    targets: Sequence[TargetRow], series: Sequence[Series], parts: Parts
) -> IntArray:
    """The number of the target that holds at each part, its own or the nearest one above's.

    -1 where there is none yet.
    """
    rows = _rows_at(targets, parts.series, parts.starts)
    depth = max((len(s.targets_from) for s in series), default=0)
    for step in range(depth):
        above = indices(
            [s.targets_from[step] if step < len(s.targets_from) else -1 for s in series]
        )
        lacks = np.flatnonzero(rows < 0)
        lacks = lacks[above[parts.series[lacks]] >= 0]
        rows[lacks] = _rows_at(targets, above[parts.series[lacks]], parts.starts[lacks])
    return rows


def _rows_at(targets: Sequence[TargetRow], numbers: IntArray, starts: DayArray) -> IntArray:
    keys = indices([t.series * STRIDE + _day_number(t.valid_from) for t in targets])
    order = np.argsort(keys, kind="stable")
    wanted = numbers * STRIDE + starts.astype(np.int64) + OFFSET
    places = np.searchsorted(keys[order], wanted, side="right") - 1
    rows = np.append(order, -1)[places]
    of_series = indices([t.series for t in targets] + [-1])
    return np.where(of_series[rows] == numbers, rows, -1)


def _day_number(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64)) + OFFSET


def _ordinal_bounds(
    calendar: Calendar, series: Sequence[Series], spans: Sequence[Span], today: dt.date
) -> tuple[IntArray, IntArray, IntArray]:
    """First and end ordinal (n, s) of each cell's parts, and (n,) the first one not due yet."""
    frequencies = list({s.frequency for s in series})
    of = indices([frequencies.index(s.frequency) for s in series])
    bounds = [_span_bounds(calendar, spans, frequency) for frequency in frequencies]
    shape = (len(frequencies), len(spans))
    first = indices([first for first, _ in bounds]).reshape(shape)[of]
    end = indices([end for _, end in bounds]).reshape(shape)[of]
    due: dict[tuple[Frequency, int], int] = {}
    for i, one in enumerate(series):
        if one.starts_on:
            first[i] = np.maximum(first[i], ordinal_of(calendar, one.starts_on, one.frequency))
        if one.ends_on:
            last_day = one.ends_on - dt.timedelta(days=1)
            end[i] = np.minimum(end[i], ordinal_of(calendar, last_day, one.frequency) + 1)
        if (one.frequency, one.grace_days) not in due:
            due_day = today - dt.timedelta(days=one.grace_days)
            due[one.frequency, one.grace_days] = ordinal_of(calendar, due_day, one.frequency)
    return first, end, indices([due[one.frequency, one.grace_days] for one in series])


def _span_bounds(
    calendar: Calendar, spans: Sequence[Span], frequency: Frequency
) -> tuple[IntArray, IntArray]:
    bounds = [bounds_of_span(calendar, span, frequency) for span in spans]
    return indices([first for first, _ in bounds]), indices([end for _, end in bounds])


def bounds_of_span(calendar: Calendar, span: Span, frequency: Frequency) -> tuple[int, int]:
    """First and end ordinal of the periods of that frequency that make up the span."""
    if span.frequency.is_finer_than(frequency):
        around = ordinal_of(
            calendar, calendar.anchor(Period(span.frequency, span.first)), frequency
        )
        return around, around + 1
    # The first week of a span is the first whose Thursday lies in it: the anchor shifts both ends.
    first, end = (calendar.anchor(Period(frequency, day)) for day in (span.first, span.end))
    return ordinal_of(calendar, first, frequency), ordinal_of(calendar, end, frequency)


def ordinal_of(calendar: Calendar, day: dt.date, frequency: Frequency) -> int:
    """The number of the period of that frequency that contains the day."""
    return calendar.ordinal(calendar.period(frequency, day))


def _days_of(
    calendar: Calendar, series: Sequence[Series], numbers: IntArray, ordinals: IntArray
) -> tuple[DayArray, DayArray]:
    """First day, and day after the last, of each numbered period of each row's own frequency."""
    starts = np.empty(ordinals.size, dtype="M8[D]")
    ends = np.empty_like(starts)
    for frequency, rows in rows_by_frequency(series, numbers):
        starts[rows] = calendar.starts(ordinals[rows], frequency)
        ends[rows] = calendar.ends(ordinals[rows], frequency)
    return starts, ends
