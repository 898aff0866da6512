"""What a worker does: takes the next job, fairly, does it, and says how it ended."""

import datetime as dt
import random
import time
from contextlib import suppress
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from organizations.models import Job, Organization
from organizations.models.job import LONGEST_REASON

from . import leases
from .handlers import MOST_TRIES, UnknownKind, handler_of
from .leases import GivenUp, Work, WorkFailed, WorkPutOff, beating, held
from .waking import wake_workers

State = Job.State
TURN_SECONDS = 5.0  # after which a worker lets what else is queued have its turn
FIRST_WAIT, LONGEST_WAIT, GROWTH = 15.0, 3600.0, 3  # seconds between tries
UNEXPECTED = "Something unexpected went wrong ({what}). The log of the workers says more."
BROKEN_OFF = "The worker that had it was ended."
UNKNOWN = "This version does not know how to do it."

logger = structlog.get_logger(__name__)


def run_due_jobs(*, seconds: float = TURN_SECONDS) -> int:
    """Do what is due, one after the other, for about so long; returns how many were taken."""
    ends_at = time.monotonic() + seconds
    count = 0
    while (job := claim_next()) is not None:
        _run(job)
        count += 1
        if time.monotonic() >= ends_at:
            wake_workers()
            break
    return count


def run_job(job_id: int) -> str:
    """Do this one if it is due; returns its state then. Safe to run twice or at once."""
    job = _claim(job_id, timezone.now())
    if job is not None:
        _run(job)
    return str(Job.objects.values_list("state", flat=True).get(pk=job_id))


# --- Taking


def claim_next() -> Job | None:
    """The next job for this worker alone; None where nothing is due.

    Of the organization with the fewest that run, and of those the one that was served longest ago:
    ten thousand jobs of one delay those of another by one.
    """
    while True:
        now = timezone.now()
        job_id = _next(now)
        if job_id is None:
            return None
        job = _claim(job_id, now)
        if job is not None:
            return job


def _next(now: dt.datetime) -> int | None:
    jobs = Job.objects.filter(organization=OuterRef("pk"))
    due = jobs.due(now).order_by("due_at", "pk").values("pk")[:1]
    running = jobs.filter(state=State.RUNNING).order_by().values("organization")
    last = jobs.exclude(started_at=None).order_by("-started_at").values("started_at")[:1]
    return (
        Organization.objects.filter(Exists(jobs.due(now)))
        .annotate(
            job=Subquery(due),
            n_running=Coalesce(Subquery(running.annotate(n=Count("pk")).values("n")), 0),
            served_at=Subquery(last),
        )
        .order_by("n_running", F("served_at").asc(nulls_first=True), "pk")
        .values_list("job", flat=True)
        .first()
    )


def _claim(job_id: int, now: dt.datetime) -> Job | None:
    """By one conditional update: of two workers one is first."""
    taken = (
        Job.objects.due(now)
        .filter(pk=job_id)
        .update(
            state=State.RUNNING,
            lease_until=now + leases.LEASE,
            attempt=F("attempt") + 1,
            tries=F("tries") + 1,
            started_at=now,
        )
    )
    return Job.objects.select_related("organization").get(pk=job_id) if taken else None


# --- Doing


def _run(job: Job) -> None:
    work = Work(job)
    try:
        handler = handler_of(job.kind)
        with beating(work.pulse, f"job {job.pk}"):
            handler.run(work)
            if not work.is_finished:
                with work.finishing():
                    pass
    except GivenUp:
        _give_up(job)
    except WorkFailed as failure:
        _end(job, State.FAILED, str(failure))
    except UnknownKind:
        _end(job, State.FAILED, UNKNOWN)
    except WorkPutOff as failure:
        put_off(job, str(failure), until=failure.until)
    except Exception as error:
        logger.exception("job_broke", job=str(job.code), kind=job.kind)
        put_off(job, UNEXPECTED.format(what=type(error).__name__))


def _give_up(job: Job) -> bool:
    """End it if somebody has cancelled it; where another worker has it, this changes nothing."""
    now = timezone.now()
    cancelled = held(job).filter(is_cancelled=True)
    ended = cancelled.update(state=State.CANCELLED, lease_until=None, finished_at=now)
    return bool(ended)


@transaction.atomic
def break_off(job: Job) -> None:
    """Its worker was ended: whatever tells of it says so, and it is tried again later."""
    if not put_off(job, BROKEN_OFF):
        return
    with suppress(UnknownKind):
        handler_of(job.kind).broken_off(job, BROKEN_OFF)


def put_off(job: Job, reason: str, *, until: dt.datetime | None = None) -> bool:
    """Try it again later, or no more where it was tried often enough.

    Returns whether this did anything: not where another worker has it.
    """
    if _give_up(job):
        return True
    if job.tries >= most_tries(job.kind):
        return _end(job, State.FAILED, reason)
    due_at = until or timezone.now() + wait_after(job.tries)
    return _change(job, state=State.WAITING, due_at=due_at, reason=reason[:LONGEST_REASON])


def _end(job: Job, state: str, reason: str) -> bool:
    return _change(job, state=state, finished_at=timezone.now(), reason=reason[:LONGEST_REASON])


def _change(job: Job, **fields: Any) -> bool:
    return bool(held(job).update(lease_until=None, **fields))


def most_tries(kind: str) -> int:
    try:
        return handler_of(kind).tries
    except UnknownKind:
        return MOST_TRIES


def wait_after(tries: int) -> dt.timedelta:
    """How long to wait after so many tries: longer each time, and never all at the same moment."""
    seconds = min(FIRST_WAIT * GROWTH ** (tries - 1), LONGEST_WAIT)
    return dt.timedelta(seconds=seconds * random.uniform(0.5, 1))  # noqa: S311  no secret
