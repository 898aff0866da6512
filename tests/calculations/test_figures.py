"""Figures: values, targets, scores and coverage of KPIs in spans, by tables."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.aggregation import TimeRule
from calculations.figures import Figures, Series, Span, TargetRow, Values, figures
from calculations.periods import Calendar, Frequency
from calculations.targets import TargetKind

nan = np.nan
CALENDAR = Calendar()
TODAY = dt.date(2026, 8, 15)


def span(label: str) -> Span:
    period = CALENDAR.parse_label(label)
    return Span(period.start, CALENDAR.end(period), period.frequency)


def seen(
    series: Series,
    values: Mapping[str, float],
    labels: Sequence[str],
    targets: Sequence[TargetRow] = (),
    today: dt.date = TODAY,
) -> Figures:
    """The figures of one series through the labelled periods."""
    starts = [CALENDAR.parse(text, series.frequency).start for text in values]
    return figures(
        CALENDAR,
        [series],
        [span(label) for label in labels],
        Values(
            np.zeros(len(values), dtype=np.int64),
            np.array(starts, dtype="M8[D]"),
            np.array(list(values.values()), dtype=np.float64),
        ),
        targets,
        today,
    )


def points(valid_from: str, *figures: float) -> TargetRow:
    return TargetRow(0, dt.date.fromisoformat(valid_from), TargetKind.THRESHOLD, figures)  # type: ignore[arg-type]


MONTHLY = Series(Frequency.MONTH, TimeRule.SUM, 1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("sum", 60), ("mean", 20), ("last", 30), ("min", 10), ("max", 30)],
)
def test_finer_values_are_aggregated_by_rule(rule: str, expected: float) -> None:
    series = Series(Frequency.MONTH, TimeRule(rule), 1)
    months = {"2026-01": 10, "2026-02": 20, "2026-03": 30}
    assert seen(series, months, ["2026-Q1"]).values[0, 0] == expected


@pytest.mark.parametrize(
    ("viewed", "expected"), [("2026-01", nan), ("2026-04", 7), ("2026-06", 7), ("2026-07", nan)]
)
def test_a_coarser_kpi_shows_its_own_period(viewed: str, expected: float) -> None:
    quarterly = Series(Frequency.QUARTER, TimeRule.SUM, 1)
    result = seen(quarterly, {"2026-Q2": 7}, [viewed]).values[0, 0]
    assert result == pytest.approx(expected, nan_ok=True)


def test_a_week_counts_in_the_month_of_its_thursday() -> None:
    weekly = Series(Frequency.WEEK, TimeRule.SUM, 1)
    # The week from 27 April has its Thursday on the 30th; the one from 1 June on the 4th.
    weeks = {"2026-04-27": 1, "2026-05-04": 10, "2026-05-25": 100, "2026-06-01": 1000}
    assert seen(weekly, weeks, ["2026-04", "2026-05", "2026-06"]).values.tolist() == [
        [1, 110, 1000]
    ]


@pytest.mark.parametrize(
    ("today", "grace", "known", "due"),
    [
        ("2026-03-31", 0, 1, 2),  # March has not ended
        ("2026-04-01", 0, 1, 3),
        ("2026-04-09", 10, 1, 2),  # its days of grace have not passed
        ("2026-04-11", 10, 1, 3),
        ("2026-01-20", 0, 1, 1),  # January came early: it counts in both
    ],
)
def test_what_is_not_due_counts_nowhere(today: str, grace: int, known: int, due: int) -> None:
    series = Series(Frequency.MONTH, TimeRule.SUM, 1, grace_days=grace)
    result = seen(series, {"2026-01": 5}, ["2026-Q1"], today=dt.date.fromisoformat(today))
    assert (result.known[0, 0], result.due[0, 0]) == (known, due)
    assert result.coverage[0, 0] == known / due


def test_nothing_due_has_no_coverage_and_says_when_it_will() -> None:
    result = seen(MONTHLY, {}, ["2026-08"])
    assert np.isnan(result.coverage[0, 0])
    assert result.turns_on[0, 0] == np.datetime64("2026-09-01")
    assert np.isnat(seen(MONTHLY, {"2026-08": 1}, ["2026-08"]).turns_on[0, 0])


def test_targets_are_taken_over_the_same_parts() -> None:
    target = points("2026-01-01", nan, 50, 100, nan)
    result = seen(MONTHLY, {"2026-01": 100, "2026-03": 100}, ["2026-Q1"], [target])
    assert result.points[0, 0].tolist() == pytest.approx([nan, 100, 200, nan], nan_ok=True)
    assert result.scores[0, 0] == 100


def test_a_target_holds_until_the_next_one() -> None:
    targets = [points("2026-01-01", nan, 50, 100, nan), points("2026-03-01", nan, 80, 130, nan)]
    result = seen(MONTHLY, {}, ["2025-12", "2026-02", "2026-03", "2026-Q1"], targets)
    assert result.points[0, :, 2].tolist() == pytest.approx([nan, 100, 130, 330], nan_ok=True)


def test_natural_bounds_of_a_sum_grow_with_its_parts() -> None:
    series = Series(Frequency.MONTH, TimeRule.SUM, 1, natural_minimum=0, natural_maximum=100)
    target = points("2026-01-01", nan, 60, 90, nan)
    months = {"2026-01": 100, "2026-02": 100, "2026-03": 100}
    result = seen(series, months, ["2026-Q1"], [target])
    assert result.x[0, 0].tolist() == [90, 180, 270, 300]
    assert result.scores[0, 0] == 150


def test_parts_outside_the_assignment_do_not_count() -> None:
    series = Series(
        Frequency.MONTH, TimeRule.SUM, 1,
        starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 3, 1),
    )  # fmt: skip
    result = seen(series, {"2026-01": 1, "2026-02": 2, "2026-03": 4}, ["2026-Q1"])
    assert (result.values[0, 0], result.due[0, 0]) == (2, 1)


def test_a_change_of_form_within_a_period_counts_the_parts_of_the_newer_form() -> None:
    mean = Series(Frequency.MONTH, TimeRule.MEAN, 0)
    older = TargetRow(0, dt.date(2026, 1, 1), TargetKind.CUSTOM, curve=((0, 0), (10, 100)))
    newer = TargetRow(0, dt.date(2026, 3, 1), TargetKind.RANGE, (10, 20, 30, 40))
    months = {"2026-01": 25, "2026-02": 25, "2026-03": 25}
    result = seen(mean, months, ["2026-Q1"], [older, newer])
    assert result.kinds[0, 0] == TargetKind.RANGE
    assert result.scores[0, 0] == 150


def test_yes_and_no_need_no_target() -> None:
    series = Series(Frequency.MONTH, TimeRule.LAST, 1, is_yes_no=True)
    result = seen(series, {"2026-01": 1, "2026-02": 0}, ["2026-01", "2026-02", "2026-03"])
    assert result.scores[0].tolist() == pytest.approx([100, 0, nan], nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=24), st.data())
def test_one_span_alone_equals_the_same_among_many(
    values: list[float], data: st.DataObject
) -> None:
    months = {
        CALENDAR.label(CALENDAR.shift(CALENDAR.parse_label("2024-09"), n)): value
        for n, value in enumerate(values)
    }
    labels = ["2024-Q4", "2025", "2025-Q1", "2025-03", "2026-Q2"]
    chosen = data.draw(st.sampled_from(labels))
    target = points("2024-01-01", nan, 3.3, 7.7, nan)
    many = seen(MONTHLY, months, labels, [target])
    one = seen(MONTHLY, dict(reversed(months.items())), [chosen], [target])
    column = labels.index(chosen)
    for name in ("values", "scores", "coverage", "points"):
        np.testing.assert_array_equal(getattr(one, name)[:, 0], getattr(many, name)[:, column])
