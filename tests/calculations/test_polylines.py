"""Scores on polylines: the published examples, the boundaries, and the laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.polylines import (
    custom_polylines,
    polyline_points,
    range_polylines,
    score,
    threshold_polylines,
)

NAN = np.nan

law = settings(max_examples=80, deadline=None)
numbers = st.integers(-(10**6), 10**6).map(lambda n: n / 16)
signs = st.sampled_from([1, -1])
steps = st.integers(1, 10**5).map(lambda n: n / 16)
bounds = st.one_of(st.just(NAN), numbers)


def threshold_score(
    value: float,
    points: tuple[float, float, float, float],
    sign: int = 1,
    natural: tuple[float, float] = (NAN, NAN),
) -> float:
    return float(score([value], *threshold_polylines(*points, sign, *natural))[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(20, 0), (30, 25), (40, 50), (50, 75), (60, 100), (70, 125), (80, 150), (95, 150), (-5, 0)],
)
def test_red_flag_and_target_are_mirrored(value: float, expected: float) -> None:
    assert threshold_score(value, (NAN, 40, 60, NAN)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 50), (2.5, 75), (0, 150), (7.5, 25), (10, 0), (11, 0)]
)
def test_lower_is_better_down_to_the_natural_minimum(value: float, expected: float) -> None:
    assert threshold_score(value, (NAN, 5, 0, NAN), -1, (0, NAN)) == expected


@pytest.mark.parametrize(
    ("points", "natural", "value", "expected"),
    [
        # The mirrored stretch 110 is clipped to 100: steeper from the target on.
        ((NAN, 70, 90, NAN), (0, 100), 95, 125),
        ((NAN, 70, 90, NAN), (0, 100), 100, 150),
        # Target and stretch share the value 100, red flag and floor the value 0.
        ((NAN, 90, 100, NAN), (0, 100), 100, 150),
        ((NAN, 90, 100, NAN), (0, 100), 99, 95),
        ((NAN, 0, 10, NAN), (0, 100), 0, 50),
        ((NAN, 0, 10, NAN), (0, 100), -0.5, 0),
        # Ends that are given are not mirrored, nor clipped.
        ((10, 40, 60, 100), (20, 80), 25, 25),
        ((10, 40, 60, 100), (20, 80), 80, 125),
        # A bound that the target lies beyond says nothing about the stretch.
        ((NAN, 240, 270, NAN), (0, 100), 285, 125),
        ((40, 40, 60, 60), (NAN, NAN), 40, 50),
        ((40, 40, 60, 60), (NAN, NAN), 60, 150),
    ],
)
def test_ends_of_a_threshold_target(
    points: tuple[float, float, float, float],
    natural: tuple[float, float],
    value: float,
    expected: float,
) -> None:
    assert threshold_score(value, points, 1, natural) == expected
    mirrored = (-points[0], -points[1], -points[2], -points[3])
    assert threshold_score(-value, mirrored, -1, (-natural[1], -natural[0])) == expected


@pytest.mark.parametrize(
    ("value", "sign", "expected"),
    [(99, 1, 0), (100, 1, 100), (101, 1, 100), (99, -1, 100), (100, -1, 100), (101, -1, 0)],
)
def test_target_alone_is_met_or_not(value: float, sign: int, expected: float) -> None:
    assert threshold_score(value, (NAN, NAN, 100, NAN), sign) == expected


@pytest.mark.parametrize(
    ("points", "sign"),
    [
        ((NAN, 60, 40, NAN), 1),  # the direction says higher, the points lower
        ((NAN, 40, 60, NAN), -1),
        ((50, 40, 60, NAN), 1),
        ((NAN, 40, 60, 55), 1),
        ((NAN, 40, 40, NAN), 1),
        ((NAN, 40, NAN, NAN), 1),
        ((NAN, NAN, NAN, NAN), 1),
        ((NAN, 40, 60, NAN), 0),
        ((NAN, NAN, 60, NAN), 0),
    ],
)
def test_points_without_a_sense_give_no_score(
    points: tuple[float, float, float, float], sign: int
) -> None:
    x, y = threshold_polylines(*points, sign, NAN, NAN)

    assert np.isnan(x).all()
    assert np.isnan(y).all()
    assert np.isnan(score([50], x, y)).all()


@pytest.mark.parametrize(
    ("boundary", "near", "expected"),
    [
        (60, 60 - 5e-8, 100),
        (60, 60 + 5e-8, 100),
        (40, 40 - 3e-8, 50),
        (40, 40 + 3e-8, 50),
    ],
)
def test_a_value_within_tolerance_is_on_the_boundary(
    boundary: float, near: float, expected: float
) -> None:
    assert near != boundary
    assert threshold_score(near, (NAN, 40, 60, NAN)) == expected


def test_a_value_beyond_tolerance_is_not() -> None:
    assert threshold_score(60 - 1e-7, (NAN, 40, 60, NAN)) < 100
    assert threshold_score(100 - 2e-7, (NAN, NAN, 100, NAN)) == 0
    assert threshold_score(100 - 0.5e-7, (NAN, NAN, 100, NAN)) == 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (5, 25),
        (10, 50),
        (15, 75),
        (20, 100),
        (22.5, 125),
        (25, 150),
        (30, 100),
        (40, 75),
        (50, 50),
        (60, 25),
        (70, 0),
        (99, 0),
    ],
)
def test_range_is_best_in_the_middle(value: float, expected: float) -> None:
    assert score([value], *range_polylines(10, 20, 30, 50)).tolist() == [expected]


@pytest.mark.parametrize(
    "points", [(20, 10, 30, 50), (10, 30, 20, 50), (10, 20, 50, 30), (10, 20, 30, NAN)]
)
def test_range_out_of_order_gives_no_score(points: tuple[float, float, float, float]) -> None:
    assert np.isnan(score([25], *range_polylines(*points))).all()


@pytest.mark.parametrize(
    ("value", "expected"), [(-1, 20), (0, 20), (5, 60), (10, 100), (15, 70), (20, 40), (21, 40)]
)
def test_custom_points_of_different_lengths(value: float, expected: float) -> None:
    values, scores = np.array([[0, 10, 20], [0, 1, NAN]]), np.array([[20, 100, 40], [0, 150, NAN]])
    x, y = custom_polylines(values, scores)

    assert score([value, 0.5], x, y).tolist() == [expected, 75]


def test_rounding_does_not_carry_a_score_past_a_point() -> None:
    assert 2.9 + (7.2 - 2.9) > 7.2
    assert score([0.5], *custom_polylines([[-1e18, 1]], [[2.9, 7.2]])).tolist() == [7.2]


@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ([0, NAN, NAN], [50, NAN, NAN]),
        ([0, 10, 10], [0, 50, 100]),
        ([10, 0, NAN], [0, 50, NAN]),
        ([0, NAN, 10], [0, NAN, 100]),
        ([0, 5, 10], [0, NAN, 100]),
        ([NAN, NAN, NAN], [NAN, NAN, NAN]),
    ],
)
def test_custom_points_that_are_no_line_give_no_score(
    values: list[float], scores: list[float]
) -> None:
    assert np.isnan(score([5], *custom_polylines([values], [scores]))).all()


def test_rows_are_independent() -> None:
    x, y = threshold_polylines([NAN] * 3, [40, 5, NAN], [60, 0, 9], NAN, [1, -1, 1], NAN, NAN)

    assert score([50, 2.5, NAN], x, y).tolist() == pytest.approx([75, 75, NAN], nan_ok=True)


def test_points_of_a_polyline_for_people() -> None:
    x, y = threshold_polylines([NAN] * 3, [40, NAN, 0], [60, 9, NAN], NAN, 1, NAN, NAN)

    assert polyline_points(x[0], y[0]) == [(20, 0), (40, 50), (60, 100), (80, 150)]
    assert polyline_points(x[1], y[1]) == [(9, 0), (9, 100)]
    assert polyline_points(x[2], y[2]) == []


@law
@given(numbers, steps, signs, bounds, st.lists(numbers, min_size=1, max_size=20), st.booleans())
def test_scores_are_bounded_and_rise_in_the_right_direction(
    red_flag: float, step: float, sign: int, bound: float, values: list[float], is_alone: bool
) -> None:
    red = NAN if is_alone else red_flag
    x, y = threshold_polylines(NAN, red, red_flag + sign * step, NAN, sign, bound, bound)
    ordered = sorted(values, key=lambda value: sign * value)

    scores = np.concatenate([score([value], x, y) for value in ordered])

    assert ((scores >= 0) & (scores <= 150)).all()
    assert (np.diff(scores) >= 0).all()


@law
@given(numbers, steps, signs)
def test_green_exactly_when_the_target_is_met(red_flag: float, step: float, sign: int) -> None:
    target = red_flag + sign * step
    for distance in (-1.0, -0.01, 0.0, 0.01, 1.0):
        value = target + sign * distance
        is_green = threshold_score(value, (NAN, red_flag, target, NAN), sign) >= 100
        assert is_green == (distance >= 0)


@law
@given(numbers, numbers, steps, signs, st.integers(-8, 8))
def test_scores_do_not_depend_on_the_unit_of_measure(
    value: float, red_flag: float, step: float, sign: int, exponent: int
) -> None:
    target = red_flag + sign * step

    def scaled(factor: float) -> float:
        points = (NAN, red_flag * factor, target * factor, NAN)
        return threshold_score(value * factor, points, sign)

    assert scaled(2.0**exponent) == scaled(1)
    assert scaled(1000) == pytest.approx(scaled(1), rel=1e-9)
    # A third rounds each point; the nearer the points, the more of the score that is.
    assert scaled(1 / 3) == pytest.approx(scaled(1), abs=1e-6)


@law
@given(st.lists(st.tuples(steps, st.integers(0, 150)), min_size=2, max_size=20), numbers)
def test_custom_scores_stay_between_their_points(
    steps_and_scores: list[tuple[float, int]], value: float
) -> None:
    values = np.cumsum([step for step, _ in steps_and_scores])
    scores = [points for _, points in steps_and_scores]

    scored = score([value], *custom_polylines([values], [scores]))[0]

    assert min(scores) <= scored <= max(scores)


@law
@given(numbers, numbers, steps, signs, bounds)
def test_the_points_alone_give_the_same_score(
    value: float, red_flag: float, step: float, sign: int, bound: float
) -> None:
    x, y = threshold_polylines(NAN, red_flag, red_flag + sign * step, NAN, sign, bound, NAN)
    points = np.array(polyline_points(x[0], y[0]))

    alone = score([value], points[np.newaxis, :, 0], points[np.newaxis, :, 1])

    assert alone.tobytes() == score([value], x, y).tobytes()


@law
@given(st.lists(st.tuples(numbers, numbers, steps, signs), min_size=1, max_size=12))
def test_one_row_equals_all_rows_bit_for_bit(
    rows: list[tuple[float, float, float, int]],
) -> None:
    value, red_flag, step, sign = np.array(rows).T
    x, y = threshold_polylines(NAN, red_flag, red_flag + sign * step, NAN, sign, 0, NAN)

    together = score(value, x, y)

    for row in range(len(rows)):
        assert score(value[[row]], x[[row]], y[[row]]).tobytes() == together[[row]].tobytes()
