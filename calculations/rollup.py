"""Roll-up: from the scores of weighted children to the score and coverage of their parent.

Sums run in row order, so that one group computed alone equals the same group among many, bit for
bit. A child with weight 0 is context and counts nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, IntArray, floats, indices, sums
from calculations.polylines import STRETCH_SCORE, TARGET_SCORE
from calculations.scoring import Status, status_codes


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

# Arrays of this many children stay in the processor's cache, and the allocator keeps their memory:
# for longer ones, fetching it anew takes as long as the arithmetic.
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class RollUp:
    """Scores and coverages of groups (n_groups,), and how their children (n,) made them.

    deciding: the (capped) scores of the children that decide their group's score; nan for those
    left out, and for those that lost under worst, best or most frequent. weights, groups: as given.
    """

    scores: FloatArray
    coverages: FloatArray
    deciding: FloatArray
    weights: FloatArray
    groups: IntArray

    @property
    def effective_weights(self) -> FloatArray:
        """The share of each child in its group's score (n,); Σ share · (capped) score is the score.

        Children that tie under worst or best share in proportion to their weights.
        """
        counted = self.weights * ~np.isnan(self.deciding)
        totals = sums(counted, self.groups, self.scores.size)
        return counted / np.where(totals > 0, totals, 1.0)[self.groups]


def weighted_mean(
    scores: ArrayLike, weights: ArrayLike, groups: ArrayLike, n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of the known scores in each group.

    scores, weights: (n,) float arrays, nan in scores = missing; groups: (n,) int in [0, n_groups).
    Returns (mean, coverage), each (n_groups,): mean is nan where nothing is known; coverage is the
    share of the group's weight that is known, nan where there is no weight.

    >>> weighted_mean([80, np.nan], [3, 1], [0, 0], 1)
    (array([80.]), array([0.75]))
    """
    scores, weights, groups = floats(scores), floats(weights), indices(groups)
    is_known = ~np.isnan(scores)
    known_weights = sums(np.where(is_known, weights, 0.0), groups, n_groups)
    total = sums(np.where(is_known, weights * scores, 0.0), groups, n_groups)
    return _ratio(total, known_weights), _ratio(known_weights, sums(weights, groups, n_groups))


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

    Children (n,): scores, nan = no data, left out so that its weight goes to the others in
    proportion; coverages in [0, 1], nan = nothing due there, left out of the coverage; weights ≥ 0;
    groups: int in [0, n_groups). Groups (n_groups,): rules, codes of RollUpRule; capped, whether
    children count at most 100. A group's score is nan where no child has data, its coverage nan
    where nothing is due.

    >>> scores, coverages, weights = [80, 60, np.nan, 20], [1, 1, 0, 1], [50, 25, 15, 10]
    >>> rolled = roll_up(scores, coverages, weights, [0] * 4, 1, [0], [False])
    >>> rolled.scores.round(2), rolled.coverages, rolled.effective_weights.round(3)
    (array([67.06]), array([0.85]), array([0.588, 0.294, 0.   , 0.118]))
    """
    scores, weights, groups = floats(scores), floats(weights), indices(groups)
    rules, is_capped = indices(rules), np.asarray(capped, dtype=np.bool_)
    if is_capped.any():
        scores = np.where(is_capped[groups], np.minimum(scores, TARGET_SCORE), scores)
    deciding = _deciding(scores, weights, groups, rules)
    mean = _mean(deciding, weights, groups, n_groups)
    return RollUp(
        # Rounding must not carry a mean of 150s past 150.
        scores=np.minimum(mean, STRETCH_SCORE, out=mean),
        coverages=coverage(coverages, weights, groups, n_groups),
        deciding=deciding,
        weights=weights,
        groups=groups,
    )


def coverage(
    coverages: ArrayLike, weights: ArrayLike, groups: ArrayLike, n_groups: int
) -> FloatArray:
    """Σ weight · coverage / Σ weight over the children of each group where something is due.

    coverages: (n,) in [0, 1], nan = nothing due; weights: (n,) ≥ 0. Returns (n_groups,), nan where
    nothing is due.

    >>> coverage([1, 0.5, np.nan], [1, 1, 8], [0, 0, 0], 1)
    array([0.75])
    """
    coverages, groups = floats(coverages), indices(groups)
    return _mean(coverages, floats(weights), groups, n_groups)


def status_counts(codes: ArrayLike, groups: ArrayLike, n_groups: int) -> IntArray:
    """How many children of each group have each status: (n_groups, 5), columns in order of Status.

    codes: (n,) of Status; groups: (n,).

    >>> status_counts([2, 2, 0], [0, 0, 1], 2)
    array([[0, 0, 2, 0, 0],
           [1, 0, 0, 0, 0]])
    """
    width = len(Status)
    cells = indices(groups) * width + indices(codes)
    return np.bincount(cells, minlength=n_groups * width).reshape(n_groups, width)


def _mean(values: FloatArray, weights: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    """Weighted mean of the known values, which are never negative."""
    # Complex numbers hold Σ weight · value and Σ weight, so that one pass adds both.
    totals = np.zeros(n_groups, dtype=np.complex128)
    for start in range(0, values.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        known = values[block]
        terms = np.empty(known.size, dtype=np.complex128)
        np.multiply(weights[block], ~np.isnan(known), out=terms.imag)
        # fmax makes 0 of nan, several times faster than np.where does.
        np.multiply(terms.imag, np.fmax(known, 0.0), out=terms.real)
        np.add.at(totals, groups[block], terms)
    return _ratio(totals.real, totals.imag)


def _deciding(
    scores: FloatArray, weights: FloatArray, groups: IntArray, rules: IntArray
) -> FloatArray:
    """The scores that have a say in their group's, by the group's rule; nan for the others."""
    if not rules.any():  # all means
        return scores
    deciding = scores.copy()
    for rule, picked in _PICKED.items():
        rows = np.flatnonzero(~np.isnan(scores) & (weights > 0) & (rules == rule.code)[groups])
        lost = ~picked(scores[rows], groups[rows], rules.size)
        deciding[rows[lost]] = np.nan
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


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The quotient, nan where nothing was counted and both are 0."""
    with np.errstate(invalid="ignore"):
        quotient: FloatArray = numerator / denominator
    return quotient
