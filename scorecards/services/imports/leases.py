"""Who works on an import: one worker at a time, by a lease that it renews while it lives.

The row is the job. A message only tells a worker to look; one that is lost is made up for by the
sweep, and so is a worker that was killed: its lease ends, and the next one begins anew, since
nothing is stored before the end.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from scorecards.models import Import

LEASE = dt.timedelta(seconds=30)
BEAT_SECONDS = 1.0
MOST_TRIES = 3

logger = structlog.get_logger(__name__)


class GivenUp(Exception):
    """Somebody cancelled the work, or another worker has it: nothing of it is to be stored."""


def claimed(import_id: int) -> Import | None:
    """The import for this worker alone; None where there is nothing to do, or another has it."""
    now = timezone.now()
    taken = (
        Import.objects.filter(pk=import_id)
        .waiting(now)
        .update(lease_until=now + LEASE, attempt=F("attempt") + 1, tries=F("tries") + 1)
    )
    if not taken:
        return None
    about = Import.objects.select_related("organization", "created_by", "undone_by")
    return about.defer("content", "effect").get(pk=import_id)


def finish(job: Import, **fields: Any) -> None:
    """The new state, in the transaction of the effect; raises GivenUp, which takes both back."""
    now = timezone.now()
    mine = Import.objects.filter(pk=job.pk, state=job.state, attempt=job.attempt)
    if job.state != Import.State.UNDOING:
        mine = mine.filter(is_cancelled=False)
    if not mine.update(lease_until=None, tries=0, changed_at=now, **fields):
        raise GivenUp


def release(job: Import) -> None:
    """Let another worker have it, if it is still to be done."""
    Import.objects.filter(pk=job.pk, state=job.state, attempt=job.attempt).update(lease_until=None)


class Pulse:
    """What a worker tells while it works: how far it is; and what it hears: to give up."""

    def __init__(self, job: Import) -> None:
        self.job = job
        self.done, self.total = job.done, job.total
        self._is_over, self._is_cancelled = threading.Event(), threading.Event()

    def tell(self, done: int, total: int) -> None:
        """So many of so many are done. Raises GivenUp where somebody has cancelled it."""
        self.done, self.total = min(done, total), total
        if self._is_cancelled.is_set():
            raise GivenUp

    def beat(self) -> None:
        """Renew the lease until the work is over; in a thread, with a connection of its own.

        While the work writes, SQLite lets nobody else write: then a beat is left out, as nobody
        could take the work over either.
        """
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 200")
        mine = Import.objects.filter(pk=self.job.pk, attempt=self.job.attempt, state=self.job.state)
        while not self._is_over.wait(BEAT_SECONDS):
            with suppress(DatabaseError):
                mine.update(lease_until=timezone.now() + LEASE, done=self.done, total=self.total)
                if mine.filter(is_cancelled=True).exists():
                    self._is_cancelled.set()
        connection.close()

    def stop(self) -> None:
        self._is_over.set()


@contextmanager
def pulse(job: Import) -> Iterator[Pulse]:
    """Keep the lease for as long as the work takes."""
    heart = Pulse(job)
    thread = threading.Thread(target=heart.beat, name=f"import {job.pk}", daemon=True)
    thread.start()
    try:
        yield heart
    finally:
        heart.stop()
        thread.join()
