"""Presence: how much of each part has a value, so that targets are taken over the same parts."""

import numpy as np

from calculations.aggregation import TimeRule
from calculations.arrays import BoolArray, FloatArray, IntArray, sums
from calculations.computed import Computed
from calculations.networks import Network
from calculations.parts import OFFSET, STRIDE, Parts
from calculations.units import Cells, Family, child_weights


def presence(
    network: Network, parts: Parts, cells: Cells, computed: Computed, amounts: FloatArray
) -> FloatArray:
    """The share of each part's own target that its value answers to, (m,) in [0, 1].

    Measured or computed: 1 with a value, 0 without. A sum over units: the share of the children
    that report, by their targets where all have one above 0 (`amounts`, nan = none, filled in from
    their own children; -inf = not one number), else by their number.
    A mean over units: 1 where any child reports. Only what is summed over time too differs from
    one own period to the next; else a child's value stands for the whole span, and so does its
    share.
    """
    present = parts.is_known.astype(np.float64)
    _of_computed(network, parts, cells, computed, present)
    amounts = amounts.copy()
    keys = parts.keys
    parents = np.full(len(network.series), -1, dtype=np.int64)
    for family in network.families:
        parents[family.children] = family.parents[family.groups]
    for family in network.families:
        _of_family(network, family, parts, keys, cells, parents, present, amounts)
        _of_replacements(network, parts, keys, cells, family.parents, present)
    return present


def _of_computed(
    network: Network, parts: Parts, cells: Cells, computed: Computed, present: FloatArray
) -> None:
    numbers = network.computed
    if not numbers.size:
        return
    places = np.full(len(network.series), -1, dtype=np.int64)
    places[numbers] = np.arange(numbers.size)
    rows = np.flatnonzero(places[parts.series] >= 0)
    place, spans = places[parts.series[rows]], parts.cells[rows] % parts.n_spans
    keys = (place * parts.n_spans + spans) * STRIDE + parts.ordinals[rows] + OFFSET
    is_known = ~np.isnan(cells.values[parts.series[rows], spans])
    present[rows] = is_known & (np.isin(keys, computed.present) | computed.is_whole[place])


def _standing(network: Network, parts: Parts, present: FloatArray) -> FloatArray:
    """What each part answers for: its own period if summed over time, else its whole cell."""
    is_sum = np.array([s.time_rule is TimeRule.SUM for s in network.series], dtype=np.bool_)
    whole = np.zeros(len(network.series) * parts.n_spans)
    np.maximum.at(whole, parts.cells, present)
    return np.where(is_sum[parts.series], present, whole[parts.cells])


def _of_family(
    network: Network,
    family: Family,
    parts: Parts,
    keys: IntArray,
    cells: Cells,
    parents: IntArray,
    present: FloatArray,
    amounts: FloatArray,
) -> None:
    """Write the presence of the parents' parts, and their amounts where they have none.

    A child whose value does not enter the parent's answers to nothing of the parent's target.
    """
    is_child = np.zeros(parents.size, dtype=np.bool_)
    is_child[family.children] = True
    rows = np.flatnonzero(is_child[parts.series])
    above = _matching(parts, keys, parents[parts.series[rows]], rows)
    rows, above = rows[above >= 0], above[above >= 0]
    of_parents = np.zeros(keys.size, dtype=np.bool_)
    of_parents[np.isin(parts.series, family.parents)] = True
    by_amount = _all_positive(amounts[rows], above, keys.size)[above]
    weights = np.where(by_amount, np.nan_to_num(amounts[rows]), 1.0)
    total = sums(weights, above, keys.size)
    enters = np.zeros(cells.values.shape, dtype=np.bool_)
    enters[family.children] = child_weights(cells, family) > 0
    has_entered = enters[parts.series[rows], parts.cells[rows] % parts.n_spans]
    stands = _standing(network, parts, present)[rows] * has_entered
    is_any = sums(present[rows] * has_entered, above, keys.size) > 0
    answered = sums(weights * stands, above, keys.size)
    shares = np.where(is_any, answered, 0.0) / np.where(total > 0, total, 1.0)
    is_sum = np.zeros(parents.size, dtype=np.bool_)
    is_sum[family.parents[family.is_sum]] = True
    shares = np.where(is_sum[parts.series], shares, shares > 0)
    present[of_parents] = shares[of_parents]
    lacks = of_parents & np.isnan(amounts) & is_sum[parts.series]
    added = sums(amounts[rows], above, keys.size)
    amounts[lacks] = np.where(total > 0, added, np.nan)[lacks]


def _all_positive(amounts: FloatArray, groups: IntArray, n_groups: int) -> BoolArray:
    lacking = np.bincount(groups[~(amounts > 0)], minlength=n_groups)
    is_complete: BoolArray = lacking == 0
    return is_complete


def _matching(parts: Parts, keys: IntArray, series: IntArray, rows: IntArray) -> IntArray:
    """The part of another series in the same span and period as each row's; -1 = none."""
    cells = series * parts.n_spans + parts.cells[rows] % parts.n_spans
    wanted = cells * STRIDE + parts.ordinals[rows] + OFFSET
    places = np.minimum(np.searchsorted(keys, wanted), max(keys.size - 1, 0))
    return np.where(keys[places] == wanted, places, -1) if keys.size else places


def _of_replacements(
    network: Network,
    parts: Parts,
    keys: IntArray,
    cells: Cells,
    parents: IntArray,
    present: FloatArray,
) -> None:
    """Where values recorded at the unit itself count instead, their parts do."""
    own = network.replacements[parents]
    own_of = np.full(len(network.series), -1, dtype=np.int64)
    own_of[parents] = own
    rows = np.flatnonzero(own_of[parts.series] >= 0)
    if not rows.size:
        return
    numbers = own_of[parts.series[rows]]
    replaced = ~np.isnan(cells.values[numbers, parts.cells[rows] % parts.n_spans])
    rows, numbers = rows[replaced], numbers[replaced]
    matching = _matching(parts, keys, numbers, rows)
    has = matching >= 0
    present[rows[has]] = parts.is_known[matching[has]]
