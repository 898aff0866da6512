"""Networks of series: who follows from whom, and their figures level by level.

Time within each unit comes first, then units; formulas are computed from copies of their inputs
(`calculations.computed`), because an input counts there only where all the others exist too.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from calculations.aggregation import TIME_RULES, TimeRule, aggregate_each
from calculations.arrays import BoolArray, FloatArray, IntArray, indices
from calculations.parts import KnownValues, Parts, parts_of
from calculations.periods import Calendar
from calculations.series import NOWHERE, Series, Span
from calculations.units import NEVER, Cells, Family, UnitRule, rolled_up


@dataclass(frozen=True)
class Network:
    """Series that point at each other by number; sources: whose recorded values each one reads."""

    series: tuple[Series, ...]
    sources: IntArray

    @cached_property
    def levels(self) -> IntArray:
        """0 for what is measured or computed, then one more than the highest beneath."""
        known: dict[int, int] = {}

        def level(number: int) -> int:
            if number not in known:
                one = self.series[number]
                beneath = [*one.children, *one.weights, one.replacement] if one.children else []
                known[number] = 1 + max((level(n) for n in beneath if n >= 0), default=-1)
            return known[number]

        return indices([level(number) for number in range(len(self.series))])

    @cached_property
    def families(self) -> list[Family]:
        """The rolled-up series with their children, lowest levels first."""
        by_level: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(self.series):
            if one.is_rolled_up:
                by_level[int(self.levels[number])].append(number)
        return [self._family(by_level[level]) for level in sorted(by_level)]

    def _family(self, parents: list[int]) -> Family:
        members = [self.series[number] for number in parents]
        weights = [one.weights or (NOWHERE,) * len(one.children) for one in members]
        return Family(
            parents=indices(parents),
            groups=np.repeat(np.arange(len(parents)), indices([len(m.children) for m in members])),
            children=indices([child for one in members for child in one.children]),
            weights=indices([weight for row in weights for weight in row]),
            is_sum=np.array([m.unit_rule is UnitRule.SUM for m in members], dtype=np.bool_),
            is_weighted=np.array([bool(m.weights) for m in members], dtype=np.bool_),
        )

    @cached_property
    def computed(self) -> IntArray:
        """The numbers of the series that a formula computes."""
        return indices([number for number, one in enumerate(self.series) if one.is_computed])

    @cached_property
    def replacements(self) -> IntArray:
        """(n,) the series of values recorded instead of a roll-up; NOWHERE where there is none."""
        return indices([one.replacement for one in self.series])


@dataclass(frozen=True)
class Layer:
    """A network with its parts and figures; known: the parts' values before any were left out."""

    network: Network
    parts: Parts
    cells: Cells
    known: FloatArray


@dataclass(frozen=True)
class Context:
    """What every calculation of one moment shares."""

    calendar: Calendar
    network: Network
    known: KnownValues
    today: dt.date

    def parts(self, network: Network, spans: Sequence[Span]) -> Parts:
        return parts_of(
            self.calendar, network.series, network.sources, spans, self.known, self.today
        )


Compute = Callable[[IntArray], Cells]


def cells_of(network: Network, parts: Parts, compute: Compute) -> Cells:
    """The figures of every series of the network, from its parts.

    compute: gives the figures of the numbered series that a formula computes.
    """
    cells = measured_cells(network.series, parts)
    is_in_force = part_counts(parts, len(network.series)) > 0
    if network.computed.size:
        rows = compute(network.computed)
        _leave_out(rows, ~is_in_force[network.computed])
        cells.put(network.computed, rows)
    for family in network.families:
        parents = rolled_up(cells, family)
        _leave_out(parents, ~is_in_force[family.parents])
        cells.put(family.parents, parents)
        _replace(cells, network, family.parents)
    return cells


def measured_cells(series: Sequence[Series], parts: Parts) -> Cells:
    """Values aggregated over time, each series by its own rule."""
    cells = Cells.empty(len(series), parts.n_spans)
    shape = cells.values.shape
    rules = np.repeat(indices([TIME_RULES.index(s.time_rule) for s in series]), parts.n_spans)
    values, _ = aggregate_each(parts.values, parts.cells, rules)
    known = np.bincount(parts.cells[parts.is_known], minlength=rules.size)
    is_expected = parts.is_expected
    due = np.bincount(parts.cells[is_expected], minlength=rules.size)
    expected = np.bincount(parts.cells, minlength=rules.size)
    is_sum = rules == TimeRule.SUM.code
    waits = np.flatnonzero(~is_expected)
    turns_on = np.full(rules.size, NEVER)
    np.minimum.at(turns_on, parts.cells[waits], parts.due_on[waits].astype(np.int64))
    cells.values[:] = values.reshape(shape)
    cells.known[:] = known.reshape(shape)
    cells.due[:] = due.reshape(shape)
    cells.addends[:] = np.where(is_sum, np.where(known > 0, known, expected), 1).reshape(shape)
    cells.turns_on[:] = turns_on.reshape(shape)
    cells.is_carried[:] = _is_carried(parts, rules.size).reshape(shape)
    return cells


def part_counts(parts: Parts, n_series: int) -> IntArray:
    """How many parts each cell has, (n, s)."""
    counts = np.bincount(parts.cells, minlength=n_series * parts.n_spans)
    return counts.reshape(n_series, parts.n_spans)


def _is_carried(parts: Parts, n_cells: int) -> BoolArray:
    """Whether all that is known in each cell was carried forward into it."""
    there = ~np.isnan(parts.values)
    carried = np.bincount(parts.cells[there & parts.is_carried], minlength=n_cells)
    recorded = np.bincount(parts.cells[there & ~parts.is_carried], minlength=n_cells)
    is_carried: BoolArray = (carried > 0) & (recorded == 0)
    return is_carried


def _leave_out(cells: Cells, rows: BoolArray) -> None:
    """Nothing is known or due where the KPI is not measured at the unit."""
    cells.values[rows] = np.nan
    for counts in (cells.known, cells.due, cells.units_known, cells.units_due, cells.reasons):
        counts[rows] = 0
    cells.is_carried[rows] = False
    cells.turns_on[rows] = NEVER


def _replace(cells: Cells, network: Network, parents: IntArray) -> None:
    """Where values are recorded at the unit itself and replace, they count instead."""
    own = network.replacements[parents]
    parents, own = parents[own >= 0], own[own >= 0]
    if not parents.size:
        return
    for column in range(cells.values.shape[1]):
        chosen = ~np.isnan(cells.values[own, column])
        to, of = parents[chosen], own[chosen]
        for name in ("values", "known", "due", "addends", "turns_on", "is_carried"):
            array: FloatArray = getattr(cells, name)
            array[to, column] = array[of, column]
        cells.units_known[to, column] = cells.units_due[to, column] = 0
