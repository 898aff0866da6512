"""The values: the current one of each period, what was said before, and what changed."""

from typing import Any

from django.db import models

from organizations.models import ApiToken, Organization, User

from .kpi import Assignment
from .limits import VALUE_LIMIT


def _is_finite(name: str) -> models.Q:
    """A plain range: PostgreSQL sorts NaN above every number, so the upper bound refuses it."""
    return models.Q(**{f"{name}__gte": -VALUE_LIMIT, f"{name}__lte": VALUE_LIMIT})


class Said(models.Model):
    """A value for an assignment and a period, with who said it and when."""

    # No index beyond the unique key: those of foreign keys slow a large push down 2.5 times.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    period_start = models.DateField()
    value = models.FloatField()
    note = models.CharField(max_length=1000, blank=True, default="")
    recorded_at = models.DateTimeField()
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    token = models.ForeignKey(
        ApiToken, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True

    @property
    def recorded_by(self) -> str:
        """The person or the token that recorded the value, for display."""
        return str(self.user or self.token or "the system")


def _copied() -> dict[str, Any]:
    """A reference that a checked one was copied from: neither checked again nor indexed."""
    return {
        "on_delete": models.PROTECT,
        "related_name": "+",
        "db_index": False,
        "db_constraint": False,
    }


class Measurement(Said):
    """The actual value of a KPI for a unit and a period. Written by services only."""

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="measurements", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "period_start"], name="measurement_once_per_period"
            ),
            models.CheckConstraint(condition=_is_finite("value"), name="measurement_is_finite"),
        ]

    def __str__(self) -> str:
        return f"{self.value} ({self.period_start})"


class MeasurementRevision(Said):
    """What a measurement said before it was corrected or deleted; append-only."""

    class Reason(models.TextChoices):
        CORRECTED = "corrected", "Corrected"
        DELETED = "deleted", "Deleted"

    # The measurement has been checked against the same rows: docs/decisions/0019.
    organization = models.ForeignKey(Organization, **_copied())
    user = models.ForeignKey(User, null=True, blank=True, **_copied())
    token = models.ForeignKey(ApiToken, null=True, blank=True, **_copied())
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField()
    superseded_by_user = models.ForeignKey(User, null=True, blank=True, **_copied())
    superseded_by_token = models.ForeignKey(ApiToken, null=True, blank=True, **_copied())
    reason = models.CharField(max_length=10, choices=Reason.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=_is_finite("value"), name="measurement_revision_is_finite"
            ),
            models.CheckConstraint(
                condition=models.Q(recorded_at__lte=models.F("superseded_at")),
                name="measurement_revision_said_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} ({self.period_start}), until {self.superseded_at}"


class Restatement(models.Model):
    """Why a value or a target of a closed period was changed after all; append-only."""

    class Subject(models.TextChoices):
        VALUE = "value", "Value"
        TARGET = "target", "Target"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    period_start = models.DateField()
    subject = models.CharField(max_length=10, choices=Subject.choices)
    reason = models.CharField(max_length=1000)
    at = models.DateTimeField()
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    token = models.ForeignKey(
        ApiToken, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="restatement_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.assignment} from {self.period_start}: {self.reason}"


class Change(models.Model):
    """Periods of an assignment whose values or targets changed and are not yet in the scores.

    Written in the transaction of the change, deleted by the one that marks the sheets it reaches.
    Append-only and without a unique key, so that a push never waits for a refresh.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    first_start = models.DateField()
    # The start of the last period that changed; none: everything from the first on.
    last_start = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_start=None)
                | models.Q(first_start__lte=models.F("last_start")),
                name="change_ends_after_its_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} from {self.first_start} to {self.last_start or 'open'}"
