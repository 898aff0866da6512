"""Targets of every kind, as arrays to score with and one at a time to check."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import FloatArray, IntArray, floats, indices, tolerance
from calculations.polylines import (
    FLOOR_SCORE,
    STRETCH_SCORE,
    Polylines,
    custom_polylines,
    range_polylines,
    threshold_polylines,
)

MINIMUM_POINTS, MAXIMUM_POINTS = 2, 20

_THRESHOLD_NAMES = ("floor", "red flag", "target", "stretch")
_RANGE_NAMES = ("lower red flag", "lower target", "upper target", "upper red flag")


class TargetKind(IntEnum):
    """What a row of points means."""

    THRESHOLD = 0
    """floor, red flag, target, stretch; the target alone where the red flag is not given"""
    RANGE = 1
    """lower red flag, lower target, upper target, upper red flag"""
    CUSTOM = 2
    """any points with increasing values"""
    YES_NO = 3
    """no points: 1 is wanted where higher is better, 0 where lower is"""


class InvalidTarget(ValueError):
    """Target points that cannot be scored; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of any kinds, one a row; nan = point not given.

    kinds: (n,) codes of TargetKind; points: (n, 4) in the order their kind names; custom_values,
    custom_scores: (n, p), padded with nan at the end, left out where no row is custom.
    A row without a target is one of nan points.
    """

    kinds: IntArray
    points: FloatArray
    custom_values: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    custom_scores: FloatArray = field(default_factory=lambda: np.empty((0, 0)))


def padded_points(rows: Sequence[Sequence[tuple[float, float]]]) -> tuple[FloatArray, FloatArray]:
    """Ragged (value, score) pairs as two arrays (n, p), padded with nan at the end.

    >>> padded_points([[(0, 0), (10, 100)], []])[0]
    array([[ 0., 10.],
           [nan, nan]])
    """
    width = max((len(row) for row in rows), default=0)
    padded = np.full((2, len(rows), width), np.nan)
    for index, row in enumerate(rows):
        padded[:, index, : len(row)] = floats(row).reshape(-1, 2).T
    return padded[0], padded[1]


def target_polylines(
    targets: Targets, sign: ArrayLike, natural_minimum: ArrayLike, natural_maximum: ArrayLike
) -> Polylines:
    """The polyline of each target, all widened to the widest by repeating the last point.

    sign, natural_minimum, natural_maximum: (n,) or scalar, nan = no bound. Returns x, y (n, p);
    nan throughout where there is no target, or one that contradicts itself.

    >>> target_polylines(Targets(np.array([3]), np.full((1, 4), np.nan)), -1, np.nan, np.nan)
    (array([[0., 0., 0., 0.]]), array([[100., 100.,   0.,   0.]]))
    """
    kinds = indices(targets.kinds)
    sign, lowest, highest = (
        np.broadcast_to(floats(column), kinds.shape)
        for column in (sign, natural_minimum, natural_maximum)
    )
    parts = []
    for kind in np.unique(kinds):
        rows = np.flatnonzero(kinds == kind)
        parts.append((rows, _of_kind(targets, kind, rows, sign[rows], lowest[rows], highest[rows])))
    return _stacked(kinds.size, parts)


def _of_kind(
    targets: Targets,
    kind: int,
    rows: IntArray,
    sign: FloatArray,
    lowest: FloatArray,
    highest: FloatArray,
) -> Polylines:
    if kind == TargetKind.RANGE:
        return range_polylines(*targets.points[rows].T)
    if kind == TargetKind.CUSTOM:
        return custom_polylines(targets.custom_values[rows], targets.custom_scores[rows])
    if kind == TargetKind.YES_NO:
        wanted = np.where(sign > 0, 1.0, 0.0)
        return threshold_polylines(np.nan, np.nan, wanted, np.nan, sign, np.nan, np.nan)
    floor, red_flag, target, stretch = targets.points[rows].T
    return threshold_polylines(floor, red_flag, target, stretch, sign, lowest, highest)


def _stacked(n: int, parts: list[tuple[IntArray, Polylines]]) -> Polylines:
    width = max((x.shape[1] for _, (x, _) in parts), default=1)
    stacked = np.full((2, n, width), np.nan)
    for rows, polylines in parts:
        places = np.minimum(np.arange(width), polylines[0].shape[1] - 1)
        stacked[0, rows], stacked[1, rows] = (line[:, places] for line in polylines)
    return stacked[0], stacked[1]


def check_target(
    kind: TargetKind,
    points: Sequence[float | None] | Sequence[tuple[float, float]],
    *,
    sign: int = 1,
    natural_minimum: float | None = None,
    natural_maximum: float | None = None,
) -> None:
    """Refuse the points of one target that could not be scored as meant.

    points: floor, red flag, target, stretch (None = not given), or the four of a range, or the
    (value, score) pairs of a custom target; sign: 1 where higher is better, -1 where lower is.
    Raises InvalidTarget.

    >>> check_target(TargetKind.THRESHOLD, (None, 60, 40, None))
    Traceback (most recent call last):
        ...
    calculations.targets.InvalidTarget: The target 40 must be above the red flag 60
    """
    if kind == TargetKind.YES_NO:
        return
    if kind == TargetKind.CUSTOM:
        pairs = cast(Sequence[tuple[float, float]], points)
        _check_custom(pairs, natural_minimum, natural_maximum)
        return
    names = _RANGE_NAMES if kind == TargetKind.RANGE else _THRESHOLD_NAMES
    values = zip(names, cast(Sequence[float | None], points), strict=True)
    given = {name: value for name, value in values if value is not None}
    _check_finite(given)
    check = _check_range if kind == TargetKind.RANGE else _check_threshold
    check(given, sign)
    _check_natural(given, natural_minimum, natural_maximum)


def _check_threshold(given: dict[str, float], sign: int) -> None:
    if "target" not in given:
        raise InvalidTarget("The target is missing")
    if "red flag" not in given and len(given) > 1:
        raise InvalidTarget("A floor or a stretch needs a red flag as well")
    above, below = ("above", "below") if sign > 0 else ("below", "above")
    for (name, value), (better_name, better) in pairwise(given.items()):
        pair = f"The {better_name} {_written(better)} must {{}} the {name} {_written(value)}"
        if name == "red flag" and not _is_above(sign * better, sign * value):
            raise InvalidTarget(pair.format(f"be {above}"))
        if sign * better < sign * value:
            raise InvalidTarget(pair.format(f"not be {below}"))


def _check_range(given: dict[str, float], sign: int) -> None:
    for name in _RANGE_NAMES:
        if name not in given:
            raise InvalidTarget(f"The {name} is missing; a range needs all four points")
    for (name, value), (next_name, following) in pairwise(given.items()):
        if not _is_above(following, value):
            raise InvalidTarget(
                f"The {next_name} {_written(following)} must be above the {name} {_written(value)}"
            )


def _check_custom(
    points: Sequence[tuple[float, float]], lowest: float | None, highest: float | None
) -> None:
    if not MINIMUM_POINTS <= len(points) <= MAXIMUM_POINTS:
        raise InvalidTarget(
            f"A custom target has {MINIMUM_POINTS} to {MAXIMUM_POINTS} points, not {len(points)}"
        )
    for number, (value, score) in enumerate(points, start=1):
        _check_finite({f"value of point {number}": value, f"score of point {number}": score})
        if not FLOOR_SCORE <= score <= STRETCH_SCORE:
            raise InvalidTarget(f"The score {_written(score)} of point {number} is not in 0 to 150")
        _check_natural({f"value of point {number}": value}, lowest, highest)
    for (value, _), (following, _) in pairwise(points):
        if not _is_above(following, value):
            raise InvalidTarget(
                f"The values must increase: {_written(following)} comes after {_written(value)}"
            )


def _check_natural(given: dict[str, float], lowest: float | None, highest: float | None) -> None:
    for name, value in given.items():
        if lowest is not None and value < lowest - tolerance(lowest):
            raise InvalidTarget(
                f"The {name} {_written(value)} is below the natural minimum {_written(lowest)}"
            )
        if highest is not None and value > highest + tolerance(highest):
            raise InvalidTarget(
                f"The {name} {_written(value)} is above the natural maximum {_written(highest)}"
            )


def _check_finite(given: dict[str, float]) -> None:
    for name, value in given.items():
        if not math.isfinite(value):
            raise InvalidTarget(f"The {name} must be a number")


def _is_above(value: float, other: float) -> bool:
    """Above by more than the tolerance, within which scoring could not tell the two apart."""
    return value - other > max(float(tolerance(value)), float(tolerance(other)))


def _written(value: float) -> str:
    return format(value, ".15g")
