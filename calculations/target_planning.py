"""Planning targets: a year split into its parts, another year's carried on, a red flag proposed.

A split is an apportionment: shares are rounded so that they still add up, by the method of the
largest remainder (Hamilton's; Balinski & Young, Fair Representation, 1982).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from calculations.aggregation import TimeRule
from calculations.arrays import FloatArray, floats, reaches

MOST_DECIMALS = 9
MINIMUM_RECENT_VALUES = 4
DEFAULT_SHARE = 0.1
ROUNDING_SHARE = 0.005
"""How far rounding may move a target that was multiplied: half a percent."""

_STRETCHES = {TimeRule.SUM, TimeRule.MEAN}


class NoProfile(ValueError):
    """Last year's values tell nothing about how to split a year; the message says why."""


def last_years_profile(values: ArrayLike) -> FloatArray:
    """Weights for the parts of a year from those of the year before, (n,); nan = missing.

    A missing part takes the mean of the known ones. Raises NoProfile where nothing is known, where
    the values add up to 0, and where they have both signs, since a share would then turn a loss
    into a target.

    >>> last_years_profile([10, np.nan, 30])
    array([10., 20., 30.])
    """
    weights = floats(values)
    known = weights[~np.isnan(weights)]
    if not known.size:
        raise NoProfile("Last year has no values; split it in equal parts, or by hand")
    if not known.any():
        raise NoProfile("Last year's values are all 0; split it in equal parts, or by hand")
    if known.min() < 0 < known.max():
        raise NoProfile(
            "Last year has values above and below 0, which give no shares;"
            " split it in equal parts, or by hand"
        )
    return np.where(np.isnan(weights), known.mean(), weights)


def split_target(total: float, profile: ArrayLike, rule: TimeRule, decimals: int = 0) -> FloatArray:
    """The target of a year as targets of its parts, which make it again under the rule.

    profile: (n,) weights of one sign, not all 0. By the rule of the KPI's values over time:

    - sum: each part its share; rounded to the decimals, they add up to the total exactly.
    - mean: each part the total, more or less by its weight relative to the mean of the weights;
      rounded likewise, so that their mean is the total exactly.
    - last, min, max: each part the total, since one of them alone decides.

    A total with more decimals than the KPI keeps its own.

    >>> split_target(100, [1, 1, 1], TimeRule.SUM)
    array([34., 33., 33.])
    >>> split_target(40, [1, 2, 3], TimeRule.MEAN)
    array([20., 40., 60.])
    >>> split_target(40, [1, 2, 3], TimeRule.LAST)
    array([40., 40., 40.])
    """
    weights = floats(profile)
    if rule not in _STRETCHES:
        return np.full(weights.size, float(total))
    exact = Decimal(repr(float(total)))
    exponent = exact.normalize().as_tuple().exponent
    places = max(decimals, -exponent if isinstance(exponent, int) else 0)
    steps = int(exact.scaleb(places)) * (weights.size if rule is TimeRule.MEAN else 1)
    return floats([float(Decimal(n).scaleb(-places)) for n in _apportioned(steps, weights)])


def _apportioned(steps: int, weights: FloatArray) -> list[int]:
    """Whole numbers in proportion to the weights that add up to `steps`; ties go to the first."""
    shares = [Fraction(weight) for weight in weights.tolist()]
    whole = sum(shares)
    quotas = [steps * share / whole for share in shares]
    parts = [math.floor(quota) for quota in quotas]
    left = steps - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts


def rolled_over(points: ArrayLike, factor: float, decimals: int = MOST_DECIMALS) -> FloatArray:
    """Each point times the factor, rounded; nan stays nan.

    Rounded to the decimals, or to as many more as keep each within half a percent: 3 × 1.15 stays
    3.45, not 3.

    >>> rolled_over([120.3, 3, np.nan], 1.15, 0)
    array([138.  ,   3.45,    nan])
    """
    scaled = floats(points) * factor
    return floats([_rounded(value, decimals) for value in scaled.tolist()])


def _rounded(value: float, decimals: int) -> float:
    if not math.isfinite(value):
        return value
    for places in range(decimals, MOST_DECIMALS):
        if abs(round(value, places) - value) <= ROUNDING_SHARE * abs(value):
            return round(value, places) + 0.0
    return round(value, MOST_DECIMALS) + 0.0


def moved_points(
    points: ArrayLike, old: float, new: float, rule: TimeRule, decimals: int = MOST_DECIMALS
) -> FloatArray:
    """Floor, red flag and stretch when the target moves from old to new.

    Where values are summed they keep their proportion to the target, so that a split year stays as
    strict in each part; elsewhere, or where a target of 0 or another sign leaves no proportion,
    they stay.

    >>> moved_points([80, np.nan], 100, 50, TimeRule.SUM)
    array([40., nan])
    >>> moved_points([80, np.nan], 100, 90, TimeRule.LAST)
    array([80., nan])
    """
    if rule is not TimeRule.SUM or old == 0 or new / old <= 0:
        return floats(points)
    return rolled_over(points, new / old, decimals)


class RedFlagBasis(StrEnum):
    """What a proposed red flag was taken from."""

    RECENT = "recent"
    """the worse quartile of recent values"""
    RANGE = "range"
    """a tenth of the KPI's natural range"""
    TARGET = "target"
    """a tenth of the target"""


@dataclass(frozen=True, slots=True)
class RedFlagProposal:
    value: float
    basis: RedFlagBasis


def proposed_red_flag(
    target: float,
    sign: int,
    recent_values: Sequence[float] = (),
    natural_minimum: float = math.nan,
    natural_maximum: float = math.nan,
) -> RedFlagProposal | None:
    """A red flag where only a target is given, and what it was taken from; None: nothing sensible.

    sign: 1 where higher is better, -1 where lower is (0: none is proposed). recent_values: nan =
    missing. The worse quartile of at least 4 known values (linear between order statistics: type 7
    of Hyndman & Fan, 1996) if it is worse than the target; else a tenth of the natural range, if
    the KPI has both bounds, or of the target away from it. Never past a natural bound, and rounded
    to two significant digits of its distance from the target, so never equal to that.

    >>> proposed_red_flag(100, 1, [62.3, 95, 80, 120])
    RedFlagProposal(value=76.0, basis=<RedFlagBasis.RECENT: 'recent'>)
    >>> proposed_red_flag(97, 1, [], 0, 100)
    RedFlagProposal(value=87.0, basis=<RedFlagBasis.RANGE: 'range'>)
    >>> proposed_red_flag(0, -1)
    """
    if sign == 0 or not math.isfinite(target):
        return None
    value, basis = _worse_quartile(recent_values, sign), RedFlagBasis.RECENT
    if not _is_worse(value, target, sign):
        distance, basis = _default_distance(target, natural_minimum, natural_maximum)
        value = target - sign * distance
    value = _clipped(value, natural_minimum, natural_maximum)
    if not _is_worse(value, target, sign):
        return None
    value = _clipped(_near(value, abs(target - value)), natural_minimum, natural_maximum)
    return RedFlagProposal(value, basis) if _is_worse(value, target, sign) else None


def _worse_quartile(recent_values: Sequence[float], sign: int) -> float:
    values = floats(recent_values)
    known = values[~np.isnan(values)]
    if known.size < MINIMUM_RECENT_VALUES:
        return math.nan
    return float(np.quantile(known, 0.25 if sign > 0 else 0.75))


def _default_distance(target: float, lowest: float, highest: float) -> tuple[float, RedFlagBasis]:
    if math.isfinite(lowest) and math.isfinite(highest):
        return DEFAULT_SHARE * (highest - lowest), RedFlagBasis.RANGE
    return DEFAULT_SHARE * abs(target), RedFlagBasis.TARGET


def _is_worse(value: float, target: float, sign: int) -> bool:
    """Worse by more than the tolerance with which values meet targets; false for nan."""
    return not math.isnan(value) and not reaches(sign * value, sign * target)


def _clipped(value: float, lowest: float, highest: float) -> float:
    return float(np.fmin(np.fmax(value, lowest), highest))


def _near(value: float, distance: float) -> float:
    """The value on steps of a tenth of the distance's first digit."""
    places = 1 - math.floor(math.log10(distance))
    return round(value, places) + 0.0
