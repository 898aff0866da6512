"""What was reported when a period was closed."""

from typing import Self

from django.db import models

from calculations.periods import Frequency, Period
from organizations.models import ClosedPeriod, Organization

from .scorecard import Scorecard


class ReportedSheetQuerySet(models.QuerySet["ReportedSheet"]):
    def standing(self) -> Self:
        """Sheets of closings that have not been reopened."""
        return self.filter(closing__reopened_at=None)


class ReportedSheet(models.Model):
    """The board of a scorecard for a closed period, with its traces, as it was reported.

    Never changed. `content` is text, so that it stays the same byte for byte on every database and
    in every backup; the columns repeat its figures for lists.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    closing = models.ForeignKey(ClosedPeriod, on_delete=models.PROTECT, related_name="sheets")
    scorecard = models.ForeignKey(
        Scorecard, on_delete=models.PROTECT, related_name="reported_sheets"
    )
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField()
    reported_at = models.DateTimeField()
    score = models.FloatField(null=True)
    coverage = models.FloatField(null=True)
    status = models.PositiveSmallIntegerField()
    on_target = models.PositiveIntegerField(default=0)
    below_target = models.PositiveIntegerField(default=0)
    critical = models.PositiveIntegerField(default=0)
    no_data = models.PositiveIntegerField(default=0)
    insufficient_data = models.PositiveIntegerField(default=0)
    content = models.TextField()

    objects = ReportedSheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["closing", "scorecard", "frequency", "period_start"],
                name="reported_sheet_once_per_closing",
            ),
            models.CheckConstraint(
                condition=models.Q(score=None) | models.Q(score__gte=0, score__lte=150),
                name="reported_score_is_an_index",
            ),
            models.CheckConstraint(
                condition=models.Q(coverage=None) | models.Q(coverage__gte=0, coverage__lte=1),
                name="reported_coverage_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scorecard}, {self.frequency} from {self.period_start}, as reported"

    @property
    def period(self) -> Period:
        return Period(Frequency(self.frequency), self.period_start)
