"""Dashboards: panels that a person or a unit has put together."""

from django.core.validators import MaxValueValidator
from django.db import models

from organizations.models import LIVE, CodedStructure, Structure, Unit, User

MOST_PANELS = 40


class Dashboard(CodedStructure):
    """A page of panels: a person's own (owner), or a unit's.

    is_shared: everybody in the organization may open it; of a unit's, everybody who sees the unit
    may anyway. What a panel shows is decided for each reader, whoever has put it there.
    """

    name = models.CharField(max_length=200)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_shared = models.BooleanField("shared", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="dashboard_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(owner=None, unit__isnull=False)
                | models.Q(owner__isnull=False, unit=None),
                name="dashboard_of_a_person_or_a_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(unit=None) | models.Q(is_shared=True),
                name="dashboard_of_a_unit_is_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Panel(Structure):
    """A part of a dashboard that shows one thing.

    number: by which addresses name it, never given twice on a dashboard. settings: what its kind
    asks for, as `selectors/dashboards/kinds` checks it; things are named by their codes.
    """

    class Kind(models.TextChoices):
        KPI_TREND = "kpi_trend", "KPI over time"
        KPI_UNITS = "kpi_units", "KPI across units"
        SCORE_TREND = "score_trend", "Score over time"
        PERSPECTIVES = "perspectives", "Perspectives"
        INITIATIVES = "initiatives", "Initiatives"
        HEAT_MAP = "heat_map", "Heat map"
        TEXT = "text", "Text"

    class Width(models.IntegerChoices):
        """In columns of a grid of twelve."""

        QUARTER = 3, "A quarter"
        THIRD = 4, "A third"
        HALF = 6, "Half"
        TWO_THIRDS = 8, "Two thirds"
        FULL = 12, "Full width"

    class Height(models.IntegerChoices):
        LOW = 1, "Low"
        MIDDLE = 2, "Middle"
        TALL = 3, "Tall"

    dashboard = models.ForeignKey(Dashboard, on_delete=models.PROTECT, related_name="panels")
    number = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(validators=[MaxValueValidator(10_000)])
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=200, blank=True)
    width = models.PositiveSmallIntegerField(choices=Width, default=Width.HALF)
    height = models.PositiveSmallIntegerField(choices=Height, default=Height.MIDDLE)
    settings = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "number"]
        constraints = [
            models.UniqueConstraint(fields=["dashboard", "number"], name="panel_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="panel_number_from_1"),
            models.CheckConstraint(
                condition=models.Q(width__in=[3, 4, 6, 8, 12]), name="panel_width_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(height__in=[1, 2, 3]), name="panel_height_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()
