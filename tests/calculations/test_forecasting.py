"""Forecasts of simulated series with known answers, and how often their intervals hold."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calculations.aggregation import TimeRule
from calculations.forecasting import Method, ending, outlook

NAN = math.nan
Draw = np.random.Generator
Series = Callable[[Draw, int], np.ndarray]


def walk(draw: Draw, n: int) -> np.ndarray:
    return np.cumsum(draw.normal(size=n))


def noise(draw: Draw, n: int) -> np.ndarray:
    return draw.normal(50, 3, n)


def line(draw: Draw, n: int) -> np.ndarray:
    return 0.5 * np.arange(n) + draw.normal(size=n)


def seasons(draw: Draw, n: int) -> np.ndarray:
    return 5 * np.sin(2 * np.pi * np.arange(n) / 12) + draw.normal(size=n)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_too_few_values_give_no_forecast(count: int) -> None:
    assert outlook([5.0] * count, 3) is None
    assert outlook([NAN, *[5.0] * count, NAN, NAN], 3) is None
    assert outlook([5.0] * 8, 0) is None


def test_seasons_are_looked_for_from_two_cycles_on() -> None:
    cycles = [1.0, 5, 9, 2, 8, 1, 5, 9, 2, 8]
    one, two = outlook(cycles[:9], 5, 5), outlook(cycles, 5, 5)
    assert one
    assert two
    assert (one.method is Method.SEASON, two.method is Method.SEASON) == (False, True)


@pytest.mark.parametrize(
    ("values", "season", "method", "expected"),
    [
        ([7.0] * 8, 1, "last", [7, 7]),
        ([1.0, 2, 3, 4, 5, 6, 7, 8], 1, "trend", [9, 10]),
        # A gap is no zero: the line goes on through it.
        ([1.0, 2, NAN, 4, 5, 6, NAN, 8, 9, 10], 1, "trend", [11, 12]),
        ([12.0, 18, 15] * 4, 1, "mean", [15, 15]),
        ([10.0, 20] * 6, 2, "season", [10, 20]),
        ([1.0, 5, 9, 2] * 2, 4, "season", [1, 5]),
        # What is missing after the last known value is forecast, too.
        ([1.0, 2, 3, 4, 5, 6, 7, 8, NAN], 1, "trend", [9, 10]),
    ],
)
def test_methods_by_hand(
    values: list[float], season: int, method: str, expected: list[float]
) -> None:
    found = outlook(values, 2, season)
    assert found
    assert (found.method, found.beats_last) == (Method(method), method != "last")
    assert found.expected.tolist() == pytest.approx(expected)
    assert found.error <= found.last_error


def test_what_only_wanders_is_forecast_no_better_than_by_its_last_value() -> None:
    draw = np.random.default_rng(5)
    found = [outlook(walk(draw, 36), 6, 12) for _ in range(60)]
    assert sum(each is not None and each.method is Method.LAST for each in found) > 40
    found = [outlook(line(draw, 36), 6, 12) for _ in range(20)]
    assert all(each is not None and each.method is Method.TREND for each in found)


@pytest.mark.parametrize("series", [walk, noise, line, seasons])
@pytest.mark.parametrize(("known", "horizon"), [(12, 6), (36, 10)])
def test_intervals_of_80_percent_hold_about_so_often(
    series: Series, known: int, horizon: int
) -> None:
    """Of single values and of sums; bounds four standard errors beyond 65 % and 97 %."""
    draw, tries = np.random.default_rng(3), 60
    held = np.zeros(3)
    for _ in range(tries):
        values = series(draw, known + horizon)
        found = outlook(values[:known], horizon, 12)
        assert found
        year = ending(found, values[known - 2 : known], TimeRule.SUM)
        held += [
            found.lower[0] <= values[known] <= found.upper[0],
            found.lower[-1] <= values[-1] <= found.upper[-1],
            year.lower <= values[known - 2 :].sum() <= year.upper,
        ]
    assert (held > tries * 0.6).all()
    if known == 36:
        assert 0.7 < held.mean() / tries < 0.94


def test_the_chance_of_meeting_a_target_is_as_often_met() -> None:
    """Of sums over a year with half of it measured: what is told as 50 % comes half the time."""
    draw, chances, met = np.random.default_rng(11), [], []
    for _ in range(150):
        values = noise(draw, 30)
        target = 12 * 50 + float(draw.normal(0, 10))
        found = outlook(values[:24], 6, 12)
        assert found
        year = ending(found, values[18:24], TimeRule.SUM, 1, target)
        chances.append(year.chance)
        met.append(values[18:].sum() >= target)
    assert abs(np.mean(chances) - np.mean(met)) < 0.1
    sure = np.array(chances) > 0.7
    assert np.array(met)[sure].mean() > 0.7


@pytest.mark.parametrize(
    ("rule", "sign", "target", "expected", "chance"),
    [
        (TimeRule.SUM, 1, 68, 68, 1),  # 10 + 20 + 19 twice
        (TimeRule.SUM, 1, 68.1, 68, 0),
        (TimeRule.MEAN, 1, 17, 17, 1),
        (TimeRule.LAST, -1, 19, 19, 1),
        (TimeRule.MIN, 1, 11, 10, 0),
        (TimeRule.MAX, -1, 19.5, 20, 0),
        (TimeRule.MAX, 0, (20, 21), 20, 1),
        (TimeRule.MAX, 0, (20.5, 21), 20, 0),
        (TimeRule.SUM, 1, NAN, 68, NAN),
        (TimeRule.SUM, 0, (NAN, 3), 68, NAN),
    ],
)
def test_a_year_joins_what_is_measured_and_what_is_forecast(
    rule: TimeRule, sign: int, target: float, expected: float, chance: float
) -> None:
    found = outlook([19.0] * 8, 2)
    assert found
    year = ending(found, [10.0, 20.0], rule, sign, target)
    assert (year.expected, year.lower, year.upper) == (expected,) * 3
    assert year.chance == pytest.approx(chance, nan_ok=True)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.floats(-1e9, 1e9), min_size=8, max_size=30), st.integers(1, 14))
def test_forecasts_repeat_stay_in_bounds_and_in_order(values: list[float], horizon: int) -> None:
    low, high = min(values), max(values)
    one, two = (outlook(values, horizon, 4, low, high) for _ in range(2))
    assert one
    assert two
    assert one.paths.tolist() == two.paths.tolist()
    assert np.isfinite(one.paths).all()
    assert (one.lower >= low).all()
    assert (one.upper <= high).all()
    assert (one.lower <= one.upper).all()
