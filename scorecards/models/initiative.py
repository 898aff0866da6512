"""What is done about it: initiatives, their milestones, and the objectives they serve."""

import datetime as dt

from django.db import models

from organizations.models import LIVE, CodedStructure, Person, Structure, Unit

from .scorecard import Objective


class Initiative(CodedStructure):
    """A project with an owner, dates and a budget."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="initiatives")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="initiatives"
    )
    status = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    percent_done = models.PositiveSmallIntegerField(default=0)
    budget_planned = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    budget_spent = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="initiative_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(percent_done__lte=100), name="initiative_percent_at_most_100"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(starts_on__lte=models.F("ends_on")),
                name="initiative_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=(models.Q(budget_planned=None) | models.Q(budget_planned__gte=0))
                & (models.Q(budget_spent=None) | models.Q(budget_spent__gte=0)),
                name="initiative_budget_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done; what is done or stopped is never late."""
        return self.status in (self.State.PLANNED, self.State.RUNNING)

    @property
    def is_overspent(self) -> bool:
        planned, spent = self.budget_planned, self.budget_spent
        return planned is not None and spent is not None and spent > planned

    def is_overdue(self, today: dt.date) -> bool:
        return self.is_open and self.ends_on is not None and self.ends_on < today

    def misses(self, milestone: "Milestone", today: dt.date) -> bool:
        """Whether one of its milestones should have been done by now, and is not."""
        return self.is_open and milestone.done_on is None and milestone.due_on < today


class InitiativeObjective(Structure):
    """An initiative serves an objective."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.PROTECT, related_name="objective_links"
    )
    objective = models.ForeignKey(
        Objective, on_delete=models.PROTECT, related_name="initiative_links"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "objective"],
                condition=LIVE,
                name="initiative_objective_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.initiative} serves {self.objective}"


class Milestone(Structure):
    """A dated step of an initiative."""

    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="milestones")
    name = models.CharField(max_length=200)
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "id"]

    def __str__(self) -> str:
        return self.name
