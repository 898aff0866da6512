"""Picking up what lost messages and killed workers left behind, and tidying away what is old."""

import datetime as dt

from django.utils import timezone

from calculations.schedules import LONGEST_GAP
from organizations.models import Job, Slot

from .running import break_off
from .waking import MOST_MESSAGES, wake_workers

State = Job.State
DONE_KEPT = dt.timedelta(days=30)
FAILED_KEPT = dt.timedelta(days=90)
# The last slot of no schedule is as old as that, so none of them could fire again.
SLOTS_KEPT = 2 * LONGEST_GAP


def sweep_jobs() -> int:
    """Give back what killed workers had, and wake workers; returns how many jobs are due."""
    now = timezone.now()
    for job in Job.objects.abandoned(now):
        break_off(job)
    due = Job.objects.due(now)[:MOST_MESSAGES].count()
    if due:
        wake_workers(due)
    _tidy(now)
    return due


def _tidy(now: dt.datetime) -> None:
    ended = Job.objects.filter(finished_at__lt=now - DONE_KEPT)
    ended.exclude(state=State.FAILED).delete()
    ended.filter(finished_at__lt=now - FAILED_KEPT).delete()
    Slot.objects.filter(at__lt=now - SLOTS_KEPT).delete()
