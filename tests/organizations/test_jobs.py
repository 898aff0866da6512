"""Background work: queued once, done once, tried again, given up, and fairly shared."""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.schedules import Every, Schedule
from organizations.models import Job, Person, Slot
from organizations.services.jobs import handlers as registry
from organizations.services.jobs import slots
from organizations.services.jobs.handlers import Recurring, UnknownKind, handles
from organizations.services.jobs.leases import LEASE, GivenUp, Work, WorkFailed, WorkPutOff
from organizations.services.jobs.queue import (
    MovedOn,
    Wish,
    cancel_job,
    enqueue,
    enqueue_all,
    retry_job,
)
from organizations.services.jobs.running import claim_next, run_due_jobs, run_job, wait_after
from organizations.services.jobs.sweeping import DONE_KEPT, FAILED_KEPT, sweep_jobs
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """Kinds of this module only, so that no other test meets them."""
    known = dict(registry.handlers())

    @handles("rename", name="Renaming", tries=3)
    def rename(work: Work) -> None:
        with work.finishing():
            _rename(work)

    @handles("fail", name="Failing", tries=3)
    def fail(work: Work) -> None:
        _rename(work)
        raise {"late": WorkPutOff, "never": WorkFailed}.get(work.args["how"], KeyError)("No.")

    @handles("slow", name="Taking its time")
    def slow(work: Work) -> None:
        Job.objects.filter(pk=work.job.pk).update(**work.args["meanwhile"])
        with work.finishing():
            _rename(work)

    yield
    registry._handlers.clear()
    registry._handlers.update(known)


def _rename(work: Work) -> None:
    people = Person.objects.filter(organization=work.organization, code="carol")
    people.update(name=work.args.get("name", "Renamed"))


def carol(world: World) -> str:
    return Person.objects.get(organization=world.organization, code="carol").name


def waiting(world: World, kind: str = "rename", **about: Any) -> Job:
    return enqueue(kind=kind, organization=world.organization, **about)


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def test_a_job_is_done_once(acme: World) -> None:
    job = waiting(acme, args={"name": "Caroline"}, about="Carol")
    assert (run_due_jobs(), run_due_jobs()) == (1, 0)
    assert (carol(acme), state(job), job.tries) == ("Caroline", "done", 1)
    assert run_job(job.pk) == "done"
    job.refresh_from_db()
    assert job.attempt == 1


def test_the_same_work_is_queued_once(acme: World, rival: World) -> None:
    first = waiting(acme, key="a")
    assert waiting(acme, key="a") == first
    assert waiting(acme, key="b") != first
    assert waiting(rival, key="a") != first
    assert waiting(acme) != waiting(acme)
    run_job(first.pk)
    assert waiting(acme, key="a") != first  # done: it may be asked for again
    with pytest.raises(UnknownKind):
        waiting(acme, "dance")


def test_many_are_queued_by_one_statement(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    waiting(acme, key="3")
    wishes = [Wish("rename", acme.organization, key=str(n)) for n in range(50)]
    with django_assert_num_queries(3):  # two for the savepoint
        enqueue_all(wishes)
    assert Job.objects.count() == 50


def test_it_waits_for_its_time(acme: World) -> None:
    job = waiting(acme, due_at=timezone.now() + HOUR)
    assert (run_due_jobs(), sweep_jobs()) == (0, 0)
    with time_machine.travel(timezone.now() + HOUR):
        assert sweep_jobs() == 1
        assert run_due_jobs() == 1
    assert state(job) == "done"


@pytest.mark.parametrize(
    ("how", "states", "said"),
    [
        ("late", ["waiting", "waiting", "failed"], "No."),
        ("never", ["failed"], "No."),
        ("odd", ["waiting", "waiting", "failed"], "(KeyError)"),
    ],
)
def test_a_failure_is_tried_again_as_often_as_it_may(
    acme: World, how: str, states: list[str], said: str
) -> None:
    job = waiting(acme, "fail", args={"how": how})
    found = []
    now = timezone.now()
    for _ in states:
        with time_machine.travel(now := now + HOUR):
            run_due_jobs()
        found.append(state(job))
    assert (found, job.tries) == (states, len(states))
    assert said in job.reason
    retry_job(job=job)
    assert (state(job), job.tries, job.finished_at) == ("waiting", 0, None)


def test_waits_grow_and_differ() -> None:
    random.seed(7)
    waits = [[wait_after(n).total_seconds() for _ in range(50)] for n in range(1, 9)]
    for number, some in enumerate(waits):
        longest = min(15 * 3**number, 3600)
        assert longest / 2 <= min(some) < max(some) <= longest


@pytest.mark.parametrize("meanwhile", [{"attempt": 2}, {"is_cancelled": True}])
def test_who_lost_the_job_stores_nothing(acme: World, meanwhile: dict[str, Any]) -> None:
    """Another worker has it by now, or somebody has cancelled it."""
    before = carol(acme)
    job = waiting(acme, "slow", args={"meanwhile": meanwhile})
    run_due_jobs()
    assert carol(acme) == before
    assert state(job) == ("cancelled" if "is_cancelled" in meanwhile else "running")


def test_a_worker_that_was_killed_is_made_up_for(acme: World) -> None:
    job = waiting(acme)
    with time_machine.travel(timezone.now()):
        assert claim_next() == job
        assert (sweep_jobs(), state(job)) == (0, "running")
    with time_machine.travel(timezone.now() + LEASE + dt.timedelta(seconds=1)):
        sweep_jobs()
        assert state(job) == "waiting"
        assert job.reason == "The worker that had it was ended."
    with time_machine.travel(timezone.now() + HOUR):
        run_due_jobs()
    assert (state(job), job.attempt, job.reason) == ("done", 2, "")


def test_what_was_begun_outside_is_not_begun_twice(acme: World) -> None:
    job = waiting(acme)
    first = claim_next()
    assert first
    assert Work(first).begin_outside()
    Job.objects.update(state="waiting", lease_until=None)  # its worker was killed
    second = claim_next()
    assert second == job
    assert not Work(second).begin_outside()
    Work(second).end_outside()
    assert Work(second).begin_outside()
    first.outside_at = None
    with pytest.raises(GivenUp):  # it is the second one's
        Work(first).begin_outside()


def test_cancelling_and_trying_again(acme: World) -> None:
    job = waiting(acme, key="a")
    assert cancel_job(job=job) == "cancelled"
    with pytest.raises(MovedOn):
        cancel_job(job=job)
    other = waiting(acme, key="a")
    with pytest.raises(MovedOn, match="queued already"):
        retry_job(job=job)
    assert claim_next() == other
    assert cancel_job(job=other) == "running"
    assert Job.objects.get(pk=other.pk).is_cancelled
    with pytest.raises(MovedOn, match="not failed"):
        retry_job(job=other)


def test_organizations_are_served_in_turn(acme: World, rival: World) -> None:
    enqueue_all(Wish("rename", acme.organization, key=str(n)) for n in range(20))
    late = [waiting(rival, key=str(n)) for n in range(3)]
    taken = [claim_next() for _ in range(8)]
    of_rival = [each is not None and each.organization_id == late[0].organization_id
                for each in taken]  # fmt: skip
    assert of_rival == [False, True, False, True, False, True, False, False]


def test_old_jobs_are_forgotten(acme: World) -> None:
    now = timezone.now()
    for state_, age in [("done", DONE_KEPT), ("failed", DONE_KEPT), ("failed", FAILED_KEPT)]:
        for over in (-HOUR, HOUR):
            Job.objects.create(
                organization=acme.organization,
                kind="rename",
                state=state_,
                finished_at=now - age - over,
            )
    sweep_jobs()
    kept = Job.objects.values_list("state", flat=True)
    assert sorted(kept) == ["done", "failed", "failed", "failed"]


# --- The clock


@pytest.fixture
def daily(acme: World, rival: World) -> Iterator[dict[str, Any]]:
    """A schedule of each world, at half past two in Berlin and in Greenwich."""
    acme.organization.time_zone = "Europe/Berlin"
    about = {"since": dt.datetime(2026, 10, 1, tzinfo=dt.UTC)}

    def recur(now: dt.datetime) -> list[Recurring]:
        schedule = Schedule(Every.DAY, at=dt.time(2, 30))
        return [
            Recurring(world.organization, "names", schedule, about["since"], "rename")
            for world in (acme, rival)
        ]

    known = dict(registry.recurrences())
    registry._recurring.clear()
    registry._recurring["names"] = recur
    yield about
    registry._recurring.clear()
    registry._recurring.update(known)


def test_each_slot_fires_once_through_the_turn_of_the_clocks(
    acme: World, daily: dict[str, Any]
) -> None:
    for minute in range(0, 30 * 60, 25):
        now = dt.datetime(2026, 10, 24, 20, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
        slots.fire_due_slots(now)
        slots.fire_due_slots(now)  # a second beat
    fired = Slot.objects.filter(organization=acme.organization).order_by("at")
    assert [f"{at:%d %H:%M}" for at in fired.values_list("at", flat=True)] == [
        "24 00:30", "25 00:30", "26 01:30",
    ]  # fmt: skip
    assert Job.objects.filter(organization=acme.organization).count() == 3


def test_after_a_downtime_the_latest_slot_fires(acme: World, daily: dict[str, Any]) -> None:
    assert slots.fire_due_slots(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)) == 2
    assert slots.fire_due_slots(dt.datetime(2026, 10, 9, 12, tzinfo=dt.UTC)) == 2
    # A worker whose clock is behind brings nothing back.
    assert slots.fire_due_slots(dt.datetime(2026, 10, 8, 12, tzinfo=dt.UTC)) == 0
    # Nor does a schedule that was set only now.
    daily["since"] = dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC)
    assert slots.fire_due_slots(dt.datetime(2026, 10, 20, 13, tzinfo=dt.UTC)) == 0


def test_a_slot_and_its_work_are_stored_together(
    daily: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
    with transaction.atomic():
        slots.fire_due_slots(now)
        transaction.set_rollback(True)
    with django_assert_num_queries(8):  # with two savepoints
        assert slots.fire_due_slots(now) == 2
    with django_assert_num_queries(1):
        assert slots.fire_due_slots(now) == 0
