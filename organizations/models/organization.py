"""The tenant: nothing crosses its border."""

import datetime as dt
import zoneinfo
from typing import Any, Literal, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from calculations.periods import Calendar, Frequency

from .structure import CodeField, PlainText, TracedHistory


def default_reporting_frequencies() -> list[str]:
    return [Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR]


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f'"{name}" is not a time zone; write it like Europe/Berlin.')


def validate_frequencies(names: Any) -> None:
    known = {f.value for f in Frequency}
    if not isinstance(names, list) or not names or not set(names) <= known:
        raise ValidationError("Name at least one reporting frequency, such as month or quarter.")


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def of_user(self, user: Any) -> Self:
        """The organizations in which a signed-in, active user has a role; none for anybody else."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(memberships__user=user, memberships__deleted_at=None).distinct()


class Organization(PlainText):
    """A tenant, with the settings under which all of its scores are computed."""

    class DisplayScale(models.TextChoices):
        INDEX = "index", "0-150, 100 = on target"
        TEN = "ten", "0-10"
        PERCENT = "percent", "0-100 %"

    class Openness(models.TextChoices):
        ALL = "all", "Members read all units except individuals'"
        LINE = "line", "Members read their own units, what is beneath, and the line above"

    code = CodeField(unique=True)
    name = models.CharField(max_length=200)
    mission = models.TextField(blank=True, max_length=5000)
    vision = models.TextField(blank=True, max_length=5000)
    values = models.TextField(blank=True, max_length=5000)
    fiscal_month = models.PositiveSmallIntegerField("fiscal year's first month", default=1)
    fiscal_year_named_by = models.CharField(
        max_length=5,
        choices=[("end", "year it ends in"), ("start", "year it starts in")],
        default="end",
    )
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    display_scale = models.CharField(
        max_length=10, choices=DisplayScale.choices, default=DisplayScale.INDEX
    )
    minimum_coverage = models.FloatField(default=0.5)
    reporting_frequencies = models.JSONField(
        default=default_reporting_frequencies, validators=[validate_frequencies]
    )
    openness = models.CharField(max_length=4, choices=Openness.choices, default=Openness.ALL)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = TracedHistory()
    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organization_fiscal_month_is_a_month",
                condition=models.Q(fiscal_month__gte=1, fiscal_month__lte=12),
            ),
            models.CheckConstraint(
                name="organization_minimum_coverage_is_a_share",
                condition=models.Q(minimum_coverage__gte=0, minimum_coverage__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def calendar(self) -> Calendar:
        named_by: Literal["end", "start"] = (
            "start" if self.fiscal_year_named_by == "start" else "end"
        )
        return Calendar(fiscal_month=self.fiscal_month, fiscal_year_named_by=named_by)

    @property
    def frequencies(self) -> list[Frequency]:
        """The reporting frequencies, shortest first."""
        return sorted((Frequency(f) for f in self.reporting_frequencies), key=lambda f: f.rank)

    def today(self, at: dt.datetime | None = None) -> dt.date:
        """The date at the organization's place, now or at another moment."""
        return (at or timezone.now()).astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()
