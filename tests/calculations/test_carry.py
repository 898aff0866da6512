"""Values carried forward, by hand."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from calculations.aggregation import TimeRule
from tests.calculations.tables import MONTHLY, QUARTER, view

LAST = replace(MONTHLY, time_rule=TimeRule.LAST, carry_forward=2)
SUM = replace(MONTHLY, carry_forward=2)


@pytest.mark.parametrize(
    ("viewed", "expected"),
    [("2026-01", 5), ("2026-02", 5), ("2026-03", 5), ("2026-04", np.nan), ("2025-12", np.nan)],
)
def test_a_value_is_lent_for_so_many_periods(viewed: str, expected: float) -> None:
    seen = view([LAST], {0: {"2026-01": 5.0}}, [viewed])
    assert seen.values[0, 0] == pytest.approx(expected, nan_ok=True)
    assert seen.is_carried[0, 0] == (viewed in ("2026-02", "2026-03"))


def test_a_sum_of_several_periods_carries_nothing() -> None:
    seen = view([SUM], {0: {"2026-01": 5.0}}, ["2026-Q1", "2026-02"])
    assert seen.values[0].tolist() == [5, 5]
    assert seen.known[0].tolist() == [1, 1]
    assert seen.is_carried[0].tolist() == [False, True]


def test_what_is_carried_counts_once_it_is_due() -> None:
    values = {0: {"2026-01": 5.0}}
    before, after = (
        view([LAST], values, ["2026-02"], today=dt.date(2026, 2, 28) + dt.timedelta(days=n))
        for n in (0, 1)
    )
    assert (before.values[0, 0], before.known[0, 0], before.due[0, 0]) == (5, 0, 0)
    assert before.turns_on[0, 0] == np.datetime64("2026-03-01")
    assert (after.values[0, 0], after.known[0, 0], after.due[0, 0]) == (5, 1, 1)


def test_a_coarser_kpi_is_carried_into_a_finer_view() -> None:
    quarterly = replace(LAST, frequency=QUARTER, carry_forward=1)
    seen = view([quarterly], {0: {"2026-Q1": 7.0}}, ["2026-02", "2026-05", "2026-08"])
    assert seen.values[0].tolist() == pytest.approx([7, 7, np.nan], nan_ok=True)
    assert seen.is_carried[0].tolist() == [False, True, False]


def test_nothing_is_lent_from_before_the_assignment() -> None:
    series = [replace(LAST, starts_on=dt.date(2026, 2, 1))]
    assert np.isnan(view(series, {0: {"2026-01": 5.0}}, ["2026-02"]).values[0, 0])
