"""Asking for work, giving it up, and asking again."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.models import Job, Organization

from .handlers import handler_of
from .waking import wake_workers

State = Job.State
MOST_ROWS = 1000  # of one statement


class MovedOn(Exception):
    """The job is not any more as it was when somebody looked at it; the message says how."""


@dataclass(frozen=True)
class Wish:
    """A job to be done; the fields are those of `Job`. due_at: None = now."""

    kind: str
    organization: Organization
    args: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    about: str = ""
    due_at: dt.datetime | None = None


@transaction.atomic
def enqueue(
    *,
    kind: str,
    organization: Organization,
    args: Mapping[str, Any] | None = None,
    key: str = "",
    about: str = "",
    due_at: dt.datetime | None = None,
) -> Job:
    """A job that is done once the caller's transaction is stored, or at due_at.

    key: where an unfinished job of the kind has it, that one is answered, and none is added. Raises
    UnknownKind where nobody would do it.
    """
    wish = Wish(kind, organization, args or {}, key, about, due_at)
    job = None
    while job is None:  # the one that had the key may end between two statements
        row = _row(wish)
        _insert([row])
        same = Job.objects.filter(organization=organization, kind=kind)
        job = same.filter(code=row.code).first() or (
            same.unfinished().filter(key=key).first() if key else None
        )
    return job


@transaction.atomic
def enqueue_all(wishes: Iterable[Wish]) -> None:
    """Many jobs by few statements; those whose key is taken are left out."""
    _insert([_row(wish) for wish in wishes])


def _row(wish: Wish) -> Job:
    handler_of(wish.kind)
    return Job(
        organization=wish.organization,
        code=uuid.uuid4(),
        kind=wish.kind,
        about=wish.about[:200],
        args=dict(wish.args),
        key=wish.key,
        due_at=wish.due_at or timezone.now(),
    )


def _insert(rows: Sequence[Job]) -> None:
    Job.objects.bulk_create(rows, batch_size=MOST_ROWS, ignore_conflicts=True)
    now = timezone.now()
    if due := sum(row.due_at <= now for row in rows):
        wake_workers(due)


@transaction.atomic
def cancel_job(*, job: Job) -> str:
    """Give it up; returns its state then. A worker that has it gives up at its next look.

    Raises MovedOn where it has ended.
    """
    now = timezone.now()
    mine = Job.objects.filter(pk=job.pk)
    waiting = mine.filter(state=State.WAITING)
    if waiting.update(state=State.CANCELLED, is_cancelled=True, finished_at=now):
        return State.CANCELLED
    if mine.filter(state=State.RUNNING).update(is_cancelled=True):
        return State.RUNNING
    raise MovedOn("It has ended meanwhile, so there is nothing to cancel.")


@transaction.atomic
def retry_job(*, job: Job) -> None:
    """Try it again from the beginning, at once.

    Raises MovedOn where it does not stand still any more, or the same work is queued already.
    """
    still = Job.objects.filter(pk=job.pk, state__in=(State.FAILED, State.CANCELLED))
    try:
        with transaction.atomic():
            is_again = still.update(
                state=State.WAITING,
                is_cancelled=False,
                tries=0,
                done=0,
                outside_at=None,
                due_at=timezone.now(),
                finished_at=None,
            )
    except IntegrityError:
        raise MovedOn("The same work is queued already.") from None
    if not is_again:
        raise MovedOn("It is not failed any more, so there is nothing to try again.")
    wake_workers()
