"""XmR charts: limits, run rules, declared changes."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calculations.signals import process_limits, segments, signals

NAN = math.nan
STEADY = [10.0, 12, 9, 11, 10, 12, 9, 11]
NEAR_THREE = dict.fromkeys((18, 19, 21), ("near", 1))
FINITE = st.floats(-1e6, 1e6)


def marked(values: Sequence[float], changes: tuple[int, ...] = ()) -> dict[int, tuple[str, int]]:
    found = signals(values, segments(values, changes))
    return {each.place: (each.rule.value, each.side) for each in found}


def test_limits_are_those_of_wheelers_worked_figures() -> None:
    # Ranges 2, 3, 2, 1, 2, 3, 2: their mean is 15/7; 84/8 is the mean of the values.
    limits = process_limits(STEADY)
    assert limits.centre == 10.5
    assert limits.spread == pytest.approx(2.66 * 15 / 7)
    assert limits.range_limit == pytest.approx(3.268 * 15 / 7)
    assert (limits.count, limits.is_provisional, limits.by_median) == (8, True, False)
    assert not process_limits([*STEADY, 10, 12, 9, 11]).is_provisional


def test_one_jump_does_not_widen_the_limits_for_all() -> None:
    jumped = [*STEADY, 60.0, *STEADY]
    limits = process_limits(jumped)
    assert limits.by_median
    assert limits.spread == pytest.approx(3.145 * 2)
    assert limits.range_limit == pytest.approx(3.865 * 2)
    assert marked(jumped) == {8: ("beyond", 1)}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Nothing from five values; the sixth brings limits.
        ([1, 1, 1, 1, 50], {}),
        (STEADY, {}),
        ([*STEADY, -20], {8: ("beyond", -1)}),
        # Eight above the centre are a run, seven are not; a value on the centre ends it.
        ([0, 6, 0, 6, 0, 6, 0, *[4, 5] * 4], dict.fromkeys(range(7, 15), ("run", 1))),
        ([0, 6, 0, 6, 0, 6, 0, *[4, 5] * 3, 4], {}),
        # Three of four nearer the upper limit (11.61) than the centre (5.49), not beyond it.
        ([*[4, 6] * 9, 9, 9.1, 5, 9.2, 4], NEAR_THREE),
        # Missing values are left out: nothing is taken for zero, and a run goes on across them.
        ([NAN, *STEADY[:4], NAN, *STEADY[4:], NAN], {}),
        ([7.0] * 9, {}),
    ],
)  # fmt: skip
def test_run_rules(values: list[float], expected: dict[int, tuple[str, int]]) -> None:
    assert marked(values) == expected


def test_limits_begin_anew_where_a_change_is_declared() -> None:
    moved = [*STEADY, *(value + 20 for value in STEADY)]
    assert len(marked(moved)) == 16
    assert marked(moved, (8,)) == {}
    before, after = segments(moved, (8, 0, 99))
    assert before.limits
    assert after.limits
    assert after.limits.centre == before.limits.centre + 20
    # Too few since the change: no limits yet, and the old ones do not reach on.
    assert segments(moved, (12,))[1].limits is None


def test_limits_stop_at_natural_bounds_but_nearness_does_not() -> None:
    shares = [97.0, 99, 98, 100, 97, 99, 98, 100, 97, 99]
    (part,) = segments(shares, (), 0, 100)
    assert part.limits
    assert part.limits.upper == 100
    assert part.limits.lower > 90
    assert not signals(shares, [part])


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(FINITE, min_size=6, max_size=40), st.floats(0.5, 100), FINITE)
def test_signals_do_not_depend_on_the_unit_of_measure(
    values: list[float], factor: float, shift: float
) -> None:
    places = [round(value) for value in values]  # whole numbers: no rounding at the limits
    scaled = [value * round(factor) + round(shift) for value in places]
    if round(factor):
        assert marked(scaled) == marked([float(value) for value in places])


def test_noise_alone_seldom_speaks_and_a_shift_of_three_sigma_often() -> None:
    draw = np.random.default_rng(1)
    noise = draw.normal(50, 2, (400, 24))
    shifted = np.hstack([noise, draw.normal(56, 2, (400, 1))])

    def share(series: np.ndarray) -> float:
        newest = [series.shape[1] - 1 in marked(row.tolist()) for row in series]
        return sum(newest) / len(newest)

    assert share(noise) < 0.04
    assert 0.3 < share(shifted) < 0.6  # about half of the values lie beyond three sigma
