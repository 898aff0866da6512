"""What was changed on purpose in the process that a KPI measures."""

from django.db import models

from organizations.models import LIVE, Structure, User

from .kpi import Assignment

LONGEST_CHANGE_NOTE = 500


class ProcessChange(Structure):
    """From a period on the values of a KPI at a unit come from another process.

    Its limits are computed anew from there, and forecasts look at nothing before it. Written by
    services only.
    """

    # Hidden from what keeps a KPI measured: it says nothing of values or targets.
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    period_start = models.DateField()
    note = models.CharField(max_length=LONGEST_CHANGE_NOTE)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "process change"
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "period_start"],
                condition=LIVE,
                name="process_change_once_per_period",
            ),
            models.CheckConstraint(
                condition=~models.Q(note=""), name="process_change_says_what_changed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} from {self.period_start}"
