"""Formulas over joint parts, by hand: a is series 0, b is series 1."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from calculations.aggregation import TimeRule
from calculations.formulas.evaluation import Reason
from calculations.periods import Calendar, Frequency
from calculations.series import Series
from calculations.units import UnitRule
from tests.calculations.tables import MONTHLY, QUARTER, formula, target, view

nan = np.nan
WEEKLY = Series(Frequency.WEEK, TimeRule.SUM, 1)
DAILY = Series(Frequency.DAY, TimeRule.SUM, 1)
QUARTERLY = Series(QUARTER, TimeRule.SUM, 1)
MONTHS = ["2026-01", "2026-02", "2026-03"]
A = dict(zip(MONTHS, [10.0, 30.0, 90.0], strict=True))
B = dict(zip(MONTHS, [100.0, 100.0, 300.0], strict=True))


@pytest.mark.parametrize(
    ("b", "expected", "known"),
    [(B, 0.26, 3), ({k: B[k] for k in MONTHS[:2]}, 0.20, 2), ({}, nan, 0)],
)
def test_ratios_are_never_averaged(b: dict[str, float], expected: float, known: int) -> None:
    seen = view([MONTHLY, MONTHLY, formula("a / b", a=0, b=1)], {0: A, 1: b}, ["2026-Q1"])
    assert seen.values[2, 0] == pytest.approx(expected, nan_ok=True)
    assert (seen.known[2, 0], seen.due[2, 0]) == (known, 3)


def test_a_team_that_misses_one_input_is_left_out() -> None:
    """Teams 10/100 and 90/missing: 10/100, one of two parts."""
    total = replace(MONTHLY, unit_rule=UnitRule.SUM)
    team = [replace(MONTHLY, unit=n) for n in (1, 2)]
    series = [
        replace(total, children=(2, 3)), replace(total, children=(4, 5)), *team, *team,
        formula("a / b", a=0, b=1),
    ]  # fmt: skip
    values = {2: {"2026-01": 10.0}, 3: {"2026-01": 90.0}, 4: {"2026-01": 100.0}}
    seen = view(series, values, ["2026-01"])
    assert seen.values[0, 0] == 100
    assert (seen.values[6, 0], seen.known[6, 0], seen.due[6, 0]) == (0.1, 1, 2)


def test_an_optional_input_of_another_unit_counts_and_is_not_waited_for() -> None:
    total = replace(MONTHLY, unit_rule=UnitRule.SUM)
    team = replace(MONTHLY, unit=1)
    series = [
        replace(total, children=(3,)), replace(total, children=(4,)), MONTHLY, team, team,
        formula("a / b + coalesce(c, 0)", a=0, b=1, c=2),
    ]  # fmt: skip
    seen = view(series, {2: {"2026-01": 7.0}, 3: A, 4: B}, ["2026-01"])
    assert (seen.values[5, 0], seen.known[5, 0], seen.due[5, 0]) == (7.1, 1, 1)


def test_what_is_not_measured_is_not_waited_for() -> None:
    series = [MONTHLY, replace(MONTHLY, starts_on=dt.date(2026, 2, 1)), formula("a / b", a=0, b=1)]
    seen = view(series, {0: A, 1: B}, ["2026-Q1"])
    assert (seen.values[2, 0], seen.known[2, 0], seen.due[2, 0]) == (0.3, 2, 2)


def test_formulas_among_inputs_are_computed_over_the_outer_joint_parts() -> None:
    """g = a / b, f = g + c, c only in January: 10/100 + 1 and not 130/500 + 1."""
    series = [MONTHLY, MONTHLY, MONTHLY, formula("a / b", a=0, b=1), formula("g + c", g=3, c=2)]
    seen = view(series, {0: A, 1: B, 2: {"2026-01": 1.0}}, ["2026-Q1"])
    assert seen.values[3:, 0].tolist() == [0.26, 1.1]
    assert (seen.known[4, 0], seen.due[4, 0]) == (1, 3)


def test_the_coarsest_input_makes_the_parts() -> None:
    series = [MONTHLY, QUARTERLY, formula("a / b", QUARTER, a=0, b=1)]
    months = {**A, "2026-04": 50.0}
    seen = view(series, {0: months, 1: {"2026-Q1": 260.0}}, ["2026-H1", "2026-02"])
    assert seen.values[2].tolist() == [0.5, 0.5]
    assert (seen.known[2, 0], seen.due[2, 0]) == (1, 2)


def test_weeks_meet_the_month_of_their_thursday() -> None:
    """The week from 27 April has its Thursday in April, the one from 1 June in June."""
    series = [WEEKLY, MONTHLY, formula("a / b", a=0, b=1)]
    weeks = {"2026-04-27": 1.0, "2026-05-04": 10.0, "2026-06-01": 1000.0}
    seen = view(series, {0: weeks, 1: {"2026-05": 2.0}}, ["2026-05", "2026-Q2"])
    assert seen.values[2].tolist() == [5, 5]


def test_days_meet_their_month() -> None:
    series = [DAILY, MONTHLY, formula("a / b", a=0, b=1)]
    days = {"2026-01-31": 4.0, "2026-02-01": 100.0}
    assert view(series, {0: days, 1: {"2026-01": 8.0}}, ["2026-Q1"]).values[2, 0] == 0.5


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("prev(a)", "2026-03", 30),
        ("prev(a, 2)", "2026-03", 10),
        ("prev(a)", "2026-Q2", 130),
        ("ytd(a)", "2026-02", 40),
        ("rolling(a, 2)", "2026-03", 120),
        ("rolling(a, 2)", "2026-Q1", 120),
        ("a / prev(a)", "2026-02", 3),
        ("prev(a)", "ytd 2027-02", 40),
    ],
)
def test_windows(text: str, label: str, expected: float) -> None:
    seen = view([MONTHLY, formula(text, a=0)], {0: A | {"2027-01": 1.0}}, [label])
    assert seen.values[1, 0] == expected


def test_the_fiscal_year_starts_in_april() -> None:
    months = {"2026-03": 1.0, "2026-04": 10.0, "2026-05": 100.0}
    series = [MONTHLY, formula("ytd(a)", a=0)]
    seen = view(series, {0: months}, ["2026-05", "2026-03"], calendar=Calendar(4))
    assert seen.values[1].tolist() == [110, 1]


@pytest.mark.parametrize(
    ("outer", "expected"), [("prev(g)", 0.3), ("ytd(g)", 0.26), ("rolling(g, 2)", 0.3)]
)
def test_windows_through_a_formula(outer: str, expected: float) -> None:
    series = [MONTHLY, MONTHLY, formula("a / b", a=0, b=1), formula(outer, g=2)]
    assert view(series, {0: A, 1: B}, ["2026-03"]).values[3, 0] == pytest.approx(expected)


def test_the_last_periods_are_looked_at_a_period_earlier() -> None:
    """rolling(prev(a), 2) in March: of February and March the months before, 10 + 30."""
    series = [MONTHLY, formula("prev(a)", a=0), formula("rolling(g, 2)", g=1)]
    assert view(series, {0: A}, ["2026-03"]).values[2, 0] == 40


def test_a_year_to_date_up_to_the_28_february_is_compared_with_as_much() -> None:
    days = {"2023-02-28": 5.0, "2023-03-01": 100.0}
    series = [DAILY, formula("prev(a)", Frequency.DAY, a=0)]
    seen = view(series, {0: days}, ["ytd 2024-02-28", "ytd 2024-02-29"])
    assert seen.values[1].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("text", "a", "b", "expected", "reason"),
    [
        ("coalesce(a, b)", nan, 4, 4, Reason.NONE),
        ("coalesce(a, b)", 3, nan, 3, Reason.NONE),
        ("if(a > 3, a, b)", 5, nan, 5, Reason.NONE),
        ("if(a > 3, a, b)", 2, nan, nan, Reason.MISSING_INPUT),
        ("a / b", 1, 0, nan, Reason.DIVISION_BY_ZERO),
        ("a / b", nan, 0, nan, Reason.MISSING_INPUT),
        ("a * b", 1e200, 1e200, nan, Reason.NOT_FINITE),
        ("a + c", 1, 1, nan, Reason.MISSING_INPUT),
    ],
)
def test_what_is_missing(text: str, a: float, b: float, expected: float, reason: Reason) -> None:
    given = {n: {"2026-01": v} for n, v in ((0, a), (1, b)) if not np.isnan(v)}
    seen = view([MONTHLY, MONTHLY, formula(text, a=0, b=1)], given, ["2026-01"])
    assert seen.values[2, 0] == pytest.approx(expected, nan_ok=True)
    assert seen.reasons[2, 0] == reason
    assert seen.known[2, 0] == (reason is Reason.NONE)


def test_a_reason_comes_through_a_formula_input() -> None:
    series = [MONTHLY, MONTHLY, formula("a / b", a=0, b=1), formula("g + a", g=2, a=0)]
    seen = view(series, {0: {"2026-01": 1.0}, 1: {"2026-01": 0.0}}, ["2026-01"])
    assert seen.reasons[3, 0] == Reason.DIVISION_BY_ZERO


@pytest.mark.parametrize(("text", "is_carried"), [("b", True), ("coalesce(a, b)", False)])
def test_only_what_shows_makes_a_formula_carried(text: str, is_carried: bool) -> None:
    last = replace(MONTHLY, time_rule=TimeRule.LAST, carry_forward=1)
    series = [MONTHLY, last, formula(text, a=0, b=1)]
    seen = view(series, {0: {"2026-02": 1.0}, 1: {"2026-01": 1.0}}, ["2026-02"])
    assert seen.is_carried[2, 0] == is_carried


def test_what_is_carried_into_a_running_period_is_shown_but_counts_nowhere() -> None:
    last = replace(MONTHLY, time_rule=TimeRule.LAST, carry_forward=1)
    series = [last, formula("a * 2", a=0)]
    seen = view(series, {0: {"2026-01": 1.0}}, ["2026-02"], today=dt.date(2026, 2, 15))
    assert (seen.values[1, 0], seen.known[1, 0], seen.due[1, 0]) == (2, 0, 0)
    assert seen.turns_on[1, 0] == np.datetime64("2026-03-01")


def test_inputs_of_different_units_meet_by_period_alone() -> None:
    total = replace(MONTHLY, unit_rule=UnitRule.SUM, children=(2, 3))
    series = [
        total,
        MONTHLY,
        *(replace(MONTHLY, unit=n) for n in (1, 2)),
        formula("a / b", a=0, b=1),
    ]
    seen = view(series, {1: {"2026-01": 10.0}, 2: A, 3: A}, ["2026-01"])
    assert (seen.values[4, 0], seen.known[4, 0], seen.due[4, 0]) == (2, 1, 1)


def test_a_formula_counts_only_where_it_is_measured() -> None:
    series = [MONTHLY, replace(formula("a * 2", a=0), starts_on=dt.date(2026, 2, 1))]
    seen = view(series, {0: A}, ["2026-01", "2026-02"])
    assert seen.values[1].tolist() == pytest.approx([nan, 60], nan_ok=True)
    assert seen.due[1].tolist() == [0, 1]


def test_natural_bounds_of_a_summed_formula_grow_with_its_joint_periods() -> None:
    series = [MONTHLY, replace(formula("a * 1", rule="sum", a=0), natural_maximum=100.0)]
    seen = view(series, {0: A}, ["2026-Q1"], [target(1, 90, 60)])
    assert seen.x[1, 0].tolist() == [90, 180, 270, 300]
