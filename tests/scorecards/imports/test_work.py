"""Imports as jobs: one worker at a time, cancelled, overtaken, given up, tidied."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from kpis.models import Measurement
from organizations.models import Membership
from organizations.services.jobs.leases import LEASE, GivenUp
from scorecards.models import Import
from scorecards.services.closing import close_period
from scorecards.services.imports import steps, values, waking
from scorecards.services.imports.files import MOST_BYTES
from scorecards.services.imports.leases import MOST_TRIES, claimed, finish
from scorecards.services.imports.steps import MovedOn, cancel_import, start_import
from scorecards.services.imports.tidying import LEFT_AFTER, tidy_imports
from scorecards.services.imports.work import run_import
from tests.scorecards.imports.bringing import access_of, applied, checked, counts, told, worked
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

VALUES = "kpi,unit,period,value\n" + "".join(
    f"revenue,sales,20{year}-{month:02},{year}\n"
    for year in range(20, 26)
    for month in range(1, 13)
)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def ready(acme: World) -> Import:
    return checked(access_of(acme, "carol"), VALUES)


def test_one_worker_at_a_time_has_it(acme: World, ready: Import) -> None:
    steps.apply_import(row=ready, attempt=ready.attempt, scope="whole")
    first = claimed(ready.pk)
    assert first is not None
    assert claimed(ready.pk) is None
    assert run_import(import_id=ready.pk) == ""
    assert ready.pk not in Import.objects.waiting(timezone.now()).values_list("pk", flat=True)

    # Its lease ends: the next one has it, and what the slow one brings is not taken any more.
    assert waking.wake_waiting_imports() == 0
    with time_machine.travel(timezone.now() + 2 * LEASE, tick=False):
        assert waking.wake_waiting_imports() == 1
        assert worked(ready).state == "done"
    with pytest.raises(GivenUp):
        finish(first, state=Import.State.READY)
    assert Measurement.objects.count() == 72


def test_work_that_keeps_breaking_is_given_up(
    ready: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **about: Any) -> None:
        raise ZeroDivisionError

    steps.apply_import(row=ready, attempt=ready.attempt, scope="whole")
    monkeypatch.setattr(values, "record_measurements", broken)
    for _ in range(MOST_TRIES):
        with pytest.raises(ZeroDivisionError):
            run_import(import_id=ready.pk)
    assert worked(ready).state == "failed"
    assert "broke off 3 times" in ready.said
    assert not Measurement.objects.exists()


def test_what_waits_is_cancelled_at_once(ready: Import) -> None:
    assert cancel_import(row=ready) == "cancelled"
    with pytest.raises(MovedOn):
        steps.apply_import(row=ready, attempt=ready.attempt, scope="whole")


def test_what_changed_since_it_was_shown_is_shown_again(acme: World, ready: Import) -> None:
    acme.record("revenue", "sales", {"2020-01-01": 999})
    row = applied(ready)
    assert (row.state, counts(row)) == ("ready", (71, 1, 0, 0))
    assert "was changed after the file was checked" in row.said
    assert told(row)["changes"][0][4] == [["Value", "999", "20"]]
    with pytest.raises(MovedOn):  # by whoever still looks at the page before
        steps.apply_import(row=row, attempt=ready.attempt - 1, scope="whole")
    row = applied(row)
    assert (row.state, counts(row)) == ("done", (71, 1, 0, 0))


def test_a_period_closed_meanwhile_is_not_written(acme: World, ready: Import) -> None:
    period = acme.organization.calendar.parse_label("2025-12")
    close_period(unit=acme.units["sales"], period=period, by=acme.users["root"])
    row = applied(ready)
    assert (row.state, counts(row)) == ("ready", (71, 0, 0, 1))
    assert "is closed at" in told(row)["problems"][0][4]
    with pytest.raises(ValidationError, match="Some rows have a problem"):
        steps.apply_import(row=row, attempt=row.attempt, scope="whole")
    assert counts(applied(row, "good")) == (71, 0, 0, 1)


def test_who_lost_their_role_meanwhile_changes_nothing(acme: World, ready: Import) -> None:
    Membership.objects.get(user=acme.users["carol"]).mark_deleted()
    row = applied(ready)
    assert (row.state, Measurement.objects.count()) == ("failed", 0)
    assert "has no role here any more" in row.said


def test_what_nobody_goes_on_with_is_let_go(acme: World, ready: Import) -> None:
    done = applied(checked(access_of(acme, "carol"), VALUES.replace("revenue", "defects")))
    with time_machine.travel(timezone.now() + LEFT_AFTER + dt.timedelta(days=1), tick=False):
        tidy_imports()
        ready.refresh_from_db()
        done.refresh_from_db()
        assert (ready.state, bytes(ready.content), done.state) == ("cancelled", b"", "done")
        assert done.effect
    with time_machine.travel(timezone.now() + dt.timedelta(days=100), tick=False):
        tidy_imports()
    done.refresh_from_db()
    assert not done.effect


def test_files_that_are_too_large_or_too_many_are_refused(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = access_of(acme, "carol")
    assert start_import(access=access, name="a.csv", content=b"x" * MOST_BYTES).number == 1
    with pytest.raises(ValidationError, match="more than 10 MB"):
        start_import(access=access, name="a.csv", content=b"x" * (MOST_BYTES + 1))
    monkeypatch.setattr(steps, "MOST_OPEN", 2)
    assert start_import(access=access, name="a\x00\n.csv", content=b"x").file_name == "a_.csv"
    with pytest.raises(ValidationError, match="wait to be finished"):
        start_import(access=access, name="a.csv", content=b"x")
