"""Splitting a year, carrying targets on, proposing red flags."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calculations.aggregation import TimeRule, aggregate, aggregate_targets
from calculations.target_planning import (
    NoProfile,
    RedFlagBasis,
    RedFlagProposal,
    last_years_profile,
    moved_points,
    proposed_red_flag,
    rolled_over,
    split_target,
)
from calculations.targets import TargetKind, check_target

NAN = math.nan
WEIGHTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=53).filter(lambda w: sum(w) > 1e-3)


def exactly(values: np.ndarray) -> Decimal:
    """The sum of the decimal numbers that people read."""
    return sum((Decimal(repr(value)) for value in values.tolist()), Decimal(0))


# --- A year in parts


@given(st.integers(-(10**9), 10**9), WEIGHTS, st.integers(0, 6))
def test_parts_of_a_sum_add_up_exactly(total: int, weights: list[float], decimals: int) -> None:
    parts = split_target(float(total), weights, TimeRule.SUM, decimals)
    assert exactly(parts) == total


@given(st.integers(-(10**6), 10**6), WEIGHTS)
def test_parts_of_a_mean_have_it_as_their_mean(total: int, weights: list[float]) -> None:
    parts = split_target(float(total), weights, TimeRule.MEAN, 1)
    assert exactly(parts) == total * len(weights)


@given(st.floats(-1e6, 1e6), WEIGHTS, st.sampled_from(TimeRule))
def test_the_parts_make_the_year_again(total: float, weights: list[float], rule: TimeRule) -> None:
    parts = split_target(total, weights, rule, 2)
    groups = np.zeros(parts.size, dtype=int)
    again, _ = aggregate(parts, groups, 1, rule)
    wanted = aggregate_targets(parts.reshape(-1, 1), np.full(parts.size, NAN), groups, [rule.code])
    assert again[0] == pytest.approx(total, rel=1e-9, abs=1e-6)
    assert wanted[0, 0] == pytest.approx(total, rel=1e-9, abs=1e-6)


@given(st.integers(0, 10**6), WEIGHTS)
def test_a_part_is_its_share_within_one_step(total: int, weights: list[float]) -> None:
    parts = split_target(float(total), weights, TimeRule.SUM, 0)
    shares = np.array(weights) / sum(weights) * total
    assert np.all(np.abs(parts - shares) < 1 + 1e-6)


@pytest.mark.parametrize("weights", [[1, 2, 4], [3, 0, 1]])
@pytest.mark.parametrize("rule", [TimeRule.LAST, TimeRule.MIN, TimeRule.MAX])
def test_where_one_part_decides_each_gets_the_total(rule: TimeRule, weights: list[float]) -> None:
    assert split_target(40.5, weights, rule).tolist() == [40.5] * 3


def test_a_total_keeps_its_decimals() -> None:
    assert split_target(10.25, [1, 1], TimeRule.SUM, 0).tolist() == [5.13, 5.12]


def test_hamiltons_apportionment() -> None:
    """An example of Balinski & Young's: 26 seats by Hamilton's method."""
    people = [9061, 7179, 5259, 3319, 1182]
    assert split_target(26, people, TimeRule.SUM).tolist() == [9, 7, 5, 4, 1]


def test_missing_months_take_the_mean() -> None:
    assert last_years_profile([NAN, 10, 20]).tolist() == [15, 10, 20]
    assert last_years_profile([-1, -3]).tolist() == [-1, -3]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([NAN, NAN], "no values"),
        ([], "no values"),
        ([0, 0, NAN], "are all 0"),
        ([5, -5], "above and below 0"),
        ([5, -1], "above and below 0"),
    ],
)
def test_years_that_tell_nothing(values: list[float], why: str) -> None:
    with pytest.raises(NoProfile, match=why):
        last_years_profile(values)


# --- Another year


def test_a_target_is_carried_on_with_a_factor() -> None:
    assert rolled_over([80, 100], 1.05, 0).tolist() == [84, 105]
    assert rolled_over([1234], 1.05, 0).tolist() == [1296]
    assert rolled_over([0, 0.004], 2, 0).tolist() == [0, 0.008]
    assert rolled_over([-50], 1.1, 0).tolist() == [-55]


@given(st.floats(-1e9, 1e9), st.floats(0.01, 100), st.integers(0, 9))
def test_rounding_moves_by_at_most_half_a_percent(x: float, factor: float, decimals: int) -> None:
    exact = x * factor
    assert abs(rolled_over([x], factor, decimals)[0] - exact) <= 0.0051 * abs(exact) + 1e-9


def test_the_other_points_move_with_a_summed_target_only() -> None:
    assert moved_points([60, 80, NAN], 100, 70, TimeRule.SUM, 0)[:2].tolist() == [42, 56]
    assert moved_points([60, 80], 100, 70, TimeRule.MEAN, 0).tolist() == [60, 80]
    assert moved_points([5], 0, 70, TimeRule.SUM).tolist() == [5]
    assert moved_points([5], -10, 70, TimeRule.SUM).tolist() == [5]


@given(st.floats(1, 1e6), st.floats(0.1, 0.9), st.floats(0.01, 100))
def test_points_that_moved_are_still_in_order(old: float, share: float, by: float) -> None:
    new = old * by
    red_flag = moved_points([old * share], old, new, TimeRule.SUM, 6)[0]
    check_target(TargetKind.THRESHOLD, (None, red_flag, new, None))


# --- A red flag


@pytest.mark.parametrize(
    ("arguments", "proposed"),
    [
        ((100, 1, [62.3, 95, 80, 120]), (76, RedFlagBasis.RECENT)),
        ((5, -1, [6, 8, 10, 12]), (10.5, RedFlagBasis.RECENT)),
        # Recent values better than the target, or too few of them, tell nothing.
        ((100, 1, [110, 120, 130, 140]), (90, RedFlagBasis.TARGET)),
        ((100, 1, [10, 20, 30]), (90, RedFlagBasis.TARGET)),
        ((100, 1, [10, 20, 30, NAN]), (90, RedFlagBasis.TARGET)),
        ((100, -1, []), (110, RedFlagBasis.TARGET)),
        ((-100, 1, []), (-110, RedFlagBasis.TARGET)),
        ((97, 1, [], 0, 100), (87, RedFlagBasis.RANGE)),
        ((0, -1, [], 0, 50), (5, RedFlagBasis.RANGE)),
        ((4, 1, [], 0, 100), (0, RedFlagBasis.RANGE)),
        ((0, -1, [1, 2, 3, 4], 0), (3.2, RedFlagBasis.RECENT)),
        # The digits are those of the distance, so a close red flag stays apart from the target.
        ((1_000_000, 1, [999_000] * 4), (999_000, RedFlagBasis.RECENT)),
        ((98.5, 1, [97.234] * 4), (97.2, RedFlagBasis.RECENT)),
    ],
)
def test_proposed_red_flags(arguments: Any, proposed: tuple[float, RedFlagBasis]) -> None:
    found = proposed_red_flag(*arguments)
    assert found is not None
    assert found.value == pytest.approx(proposed[0])
    assert found.basis is proposed[1]


@pytest.mark.parametrize(
    "arguments", [(100, 0), (0, 1), (0, -1), (NAN, 1), (0, 1, [], 0, 100), (100, -1, [], 0, 100)]
)
def test_where_no_red_flag_makes_sense(arguments: Any) -> None:
    assert proposed_red_flag(*arguments) is None


@given(
    st.floats(-1e6, 1e6),
    st.sampled_from([1, -1]),
    st.lists(st.floats(-1e6, 1e6) | st.just(NAN), max_size=12),
    st.sampled_from([NAN, -1e7, 0.0]),
    st.sampled_from([NAN, 1e7]),
)
def test_a_proposal_makes_a_target_that_can_be_scored(
    target: float, sign: int, recent: list[float], lowest: float, highest: float
) -> None:
    assume(not target < lowest)
    found = proposed_red_flag(target, sign, recent, lowest, highest)
    if found is not None:
        check_target(
            TargetKind.THRESHOLD,
            (None, found.value, target, None),
            sign=sign,
            natural_minimum=None if math.isnan(lowest) else lowest,
            natural_maximum=None if math.isnan(highest) else highest,
        )
        assert isinstance(found, RedFlagProposal)
