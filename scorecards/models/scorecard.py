"""What is wanted: the scorecard of a unit, its perspectives, objectives and their KPIs."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models

from calculations.rollup import RollUpRule
from kpis.models import KPI
from organizations.models import (
    LIVE,
    CodedStructure,
    Person,
    Structure,
    StructureQuerySet,
    Unit,
)

MAX_WEIGHT = 1e6


def _is_weight(name: str = "weight") -> models.Q:
    return models.Q(**{f"{name}__gte": 0, f"{name}__lte": MAX_WEIGHT})


class RolledUp(models.Model):
    """A node whose score is rolled up from weighted children."""

    rule = models.CharField(
        "roll-up rule",
        max_length=20,
        choices=[(r.value, r.value.replace("_", " ")) for r in RollUpRule],
        default=RollUpRule.WEIGHTED_MEAN,
    )
    is_capped = models.BooleanField("children capped at 100", default=False)

    class Meta:
        abstract = True


class ScorecardQuerySet(StructureQuerySet):
    def active(self) -> Self:
        """Those that hold without an end: the ones that are edited."""
        return self.live().filter(status=Scorecard.State.ACTIVE)

    def published(self) -> Self:
        """Those that hold or have held on some day."""
        return self.live().exclude(status=Scorecard.State.DRAFT)

    def holding(self, day: dt.date) -> Self:
        """Those that hold on that day: at most one of a unit."""
        has_not_ended = models.Q(ends_on=None) | models.Q(ends_on__gt=day)
        return self.published().filter(has_not_ended, starts_on__lte=day)


class Scorecard(CodedStructure, RolledUp):
    """The balanced scorecard of one unit; on each day at most one holds.

    `starts_on` is the first day on which it holds, `ends_on` the first on which it does no more:
    the state says which of the two are known. services/lifecycle.py changes them.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="scorecards")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    starts_on = models.DateField(null=True, blank=True, editable=False)
    ends_on = models.DateField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = ScorecardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="scorecard_code_once"
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=LIVE & models.Q(status="active"),
                name="scorecard_one_active_per_unit",
            ),
            models.UniqueConstraint(
                fields=["unit", "starts_on"], condition=LIVE, name="scorecard_one_start_per_unit"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft", starts_on=None, ends_on=None)
                | models.Q(status="active", starts_on__isnull=False, ends_on=None)
                | models.Q(status="archived", starts_on__isnull=False, ends_on__isnull=False),
                name="scorecard_days_fit_its_state",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on")),
                name="scorecard_ends_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is the scorecard of its unit on that day."""
        if self.starts_on is None or day < self.starts_on:
            return False
        return self.ends_on is None or day < self.ends_on


class Perspective(CodedStructure, RolledUp):
    """One of the views of a balanced scorecard: financial, customer, internal process, …"""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="perspectives")
    name = models.CharField(max_length=200)
    weight = models.FloatField(default=1)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "code"], condition=LIVE, name="perspective_code_once"
            ),
            models.CheckConstraint(condition=_is_weight(), name="perspective_weight_is_weight"),
        ]

    def __str__(self) -> str:
        return self.name


class Theme(CodedStructure):
    """A strategic theme: objectives across perspectives that belong together."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="themes")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "code"], condition=LIVE, name="theme_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Objective(CodedStructure, RolledUp):
    """A strategic objective within a perspective."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="objectives")
    perspective = models.ForeignKey(
        Perspective, on_delete=models.PROTECT, related_name="objectives"
    )
    theme = models.ForeignKey(
        Theme, null=True, blank=True, on_delete=models.PROTECT, related_name="objectives"
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)
    # A question that an example asks of whoever makes it their own; shown while editing only.
    hint = models.CharField(max_length=500, blank=True, default="")
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="objectives"
    )
    weight = models.FloatField(default=1)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "code"], condition=LIVE, name="objective_code_once"
            ),
            models.CheckConstraint(condition=_is_weight(), name="objective_weight_is_weight"),
        ]

    def __str__(self) -> str:
        return self.name


class ObjectiveKPI(Structure):
    """A KPI that tells how an objective goes, measured at the scorecard's own unit."""

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="kpi_links")
    kpi = models.ForeignKey(KPI, on_delete=models.PROTECT, related_name="objective_links")
    weight = models.FloatField(default=1)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "KPI of an objective"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["objective", "kpi"], condition=LIVE, name="objective_kpi_once"
            ),
            models.CheckConstraint(condition=_is_weight(), name="objective_kpi_weight_is_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} for {self.objective}"


class Alignment(Structure):
    """An objective supports one of a unit above; weight 0 is context only."""

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="supports")
    supported = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="supported_by")
    weight = models.FloatField("contribution weight", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["objective", "supported"], condition=LIVE, name="alignment_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(objective=models.F("supported")),
                name="alignment_not_with_itself",
            ),
            models.CheckConstraint(condition=_is_weight(), name="alignment_weight_is_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.objective} supports {self.supported}"
