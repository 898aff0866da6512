"""Background work and the moments at which it was asked for: the rows are the queue."""

import datetime as dt
import uuid
from typing import Any, Self

from django.db import models
from django.utils import timezone

from .organization import Organization

LONGEST_REASON = 1000


class JobQuerySet(models.QuerySet["Job"]):
    def due(self, at: dt.datetime) -> Self:
        """Those that a worker may take."""
        return self.filter(state=Job.State.WAITING, due_at__lte=at)

    def abandoned(self, at: dt.datetime) -> Self:
        """Those whose worker has gone: it would have renewed its lease."""
        return self.filter(state=Job.State.RUNNING, lease_until__lt=at)

    def unfinished(self) -> Self:
        return self.filter(state__in=Job.UNFINISHED)


class Job(models.Model):
    """A piece of background work. It is kept for some time after it has ended.

    A worker takes it by a lease that it renews, and stores the effect and "done" in one
    transaction. `attempt` counts who had it: a worker that lost its lease cannot write any more.
    `key`: of unfinished jobs of a kind only one has it, so that nothing is queued twice; "" = any
    number. `outside_at`: since when something that cannot be taken back is being done outside.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (State.WAITING, State.RUNNING)

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # in addresses
    kind = models.CharField(max_length=50)
    about = models.CharField(max_length=200, blank=True)  # which one of its kind, for people
    args: Any = models.JSONField(default=dict)  # ids only
    key = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)  # of the last failure
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)  # somebody asked for it to be given up
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # since somebody asked for it
    outside_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "key"],
                condition=models.Q(state__in=("waiting", "running")) & ~models.Q(key=""),
                name="job_queued_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("waiting", "running", "done", "failed", "cancelled"),
                ),
                name="job_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(done__lte=models.F("total")), name="job_done_is_a_part"
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease_until=None)),
                name="job_leased_while_it_runs",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("waiting", "running"), finished_at=None)
                | (
                    ~models.Q(state__in=("waiting", "running"))
                    & models.Q(finished_at__isnull=False)
                ),
                name="job_ends_with_its_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "due_at"],
                condition=models.Q(state="waiting"),
                name="job_waiting",
            ),
            models.Index(
                fields=["organization", "lease_until"],
                condition=models.Q(state="running"),
                name="job_running",
            ),
            models.Index(fields=["organization", "started_at"], name="job_last_served"),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="job_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}".strip()


class Slot(models.Model):
    """A moment at which a schedule has fired. It can be claimed once, by whoever comes first."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    what = models.CharField(max_length=200)  # names the schedule
    at = models.DateTimeField()
    claim = models.UUIDField()  # of the transaction that has claimed it
    claimed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "what", "at"], name="slot_fires_once")
        ]
        indexes = [models.Index(fields=["at"], name="slot_by_time")]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M}"
