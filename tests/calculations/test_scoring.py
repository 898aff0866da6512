"""Statuses and progress."""

import numpy as np
import pytest

from calculations.scoring import (
    ASSESSED_SCORES,
    STATUS_NAMES,
    Status,
    progress,
    status_codes,
    statuses,
)

NAN = np.nan


def test_statuses_have_a_code_and_a_name() -> None:
    assert STATUS_NAMES == (
        "critical",
        "below_target",
        "on_target",
        "no_data",
        "insufficient_data",
    )
    assert [int(status) for status in Status] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("score", "coverage", "status"),
    [
        (0, 1, Status.CRITICAL),
        (49.99, 1, Status.CRITICAL),
        (50, 1, Status.BELOW_TARGET),
        (50 - 1e-9, 1, Status.BELOW_TARGET),
        (99.99, 1, Status.BELOW_TARGET),
        (100, 1, Status.ON_TARGET),
        (100 - 1e-9, 1, Status.ON_TARGET),
        (150, 1, Status.ON_TARGET),
        (NAN, 0, Status.NO_DATA),
        (NAN, NAN, Status.NO_DATA),
        (NAN, 1, Status.NO_DATA),
        (120, 0.5, Status.ON_TARGET),
        (120, 0.5 - 1e-12, Status.ON_TARGET),
        (120, 0.49, Status.INSUFFICIENT_DATA),
        (20, 0, Status.INSUFFICIENT_DATA),
        (120, NAN, Status.ON_TARGET),  # nothing is due yet
    ],
)
def test_status(score: float, coverage: float, status: Status) -> None:
    assert statuses([score], [coverage], 0.5).tolist() == [status]


def test_assessed_scores_lie_in_their_bands() -> None:
    assert ASSESSED_SCORES == {
        Status.CRITICAL: 25,
        Status.BELOW_TARGET: 75,
        Status.ON_TARGET: 125,
    }
    assert status_codes(list(ASSESSED_SCORES.values())).tolist() == list(ASSESSED_SCORES)


@pytest.mark.parametrize(
    ("value", "baseline", "target", "expected"),
    [
        (15, 10, 20, 0.5),
        (10, 10, 20, 0),
        (30, 10, 20, 2),
        (5, 10, 20, -0.5),
        (15, 20, 10, 0.5),
        (15, 20, 20, NAN),
        (15, NAN, 20, NAN),
        (15, 10, NAN, NAN),
        (NAN, 10, 20, NAN),
    ],
)
def test_progress(value: float, baseline: float, target: float, expected: float) -> None:
    assert progress([value], [baseline], [target])[0] == pytest.approx(expected, nan_ok=True)
