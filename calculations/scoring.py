"""Scores, statuses and progress: what a value means against its target."""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import FloatArray, IntArray, floats, reaches
from calculations.display import NOTHING, display_number, display_score, rounded_within
from calculations.polylines import (
    FLOOR_SCORE,
    RED_FLAG_SCORE,
    STRETCH_SCORE,
    TARGET_SCORE,
    custom_polylines,
    polyline_points,
    range_polylines,
    score,
    threshold_polylines,
)
from calculations.targets import (
    InvalidTarget,
    TargetKind,
    Targets,
    check_target,
    padded_points,
    target_polylines,
)

__all__ = [
    "ASSESSED_SCORES",
    "FLOOR_SCORE",
    "NOTHING",
    "RED_FLAG_SCORE",
    "STATUS_NAMES",
    "STRETCH_SCORE",
    "TARGET_SCORE",
    "InvalidTarget",
    "Status",
    "TargetKind",
    "Targets",
    "check_target",
    "custom_polylines",
    "display_number",
    "display_score",
    "padded_points",
    "polyline_points",
    "progress",
    "range_polylines",
    "rounded_within",
    "score",
    "score_targets",
    "status_codes",
    "statuses",
    "target_polylines",
    "threshold_polylines",
]


class Status(IntEnum):
    """What a score means, from the worst on; the two without a verdict come last."""

    CRITICAL = 0
    BELOW_TARGET = 1
    ON_TARGET = 2
    NO_DATA = 3
    INSUFFICIENT_DATA = 4


STATUS_NAMES = tuple(status.name.lower() for status in Status)

ASSESSED_SCORES: Mapping[Status, float] = {
    Status.CRITICAL: 25.0,
    Status.BELOW_TARGET: 75.0,
    Status.ON_TARGET: 125.0,
}
"""The score of a status that a manager gave: the middle of its band."""


def score_targets(
    values: ArrayLike,
    targets: Targets,
    sign: ArrayLike,
    natural_minimum: ArrayLike,
    natural_maximum: ArrayLike,
) -> FloatArray:
    """The score of each value against its target, targets of all kinds at once.

    values: (n,), nan = missing; targets: n rows; sign: 1 where higher is better, -1 where lower
    is; natural bounds: nan = none; these three (n,) or scalar. Returns (n,) scores 0 to 150, nan
    where the value or the target is missing.

    >>> targets = Targets(np.array([0, 3]), np.array([[np.nan, 40, 60, np.nan], [np.nan] * 4]))
    >>> score_targets([70, 1], targets, 1, np.nan, np.nan)
    array([125., 100.])
    """
    return score(values, *target_polylines(targets, sign, natural_minimum, natural_maximum))


def status_codes(scores: ArrayLike) -> IntArray:
    """The status that each score alone stands for: critical, below or on target, or no data.

    >>> status_codes([49.9, 50, 99.9, 100, np.nan])
    array([0, 1, 1, 2, 3])
    """
    scores = floats(scores)
    bands = reaches(scores, RED_FLAG_SCORE).astype(np.int64) + reaches(scores, TARGET_SCORE)
    return np.where(np.isnan(scores), int(Status.NO_DATA), bands)


def statuses(
    scores: ArrayLike, coverage: ArrayLike, minimum_coverage: float | FloatArray
) -> IntArray:
    """The status of each score, as codes of Status.

    scores: (n,), nan = no data; coverage: (n,) in [0, 1], nan where nothing is due yet, which is
    never too little; minimum_coverage: in [0, 1].

    >>> statuses([120, 120, np.nan, 120], [0.5, 0.49, 0.0, np.nan], 0.5)
    array([2, 4, 3, 2])
    """
    codes, coverage = status_codes(scores), floats(coverage)
    is_too_little = ~np.isnan(coverage) & ~reaches(coverage, minimum_coverage)
    insufficient = is_too_little & (codes != Status.NO_DATA)
    return np.where(insufficient, int(Status.INSUFFICIENT_DATA), codes)


def progress(values: ArrayLike, baseline: ArrayLike, target: ArrayLike) -> FloatArray:
    """The share of the way from baseline to target: (value - baseline) / (target - baseline).

    Unclamped; shapes broadcast. nan where any of the three is missing or the way is 0.

    >>> progress([15, 30, 5], 10, 20)
    array([ 0.5,  2. , -0.5])
    """
    way = floats(target) - floats(baseline)
    gone = floats(values) - floats(baseline)
    return np.where(way == 0, np.nan, gone / np.where(way == 0, 1.0, way))
