"""Weighted means of groups: against plain loops, whatever the sizes, the order and the blocks."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations import means
from calculations.arrays import FloatArray, IntArray
from calculations.means import weighted_means


def looped(table: FloatArray, weights: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    """One row after the other, added in their order."""
    totals, counted = np.zeros((2, n_groups, table.shape[1]))
    for row, group in enumerate(groups):
        for column, value in enumerate(table[row]):
            if not np.isnan(value):
                totals[group, column] += weights[row] * value
                counted[group, column] += weights[row]
    return np.divide(totals, counted, out=np.full_like(totals, np.nan), where=counted > 0)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(0, 60), st.integers(1, 9), st.sampled_from([1, 2, 7, 24])
)
@pytest.mark.parametrize("block", [4, 50, 32768])
def test_equal_to_loops_bit_for_bit(
    block: int, seed: int, n: int, n_groups: int, width: int
) -> None:
    random = np.random.default_rng(seed)
    tables = [random.uniform(0, 150, (n, width)) for _ in range(2)]
    for table in tables:
        table[random.random(table.shape) < 0.3] = np.nan
    weights = random.choice([0.0, 0.1, 1.0, 7.3], n)
    groups = random.integers(0, n_groups, n)
    groups = groups if seed % 2 else np.sort(groups)

    with mock.patch.object(means, "_BLOCK", block):
        results = weighted_means(tables, weights, groups, n_groups)

    for table, mean in zip(tables, results, strict=True):
        by_loops = looped(table, weights, groups, n_groups)
        assert np.array_equal(mean, by_loops, equal_nan=True)
