"""What the arithmetic needs to know of KPIs where they are measured, and of spans.

A *series* is one KPI at one unit. Series point at each other by number: a series may follow from
those of the units beneath, from the inputs of a formula, or from values recorded for it alone.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from calculations.aggregation import TimeRule
from calculations.arrays import DayArray, FloatArray, IntArray
from calculations.formulas.expressions import Expression
from calculations.periods import Frequency
from calculations.targets import TargetKind
from calculations.units import UnitRule

NOWHERE = -1


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
    """A KPI where it is measured, and what its values follow from.

    children: the series of the units beneath, of which `unit_rule` makes this one's value; weights:
    for each of them the series that weighs it, NOWHERE where there is none (empty: all alike);
    replacement: the series of values recorded here that count instead of the children's. formula
    and inputs (code, series): how the value is computed where there are no children.
    targets_from: series above whose targets hold where this one has none, nearest first.
    """

    frequency: Frequency
    time_rule: TimeRule
    sign: int  # 1 higher is better, -1 lower, 0 within a range
    is_yes_no: bool = False
    natural_minimum: float = np.nan
    natural_maximum: float = np.nan
    grace_days: int = 0
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    carry_forward: int = 0  # own periods
    unit: int = 0
    unit_rule: UnitRule = UnitRule.OWN
    children: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()
    replacement: int = NOWHERE
    formula: Expression | None = None
    inputs: tuple[tuple[str, int], ...] = ()
    targets_from: tuple[int, ...] = ()

    @property
    def is_rolled_up(self) -> bool:
        return bool(self.children)

    @property
    def is_computed(self) -> bool:
        return self.formula is not None and not self.children

    @property
    def is_measured(self) -> bool:
        return self.formula is None and not self.children


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
