"""Who works on an import: one worker at a time, by a lease that it renews while it lives.

The row is the job. A message only tells a worker to look; one that is lost is made up for by the
sweep, and so is a worker that was killed: its lease ends, and the next one begins anew, since
nothing is stored before the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import F
from django.utils import timezone

from organizations.services.jobs.leases import LEASE, GivenUp, Pulse, beating
from scorecards.models import Import

MOST_TRIES = 3


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


@contextmanager
def pulse(job: Import) -> Iterator[Pulse]:
    """Keep the lease for as long as the work takes."""
    mine = Import.objects.filter(pk=job.pk, attempt=job.attempt, state=job.state)
    heart = Pulse(mine, job.done, job.total)
    with beating(heart, f"import {job.pk}"):
        yield heart
