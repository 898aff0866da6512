"""Roll-up over units: from the figures of the units beneath to those of a unit.

A unit's value is the sum or the mean of those directly beneath it that have one; a mean may be
weighted by another KPI. Values carried forward are shown where they stand, but never enter.
Sums run in the order of the children, so that one unit alone equals the same among many.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from calculations.arrays import BoolArray, FloatArray, IntArray, sums

NEVER = np.iinfo(np.int64).max


class UnitRule(StrEnum):
    """How the value of a unit follows from the units beneath it where the KPI is measured too."""

    OWN = "own"
    SUM = "sum"
    MEAN = "mean"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Cells:
    """What is known of n series in s spans before targets come in, arrays (n, s), written in place.

    values: nan = missing; known, due: values that went in, and those that are there or should be
    by now; addends: how many values were added up to one; turns_on: day number on which the next
    missing value becomes due, NEVER where none does; is_carried: the value is an earlier period's;
    units_known, units_due: units directly beneath with a value, and of which one is due (0 where
    nothing is rolled up); reasons: codes of Reason for a computed value that is missing.
    """

    values: FloatArray
    known: IntArray
    due: IntArray
    addends: FloatArray
    turns_on: IntArray
    is_carried: BoolArray
    units_known: IntArray
    units_due: IntArray
    reasons: IntArray

    @classmethod
    def empty(cls, n_series: int, n_spans: int) -> "Cells":
        shape = (n_series, n_spans)
        counts = [np.zeros(shape, dtype=np.int64) for _ in range(5)]
        return cls(
            values=np.full(shape, np.nan),
            known=counts[0],
            due=counts[1],
            addends=np.ones(shape),
            turns_on=np.full(shape, NEVER),
            is_carried=np.zeros(shape, dtype=np.bool_),
            units_known=counts[2],
            units_due=counts[3],
            reasons=counts[4],
        )

    def put(self, numbers: IntArray, rows: "Cells") -> None:
        """Write the rows over those of the numbered series."""
        for field in fields(self):
            getattr(self, field.name)[numbers] = getattr(rows, field.name)

    @property
    def reports(self) -> BoolArray:
        """Where there is a value of the span's own, which may enter those of units above."""
        reported: BoolArray = ~np.isnan(self.values) & ~self.is_carried
        return reported


@dataclass(frozen=True, slots=True)
class Family:
    """Parents of one level with their children: arrays over (parent, child) pairs.

    parents: (k,) series; groups: (e,) places in `parents`; children, weights: (e,) series, -1 where
    a child has no weight of its own; is_sum, is_weighted: (k,).
    """

    parents: IntArray
    groups: IntArray
    children: IntArray
    weights: IntArray
    is_sum: BoolArray
    is_weighted: BoolArray


def child_weights(cells: Cells, family: Family) -> FloatArray:
    """What each child counts with in each span, (e, s): 0 where it has no value or no weight."""
    weights = np.ones((family.children.size, cells.values.shape[1]))
    is_weighted = family.is_weighted[family.groups]
    weighing = np.append(cells.values, np.full((1, weights.shape[1]), np.nan), axis=0)
    weights[is_weighted] = np.fmax(weighing[family.weights[is_weighted]], 0.0)
    counted: FloatArray = weights * cells.reports[family.children]
    return counted


def rolled_up(cells: Cells, family: Family) -> Cells:
    """The figures of the parents, from those of their children in the same spans."""
    n_parents, n_spans = family.parents.size, cells.values.shape[1]
    weights = child_weights(cells, family)
    counts = weights > 0
    places = (family.groups[:, None] * n_spans + np.arange(n_spans)).ravel()

    def total(of_children: FloatArray | IntArray | BoolArray) -> FloatArray:
        added = sums(of_children.ravel().astype(np.float64), places, n_parents * n_spans)
        return added.reshape(n_parents, n_spans)

    children = family.children
    amounts = total(weights * np.where(counts, cells.values[children], 0.0))
    weight = total(weights)
    is_any = weight > 0
    is_sum = family.is_sum[:, None]
    parent = Cells.empty(n_parents, n_spans)
    parent.values[:] = np.where(
        is_any, np.where(is_sum, amounts, amounts / np.where(is_any, weight, 1.0)), np.nan
    )
    parent.known[:] = total(np.where(counts, cells.known[children], 0))
    parent.due[:] = total(cells.due[children])
    # Before the first value, all children stand for the whole.
    shares = np.where(is_any[family.groups], weights, cells.addends[children] > 0)
    added = total(shares * cells.addends[children])
    parent.addends[:] = np.where(is_sum, added, added / np.where(added > 0, total(shares), 1.0))
    np.minimum.at(parent.turns_on, family.groups, cells.turns_on[children])
    parent.units_known[:] = total(counts)
    parent.units_due[:] = total(counts | (cells.due[children] > 0))
    return parent
