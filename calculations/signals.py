"""Signals: which values say that a process has changed, and which are no more than its noise.

The XmR chart of Wheeler, *Understanding Variation* (2nd ed., SPC Press 2000): limits from the
moving ranges of successive values, and run rules within them. Limits hold from a declared change
of the process to the next; missing values are left out, never zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, floats, tolerance

# Wheeler's constants for ranges of two successive values: of their mean, and of their median.
MEAN_SPREAD, MEAN_RANGE_LIMIT = 2.66, 3.268
MEDIAN_SPREAD, MEDIAN_RANGE_LIMIT = 3.145, 3.865
FEWEST = 6  # known values from which limits are computed at all
ENOUGH = 12  # known values from which they are more than provisional
RUN_LENGTH = 8
NEAR, OF_SUCCESSIVE = 3, 4


class Rule(StrEnum):
    """Why a value is a signal; the strongest first."""

    BEYOND = "beyond"  # outside the limits
    RUN = "run"  # one of eight or more in a row on one side of the centre
    NEAR = "near"  # one of three of four successive values nearer the limit than the centre


@dataclass(frozen=True, slots=True)
class Limits:
    """What to expect of a process while it stays as it is.

    lower and upper are clipped to the natural bounds; spread is the distance from the centre to
    either before that. range_limit: the largest change from one value to the next that is noise.
    """

    centre: float
    lower: float
    upper: float
    spread: float
    range_limit: float
    count: int  # known values that they come from
    by_median: bool

    @property
    def is_provisional(self) -> bool:
        return self.count < ENOUGH


@dataclass(frozen=True, slots=True)
class Segment:
    """Places [first, end) of a series between changes of its process; no limits from too few."""

    first: int
    end: int
    count: int
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Signal:
    """The value at a place speaks of a change; side: 1 above the centre, -1 below it."""

    place: int
    rule: Rule
    side: int


def process_limits(values: ArrayLike, lowest: float = np.nan, highest: float = np.nan) -> Limits:
    """The natural process limits of at least two known values; nan = missing, left out.

    Mean ± 2.66 times the mean moving range (Wheeler). Where a moving range lies beyond its own
    limit, 3.268 times the mean one, a single jump has widened all of them: then median ± 3.145
    times the median moving range, unless that is 0. lowest, highest: natural bounds of the values.

    >>> limits = process_limits([10, 12, 11, 13, 9, 11])
    >>> limits.centre, round(limits.spread, 3), round(limits.lower, 3), round(limits.range_limit, 3)
    (11.0, 5.852, 5.148, 7.19)
    >>> process_limits([98, 99, 97, 99], highest=100).upper
    100.0
    """
    known = _known(values)
    ranges = np.abs(np.diff(known))
    centre, usual = float(known.mean()), float(ranges.mean())
    spread, range_limit = MEAN_SPREAD * usual, MEAN_RANGE_LIMIT * usual
    median = float(np.median(ranges))
    by_median = bool(median > 0 and (ranges > range_limit).any())
    if by_median:
        centre = float(np.median(known))
        spread, range_limit = MEDIAN_SPREAD * median, MEDIAN_RANGE_LIMIT * median
    lower, upper = np.fmax(centre - spread, lowest), np.fmin(centre + spread, highest)
    return Limits(
        centre, float(lower), float(upper), spread, range_limit, int(known.size), by_median
    )


def segments(
    values: ArrayLike,
    changes: Iterable[int] = (),
    lowest: float = np.nan,
    highest: float = np.nan,
) -> tuple[Segment, ...]:
    """The series cut at the places from which its process was changed, each part with its limits.

    >>> [(one.first, one.end, one.limits is None) for one in segments([1, 2] * 5, [3])]
    [(0, 3, True), (3, 10, False)]
    """
    values = floats(values)
    inner = sorted({place for place in changes if 0 < place < values.size})
    edges = [0, *inner, values.size]
    return tuple(_segment(values, first, end, lowest, highest) for first, end in pairwise(edges))


def _segment(values: FloatArray, first: int, end: int, lowest: float, highest: float) -> Segment:
    part = values[first:end]
    count = int((~np.isnan(part)).sum())
    limits = process_limits(part, lowest, highest) if count >= FEWEST else None
    return Segment(first, end, count, limits)


def signals(values: ArrayLike, parts: Sequence[Segment]) -> tuple[Signal, ...]:
    """The signals of a series within its segments, in order; of each value its strongest.

    A value on the centre lies on neither side and ends a run.

    >>> steady = [10, 12, 9, 11, 10, 12, 9, 11]
    >>> signals([*steady, 30], segments([*steady, 30]))
    (Signal(place=8, rule=<Rule.BEYOND: 'beyond'>, side=1),)
    >>> signals(steady, segments(steady))
    ()
    """
    values = floats(values)
    return tuple(signal for part in parts if part.limits for signal in _of(values, part))


def _of(values: FloatArray, part: Segment) -> Iterable[Signal]:
    places = part.first + np.flatnonzero(~np.isnan(values[part.first : part.end]))
    limits = part.limits
    assert limits is not None
    known = values[places]
    sides = _sides(known, limits.centre)
    beyond = _beyond(known, limits)
    is_near = np.abs(known - limits.centre) > limits.spread / 2 + tolerance(limits.centre)
    in_run, near = _in_runs(sides), _near(sides, is_near)
    for at, place in enumerate(places.tolist()):
        marked = ((Rule.BEYOND, beyond[at]), (Rule.RUN, in_run[at]), (Rule.NEAR, near[at]))
        rule = next((rule for rule, holds in marked if holds), None)
        if rule is not None:
            yield Signal(place, rule, int(sides[at]))


def _sides(known: FloatArray, centre: float) -> FloatArray:
    return np.where(np.abs(known - centre) <= tolerance(centre), 0.0, np.sign(known - centre))


def _beyond(known: FloatArray, limits: Limits) -> BoolArray:
    above = known > limits.upper + tolerance(limits.upper)
    below: BoolArray = known < limits.lower - tolerance(limits.lower)
    return above | below


def _in_runs(sides: FloatArray) -> BoolArray:
    """The values in a row of eight or more on one side."""
    if sides.size < RUN_LENGTH:
        return np.zeros(sides.size, dtype=bool)
    sums = np.convolve(sides, np.ones(RUN_LENGTH), "valid")
    return _within(np.abs(sums) == RUN_LENGTH, RUN_LENGTH)


def _near(sides: FloatArray, is_near: BoolArray) -> BoolArray:
    """Of four successive values the three or four that are near the limit on one side."""
    found = np.zeros(sides.size, dtype=bool)
    if sides.size < OF_SUCCESSIVE:
        return found
    for side in (1.0, -1.0):
        chosen = is_near & (sides == side)
        counts = np.convolve(chosen, np.ones(OF_SUCCESSIVE), "valid")
        found |= chosen & _within(counts >= NEAR, OF_SUCCESSIVE)
    return found


def _within(hits: BoolArray, length: int) -> BoolArray:
    """The values in any of the windows of that length that are hits."""
    covered: BoolArray = np.convolve(hits, np.ones(length)) > 0
    return covered


def _known(values: ArrayLike) -> FloatArray:
    values = floats(values)
    return values[~np.isnan(values)]
