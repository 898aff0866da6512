"""Display: rounding never crosses a boundary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.display import display_number, display_score, rounded_within
from calculations.scoring import STATUS_NAMES, status_codes

law = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (99.96, "99.9"),
        (49.96, "49.9"),
        (99.94, "99.9"),
        (100.04, "100.0"),
        (100, "100.0"),
        (100 - 1e-9, "100.0"),  # within tolerance: on target, and shown so
        (67.0588, "67.1"),
        (0.05, "0.1"),
        (149.97, "150.0"),
        (0, "0.0"),
        (None, "–"),
        (np.nan, "–"),
    ],
)
def test_display_score(score: float | None, shown: str) -> None:
    assert display_score(score) == shown


@pytest.mark.parametrize(
    ("value", "decimals", "target", "sign", "shown"),
    [
        (99.96, 1, 100, 1, "99.9"),
        (99.96, 2, 100, 1, "99.96"),
        (99.6, 0, 100, 1, "99"),
        (100.4, 0, 100, 1, "100"),
        (100.4, 0, 100, -1, "101"),
        (99.6, 0, 100, -1, "100"),
        (-0.04, 1, 0, 1, "-0.1"),
        (0.04, 1, 0, -1, "0.1"),
        (1234567.891, 2, 2e6, 1, "1234567.89"),
        (1e18, 0, 1, 1, "1000000000000000000"),
        (1e-7, 2, 5, 1, "0.00"),
        (2.675, 2, 5, 1, "2.68"),
        (99.96, 1, np.nan, 1, "100.0"),
    ],
)
def test_display_number_against_its_target(
    value: float, decimals: int, target: float, sign: int, shown: str
) -> None:
    assert display_number(value, decimals, target, sign=sign) == shown


def test_display_number_alone_and_missing() -> None:
    assert display_number(99.96, 1) == "100.0"
    assert display_number(-0.001, 1) == "0.0"
    assert display_number(None, 1) == "–"
    assert display_number(np.nan, 1) == "–"


def test_rounded_within_of_missing_is_missing() -> None:
    assert np.isnan(rounded_within(np.nan, 1, [100]))


@law
@given(st.one_of(st.floats(0, 150), st.floats(99.9, 100.1), st.floats(49.9, 50.1)))
def test_a_shown_score_has_the_status_of_the_score(score: float) -> None:
    shown = float(display_score(score))

    assert abs(shown - score) <= 0.1
    assert STATUS_NAMES[status_codes([shown])[0]] == STATUS_NAMES[status_codes([score])[0]]
