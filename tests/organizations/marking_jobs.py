"""Kinds of jobs that leave marks, for workers of a test: `celery … --include` this module.

Its leases are short, so that a test need not wait long for those of a killed worker.
"""

import datetime as dt
import os
import time
from pathlib import Path

from django.utils import timezone

from organizations.models import Slot
from organizations.services.jobs import leases
from organizations.services.jobs.handlers import handles
from organizations.services.jobs.leases import Work

leases.LEASE = dt.timedelta(seconds=3)


def mark(work: Work) -> None:
    """One row for each time that the job took effect."""
    Slot.objects.create(
        organization=work.organization,
        what=f"effect {work.job.pk}",
        at=timezone.now(),
        claim=work.job.code,
    )


@handles("mark", name="Leaving a mark")
def leave_mark(work: Work) -> None:
    """Take effect."""
    with work.finishing():
        mark(work)


@handles("hold", name="Being killed", tries=3)
def hold(work: Work) -> None:
    """At first, take effect and never come to an end: the test kills whoever does it."""
    with work.finishing():
        mark(work)
        if work.job.attempt == 1:
            (Path(os.environ["VAR_DIR"]) / "held").touch()
            time.sleep(60)
