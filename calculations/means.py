"""Weighted means of groups of rows, for many columns (periods) at once.

The rows of a group are added in their order, first the first row of every group, then the second:
so a group alone has the same sums as the same group among many, and a column alone the same as
among many, bit for bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray, IntArray

# Cells worked on at a time: they stay in the processor's cache, and so does the memory they are
# kept in, which to fetch anew takes as long as the arithmetic.
_BLOCK = 32768


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole groups, with all rows of theirs.

    `turns[i]` are the places in the block of every group's row i, of the groups with most rows
    first; `places` tells for each group where it stands in that order.
    """

    groups: slice
    rows: slice
    places: IntArray
    turns: list[IntArray]


def weighted_means(
    tables: Sequence[FloatArray], weights: FloatArray, groups: IntArray, n_groups: int
) -> list[FloatArray]:
    """For each table, the weighted means of its known values by group and column.

    tables: each (n, n_columns), values ≥ 0, nan = missing, which counts nowhere; weights: (n,) ≥ 0;
    groups: (n,) int in [0, n_groups). Each result is (n_groups, n_columns), nan where nothing that
    weighs is known.

    >>> weighted_means([np.array([[80.0], [np.nan], [20.0]])], np.ones(3), np.zeros(3, int), 2)
    [array([[50.],
           [nan]])]
    """
    if (groups[1:] < groups[:-1]).any():
        order = np.argsort(groups, kind="stable")
        tables, weights, groups = [t[order] for t in tables], weights[order], groups[order]
    sizes = np.bincount(groups, minlength=n_groups)
    n_columns = tables[0].shape[1]
    n_rows = max(1, _BLOCK // max(1, n_columns))
    desk = _Desk(max(n_rows, sizes.max(initial=0)), n_columns)
    means = [np.empty((n_groups, n_columns)) for _ in tables]
    with np.errstate(invalid="ignore"):  # 0 / 0 where nothing counted
        for block in _blocks(sizes, n_rows):
            desk.weigh(weights[block.rows])
            for table, mean in zip(tables, means, strict=True):
                desk.mean(table[block.rows], block, out=mean[block.groups])
    return means


def _blocks(sizes: IntArray, n_rows: int) -> Iterator[_Block]:
    """As many groups at a time as have n_rows rows together, and one at least."""
    ends = np.cumsum(sizes)
    starts = ends - sizes
    first = 0
    while first < sizes.size:
        begin = int(starts[first])
        fitting = int(np.searchsorted(ends, begin + n_rows, side="right"))
        last = min(max(first + 1, fitting), first + n_rows)
        longest_first = np.argsort(-sizes[first:last], kind="stable")
        places = np.empty_like(longest_first)
        places[longest_first] = np.arange(places.size)
        ordered = sizes[first:last][longest_first]
        own = starts[first:last][longest_first] - begin
        turns = [own[ordered > turn] + turn for turn in range(int(ordered[0]))]
        yield _Block(slice(first, last), slice(begin, int(ends[last - 1])), places, turns)
        first = last


class _Desk:
    """The memory in which one block after the other is worked on."""

    def __init__(self, n_rows: int, n_columns: int) -> None:
        self._rows = np.empty((3, n_rows, n_columns))
        self._sums = np.empty((3, n_rows, n_columns))

    def weigh(self, weights: FloatArray) -> None:
        """The weights of the rows of the block that comes next."""
        self._weights, self._products, self._known = self._rows[:, : weights.size]
        self._weights[...] = weights[:, np.newaxis]

    def mean(self, values: FloatArray, block: _Block, out: FloatArray) -> None:
        """Σ weight · value / Σ weight of the known values (rows of the block, n_columns)."""
        np.fmax(values, 0.0, out=self._products)  # makes 0 of nan
        self._products *= self._weights
        self._known[...] = ~np.isnan(values)
        self._known *= self._weights
        totals, weights, taken = self._sums[:, : block.places.size]
        _add(self._products, block.turns, totals, taken)
        _add(self._known, block.turns, weights, taken)
        totals /= weights
        totals.take(block.places, axis=0, out=out, mode="clip")


def _add(terms: FloatArray, turns: list[IntArray], sums: FloatArray, taken: FloatArray) -> None:
    """Add up the terms of each group, longest groups first; `taken` is overwritten."""
    n_filled = turns[0].size if turns else 0
    sums[n_filled:] = 0.0
    for turn, places in enumerate(turns):
        # The places are right: mode="clip" only keeps numpy from checking them in a copy.
        rows = taken[: places.size] if turn else sums[:n_filled]
        terms.take(places, axis=0, out=rows, mode="clip")
        if turn:
            sums[: places.size] += rows
