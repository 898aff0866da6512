"""Forecasts: the next values of a series, how sure they are, and whether a target will be met.

A few simple methods are tried on the past (rolling origin: Hyndman & Athanasopoulos, *Forecasting:
Principles and Practice*, 3rd ed., section 5.10), each against repeating the last value. What does
not beat that clearly is not used. Spread comes from the errors made in the trial, nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from calculations.aggregation import TimeRule
from calculations.arrays import TOLERANCE, FloatArray, floats

FEWEST = 8  # known values from which anything is forecast
MOST = 120  # of the newest values are looked at
LEAST_TRAINING = 5  # values before the first origin
MARGIN = 0.15  # a method must err so much less than the last value does
PATHS = 2000
SEED = 19521
INTERVAL = (0.1, 0.9)  # of 80 %


class Method(StrEnum):
    """How the next values follow from the known ones; the simplest first."""

    LAST = "last"  # the last value, repeated
    MEAN = "mean"  # the mean of all
    TREND = "trend"  # a straight line through them, by Theil and Sen
    SEASON = "season"  # the same part of the last cycle


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next values. expected, lower, upper: (h,), the middle and an interval of 80 %.

    error, last_error: mean absolute errors in the trial, of the method and of the last value.
    paths: (2000, h) futures that are as likely as each other.
    """

    method: Method
    expected: FloatArray
    lower: FloatArray
    upper: FloatArray
    error: float
    last_error: float
    count: int  # known values that it comes from
    paths: FloatArray

    @property
    def beats_last(self) -> bool:
        return self.method is not Method.LAST


@dataclass(frozen=True, slots=True)
class Ending:
    """The value of a whole span, with what is measured of it already."""

    expected: float
    lower: float
    upper: float
    chance: float  # of meeting the target, nan without one


def outlook(
    values: ArrayLike,
    horizon: int,
    season: int = 1,
    lowest: float = np.nan,
    highest: float = np.nan,
) -> Outlook | None:
    """The next `horizon` values after the last known one; None from fewer than eight.

    values: (n,) oldest first, nan = missing; what is missing after the last known value belongs to
    the horizon. season: values in a cycle, used once two cycles are known. lowest, highest: natural
    bounds. The same values give the same answer, bit for bit.

    >>> found = outlook([3, 5] * 8, 2, season=2)
    >>> found.method.value, found.expected.tolist(), found.error, round(found.last_error, 2)
    ('season', [3.0, 5.0], 0.0, 1.05)
    >>> outlook([1, 2, 3], 4) is None
    True
    """
    values = _recent(values)
    count = int((~np.isnan(values)).sum())
    if count < FEWEST or horizon < 1:
        return None
    trial = _trial(values, horizon, season)
    method = _chosen(trial)
    middle = _METHODS[method](values, horizon, season)
    bounds = float(np.fmax(lowest, -np.inf)), float(np.fmin(highest, np.inf))
    paths = np.clip(middle + _errors_to_come(trial[method], method, horizon), *bounds)
    lower, upper = np.quantile(paths, INTERVAL, axis=0)
    return Outlook(
        method=method,
        expected=np.clip(middle, *bounds),
        lower=lower,
        upper=upper,
        error=_mean_error(trial[method]),
        last_error=_mean_error(trial[Method.LAST]),
        count=count,
        paths=paths,
    )


def ending(
    found: Outlook,
    measured: ArrayLike,
    rule: TimeRule,
    sign: int = 1,
    target: float | tuple[float, float] = np.nan,
) -> Ending:
    """What a span comes to that holds the measured values and then the forecast ones.

    measured: (m,) known values, before the forecast ones in time; sign: 1 where higher is better,
    -1 where lower is, 0 where target is a range (from, to). A value on the target meets it.
    """
    totals = _totals(found.paths, floats(measured), rule)
    lower, upper = np.quantile(totals, INTERVAL)
    middle = _totals(found.expected[np.newaxis], floats(measured), rule)[0]
    return Ending(float(middle), float(lower), float(upper), _chance(totals, sign, target))


def _recent(values: ArrayLike) -> FloatArray:
    """Up to the last known value, from the first known one on, and no more than are looked at."""
    values = floats(values)
    known = np.flatnonzero(~np.isnan(values))
    return values[known[0] : known[-1] + 1][-MOST:] if known.size else values[:0]


# --- Methods: the next h values after the last one


def _last(values: FloatArray, horizon: int, season: int) -> FloatArray:
    return np.full(horizon, values[~np.isnan(values)][-1])


def _mean(values: FloatArray, horizon: int, season: int) -> FloatArray:
    return np.full(horizon, values[~np.isnan(values)].mean())


def _trend(values: FloatArray, horizon: int, season: int) -> FloatArray:
    """The line whose slope is the median of all slopes between two values."""
    at = np.flatnonzero(~np.isnan(values))
    known = values[at]
    first, second = np.triu_indices(at.size, 1)
    slope = np.median((known[second] - known[first]) / (at[second] - at[first]))
    level = np.median(known - slope * at)
    line: FloatArray = level + slope * (values.size + np.arange(horizon))
    return line


def _season(values: FloatArray, horizon: int, season: int) -> FloatArray:
    """Of each place in the cycle the last known value; the last one of all where there is none."""
    cycle = _last(values, season, season)
    for place in range(max(values.size - 2 * season, 0), values.size):
        if not np.isnan(values[place]):
            cycle[place % season] = values[place]
    return cycle[(values.size + np.arange(horizon)) % season]


_METHODS: dict[Method, Callable[[FloatArray, int, int], FloatArray]] = {
    Method.LAST: _last,
    Method.MEAN: _mean,
    Method.TREND: _trend,
    Method.SEASON: _season,
}


# --- Trial on the past

Errors = FloatArray  # (origins, h), actual minus forecast, nan where there is no actual


def _trial(values: FloatArray, horizon: int, season: int) -> dict[Method, Errors]:
    """Of each method that can be tried, its errors from the same origins."""
    methods = list(_METHODS)
    first = max(LEAST_TRAINING, values.size // 3)
    if season < 2 or values.size < 2 * season:
        methods.remove(Method.SEASON)
    else:
        first = max(first, season)
    known = ~np.isnan(values)
    origins = [t for t in range(first, values.size) if known[:t].sum() >= 2]
    return {
        method: np.array([_errors(values, t, horizon, season, method) for t in origins])
        for method in methods
    }


def _errors(values: FloatArray, at: int, horizon: int, season: int, method: Method) -> FloatArray:
    errors = np.full(horizon, np.nan)
    ahead = values[at : at + horizon]
    errors[: ahead.size] = ahead - _METHODS[method](values[:at], ahead.size, season)
    return errors


def _mean_error(errors: Errors) -> float:
    return float(np.nanmean(np.abs(errors)))


def _chosen(trial: dict[Method, Errors]) -> Method:
    """The method that errs least, if it errs clearly less than the last value does."""
    wanted = (1 - MARGIN) * _mean_error(trial[Method.LAST])
    found = min(trial, key=lambda method: _mean_error(trial[method]))
    return found if _mean_error(trial[found]) <= wanted else Method.LAST


# --- Spread


@dataclass(frozen=True, slots=True)
class _Variances:
    """Of the errors of one forecast k steps ahead: own + common + adding · k.

    own: of each step alone; common: of all its steps alike; adding: of each step and all after it.
    """

    own: float
    common: float
    adding: float

    def at(self, steps: FloatArray) -> FloatArray:
        return self.own + self.common + self.adding * steps


def _errors_to_come(errors: Errors, method: Method, horizon: int) -> FloatArray:
    """Errors of possible futures, (2000, h), drawn from those of the trial, of either sign."""
    variances = _variances(errors, method)
    steps = floats(np.arange(errors.shape[1])) + 1.0
    shapes = errors / np.sqrt(np.maximum(variances.at(steps), TOLERANCE**2))
    shapes = shapes[~np.isnan(shapes)]
    pool, draw = np.concatenate([shapes, -shapes]), np.random.default_rng(SEED)
    own = draw.choice(pool, (PATHS, horizon)) * np.sqrt(variances.own)
    common = draw.choice(pool, (PATHS, 1)) * np.sqrt(variances.common)
    adding = np.cumsum(draw.choice(pool, (PATHS, horizon)), axis=1) * np.sqrt(variances.adding)
    drawn: FloatArray = (own + common + adding) * _widening(len(errors))
    return drawn


def _variances(errors: Errors, method: Method) -> _Variances:
    """Fitted to the mean squared errors by step and to the mean products within an origin."""
    counts = (~np.isnan(errors)).sum(axis=0)
    tried = np.flatnonzero(counts)
    steps, counts = 1.0 + tried, counts[tried].astype(float)
    squares = np.nanmean(errors[:, tried] ** 2, axis=0)
    step, square = np.average(steps, weights=counts), np.average(squares, weights=counts)
    moved = steps - step
    slope = max(float((counts * moved * squares).sum()) / _above_0((counts * moved**2).sum()), 0.0)
    level = float(square - slope * step)
    if method is Method.LAST or level < 0:  # the last value errs as a random walk does
        return _Variances(0.0, 0.0, float(square / step))
    common = min(max(_mean_product(errors, slope), 0.0), level)
    return _Variances(level - common, common, slope)


def _mean_product(errors: Errors, slope: float) -> float:
    """Of two errors of the same origin, without what adds up."""
    known = ~np.isnan(errors)
    steps = 1.0 + np.arange(errors.shape[1])
    filled = np.where(known, errors, 0.0)
    pairs = float((known.sum(axis=1) ** 2 - known.sum(axis=1)).sum())
    products = float((filled.sum(axis=1) ** 2 - (filled**2).sum(axis=1)).sum())
    shared = np.minimum.outer(steps, steps) * (known.T.astype(float) @ known.astype(float))
    return (products - slope * float(shared.sum() - np.trace(shared))) / _above_0(pairs)


def _above_0(number: float) -> float:
    return float(number) or 1.0


def _widening(origins: int) -> float:
    """How much wider an interval of 80 % is when it comes from few errors.

    Student's t (Abramowitz & Stegun, 26.7.5) for half as many as there were origins, since errors
    of neighbouring origins are much alike.
    """
    n, z = origins / 2, 1.2816
    free = max(n - 1, 1.0)
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return float(np.sqrt(1 + 1 / n) * t / z)


# --- A whole span


def _totals(paths: FloatArray, measured: FloatArray, rule: TimeRule) -> FloatArray:
    whole = np.hstack([np.tile(measured, (len(paths), 1)), paths])
    totals: FloatArray = _TOTALS[rule](whole)
    return totals


_TOTALS: dict[TimeRule, Callable[[FloatArray], FloatArray]] = {
    TimeRule.SUM: lambda whole: whole.sum(axis=1),
    TimeRule.MEAN: lambda whole: whole.mean(axis=1),
    TimeRule.LAST: lambda whole: whole[:, -1],
    TimeRule.MIN: lambda whole: whole.min(axis=1),
    TimeRule.MAX: lambda whole: whole.max(axis=1),
}


def _chance(totals: FloatArray, sign: int, target: float | tuple[float, float]) -> float:
    low, high = target if isinstance(target, tuple) else (target, target)
    if np.isnan(low) or np.isnan(high):
        return float("nan")
    reached = totals >= low - TOLERANCE * max(1.0, abs(low))
    kept = totals <= high + TOLERANCE * max(1.0, abs(high))
    met = {1: reached, -1: kept, 0: reached & kept}[sign]
    return float(met.mean())
