"""Roll-up over units, by hand."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from calculations.aggregation import TimeRule
from calculations.series import NOWHERE, Series
from calculations.units import UnitRule
from tests.calculations.tables import MONTHLY, target, view

nan = np.nan
LAST = replace(MONTHLY, time_rule=TimeRule.LAST)


def parent(*children: int, rule: UnitRule = UnitRule.SUM, pattern: Series = MONTHLY) -> Series:
    return replace(pattern, unit_rule=rule, children=children)


@pytest.mark.parametrize(
    ("rule", "second", "expected", "units"),
    [
        (UnitRule.SUM, 30.0, 40, (2, 2)),
        (UnitRule.MEAN, 30.0, 20, (2, 2)),
        (UnitRule.SUM, None, 10, (1, 2)),
        (UnitRule.MEAN, None, 10, (1, 2)),
    ],
)
def test_children_that_report_enter(
    rule: UnitRule, second: float | None, expected: float, units: tuple[int, int]
) -> None:
    values = {1: {"2026-01": 10.0}, 2: {} if second is None else {"2026-01": second}}
    seen = view([parent(1, 2, rule=rule), MONTHLY, MONTHLY], values, ["2026-01"])
    assert seen.values[0, 0] == expected
    assert (seen.units_known[0, 0], seen.units_due[0, 0]) == units


def test_seven_of_eight_teams() -> None:
    teams = range(1, 9)
    seen = view(
        [parent(*teams), *[MONTHLY] * 8],
        {n: {"2026-01": 1.0} for n in teams if n != 4},
        ["2026-01"],
    )
    assert (seen.values[0, 0], seen.units_known[0, 0], seen.units_due[0, 0]) == (7, 7, 8)
    assert seen.coverage[0, 0] == 7 / 8


def test_time_comes_before_units() -> None:
    """Means of 10 and 30, and of 50 alone: 20 and 50 make 35, not the mean of all, 30."""
    mean = replace(MONTHLY, time_rule=TimeRule.MEAN)
    values = {1: {"2026-01": 10.0, "2026-02": 30.0}, 2: {"2026-01": 50.0}}
    series = [parent(1, 2, rule=UnitRule.MEAN, pattern=mean), mean, mean]
    seen = view(series, values, ["2026-Q1"])
    assert seen.values[0, 0] == 35
    assert (seen.known[0, 0], seen.due[0, 0]) == (3, 6)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [((3.0, 1.0), 15), ((1.0, 0.0), 10), ((1.0, -2.0), 10), ((0.0, 0.0), nan)],
)
def test_a_weighted_mean_leaves_out_what_weighs_nothing(
    weights: tuple[float, float], expected: float
) -> None:
    mean = replace(parent(1, 2, rule=UnitRule.MEAN), weights=(3, 4))
    values = {n: {"2026-01": v} for n, v in enumerate([10.0, 30.0, *weights], 1)}
    seen = view([mean, *[MONTHLY] * 4], values, ["2026-01"])
    assert seen.values[0, 0] == pytest.approx(expected, nan_ok=True)


def test_a_child_without_a_weight_is_left_out_and_a_carried_weight_counts() -> None:
    mean = replace(parent(1, 2, rule=UnitRule.MEAN), weights=(3, NOWHERE))
    values = {1: {"2026-02": 10.0}, 2: {"2026-02": 30.0}, 3: {"2026-01": 5.0}}
    series = [mean, MONTHLY, MONTHLY, replace(LAST, carry_forward=1)]
    assert view(series, values, ["2026-02"]).values[0, 0] == 10


def test_a_carried_child_does_not_enter() -> None:
    kept = replace(LAST, carry_forward=2)
    values = {1: {"2026-02": 10.0}, 2: {"2026-01": 90.0}}
    seen = view([parent(1, 2, pattern=kept), kept, kept], values, ["2026-02"])
    assert seen.values[:, 0].tolist() == [10, 10, 90]
    assert seen.is_carried[:, 0].tolist() == [False, False, True]
    assert (seen.known[0, 0], seen.due[0, 0], seen.units_known[0, 0]) == (1, 2, 1)


def test_three_levels() -> None:
    series = [parent(1, 2), parent(3, 4), MONTHLY, MONTHLY, MONTHLY]
    values = {2: {"2026-01": 1.0}, 3: {"2026-01": 10.0}}
    seen = view(series, values, ["2026-01"])
    assert seen.values[:2, 0].tolist() == [11, 10]
    assert (seen.known[0, 0], seen.due[0, 0]) == (2, 3)
    assert (seen.units_known[0, 0], seen.units_due[0, 0]) == (2, 2)


@pytest.mark.parametrize(("own", "expected", "due"), [(None, 30, 2), (7.0, 7, 1)])
def test_values_that_replace_count_instead(own: float | None, expected: float, due: int) -> None:
    series = [replace(parent(1, 2), replacement=3), MONTHLY, MONTHLY, MONTHLY]
    values = {
        1: {"2026-01": 10.0},
        2: {"2026-01": 20.0},
        3: {} if own is None else {"2026-01": own},
    }
    seen = view(series, values, ["2026-01"])
    assert (seen.values[0, 0], seen.due[0, 0]) == (expected, due)


@pytest.mark.parametrize(
    ("day", "due"), [(dt.date(2026, 2, 1), 5), (dt.date(2026, 3, 15), 4), (dt.date(2026, 4, 1), 3)]
)
def test_an_assignment_counts_from_the_period_of_its_first_day(day: dt.date, due: int) -> None:
    series = [parent(1, 2), MONTHLY, replace(MONTHLY, starts_on=day)]
    assert view(series, {}, ["2026-Q1"]).due[0, 0] == due


@pytest.mark.parametrize(
    ("day", "due"), [(dt.date(2026, 2, 1), 1), (dt.date(2026, 2, 2), 2), (dt.date(2026, 1, 1), 0)]
)
def test_an_assignment_counts_to_the_period_before_its_end(day: dt.date, due: int) -> None:
    seen = view([replace(MONTHLY, ends_on=day)], {0: {"2026-03": 9.0}}, ["2026-Q1"])
    assert seen.due[0, 0] == due
    assert np.isnan(seen.values[0, 0])


def test_natural_bounds_of_a_weighted_mean_weigh_the_numbers_of_values() -> None:
    """3 values at weight 3 and 1 at weight 1: up to (9 + 1) / 4 = 2.5 times the bound of one."""
    bounded = replace(MONTHLY, natural_maximum=10.0)
    mean = replace(parent(1, 2, rule=UnitRule.MEAN, pattern=bounded), weights=(3, 4))
    months = ["2026-01", "2026-02", "2026-03"]
    values = {1: dict.fromkeys(months, 10.0), 2: {"2026-01": 10.0}, 3: {"2026-01": 3.0}}
    values[4] = {"2026-01": 1.0}
    series = [mean, bounded, bounded, MONTHLY, MONTHLY]
    seen = view(series, values, ["2026-Q1"], [target(0, 8, 1)])
    assert seen.x[0, 0, -1] == 25
