"""From measured values and targets to the figures of KPIs: value, target, score and coverage.

The one path by which pages, the API and stored scores get a KPI's number: every series (a KPI
where it is measured) is viewed through every span (a period, or a year to date). A span is cut
into the series' own periods, its *parts*. Values are aggregated over time, then over units, then
formulas are computed; targets are taken over the same parts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from calculations.arrays import BoolArray, DayArray, FloatArray, IntArray, floats
from calculations.cell_targets import CellTargets, cell_targets, part_amounts
from calculations.computed import Computed, Step, computed
from calculations.networks import Context, Layer, Network, cells_of
from calculations.parts import Parts, known_values, target_rows_at
from calculations.periods import Calendar
from calculations.polylines import score
from calculations.presence import presence
from calculations.series import Series, Span, TargetRow, Values
from calculations.targets import target_polylines
from calculations.units import NEVER, Cells

__all__ = ["Figures", "Parts", "Series", "Span", "TargetRow", "Values", "figures"]


@dataclass(frozen=True, slots=True)
class Figures:
    """n series viewed through s spans: arrays (n, s); nan = missing.

    known: parts with a value; due: parts that have one or should have one by now; coverage:
    known / due, nan where nothing is due; turns_on: the day on which the next missing part becomes
    due, NaT where there is none; is_carried: the value is an earlier period's, carried forward;
    units_known, units_due: units directly beneath that report, and of which a value is due;
    reasons: codes of Reason where a computed value is missing; x, y: (n, s, p) polylines, nan where
    there is no target.
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
    is_carried: BoolArray
    units_known: IntArray
    units_due: IntArray
    reasons: IntArray
    parts: Parts = field(repr=False)
    target_rows: IntArray = field(repr=False)  # (m,) by part: number of the target row, -1 = none
    steps: tuple[Step, ...] = field(repr=False)  # how computed values came about
    layer: Layer = field(repr=False)  # how rolled-up ones did


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

    >>> from calculations.aggregation import TimeRule
    >>> from calculations.periods import Frequency
    >>> from calculations.targets import TargetKind
    >>> monthly = Series(Frequency.MONTH, TimeRule.SUM, 1)
    >>> quarter = Span(dt.date(2026, 1, 1), dt.date(2026, 4, 1), Frequency.QUARTER)
    >>> months = np.array(["2026-01-01", "2026-02-01"], "M8[D]")
    >>> row = TargetRow(0, dt.date(2026, 1, 1), TargetKind.THRESHOLD, (np.nan, 50, 100, np.nan))
    >>> seen = figures(Calendar(), [monthly], [quarter],
    ...     Values(np.array([0, 0]), months, np.array([100.0, 100.0])), [row], dt.date(2026, 5, 1))
    >>> seen.values[0, 0], seen.points[0, 0, 2], seen.scores[0, 0], seen.known[0, 0], seen.due[0, 0]
    (np.float64(200.0), np.float64(200.0), np.float64(100.0), np.int64(2), np.int64(3))
    """
    network = Network(tuple(series), np.arange(len(series)))
    context = Context(calendar, network, known_values(calendar, series, values), today)
    parts = context.parts(network, spans)
    formulas = _Formulas(context, spans)
    cells = cells_of(network, parts, formulas.cells)
    rows = target_rows_at(targets, series, parts)
    present = presence(network, parts, cells, formulas.found, part_amounts(targets, rows))
    wanted = cell_targets(network, targets, parts, rows, present, cells)
    layer = Layer(network, parts, cells, parts.values)
    return _figures(layer, wanted, rows, formulas.found)


class _Formulas:
    """Computes what formulas compute, and keeps how."""

    def __init__(self, context: Context, spans: Sequence[Span]) -> None:
        self.compute = partial(computed, context, spans=spans)
        none = np.zeros(0, dtype=np.int64)
        self.found = Computed(Cells.empty(0, len(spans)), [], none, np.zeros(0, dtype=np.bool_))

    def cells(self, numbers: IntArray) -> Cells:
        self.found = self.compute(numbers)
        return self.found.cells


def _figures(layer: Layer, wanted: CellTargets, rows: IntArray, found: Computed) -> Figures:
    cells = layer.cells
    shape = cells.values.shape
    x, y = target_polylines(wanted.targets, *_bounds(layer.network.series, cells))
    never = cells.turns_on == NEVER
    return Figures(
        values=cells.values,
        baselines=wanted.columns[:, 0].reshape(shape),
        points=wanted.targets.points.reshape(*shape, 4),
        kinds=wanted.kinds.reshape(shape),
        x=x.reshape(*shape, x.shape[-1]),
        y=y.reshape(*shape, y.shape[-1]),
        scores=score(cells.values.ravel(), x, y).reshape(shape),
        known=cells.known,
        due=cells.due,
        coverage=np.where(cells.due > 0, cells.known / np.maximum(cells.due, 1), np.nan),
        turns_on=np.where(never, np.datetime64("NaT"), cells.turns_on.astype("M8[D]")),
        is_carried=cells.is_carried,
        units_known=cells.units_known,
        units_due=cells.units_due,
        reasons=cells.reasons,
        parts=layer.parts,
        target_rows=rows,
        steps=tuple(found.steps),
        layer=layer,
    )


def _bounds(series: Sequence[Series], cells: Cells) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sign and natural bounds per cell; the bounds of a sum grow with the number of its parts."""
    columns = floats([(s.sign, s.natural_minimum, s.natural_maximum) for s in series])
    n_spans = cells.values.shape[1]
    sign, lowest, highest = np.repeat(columns.reshape(-1, 3), n_spans, axis=0).T
    factor = cells.addends.ravel()
    return sign, lowest * factor, highest * factor
