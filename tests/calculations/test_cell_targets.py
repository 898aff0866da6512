"""Targets over the same parts as the values, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from calculations.aggregation import TimeRule
from calculations.series import TargetRow
from calculations.targets import TargetKind
from calculations.units import UnitRule
from tests.calculations.tables import MONTHLY, formula, target, view

nan = np.nan
SUM = replace(MONTHLY, unit_rule=UnitRule.SUM, children=(1, 2))
MEAN = replace(MONTHLY, unit_rule=UnitRule.MEAN, children=(1, 2))
JANUARY = {"2026-01": 100.0}


def test_two_of_three_months_on_target() -> None:
    values = {0: {"2026-01": 100.0, "2026-02": 100.0}}
    seen = view([MONTHLY], values, ["2026-Q1"], [target(0, 100, 50)])
    assert (seen.points[0, 0, 2], seen.scores[0, 0]) == (200, 100)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([target(0, 300)], 150),  # one of two children, by number
        ([target(0, 300), target(1, 50), target(2, 100)], 100),  # a third, by targets
        ([target(0, 300), target(1, 50), target(2, 0)], 150),  # a target of 0 has no share
        ([target(1, 50), target(2, 100)], 50),  # the reporting child's
        ([target(2, 100)], nan),  # half a target is not comparable
    ],
)
def test_targets_of_a_sum(targets: list[TargetRow], expected: float) -> None:
    seen = view([SUM, MONTHLY, MONTHLY], {1: JANUARY}, ["2026-01"], targets)
    assert seen.points[0, 0, 2] == pytest.approx(expected, nan_ok=True)


def test_a_range_is_no_number_to_share_by_whatever_is_beneath_it() -> None:
    whole = [SUM, replace(SUM, children=(3, 4)), MONTHLY, MONTHLY, MONTHLY]
    spread = replace(target(1, 0), kind=TargetKind.RANGE, points=(0.0, 10.0, 20.0, 30.0))
    targets = [target(0, 300), spread, target(2, 300), target(3, 50), target(4, 50)]
    seen = view(whole, {2: JANUARY, 3: JANUARY}, ["2026-01"], targets)
    # Half of the first child and all of the second, by number: three quarters.
    assert seen.points[0, 0, 2] == 225


def test_before_the_first_value_all_children_stand_for_the_whole() -> None:
    seen = view([SUM, MONTHLY, MONTHLY], {}, ["2026-01"], [target(1, 50), target(2, 100)])
    assert seen.points[0, 0, 2] == 150


def test_the_share_is_taken_by_own_period() -> None:
    """January both, February one of two: 300 + 150."""
    values = {1: {"2026-01": 1.0, "2026-02": 1.0}, 2: {"2026-01": 1.0}}
    seen = view([SUM, MONTHLY, MONTHLY], values, ["2026-Q1"], [target(0, 300)])
    assert seen.points[0, 0, 2] == 450


@pytest.mark.parametrize("rule", ["last", "mean", "min"])
def test_what_is_not_summed_over_time_stands_for_the_whole_span(rule: str) -> None:
    """Two head counts, one told in January only: both are in the quarter's, and in its target."""
    count = replace(MONTHLY, time_rule=TimeRule(rule))
    total = replace(count, unit_rule=UnitRule.SUM, children=(1, 2))
    values = {1: {"2026-01": 50.0, "2026-03": 50.0}, 2: {"2026-01": 50.0}}
    seen = view([total, count, count], values, ["2026-Q1"], [target(0, 100, 50)])
    assert (seen.values[0, 0], seen.points[0, 0, 2], seen.scores[0, 0]) == (100, 100, 100)


def test_a_carried_child_answers_to_nothing_of_its_parents_target() -> None:
    last = replace(MONTHLY, time_rule=TimeRule.LAST, carry_forward=1)
    total = replace(last, unit_rule=UnitRule.SUM, children=(1, 2))
    values = {1: {"2026-02": 50.0}, 2: {"2026-01": 50.0}}
    seen = view([total, last, last], values, ["2026-02"], [target(0, 100, 50)])
    assert (seen.values[0, 0], seen.points[0, 0, 2], seen.scores[0, 0]) == (50, 50, 100)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([target(1, 50), target(2, 100)], 62.5),  # weights 3 and 1
        ([target(1, 50)], 50),  # of those that have one
        ([target(0, 7), target(1, 50)], 7),
    ],
)
def test_targets_of_a_weighted_mean(targets: list[TargetRow], expected: float) -> None:
    series = [replace(MEAN, weights=(3, 4)), *[MONTHLY] * 4]
    values = {1: JANUARY, 2: JANUARY, 3: {"2026-01": 3.0}, 4: {"2026-01": 1.0}}
    assert view(series, values, ["2026-01"], targets).points[0, 0, 2] == expected


def test_three_levels_scale_by_the_share_beneath() -> None:
    """One team of two reports beneath one division of two: a quarter of the whole."""
    division = replace(SUM, children=(3, 4))
    series = [SUM, division, MONTHLY, MONTHLY, MONTHLY]
    seen = view(series, {3: JANUARY}, ["2026-01"], [target(0, 400)])
    assert seen.points[0, 0, 2] == 100


@pytest.mark.parametrize(("own", "expected"), [([], 20), ([target(1, 5)], 5)])
def test_a_target_comes_from_the_nearest_unit_above(own: list[TargetRow], expected: float) -> None:
    child = replace(MONTHLY, targets_from=(2, 0))
    series = [replace(MEAN, children=(1,)), child, MONTHLY]
    targets = [target(0, 10), target(2, 20), *own]
    assert view(series, {1: JANUARY}, ["2026-01"], targets).points[1, 0, 2] == expected


def test_values_that_replace_leave_the_childrens_targets_alone() -> None:
    series = [replace(SUM, replacement=3), MONTHLY, MONTHLY, MONTHLY]
    targets = [target(1, 50), target(2, 100)]
    values = {1: JANUARY, 3: JANUARY}
    assert np.isnan(view(series, values, ["2026-01"], targets).points[0, 0, 2])
    whole = view(series, values, ["2026-01"], [*targets, target(0, 300)])
    assert whole.points[0, 0, 2] == 300


def test_the_time_rule_of_a_formula_governs_its_target() -> None:
    """Two of three months are joint: 2 x 100 where targets are summed, 100 where averaged."""
    values = {0: {"2026-01": 1.0, "2026-02": 1.0, "2026-03": 1.0}, 1: {"2026-01": 1.0}}
    values[1]["2026-03"] = 1.0
    series = [MONTHLY, MONTHLY, *(formula("a + b", rule=r, a=0, b=1) for r in ("sum", "mean"))]
    seen = view(series, values, ["2026-Q1"], [target(2, 100), target(3, 100)])
    assert seen.values[2:, 0].tolist() == [4, 4]
    assert seen.points[2:, 0, 2].tolist() == [200, 100]


def test_values_that_replace_bring_their_own_target() -> None:
    series = [replace(SUM, replacement=3), MONTHLY, MONTHLY, MONTHLY]
    seen = view(series, {3: JANUARY}, ["2026-01"], [target(1, 50), target(2, 100), target(3, 80)])
    assert seen.points[0, 0, 2] == 80


def test_a_value_that_replaces_may_be_a_carried_one() -> None:
    last = replace(MONTHLY, time_rule=TimeRule.LAST, carry_forward=1)
    series = [replace(SUM, time_rule=TimeRule.LAST, replacement=3), last, last, last]
    assert view(series, {3: JANUARY}, ["2026-02"]).is_carried[0, 0]


def test_the_share_of_a_mean_is_whole_where_any_child_reports() -> None:
    """A mean of sums, of which one reports in part, beneath a sum."""
    series = [
        replace(SUM, children=(1,)), replace(MEAN, children=(2,)),
        replace(SUM, children=(3, 4)), MONTHLY, MONTHLY,
    ]  # fmt: skip
    assert view(series, {3: JANUARY}, ["2026-01"], [target(0, 100)]).points[0, 0, 2] == 100


def test_where_only_the_reporting_child_lacks_a_target_the_sum_has_none() -> None:
    values = {1: JANUARY, 2: JANUARY}
    seen = view([SUM, MONTHLY, MONTHLY], values, ["2026-01"], [target(1, 50)])
    assert np.isnan(seen.points[0, 0, 2])


def test_before_the_first_value_a_sums_own_target_is_whole() -> None:
    seen = view([SUM, MONTHLY, MONTHLY], {}, ["2026-01"], [target(0, 300)])
    assert seen.points[0, 0, 2] == 300


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("rule", [UnitRule.SUM, UnitRule.MEAN])
def test_a_number_and_a_range_have_neither_sum_nor_mean(
    rule: UnitRule, order: tuple[int, int]
) -> None:
    above = replace(MONTHLY, unit_rule=rule, children=order)
    targets = [target(1, 50), replace(target(2, 50), kind=TargetKind.RANGE, points=(1, 2, 3, 4))]
    values = {1: JANUARY, 2: JANUARY}
    seen = view([above, MONTHLY, MONTHLY], values, ["2026-01"], targets)
    assert np.isnan(seen.points[0, 0]).all()
    assert np.isnan(seen.scores[0, 0])
