"""Evidence of causal links, on simulated series: what it finds, and what does not fool it."""

import doctest
from collections.abc import Callable

import numpy as np
import pytest

from calculations import evidence, innovations
from calculations.arrays import FloatArray
from calculations.evidence import LaggedEvidence, lagged_evidence

MONTHS, SEEDS = 48, 1000
# Of 1,000 tests at 5 %, more than 72 are significant once in 1,000 times (binomial distribution).
MOST_FALSE = 72
Draw = Callable[[np.random.Generator], FloatArray]
PLACES = np.arange(MONTHS)


def persistent(random: np.random.Generator, share: float = 0.6, count: int = MONTHS) -> FloatArray:
    """An autoregression of first order, which has run in."""
    noise = random.standard_normal(count + 50)
    for place in range(1, noise.size):
        noise[place] += share * noise[place - 1]
    return noise[50:]


def wandering(random: np.random.Generator) -> FloatArray:
    return np.asarray(np.cumsum(random.standard_normal(MONTHS) + 0.3))


def growing(random: np.random.Generator) -> FloatArray:
    """Faster and faster, with a spread that grows, too: 40 % a year."""
    return np.asarray(np.exp(PLACES / 36) * (1 + 0.1 * random.standard_normal(MONTHS)))


def seasonal(random: np.random.Generator) -> FloatArray:
    swing = 2 * np.sin(2 * np.pi * PLACES / 12 + 1) + 3 * (PLACES % 12 == 11)
    return np.asarray(swing + random.standard_normal(MONTHS))


def capped(random: np.random.Generator) -> FloatArray:
    """Scores that often stand at their upper end."""
    return np.minimum(persistent(random) * 20 + 130, 150)


UNRELATED: list[Draw] = [persistent, wandering, growing, seasonal, capped]


def test_the_examples_hold() -> None:
    for module in (evidence, innovations):
        assert not doctest.testmod(module).failed


@pytest.mark.parametrize("draw", UNRELATED)
def test_series_that_have_nothing_to_do_with_each_other_seldom_look_related(draw: Draw) -> None:
    """Over 1,000 seeds and seven lags each: the bound of five in a hundred is kept."""
    false = 0
    for seed in range(SEEDS):
        random = np.random.default_rng([11, seed])
        found = lagged_evidence(draw(random), draw(random), range(7), season=12, permutations=99)
        false += found.verdict in ("confirmed", "contradicted")
    assert false <= MOST_FALSE


@pytest.mark.parametrize("draw", [wandering, growing, seasonal])
def test_levels_as_they_are_would_fool(draw: Draw) -> None:
    """The same series, by the plain correlation of their levels at lag 0 (|r| > 0.285: p < 5 %)."""
    false = 0
    for seed in range(200):
        random = np.random.default_rng([11, seed])
        false += abs(np.corrcoef(draw(random), draw(random))[0, 1]) > 0.285
    assert false > 100


def related(seed: int, lag: int, correlation: float, count: int = MONTHS) -> tuple[FloatArray, ...]:
    """A cause, and an effect of which it explains the square of the correlation after the lag."""
    random = np.random.default_rng([5, seed])
    cause, other = persistent(random, count=count + lag), persistent(random, count=count + lag)
    effect = correlation * np.roll(cause, lag) + np.sqrt(1 - correlation**2) * other
    return cause[lag:], effect[lag:]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_known_lag_is_found(sign: int) -> None:
    found: list[LaggedEvidence] = []
    for seed in range(50):
        cause, effect = related(seed, 3, 0.8)
        trend = 0.2 * np.arange(cause.size)
        is_inverse = sign < 0
        found.append(
            lagged_evidence(
                cause + trend,
                sign * effect + trend,
                range(7),
                is_inverse=is_inverse,
                season=12,
                permutations=199,
            )
        )
    right = [each for each in found if each.verdict == "confirmed" and each.lag == 3]
    assert len(right) >= 47
    strongest = [each.association for each in right if each.association is not None]
    assert all(sign * each > 0.4 for each in strongest)


# How often a link is found, of 100, as docs/methods.md tells: periods, correlation, at least.
POWER = [(28, 0.8, 60), (36, 0.7, 70), (48, 0.5, 45), (48, 0.7, 90), (60, 0.6, 85)]


@pytest.mark.parametrize(("count", "correlation", "least"), POWER)
def test_what_it_finds_how_often(count: int, correlation: float, least: int) -> None:
    hits = 0
    for seed in range(100):
        cause, effect = related(seed, 2, correlation, count)
        found = lagged_evidence(cause, effect, range(1, 4), season=12, permutations=99)
        hits += found.verdict == "confirmed" and found.lag == 2
    assert hits >= least


def test_the_same_series_give_the_same_answer() -> None:
    cause, effect = related(1, 2, 0.4)
    first, again = (lagged_evidence(cause, effect, range(4), seed=3) for _ in range(2))
    assert first == again
    turned = lagged_evidence(cause, -effect, range(4), seed=3)
    assert (turned.lag, turned.p_value) == (first.lag, first.p_value)


def test_missing_values_are_left_out_and_never_zero() -> None:
    cause, effect = related(4, 2, 0.9)
    gaps = effect.copy()
    gaps[[5, 6, 20]] = np.nan
    found = lagged_evidence(cause + 1000, gaps + 1000, [2])
    assert (found.verdict, found.n) == ("confirmed", MONTHS - 2 - 3)
    shifted = lagged_evidence(cause, gaps, [2])
    assert shifted.association == pytest.approx(found.association)


NOTHING: FloatArray = np.full(40, np.nan)
RISES = np.random.default_rng(2).normal(size=40)
OTHER = np.random.default_rng(8).normal(size=40)
TOO_LITTLE = [
    ("nothing at all", [], [], [0, 1]),
    ("nothing known", NOTHING, NOTHING, [0, 50]),
    ("23 periods", RISES[:23], RISES[:23], [0]),
    ("24 periods, of which one falls away", RISES[:24], RISES[:24], [1]),
    ("every other period", np.where(np.arange(40) % 2, RISES, np.nan), RISES, [0]),
    ("a cause that stands still", np.ones(40), RISES, [0]),
    ("an effect that stands still", RISES, np.ones(40), [0]),
    ("a straight line", np.arange(40.0), RISES, [0]),
    ("nothing at some lags, others out of reach", RISES, OTHER, range(5, 20)),
]


@pytest.mark.parametrize(("cause", "effect", "lags"), [row[1:] for row in TOO_LITTLE])
def test_too_little_data(cause: FloatArray, effect: FloatArray, lags: list[int]) -> None:
    found = lagged_evidence(cause, effect, lags, season=12)
    assert found.verdict == "too_little"
    assert [figure.lag for figure in found.profile] == list(lags)


def test_24_periods_are_enough_and_a_pattern_among_lags_that_can_be_judged_counts() -> None:
    assert lagged_evidence(RISES[:24], RISES[:24], [0]).verdict == "confirmed"
    assert lagged_evidence(RISES, np.roll(RISES, 5), range(5, 30)).verdict == "confirmed"
    leap = RISES.copy()
    leap[30] = 1e6
    assert lagged_evidence(RISES, leap, [0, 1]).verdict == "confirmed"
