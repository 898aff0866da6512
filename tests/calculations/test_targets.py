"""Targets: all kinds scored in one call, and what is refused with which sentence."""

import numpy as np
import pytest

from calculations.scoring import score_targets
from calculations.targets import (
    InvalidTarget,
    TargetKind,
    Targets,
    check_target,
    padded_points,
    target_polylines,
)

THRESHOLD, RANGE, CUSTOM, YES_NO = TargetKind
NAN = np.nan
NO_POINTS = [NAN] * 4


def test_all_kinds_are_scored_in_one_call() -> None:
    rows = [
        # kind, points, curve, sign, value, score
        (THRESHOLD, [NAN, 40, 60, NAN], [], 1, 50, 75),
        (THRESHOLD, [NAN, 5, 0, NAN], [], -1, 2.5, 75),
        (THRESHOLD, [NAN, NAN, 100, NAN], [], 1, 99, 0),
        (THRESHOLD, NO_POINTS, [], 1, 50, NAN),
        (RANGE, [10, 20, 30, 50], [], 0, 25, 150),
        (CUSTOM, NO_POINTS, [(0, 0), (10, 90), (20, 110)], 0, 15, 100),
        (CUSTOM, NO_POINTS, [(0, 150), (1, 0)], 0, 0.5, 75),
        (CUSTOM, NO_POINTS, [], 0, 1, NAN),
        (YES_NO, NO_POINTS, [], 1, 1, 100),
        (YES_NO, NO_POINTS, [], 1, 0, 0),
        (YES_NO, NO_POINTS, [], -1, 1, 0),
        (YES_NO, NO_POINTS, [], -1, 0, 100),
        (YES_NO, NO_POINTS, [], 1, NAN, NAN),
    ]
    kinds, points, curves, sign, values, expected = zip(*rows, strict=True)
    targets = Targets(np.array(kinds), np.array(points, dtype=float), *padded_points(curves))

    scores = score_targets(values, targets, sign, NAN, NAN)

    assert scores.tolist() == pytest.approx(expected, nan_ok=True)


def test_no_targets_at_all() -> None:
    targets = Targets(np.empty(0, dtype=int), np.empty((0, 4)))

    assert score_targets([], targets, 1, NAN, NAN).size == 0


def test_polylines_are_as_wide_as_the_widest_needs() -> None:
    kinds = np.array([THRESHOLD, RANGE])
    x, y = target_polylines(
        Targets(kinds, np.array([[NAN, 40, 60, NAN], [10, 20, 30, 50]])), 1, NAN, NAN
    )

    assert x.shape == y.shape == (2, 7)
    assert x[0].tolist() == [20, 40, 60, 80, 80, 80, 80]


@pytest.mark.parametrize(
    ("kind", "points", "sign"),
    [
        (THRESHOLD, (None, None, 100, None), 1),
        (THRESHOLD, (None, 40, 60, None), 1),
        (THRESHOLD, (40, 40, 60, 60), 1),
        (THRESHOLD, (20, 10, 0, -5), -1),
        (RANGE, (10, 20, 30, 50), 1),
        (YES_NO, (None, None, None, None), 1),
    ],
)
def test_sound_targets_pass(kind: TargetKind, points: tuple[float | None, ...], sign: int) -> None:
    check_target(kind, points, sign=sign)


@pytest.mark.parametrize(
    ("kind", "points", "sign", "message"),
    [
        (THRESHOLD, (None, 40, None, None), 1, "The target is missing"),
        (THRESHOLD, (0, None, 60, None), 1, "A floor or a stretch needs a red flag as well"),
        (THRESHOLD, (None, None, 60, 70), 1, "A floor or a stretch needs a red flag as well"),
        (THRESHOLD, (None, 60, 40, None), 1, "The target 40 must be above the red flag 60"),
        (THRESHOLD, (None, 40, 60, None), -1, "The target 60 must be below the red flag 40"),
        (THRESHOLD, (None, 40, 40, None), 1, "The target 40 must be above the red flag 40"),
        (THRESHOLD, (50, 40, 60, None), 1, "The red flag 40 must not be below the floor 50"),
        (THRESHOLD, (30, 40, 20, None), -1, "The red flag 40 must not be above the floor 30"),
        (THRESHOLD, (None, 40, 60, 55), 1, "The stretch 55 must not be below the target 60"),
        (THRESHOLD, (None, 40, float("inf"), None), 1, "The target must be a number"),
        (THRESHOLD, (None, NAN, 60, None), 1, "The red flag must be a number"),
        (
            RANGE,
            (10, 20, 30, None),
            1,
            "The upper red flag is missing; a range needs all four points",
        ),
        (RANGE, (20, 10, 30, 50), 1, "The lower target 10 must be above the lower red flag 20"),
        (RANGE, (10, 30, 30, 50), 1, "The upper target 30 must be above the lower target 30"),
        (RANGE, (10, 20, 60, 50), 1, "The upper red flag 50 must be above the upper target 60"),
    ],
)
def test_points_out_of_order_are_refused(
    kind: TargetKind, points: tuple[float | None, ...], sign: int, message: str
) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        check_target(kind, points, sign=sign)

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ([(0, 0)], "A custom target has 2 to 20 points, not 1"),
        ([(i, 0) for i in range(21)], "A custom target has 2 to 20 points, not 21"),
        ([(0, 0), (0, 100)], "The values must increase: 0 comes after 0"),
        ([(5, 0), (1, 100)], "The values must increase: 1 comes after 5"),
        ([(0, 0), (1, 151)], "The score 151 of point 2 is not in 0 to 150"),
        ([(0, -1), (1, 100)], "The score -1 of point 1 is not in 0 to 150"),
        ([(0, 0), (NAN, 100)], "The value of point 2 must be a number"),
        ([(0, 0), (1, NAN)], "The score of point 2 must be a number"),
    ],
)
def test_custom_points_are_refused(curve: list[tuple[float, float]], message: str) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        check_target(CUSTOM, curve)

    assert str(refusal.value) == message


def test_sound_custom_points_pass() -> None:
    check_target(CUSTOM, [(0, 150), (5, 50), (10, 100)])


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ((None, 90, 110, None), "The target 110 is above the natural maximum 100"),
        ((-5, 40, 60, None), "The floor -5 is below the natural minimum 0"),
    ],
)
def test_points_beyond_the_natural_bounds_are_refused(
    points: tuple[float | None, ...], message: str
) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        check_target(THRESHOLD, points, natural_minimum=0, natural_maximum=100)

    assert str(refusal.value) == message
