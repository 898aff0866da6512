"""From measured values and targets to the figures of KPIs: value, target, score and coverage.

The one path by which pages, the API and stored scores get a KPI's number: every series (a KPI
where it is measured) is viewed through every span (a period, or a year to date). A span is cut
into the series' own periods, its *parts*; values and targets are aggregated over the same parts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calculations.aggregation import TIME_RULES, TimeRule, aggregate_each, aggregate_targets
from calculations.arrays import BoolArray, DayArray, FloatArray, IntArray, floats, indices
from calculations.periods import Calendar, Frequency, Period
from calculations.polylines import score
from calculations.targets import TargetKind, Targets, padded_points, target_polylines

# Keys pack a series' number and an ordinal or a day into one sortable integer.
_STRIDE, _OFFSET = 1_000_000, 500_000


@dataclass(frozen=True, slots=True)
class Span:
    """Days [first, end) through which KPIs are viewed; `frequency` is that of the viewed period.

    A series with longer periods than that shows the figure of its own period around the span.
    """

    first: dt.date
    end: dt.date
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Series:
    """What the arithmetic needs to know of a KPI where it is measured."""

    frequency: Frequency
    time_rule: TimeRule
    sign: int  # 1 higher is better, -1 lower, 0 within a range
    is_yes_no: bool = False
    natural_minimum: float = np.nan
    natural_maximum: float = np.nan
    grace_days: int = 0
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """Known values, (m,) each: the series' number, the first day of the period, the value."""

    series: IntArray
    starts: DayArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target of a series. points: floor, red flag, target, stretch, or the four of a range."""

    series: int
    valid_from: dt.date
    kind: TargetKind
    points: tuple[float, float, float, float] = (np.nan,) * 4
    baseline: float = np.nan
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """n series viewed through s spans: arrays (n, s); nan = missing.

    known: parts with a value; due: parts that have one or should have one by now; coverage:
    known / due, nan where nothing is due; turns_on: the day on which the next missing part becomes
    due, NaT where there is none; x, y: (n, s, p) polylines, nan where there is no target.
    """

    values: FloatArray
    baselines: FloatArray
    points: FloatArray  # (n, s, 4), in the order that `kinds` names
    kinds: IntArray
    x: FloatArray
    y: FloatArray
    scores: FloatArray
    known: IntArray
    due: IntArray
    coverage: FloatArray
    turns_on: DayArray
    parts: "Parts" = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parts:
    """Every part of every cell, (m,) each, in order of series, span and time.

    cells: number of the cell (series · s + span); target_rows: number of the target row, -1 = none.
    """

    cells: IntArray
    series: IntArray
    starts: DayArray
    values: FloatArray
    is_due: BoolArray
    due_on: DayArray
    target_rows: IntArray


def figures(
    calendar: Calendar,
    series: Sequence[Series],
    spans: Sequence[Span],
    values: Values,
    targets: Sequence[TargetRow],
    today: dt.date,
) -> Figures:
    """The figures of every series in every span, as they stand today.

    values in any order, each (series, period) once; a value outside its series' start and end is
    not counted. Missing values are never zero: they lower the coverage once they are due.

    >>> monthly = Series(Frequency.MONTH, TimeRule.SUM, 1)
    >>> quarter = Span(dt.date(2026, 1, 1), dt.date(2026, 4, 1), Frequency.QUARTER)
    >>> months = np.array(["2026-01-01", "2026-02-01"], "M8[D]")
    >>> row = TargetRow(0, dt.date(2026, 1, 1), TargetKind.THRESHOLD, (np.nan, 50, 100, np.nan))
    >>> seen = figures(Calendar(), [monthly], [quarter],
    ...     Values(np.array([0, 0]), months, np.array([100.0, 100.0])), [row], dt.date(2026, 5, 1))
    >>> seen.values[0, 0], seen.points[0, 0, 2], seen.scores[0, 0], seen.known[0, 0], seen.due[0, 0]
    (np.float64(200.0), np.float64(200.0), np.float64(100.0), np.int64(2), np.int64(3))
    """
    shape = (len(series), len(spans))
    parts = _parts(calendar, series, spans, values, targets, today)
    rules = np.repeat(indices([TIME_RULES.index(s.time_rule) for s in series]), len(spans))
    amounts, known = aggregate_each(parts.values, parts.cells, rules)
    due = np.bincount(parts.cells[parts.is_due | ~np.isnan(parts.values)], minlength=rules.size)
    kinds, baselines, polyline_targets = _cell_targets(series, targets, parts, rules)
    x, y = target_polylines(polyline_targets, *_bounds(series, parts, rules, known))
    return Figures(
        values=amounts.reshape(shape),
        baselines=baselines.reshape(shape),
        points=polyline_targets.points.reshape(*shape, 4),
        kinds=kinds.reshape(shape),
        x=x.reshape(*shape, x.shape[-1]),
        y=y.reshape(*shape, y.shape[-1]),
        scores=score(amounts, x, y).reshape(shape),
        known=known.reshape(shape),
        due=due.reshape(shape),
        coverage=np.where(due > 0, known / np.maximum(due, 1), np.nan).reshape(shape),
        turns_on=_turning_days(parts, rules.size).reshape(shape),
        parts=parts,
    )


def _parts(
    calendar: Calendar,
    series: Sequence[Series],
    spans: Sequence[Span],
    values: Values,
    targets: Sequence[TargetRow],
    today: dt.date,
) -> Parts:
    first, end, due_end = _ordinal_bounds(calendar, series, spans, today)
    counts = np.maximum(end - first, 0).ravel()
    cells = np.repeat(np.arange(counts.size), counts)
    offsets = np.arange(cells.size) - np.repeat(np.cumsum(counts) - counts, counts)
    ordinals = first.ravel()[cells] + offsets
    numbers = cells // max(len(spans), 1)
    starts, ends = _days_of(calendar, series, numbers, ordinals)
    grace = indices([s.grace_days for s in series])
    return Parts(
        cells=cells,
        series=numbers,
        starts=starts,
        values=_values_at(calendar, series, values, numbers, ordinals),
        is_due=ordinals < due_end[numbers],
        due_on=ends + grace[numbers].astype("m8[D]"),
        target_rows=_target_rows_at(targets, numbers, starts),
    )


def _ordinal_bounds(
    calendar: Calendar, series: Sequence[Series], spans: Sequence[Span], today: dt.date
) -> tuple[IntArray, IntArray, IntArray]:
    """First and end ordinal (n, s) of each cell's parts, and (n,) the first one not due yet."""
    first = np.zeros((len(series), len(spans)), dtype=np.int64)
    end, due_end = np.zeros_like(first), np.zeros(len(series), dtype=np.int64)
    by_frequency = {f: _span_bounds(calendar, spans, f) for f in {s.frequency for s in series}}
    for i, one in enumerate(series):
        first[i], end[i] = by_frequency[one.frequency]
        if one.starts_on:
            first[i] = np.maximum(first[i], _ordinal(calendar, one.starts_on, one.frequency))
        if one.ends_on:
            last_day = one.ends_on - dt.timedelta(days=1)
            end[i] = np.minimum(end[i], _ordinal(calendar, last_day, one.frequency) + 1)
        due_day = today - dt.timedelta(days=one.grace_days)
        due_end[i] = _ordinal(calendar, due_day, one.frequency)
    return first, end, due_end


def _span_bounds(
    calendar: Calendar, spans: Sequence[Span], frequency: Frequency
) -> tuple[IntArray, IntArray]:
    bounds = [_bounds_of_span(calendar, span, frequency) for span in spans]
    return indices([first for first, _ in bounds]), indices([end for _, end in bounds])


def _bounds_of_span(calendar: Calendar, span: Span, frequency: Frequency) -> tuple[int, int]:
    if span.frequency.is_finer_than(frequency):
        around = _ordinal(calendar, calendar.anchor(Period(span.frequency, span.first)), frequency)
        return around, around + 1
    # The first week of a span is the first whose Thursday lies in it: the anchor shifts both ends.
    first, end = (calendar.anchor(Period(frequency, day)) for day in (span.first, span.end))
    return _ordinal(calendar, first, frequency), _ordinal(calendar, end, frequency)


def _ordinal(calendar: Calendar, day: dt.date, frequency: Frequency) -> int:
    return calendar.ordinal(calendar.period(frequency, day))


def _days_of(
    calendar: Calendar, series: Sequence[Series], numbers: IntArray, ordinals: IntArray
) -> tuple[DayArray, DayArray]:
    """First day, and day after the last, of each numbered period of each row's own frequency."""
    starts = np.empty(ordinals.size, dtype="M8[D]")
    ends = np.empty_like(starts)
    for frequency, rows in _rows_by_frequency(series, numbers):
        starts[rows] = calendar.starts(ordinals[rows], frequency)
        ends[rows] = calendar.ends(ordinals[rows], frequency)
    return starts, ends


def _rows_by_frequency(
    series: Sequence[Series], numbers: IntArray
) -> list[tuple[Frequency, BoolArray]]:
    ranks = indices([s.frequency.rank for s in series])
    of_row = ranks[numbers] if numbers.size else ranks[:0]
    return [(f, of_row == f.rank) for f in Frequency if (ranks == f.rank).any()]


def _values_at(
    calendar: Calendar,
    series: Sequence[Series],
    values: Values,
    numbers: IntArray,
    ordinals: IntArray,
) -> FloatArray:
    """The value of each part, nan where none is known."""
    known_ordinals = np.empty(values.values.size, dtype=np.int64)
    for frequency, rows in _rows_by_frequency(series, values.series):
        known_ordinals[rows] = calendar.ordinals(values.starts[rows], frequency)
    keys = values.series * _STRIDE + known_ordinals + _OFFSET
    order = np.argsort(keys, kind="stable")
    wanted = numbers * _STRIDE + ordinals + _OFFSET
    places = np.searchsorted(keys[order], wanted)
    padded_keys = np.append(keys[order], -1)
    padded_values = np.append(values.values[order], np.nan)
    return np.where(padded_keys[places] == wanted, padded_values[places], np.nan)


def _target_rows_at(targets: Sequence[TargetRow], numbers: IntArray, starts: DayArray) -> IntArray:
    """The number of the target valid at each part; -1 where none is yet."""
    keys = indices([t.series * _STRIDE + _day_number(t.valid_from) for t in targets])
    order = np.argsort(keys, kind="stable")
    wanted = numbers * _STRIDE + starts.astype(np.int64) + _OFFSET
    places = np.searchsorted(keys[order], wanted, side="right") - 1
    rows = np.append(order, -1)[places]
    of_series = indices([t.series for t in targets] + [-1])
    return np.where(of_series[rows] == numbers, rows, -1)


def _day_number(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64)) + _OFFSET


def _cell_targets(
    series: Sequence[Series], targets: Sequence[TargetRow], parts: Parts, rules: IntArray
) -> tuple[IntArray, FloatArray, Targets]:
    """One target per cell, aggregated over the parts that have the form of the cell's last one."""
    scores_of_curves = [tuple(y for _, y in t.curve) for t in targets]
    forms = indices([_form(t, scores_of_curves) for t in targets] + [-1])
    cell_rows = _last_target_rows(parts, rules.size)
    has_same_form = forms[parts.target_rows] == forms[cell_rows][parts.cells]
    columns = _target_columns(targets)
    rows = np.where(has_same_form, parts.target_rows, len(targets))
    merged = aggregate_targets(columns[rows], parts.values, parts.cells, rules)
    curve_scores = padded_points([t.curve for t in targets] + [()])[1]
    kinds = indices([t.kind for t in targets] + [TargetKind.THRESHOLD])[cell_rows]
    is_yes_no = np.repeat([s.is_yes_no for s in series], rules.size // max(len(series), 1))
    kinds = np.where(is_yes_no, TargetKind.YES_NO, kinds)
    return (
        kinds,
        merged[:, 0],
        Targets(kinds, merged[:, 1:5], merged[:, 5:], curve_scores[cell_rows]),
    )


def _form(target: TargetRow, scores_of_curves: list[tuple[float, ...]]) -> int:
    """Targets of one form can be aggregated: the same kind, and curves with the same scores."""
    curve = tuple(y for _, y in target.curve)
    return target.kind if not curve else 10 + scores_of_curves.index(curve)


def _target_columns(targets: Sequence[TargetRow]) -> FloatArray:
    """(t + 1, 5 + p): baseline, four points, values of the curve; the last row is "no target"."""
    curve_values = padded_points([t.curve for t in targets] + [()])[0]
    points = floats([(t.baseline, *t.points) for t in targets] + [(np.nan,) * 5])
    return np.hstack([points, curve_values])


def _last_target_rows(parts: Parts, n_cells: int) -> IntArray:
    """The number of the target of each cell's last part that has one; -1 where none has."""
    last = np.full(n_cells, -1, dtype=np.int64)
    has_target = np.flatnonzero(parts.target_rows >= 0)
    np.maximum.at(last, parts.cells[has_target], has_target)
    return np.append(parts.target_rows, -1)[last]


def _bounds(
    series: Sequence[Series], parts: Parts, rules: IntArray, known: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sign and natural bounds per cell; the bounds of a sum grow with the number of its parts."""
    n_spans = rules.size // max(len(series), 1)
    expected = np.bincount(parts.cells, minlength=rules.size)
    counted = np.where(known > 0, known, expected)
    factor = np.where(rules == TimeRule.SUM.code, counted, 1)
    columns = floats([(s.sign, s.natural_minimum, s.natural_maximum) for s in series])
    sign, lowest, highest = np.repeat(columns.reshape(-1, 3), n_spans, axis=0).T
    return sign, lowest * factor, highest * factor


def _turning_days(parts: Parts, n_cells: int) -> DayArray:
    """The day on which each cell's next missing part becomes due."""
    waits = np.isnan(parts.values) & ~parts.is_due
    never = np.iinfo(np.int64).max
    days = np.full(n_cells, never)
    np.minimum.at(days, parts.cells[waits], parts.due_on[waits].astype(np.int64))
    return np.where(days == never, np.datetime64("NaT"), days.astype("M8[D]"))
