"""Aggregation over time: from the values of a KPI's own periods to the value of a longer one.

Sums run in row order, so that a group computed alone equals the same group among many, bit for bit.
"""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, IntArray, floats, indices, sums


class TimeRule(StrEnum):
    """How the values of several periods become one."""

    SUM = "sum"
    MEAN = "mean"
    LAST = "last"
    MIN = "min"
    MAX = "max"

    @property
    def code(self) -> int:
        """The rule's number in arrays of rules; TIME_RULES turns it back."""
        return TIME_RULES.index(self)


TIME_RULES = tuple(TimeRule)


def aggregate(
    values: ArrayLike, groups: ArrayLike, n_groups: int, rule: TimeRule
) -> tuple[FloatArray, IntArray]:
    """The known values of each group made one, all groups by the same rule.

    values: (m,), nan = missing, in ascending order of periods within a group; groups: (m,) int in
    [0, n_groups). Returns (aggregated, known), each (n_groups,): aggregated is nan where nothing is
    known; known counts the values that went in. `last` is the last known value.

    >>> aggregate([10, 30, np.nan, 5], [0, 0, 0, 1], 3, TimeRule.SUM)
    (array([40.,  5., nan]), array([2, 1, 0]))
    >>> aggregate([10, 30, np.nan, 5], [0, 0, 0, 1], 3, TimeRule.LAST)
    (array([30.,  5., nan]), array([2, 1, 0]))
    """
    return aggregate_each(values, groups, np.full(n_groups, rule.code))


def aggregate_each(
    values: ArrayLike, groups: ArrayLike, rules: ArrayLike
) -> tuple[FloatArray, IntArray]:
    """The known values of each group made one, each group by its own rule.

    As `aggregate`; rules: (n_groups,) codes of TimeRule.

    >>> aggregate_each([10, 30, 7, 5], [0, 0, 1, 1], [TimeRule.MEAN.code, TimeRule.MIN.code])
    (array([20.,  5.]), array([2, 2]))
    """
    values, groups, rules = floats(values), indices(groups), indices(rules)
    is_known = ~np.isnan(values)
    values, groups = values[is_known], groups[is_known]
    known = _counts(groups, rules.size)
    aggregated = np.full(rules.size, np.nan)
    for code in np.unique(rules):
        rows, chosen = rules[groups] == code, (rules == code) & (known > 0)
        aggregated[chosen] = _AGGREGATES[code](values[rows], groups[rows], rules.size)[chosen]
    return aggregated, known


def aggregate_targets(
    points: ArrayLike, values: ArrayLike, groups: ArrayLike, rules: ArrayLike
) -> FloatArray:
    """The target of each group over the same parts that its value came from.

    points: (m, k) columns of one target each row, nan = point not given; values: (m,) the values of
    the same rows, nan = missing; groups: (m,); rules: (n_groups,) codes of the values' TimeRule.
    Targets are summed where values are, the last is taken where the last value is, and their mean
    otherwise. Returns (n_groups, k).

    Only rows with a value count; a group without any value takes all its rows that have a target,
    so that a target is shown before the first value. A point is given where all counted rows give
    it. A counted row without a target leaves a sum missing (half a target is not comparable), but
    is left out of a mean.

    >>> months, sums = [0, 0, 0], [TimeRule.SUM.code]
    >>> aggregate_targets([[100.0]] * 3, [100, 100, np.nan], months, sums)
    array([[200.]])
    >>> aggregate_targets([[100.0]] * 3, [np.nan] * 3, months, sums)
    array([[300.]])
    """
    points, groups, rules = floats(points), indices(groups), indices(rules)
    has_value = ~np.isnan(floats(values))
    has_target: BoolArray = np.any(~np.isnan(points), axis=1)
    counts = _counted_rows(has_value, has_target, groups, rules.size)
    of_row = rules[groups]
    is_sum, is_last = of_row == TimeRule.SUM.code, of_row == TimeRule.LAST.code
    target = np.full((rules.size, points.shape[1]), np.nan)
    _place(target, _sums_of_columns, points, groups, counts & is_sum)
    _place(target, _last_rows, points, groups, counts & is_last)
    _place(target, _means_of_columns, points, groups, counts & has_target & ~is_sum & ~is_last)
    return target


def _counted_rows(
    has_value: BoolArray, has_target: BoolArray, groups: IntArray, n_groups: int
) -> BoolArray:
    is_measured = _counts(groups[has_value], n_groups) > 0
    return np.where(is_measured[groups], has_value, has_target)


def _place(
    target: FloatArray,
    combine: Callable[[FloatArray, IntArray, int], FloatArray],
    points: FloatArray,
    groups: IntArray,
    counts: BoolArray,
) -> None:
    """Write the combined rows that count into the rows of the groups they belong to."""
    if not counts.any():
        return
    points, groups = points[counts], groups[counts]
    chosen = _counts(groups, len(target)) > 0
    target[chosen] = combine(points, groups, len(target))[chosen]


def _counts(groups: IntArray, n_groups: int) -> IntArray:
    return np.bincount(groups, minlength=n_groups)


def _means(values: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    return sums(values, groups, n_groups) / np.maximum(_counts(groups, n_groups), 1)


def _last_rows(values: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    # Not `rows[groups] = …`: numpy does not promise which of several writes to one place stays.
    rows = np.zeros(n_groups, dtype=np.int64)
    np.maximum.at(rows, groups, np.arange(groups.size))
    return values[rows] if groups.size else np.full(n_groups, np.nan)


def _minima(values: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    lowest = np.full(n_groups, np.inf)
    np.minimum.at(lowest, groups, values)
    return lowest


def _maxima(values: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    return -_minima(-values, groups, n_groups)


def _sums_of_columns(points: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    return np.stack([sums(column, groups, n_groups) for column in points.T], axis=1)


def _means_of_columns(points: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    return np.stack([_means(column, groups, n_groups) for column in points.T], axis=1)


_AGGREGATES = (sums, _means, _last_rows, _minima, _maxima)
