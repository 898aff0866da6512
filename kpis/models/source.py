"""Sources: where values come from by themselves, and what became of each refresh."""

import uuid
from typing import Any

from django.db import models

from organizations.models import LIVE, ApiToken, CodedStructure, Organization, User

from .kpi import Assignment

LONGEST_SAID = 1000


def no_settings() -> dict[str, str]:
    return {}


class Source(CodedStructure):
    """Another system that is asked for values on a schedule.

    `settings` hold what its kind asks, without secrets. Values are recorded as far as whoever
    configured it last may, and as the words of `author`: a token that nobody can use, so that
    every page says from which source a value came.
    """

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=30)
    settings: Any = models.JSONField(default=no_settings, blank=True)
    schedule: Any = models.JSONField(default=dict)
    scheduled_at = models.DateTimeField()  # since when the schedule holds
    is_paused = models.BooleanField("paused", default=False)
    configured_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    author = models.OneToOneField(ApiToken, on_delete=models.PROTECT, related_name="source")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="source_code_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceSecret(models.Model):
    """What a source must show and nobody may see: encrypted, in a table without a history."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="+")
    sealed = models.TextField(max_length=20_000)

    class Meta:
        verbose_name = "secret of a source"
        verbose_name_plural = "secrets of sources"

    def __str__(self) -> str:
        return f"secret of {self.source_id}"


class SourceRun(models.Model):
    """One refresh of a source: what came of it, and why not more."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    job = models.UUIDField(default=uuid.uuid4, unique=True)  # the code of the job that does it
    asked_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # none: the schedule
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    periods = models.CharField(max_length=100, blank=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)  # entered by hand, and standing
    refused = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=LONGEST_SAID, blank=True)
    lines: Any = models.JSONField(default=list)  # of rows that were kept or refused, bounded

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=("running", "done", "failed")),
                name="source_run_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", finished_at=None)
                | (~models.Q(state="running") & models.Q(finished_at__isnull=False)),
                name="source_run_ends_with_its_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} at {self.started_at:%Y-%m-%d %H:%M}"


class SourceFeed(models.Model):
    """A KPI at a unit for which the last good refresh of a source brought a value."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "fed KPI"
        constraints = [
            models.UniqueConstraint(fields=["source", "assignment"], name="source_feeds_once")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} feeds {self.assignment_id}"
