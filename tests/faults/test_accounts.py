"""The accounts of `make chaos` see what is planted, so that a round without problems means it."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.faults.accounts import Account, Ended, Fired, account
from tests.faults.pushing import Ledger

KEY, OTHER = ("acme", "revenue", "sales", "2025-01"), ("acme", "revenue", "ada", "2025-01")
SAID = {KEY: [1.5, 1.0], OTHER: [7.0]}
GOOD = Ended("CRM", job="done", run="done", said="", brought=1, refused=0, should="done")
BAD = Ended("CRM", "failed", "failed", "Status 500", brought=0, refused=0, should="failed")
SLOT = Fired("source 7", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), claims=1, jobs=1)


def counts(found: Account) -> tuple[int, int, int]:
    return len(found.lost), len(found.duplicated), len(found.disordered)


def test_what_is_kept_as_it_was_said_is_no_problem() -> None:
    found = account(SAID, SAID, [GOOD, BAD], [SLOT])
    assert found.problems == ()
    assert (found.acknowledged, found.stored, found.refreshes, found.slots) == (3, 3, 2, 1)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({KEY: [1.5, 1.0]}, (1, 0, 0)),  # a key is gone
        ({KEY: [1.0], OTHER: [7.0]}, (1, 0, 0)),  # an older version is gone
        ({KEY: [1.5, 1.0, 1.0], OTHER: [7.0]}, (0, 1, 0)),  # stored twice
        ({**SAID, ("rival", "revenue", "sales", "2025-01"): [1.0]}, (0, 1, 0)),  # elsewhere, too
        ({KEY: [1.0, 1.5], OTHER: [7.0]}, (0, 0, 1)),  # an older one won
        ({KEY: [1.5, 2.0], OTHER: [7.0]}, (1, 1, 0)),  # something else was stored
    ],
)
def test_values_lost_doubled_and_swapped_are_seen(
    kept: dict[tuple[str, str, str, str], list[float]], expected: tuple[int, int, int]
) -> None:
    found = account(SAID, kept)
    assert counts(found) == expected
    assert len(found.problems) == sum(expected)


@pytest.mark.parametrize(
    "ended",
    [
        replace(GOOD, job="", run=""),  # lost
        replace(GOOD, job="running", run="running"),
        replace(GOOD, run="running"),
        replace(GOOD, job="failed", run="failed", said="Too slow"),
        replace(GOOD, brought=0),
        replace(GOOD, brought=2),
        replace(BAD, job="done", run="done", brought=1),
        replace(BAD, said=""),
        replace(BAD, brought=1),
    ],
)
def test_refreshes_that_end_wrongly_are_seen(ended: Ended) -> None:
    assert len(account({}, {}, [GOOD, ended]).badly_ended) == 1


@pytest.mark.parametrize(("claims", "jobs"), [(0, 0), (1, 0), (1, 2), (2, 1)])
def test_slots_that_fire_not_once_are_seen(claims: int, jobs: int) -> None:
    found = account({}, {}, fired=[SLOT, replace(SLOT, claims=claims, jobs=jobs)])
    assert len(found.problems) == 1


def test_findings_are_problems_and_everything_is_told() -> None:
    found = account(SAID, {}, [replace(GOOD, job="")], [replace(SLOT, jobs=0)], ["stuck"])
    assert len(found.problems) == 3 + 1 + 1 + 1
    assert found.lines()[2] == "lost 3"
    assert found.lines()[-1] == "findings 1"


def test_the_ledger_takes_what_is_said_again_for_no_news() -> None:
    ledger = Ledger()
    for value in (1.0, 1.0, 2.0, 1.0):
        ledger.note(KEY, value)
    assert ledger.versions == {KEY: [1.0, 2.0, 1.0]}
    assert (ledger.count, ledger.repeated) == (3, 1)
