"""Array types, and the one tolerance with which a value is compared to a boundary."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.signedinteger[Any]]
BoolArray = NDArray[np.bool_]
DayArray = NDArray[np.datetime64]

TOLERANCE = 1e-9


def floats(values: ArrayLike) -> FloatArray:
    """The values as 64-bit floats; None becomes nan, which means missing."""
    return np.asarray(values, dtype=np.float64)


def indices(values: ArrayLike) -> IntArray:
    """Group numbers or codes as integers, also when there are none."""
    return np.asarray(values, dtype=np.int64)


def sums(values: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    """The sum of each group's values, added in row order, so that every subset sums the same."""
    # bincount counts in integers where there are no rows at all, whatever the weights.
    return np.bincount(groups, weights=values, minlength=n_groups).astype(np.float64, copy=False)


def tolerance(boundary: ArrayLike) -> FloatArray:
    """How far from a boundary still counts as on it: 1e-9 · max(1, |boundary|).

    >>> tolerance([0.5, -200.0])
    array([1.e-09, 2.e-07])
    """
    return TOLERANCE * np.maximum(1.0, np.abs(floats(boundary)))


def reaches(values: ArrayLike, boundary: ArrayLike) -> BoolArray:
    """Whether each value is at or above its boundary, doubt in the boundary's favour.

    Shapes broadcast; a missing value or boundary reaches nothing.

    >>> reaches([0.3, 0.1 + 0.2, 0.29], 0.1 + 0.2)
    array([ True,  True, False])
    """
    reached: BoolArray = floats(values) >= floats(boundary) - tolerance(boundary)
    return reached
