"""Assessments: what a manager says of a node in one period, in place of its computed score."""

from typing import Self

from django.db import models

from calculations.periods import Frequency, Period
from organizations.models import Organization, User

from .scorecard import Scorecard


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def standing(self) -> Self:
        """Assessments that have been neither replaced nor removed."""
        return self.filter(superseded_at=None)


class Assessment(models.Model):
    """A manager's status, with the reason, for one node and exactly one period.

    Append-only: another assessment, or its removal, supersedes the row. `code` is the node's:
    empty for the scorecard itself; a KPI's counts wherever the scorecard links it.
    """

    class Node(models.TextChoices):
        SCORECARD = "scorecard", "Scorecard"
        PERSPECTIVE = "perspective", "Perspective"
        OBJECTIVE = "objective", "Objective"
        KPI = "kpi", "KPI"

    class Verdict(models.TextChoices):
        CRITICAL = "critical", "Critical"
        BELOW_TARGET = "below_target", "Below target"
        ON_TARGET = "on_target", "On target"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="assessments")
    node = models.CharField(max_length=20, choices=Node.choices)
    code = models.CharField(max_length=50, blank=True, default="")
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField()
    status = models.CharField(max_length=20, choices=Verdict.choices)
    reason = models.CharField(max_length=1000)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "node", "code", "frequency", "period_start"],
                condition=models.Q(superseded_at=None),
                name="assessment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(node="scorecard", code="")
                | (~models.Q(node="scorecard") & ~models.Q(code="")),
                name="assessment_names_its_node",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="assessment_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(status__in=["critical", "below_target", "on_target"]),
                name="assessment_status_is_a_verdict",
            ),
            models.CheckConstraint(
                condition=models.Q(superseded_at=None)
                | models.Q(superseded_at__gte=models.F("said_at")),
                name="assessment_superseded_after_it_was_said",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.reason}"

    @property
    def period(self) -> Period:
        return Period(Frequency(self.frequency), self.period_start)
