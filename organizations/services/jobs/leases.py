"""Who has a job: one worker at a time, by a lease that it renews while it lives."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from organizations.models import Job, Organization

LEASE = dt.timedelta(seconds=30)
BEAT_SECONDS = 1.0
State = Job.State


class GivenUp(Exception):
    """Somebody cancelled the work, or another worker has it: nothing of it is to be stored."""


class WorkFailed(Exception):
    """It cannot be done, and trying again would not help; the message says why."""


class WorkPutOff(Exception):
    """It cannot be done now; the message says why. `until`: when to try again, if that is known."""

    def __init__(self, said: str, until: dt.datetime | None = None) -> None:
        self.until = until
        super().__init__(said)


class Pulse:
    """What a worker tells while it works: how far it is; and what it hears: to give up.

    rows: its own row while it has it, with the fields lease_until, done, total and is_cancelled.
    """

    def __init__(self, rows: "QuerySet[Any]", done: int, total: int) -> None:
        self.rows = rows
        self.done, self.total = done, total
        self._is_over, self._is_cancelled = threading.Event(), threading.Event()

    def tell(self, done: int, total: int) -> None:
        """So many of so many are done. Raises GivenUp where somebody has cancelled it."""
        self.done, self.total = min(done, total), total
        if self._is_cancelled.is_set():
            raise GivenUp

    def beat(self) -> None:
        """Renew the lease until the work is over; in a thread, with a connection of its own.

        While the work writes, SQLite lets nobody else write: then a beat is left out, as nobody
        could take the work over either. Short work ends before the first beat and never connects.
        """
        while not self._is_over.wait(BEAT_SECONDS):
            with suppress(DatabaseError):
                self._renew()
        connection.close()

    def _renew(self) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 200")
        self.rows.update(lease_until=timezone.now() + LEASE, done=self.done, total=self.total)
        if self.rows.filter(is_cancelled=True).exists():
            self._is_cancelled.set()

    def stop(self) -> None:
        self._is_over.set()


@contextmanager
def beating(pulse: Pulse, name: str) -> Iterator[None]:
    """Keep the lease for as long as the work takes."""
    thread = threading.Thread(target=pulse.beat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        pulse.stop()
        thread.join()


class Work:
    """A job in the hands of its worker."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pulse = Pulse(held(job), job.done, job.total)
        self.is_finished = False

    @property
    def organization(self) -> Organization:
        return self.job.organization

    @property
    def args(self) -> dict[str, Any]:
        return dict(self.job.args)

    def tell(self, done: int, total: int) -> None:
        """So many of so many are done. Raises GivenUp where somebody has cancelled it."""
        self.pulse.tell(done, total)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """The effect, and "done", in one transaction.

        Raises GivenUp at its end, which takes both back, where somebody has cancelled it or
        another worker has it.
        """
        with transaction.atomic():
            yield
            self._finish()
        self.is_finished = True

    def _finish(self) -> None:
        ended = held(self.job).filter(is_cancelled=False)
        about = {"done": self.pulse.total, "total": self.pulse.total, "reason": ""}
        now = timezone.now()
        if not ended.update(state=State.DONE, lease_until=None, finished_at=now, **about):
            raise GivenUp

    def begin_outside(self) -> bool:
        """Note that something outside is about to be done; stored at once.

        False where an earlier try noted it and never said how it ended: it may have been done.
        """
        if self.job.outside_at is not None:
            return False
        self.job.outside_at = timezone.now()
        if not held(self.job).filter(is_cancelled=False).update(outside_at=self.job.outside_at):
            raise GivenUp
        return True

    def end_outside(self) -> None:
        """Note that it was certainly not done, so that another try may do it."""
        self.job.outside_at = None
        held(self.job).update(outside_at=None)


def held(job: Job) -> "QuerySet[Job]":
    """The row, as long as this worker has it."""
    return Job.objects.filter(pk=job.pk, attempt=job.attempt, state=State.RUNNING)
