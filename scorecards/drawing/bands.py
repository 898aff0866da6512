"""Where along the axis of values the score is red, amber or green."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scorecards.selectors.shapes import Polyline

from .scales import RED_FLAG, TARGET, Band, Scale

CRITICAL, BELOW_TARGET, ON_TARGET = "critical", "below_target", "on_target"

# How far beyond its polyline a value may lie before it is pinned to the edge, in lengths of it:
# a wild value must not squeeze the bands to nothing.
REACH = 0.25


def value_scale(polyline: Polyline, actual: float | None, start: float, end: float) -> Scale:
    """From the first corner to the last, stretched a little where the value lies beyond."""
    low, high = polyline.points[0][0], polyline.points[-1][0]
    if high <= low:
        # A target alone is a single jump: show as much on both sides of it.
        distance = 0.0 if actual is None else abs(actual - low)
        half = max(abs(low) * REACH, distance * 1.2) or 1.0
        return Scale(low - half, high + half, start, end)
    slack = (high - low) * REACH
    if actual is not None:
        low, high = max(min(low, actual), low - slack), min(max(high, actual), high + slack)
    return Scale(low, high, start, end)


def bands_of(points: Sequence[tuple[float, float]], axis: Scale) -> Iterator[Band]:
    """Stretches of the axis in which the score stays within one status, from left to right."""
    edges = sorted({axis.low, axis.high, *crossings(points)} | {x for x, _ in points})
    inside = [edge for edge in edges if axis.low <= edge <= axis.high]
    start, status = axis.low, ""
    for left, right in pairwise(inside):
        here = _status(_score_at(points, (left + right) / 2))
        if here != status and status:
            yield _band(axis, start, left, status)
            start = left
        status = here
    yield _band(axis, start, axis.high, status)


def _band(axis: Scale, low: float, high: float, status: str) -> Band:
    return Band(axis.at(low), round(axis.at(high) - axis.at(low), 1), status)


def crossings(points: Sequence[tuple[float, float]]) -> Iterator[float]:
    """The values at which the polyline passes through 50 or 100."""
    for (x_0, y_0), (x_1, y_1) in pairwise(points):
        for level in (RED_FLAG, TARGET):
            if min(y_0, y_1) <= level <= max(y_0, y_1) and y_0 != y_1:
                yield x_0 + (level - y_0) / (y_1 - y_0) * (x_1 - x_0)


def _score_at(points: Sequence[tuple[float, float]], value: float) -> float:
    """The polyline's score of a value strictly between two corners, or beyond the ends."""
    if value <= points[0][0]:
        return points[0][1]
    for (x_0, y_0), (x_1, y_1) in pairwise(points):
        if x_0 <= value < x_1:
            return y_0 + (value - x_0) / (x_1 - x_0) * (y_1 - y_0)
    return points[-1][1]


def _status(score: float) -> str:
    if score < RED_FLAG:
        return CRITICAL
    return BELOW_TARGET if score < TARGET else ON_TARGET
