"""What is stored of the computation: editions of the structure, and sheets of scores."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Self

from django.db import models

from calculations.periods import Frequency, Period
from organizations.models import Organization, User

from .packed import PackedJSON
from .scorecard import Scorecard


class Edition(models.Model):
    """A scorecard's structure, packed, as valid from a day on. Never changed, only superseded.

    The last one of an archived scorecard is its end: from that day on it has no structure.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="editions")
    valid_from = models.DateField()
    content: Any = models.JSONField()  # {} in an end
    is_end = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "valid_from"],
                condition=models.Q(superseded_at=None),
                name="edition_one_current_per_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scorecard} from {self.valid_from}"


class ScoreSheetQuerySet(models.QuerySet["ScoreSheet"]):
    def in_periods(self, periods: Iterable[Period]) -> Self:
        """The sheets of any of these periods."""
        starts: dict[Frequency, list[dt.date]] = defaultdict(list)
        for period in periods:
            starts[period.frequency].append(period.start)
        condition = models.Q(pk__in=[])
        for frequency, days in starts.items():
            condition |= models.Q(frequency=frequency, period_start__in=days)
        return self.filter(condition)


class ScoreSheet(models.Model):
    """The scores of a scorecard for a period: always current or marked stale; can be rebuilt.

    `detail` holds the scores beneath, keyed by code; services/refresh.py tells its form.
    A score is null where there is no data.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    scorecard = models.ForeignKey(
        Scorecard, on_delete=models.PROTECT, related_name="sheets", db_index=False
    )
    edition = models.ForeignKey(
        Edition, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField()
    score = models.FloatField(null=True)
    coverage = models.FloatField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    on_target = models.PositiveIntegerField(default=0)
    below_target = models.PositiveIntegerField(default=0)
    critical = models.PositiveIntegerField(default=0)
    no_data = models.PositiveIntegerField(default=0)
    insufficient_data = models.PositiveIntegerField(default=0)
    detail: Any = PackedJSON(default=dict)
    is_stale = models.BooleanField(default=True)
    # The day on which a missing value becomes due, so that coverage changes without a write.
    turns_stale_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    objects = ScoreSheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "frequency", "period_start"], name="sheet_once_per_period"
            ),
            models.CheckConstraint(
                condition=models.Q(score=None) | models.Q(score__gte=0, score__lte=150),
                name="sheet_score_is_an_index",
            ),
            models.CheckConstraint(
                condition=models.Q(coverage=None) | models.Q(coverage__gte=0, coverage__lte=1),
                name="sheet_coverage_is_a_share",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "frequency", "period_start"], name="sheet_by_period"
            ),
            models.Index(
                fields=["organization"], condition=models.Q(is_stale=True), name="sheet_stale"
            ),
            models.Index(
                fields=["turns_stale_on"],
                condition=models.Q(turns_stale_on__isnull=False),
                name="sheet_turns_stale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scorecard}, {self.frequency} from {self.period_start}"
