"""Polylines from value to score: every target compiles to one, and one function reads them.

A polyline is a row of x (values, ascending) and a row of y (scores). Left and right of it the score
stays what it is at the ends. Points may share a value: the line jumps there, and at the shared
value itself the better score holds.
"""

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, IntArray, floats, reaches, tolerance

FLOOR_SCORE = 0.0
RED_FLAG_SCORE = 50.0
TARGET_SCORE = 100.0
STRETCH_SCORE = 150.0

Polylines = tuple[FloatArray, FloatArray]

_THRESHOLD_SCORES = (FLOOR_SCORE, RED_FLAG_SCORE, TARGET_SCORE, STRETCH_SCORE)
_MET_SCORES = (FLOOR_SCORE, FLOOR_SCORE, TARGET_SCORE, TARGET_SCORE)
_RANGE_SCORES = (*_THRESHOLD_SCORES, TARGET_SCORE, RED_FLAG_SCORE, FLOOR_SCORE)


def score(values: ArrayLike, x: ArrayLike, y: ArrayLike) -> FloatArray:
    """Clamped linear interpolation of each value on its own polyline.

    values: (n,), nan = missing; x, y: (n, p) with x ascending in each row. Returns (n,) scores, nan
    where the value or any point of the polyline is missing. A value within 1e-9 · max(1, |point|)
    of a point scores exactly what the point does.

    >>> score([20, 30, 95, np.nan], [[20, 40, 60, 80]] * 4, [[0, 50, 100, 150]] * 4)
    array([  0.,  25., 150.,  nan])
    """
    values, x, y = floats(values), floats(x), floats(y)
    # Column by column: numpy is several times slower along a last axis this short.
    n_before = np.zeros(values.size, dtype=np.int64)
    at_points = np.full(values.size, -np.inf)
    for point, its_score in zip(x.T, y.T, strict=True):
        n_before += point < values
        is_near = np.abs(values - point) <= tolerance(point)
        at_points = np.maximum(at_points, its_score, out=at_points, where=is_near)
    return np.where(at_points > -np.inf, at_points, _interpolated(values, x, y, n_before))


def _interpolated(
    values: FloatArray, x: FloatArray, y: FloatArray, n_before: IntArray
) -> FloatArray:
    """The score between the points before and after each value; beyond the ends the end's."""
    rows, last = np.arange(values.size), x.shape[1] - 1
    before, after = np.maximum(n_before - 1, 0), np.minimum(n_before, last)
    x_0, y_0, y_1 = x[rows, before], y[rows, before], y[rows, after]
    width = x[rows, after] - x_0
    share = (values - x_0) / np.where(width > 0, width, np.inf)
    # Rounding must not carry a score past the ends of its stretch of line.
    lowest, highest = np.minimum(y_0, y_1), np.maximum(y_0, y_1)
    scores: FloatArray = np.clip(y_0 + share * (y_1 - y_0), lowest, highest)
    return scores


def threshold_polylines(
    floor: ArrayLike,
    red_flag: ArrayLike,
    target: ArrayLike,
    stretch: ArrayLike,
    sign: ArrayLike,
    natural_minimum: ArrayLike,
    natural_maximum: ArrayLike,
) -> Polylines:
    """Floor → 0, red flag → 50, target → 100, stretch → 150.

    The threshold, target and maximum of incentive plans, with a floor beneath.

    All (n,) or scalar; sign: 1 where higher is better, -1 where lower is, 0 where neither is (no
    polyline). nan = not given: a missing floor or stretch mirrors the distance from red flag to
    target, clipped to the natural bounds (a bound that the red flag or the target itself lies
    beyond is ignored). A target without a red flag scores 100 where it is met, else 0.
    Returns x, y (n, 4); nan throughout where there is no target or where the points contradict the
    direction.

    >>> threshold_polylines(np.nan, 40, 60, np.nan, 1, np.nan, np.nan)
    (array([[20., 40., 60., 80.]]), array([[  0.,  50., 100., 150.]]))
    >>> threshold_polylines(np.nan, 5, 0, np.nan, -1, 0, np.nan)
    (array([[ 0.,  0.,  5., 10.]]), array([[150., 100.,  50.,   0.]]))
    """
    signs, lowest, highest, *points = _columns(
        sign, natural_minimum, natural_maximum, floor, red_flag, target, stretch
    )
    rises = signs > 0
    points = [np.where(signs == 0, np.nan, signs * point) for point in points]
    worst, best = np.where(rises, lowest, -highest), np.where(rises, highest, -lowest)
    x, y = _rising(worst, best, *points)
    x = np.where(rises[:, np.newaxis], x, -x[:, ::-1]) + 0.0  # + 0.0 makes of -0.0 a plain 0
    return x, np.where(rises[:, np.newaxis], y, y[:, ::-1])


def _rising(
    worst: FloatArray,
    best: FloatArray,
    floor: FloatArray,
    red_flag: FloatArray,
    target: FloatArray,
    stretch: FloatArray,
) -> Polylines:
    """Threshold polylines where higher is better; worst and best are the natural bounds."""
    is_alone = np.isnan(red_flag)
    distance = target - red_flag
    # Seen from the other end, the floor is to the red flag what the stretch is to the target.
    floor = np.where(np.isnan(floor), -_mirrored(-red_flag, distance, -worst), floor)
    stretch = np.where(np.isnan(stretch), _mirrored(target, distance, best), stretch)
    points = np.stack([floor, red_flag, target, stretch], axis=1)
    is_ordered = (floor <= red_flag) & (red_flag < target) & (target <= stretch)
    x = np.where(is_ordered[:, np.newaxis], points, np.nan)
    x = np.where(is_alone[:, np.newaxis], target[:, np.newaxis], x)
    return x, _scores_where(x, np.where(is_alone[:, np.newaxis], _MET_SCORES, _THRESHOLD_SCORES))


def _mirrored(point: FloatArray, distance: FloatArray, bound: FloatArray) -> FloatArray:
    """The point moved on by the distance, not past the bound unless the point itself is."""
    beyond = point + distance
    clipped = np.maximum(np.minimum(beyond, bound), point)
    return np.where(reaches(bound, point), clipped, beyond)


def range_polylines(
    red_low: ArrayLike, target_low: ArrayLike, target_high: ArrayLike, red_high: ArrayLike
) -> Polylines:
    """Best in the middle: 150 there, 100 at the two targets, 50 at the two red flags, 0 beyond.

    All (n,) or scalar, red_low < target_low < target_high < red_high. Returns x, y (n, 7); nan
    throughout where a point is missing or out of order.

    >>> x, y = range_polylines(10, 20, 30, 50)
    >>> x
    array([[ 0., 10., 20., 25., 30., 50., 70.]])
    >>> y
    array([[  0.,  50., 100., 150., 100.,  50.,   0.]])
    """
    rl, tl, th, rh = _columns(red_low, target_low, target_high, red_high)
    x = np.stack([rl - (tl - rl), rl, tl, tl + (th - tl) / 2, th, rh, rh + (rh - th)], axis=1)
    is_ordered = (rl < tl) & (tl < th) & (th < rh)
    x = np.where(is_ordered[:, np.newaxis], x, np.nan)
    return x, _scores_where(x, np.broadcast_to(_RANGE_SCORES, x.shape))


def custom_polylines(values: ArrayLike, scores: ArrayLike) -> Polylines:
    """Points as given, with values strictly increasing.

    values, scores: (n, p), short rows padded with nan at the end. Returns x, y (n, p) with the last
    point repeated instead; nan throughout where a row has fewer than 2 points, a hole, or values
    that do not increase.

    >>> custom_polylines([[0, 10, np.nan]], [[0, 100, np.nan]])
    (array([[ 0., 10., 10.]]), array([[  0., 100., 100.]]))
    """
    x, y = floats(values), floats(scores)
    places = np.arange(x.shape[1])
    last = np.count_nonzero(~np.isnan(x), axis=1)[:, np.newaxis] - 1
    kept = np.minimum(places, np.maximum(last, 0))
    x, y = np.take_along_axis(x, kept, axis=1), np.take_along_axis(y, kept, axis=1)
    increases = (np.diff(x, axis=1) > 0) | (places[1:] > last)
    is_valid = increases.all(axis=1) & (last[:, 0] >= 1) & ~np.isnan(y).any(axis=1)
    x = np.where(is_valid[:, np.newaxis], x, np.nan)
    return x, _scores_where(x, y)


def polyline_points(x_row: ArrayLike, y_row: ArrayLike) -> list[tuple[float, float]]:
    """One polyline as (value, score) pairs without repeated points; [] where there is none.

    Scoring on these points gives what scoring on the row gives.

    >>> polyline_points([1, 1, 1, 1], [0, 0, 100, 100])
    [(1.0, 0.0), (1.0, 100.0)]
    """
    x, y = floats(x_row).tolist(), floats(y_row).tolist()
    return list(dict.fromkeys(point for point in zip(x, y, strict=True) if point[0] == point[0]))


def _columns(*columns: ArrayLike) -> tuple[FloatArray, ...]:
    """Scalars and (n,) arrays as (n,) arrays of one length."""
    return np.broadcast_arrays(*(np.atleast_1d(floats(column)) for column in columns))


def _scores_where(x: FloatArray, y: FloatArray | BoolArray) -> FloatArray:
    return np.where(np.isnan(x), np.nan, y)
