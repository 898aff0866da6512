"""Roll-up: from the scores of weighted children to the score and coverage of their parent.

Scores of one period, or of many periods at once: then every array of scores, coverages and statuses
has a second axis, the periods, and what is said of rows below is said of each period by itself.
A group alone comes out as the same group among many, bit for bit. A child with weight 0 is context
and counts nowhere.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, IntArray, floats, indices, sums
from calculations.means import weighted_means
from calculations.polylines import STRETCH_SCORE, TARGET_SCORE
from calculations.scoring import Status, status_codes

Table = TypeVar("Table", FloatArray, IntArray)


class RollUpRule(StrEnum):
    """How the scores of the children become their parent's."""

    WEIGHTED_MEAN = "weighted_mean"
    WORST = "worst"
    BEST = "best"
    MOST_FREQUENT = "most_frequent"

    @property
    def code(self) -> int:
        """The rule's number in arrays of rules; ROLL_UP_RULES turns it back."""
        return ROLL_UP_RULES.index(self)


ROLL_UP_RULES = tuple(RollUpRule)


@dataclass(frozen=True, slots=True)
class RollUp:
    """Scores and coverages of groups, and how their children made them.

    scores, coverages: (n_groups,) or (n_groups, n_periods); deciding: (n,) or (n, n_periods), the
    (capped) scores of the children that decide their group's score; nan for those left out, and for
    those that lost under worst, best or most frequent. weights, groups: (n,), as given.
    """

    scores: FloatArray
    coverages: FloatArray
    deciding: FloatArray
    weights: FloatArray
    groups: IntArray

    @property
    def effective_weights(self) -> FloatArray:
        """The share of each child in its group's score, shaped as deciding.

        Σ share · (capped) score is the score. Children that tie under worst or best share in
        proportion to their weights.
        """
        is_counted = ~np.isnan(_table(self.deciding))
        counted = is_counted * self.weights[:, np.newaxis]
        cells = _cells(self.groups, counted.shape[1])
        totals = sums(counted.ravel(), cells.ravel(), self.scores.size)
        shares = counted / np.where(totals > 0, totals, 1.0)[cells]
        return shares.reshape(self.deciding.shape)


def roll_up(
    scores: ArrayLike,
    coverages: ArrayLike,
    weights: ArrayLike,
    groups: ArrayLike,
    n_groups: int,
    rules: ArrayLike,
    capped: ArrayLike,
) -> RollUp:
    """The score and the coverage of each group of children.

    Children, (n,) or (n, n_periods): scores, nan = no data, left out so that its weight goes to the
    others in proportion; coverages in [0, 1], nan = nothing due there, left out of the coverage.
    weights: (n,) ≥ 0; groups: (n,) int in [0, n_groups). Groups (n_groups,): rules, codes of
    RollUpRule; capped, whether children count at most 100. A group's score is nan where no child
    has data, its coverage, Σ weight · coverage / Σ weight, nan where nothing is due.

    >>> scores, coverages, weights = [80, 60, np.nan, 20], [1, 1, 0, 1], [50, 25, 15, 10]
    >>> rolled = roll_up(scores, coverages, weights, [0] * 4, 1, [0], [False])
    >>> rolled.scores.round(2), rolled.coverages, rolled.effective_weights.round(3)
    (array([67.06]), array([0.85]), array([0.588, 0.294, 0.   , 0.118]))
    """
    scores, weights, groups = floats(scores), floats(weights), indices(groups)
    shape = scores.shape[1:]
    rules, is_capped = indices(rules), np.asarray(capped, dtype=np.bool_)
    counted = _table(scores)
    if is_capped.any():
        at_most = np.where(is_capped, TARGET_SCORE, np.inf)[groups, np.newaxis]
        counted = np.where(counted > at_most, at_most, counted)
    deciding = _deciding(counted, weights, groups, rules)
    tables = deciding, _table(floats(coverages))
    mean, coverage = weighted_means(tables, weights, groups, n_groups)
    return RollUp(
        # Rounding must not carry a mean of 150s past 150.
        scores=np.minimum(mean, STRETCH_SCORE, out=mean).reshape(n_groups, *shape),
        coverages=coverage.reshape(n_groups, *shape),
        deciding=deciding.reshape(scores.shape),
        weights=weights,
        groups=groups,
    )


def status_counts(codes: ArrayLike, groups: ArrayLike, n_groups: int) -> IntArray:
    """How many children of each group have each status: columns in order of Status, at the end.

    codes: (n,) or (n, n_periods) of Status; groups: (n,). Returns (n_groups, 5) or (n_groups,
    n_periods, 5).

    >>> status_counts([2, 2, 0], [0, 0, 1], 2)
    array([[0, 0, 2, 0, 0],
           [1, 0, 0, 0, 0]])
    """
    codes = indices(codes)
    shape = n_groups, *codes.shape[1:], len(Status)
    table = _table(codes)
    cells = _cells(indices(groups), table.shape[1]) * len(Status) + table
    return np.bincount(cells.ravel(), minlength=math.prod(shape)).reshape(shape)


def _table(rows: Table) -> Table:
    """(n,) as the one column of a table, (n, n_periods) as it is."""
    return rows.reshape(rows.shape[0], math.prod(rows.shape[1:]))


def _cells(groups: IntArray, n_columns: int) -> IntArray:
    """The number of each row's group in each column: (n, n_columns)."""
    return groups[:, np.newaxis] * n_columns + np.arange(n_columns)


def _deciding(
    scores: FloatArray, weights: FloatArray, groups: IntArray, rules: IntArray
) -> FloatArray:
    """The scores that have a say in their group's, by the group's rule; nan for the others."""
    if not rules.any():  # all means
        return scores
    deciding = scores.copy()
    n_columns = scores.shape[1]
    for rule, picked in _PICKED.items():
        rows = np.flatnonzero((weights > 0) & (rules == rule.code)[groups])
        found, columns = np.nonzero(~np.isnan(scores[rows]))
        rows = rows[found]
        cells = groups[rows] * n_columns + columns
        lost = ~picked(scores[rows, columns], cells, rules.size * n_columns)
        deciding[rows[lost], columns[lost]] = np.nan
    return deciding


def _worst(scores: FloatArray, groups: IntArray, n_groups: int) -> BoolArray:
    lowest = np.full(n_groups, np.inf)
    np.minimum.at(lowest, groups, scores)
    is_lowest: BoolArray = scores == lowest[groups]
    return is_lowest


def _best(scores: FloatArray, groups: IntArray, n_groups: int) -> BoolArray:
    return _worst(-scores, groups, n_groups)


def _most_frequent(scores: FloatArray, groups: IntArray, n_groups: int) -> BoolArray:
    codes = status_codes(scores)
    # argmax takes the first of equals, and the statuses are numbered from the worst on.
    frequent = status_counts(codes, groups, n_groups).argmax(axis=1)
    is_frequent: BoolArray = codes == frequent[groups]
    return is_frequent


_PICKED: dict[RollUpRule, Callable[[FloatArray, IntArray, int], BoolArray]] = {
    RollUpRule.WORST: _worst,
    RollUpRule.BEST: _best,
    RollUpRule.MOST_FREQUENT: _most_frequent,
}
