"""Closed periods: what was reported stays as it was reported."""

from typing import Self

from django.db import models

from calculations.periods import Frequency, Period

from .organization import Organization
from .people import User
from .unit import Unit


class ClosedPeriodQuerySet(models.QuerySet["ClosedPeriod"]):
    def standing(self) -> Self:
        """Closings that have not been reopened."""
        return self.filter(reopened_at=None)


class ClosedPeriod(models.Model):
    """A period is closed for a unit, all beneath it, and the shorter periods inside it.

    Append-only: reopening marks the row, and closing again writes another.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="closed_periods")
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField()
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=1000, blank=True, default="")
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reopening_reason = models.CharField(max_length=1000, blank=True, default="")

    objects = ClosedPeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "frequency", "period_start"],
                condition=models.Q(reopened_at=None),
                name="closed_period_once",
            ),
            models.CheckConstraint(
                condition=models.Q(frequency__in=list(Frequency)),
                name="closed_period_frequency_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(reopened_at=None)
                | models.Q(reopened_at__gte=models.F("closed_at")),
                name="closed_period_reopened_after_closing",
            ),
        ]
        indexes = [models.Index(fields=["organization"], name="closed_period_of_organization")]

    def __str__(self) -> str:
        return f"{self.frequency} from {self.period_start} at {self.unit}"

    @property
    def period(self) -> Period:
        return Period(Frequency(self.frequency), self.period_start)
