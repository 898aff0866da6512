"""What is measured: the definition of a KPI, and where it is measured."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models

from calculations.aggregation import TimeRule
from calculations.periods import Frequency
from calculations.units import UnitRule
from organizations.models import (
    LIVE,
    CodedStructure,
    Organization,
    Person,
    Structure,
    StructureQuerySet,
    Unit,
)

from .limits import VALUE_LIMIT
from .questions import QUESTIONS, YES, validate_answers

FORMULA_LENGTH = 2000
MAX_CARRY_FORWARD = 60


def validate_grades(grades: Any) -> None:
    """An ordered list of [label, value], best or worst first, labels and values distinct."""
    if grades is None:
        return
    try:
        labels, values = zip(*((str(label), float(value)) for label, value in grades), strict=True)
    except (TypeError, ValueError):
        raise ValidationError("Write the grades as a list of [label, value].") from None
    if len(set(labels)) < len(labels) or len(set(values)) < len(values) or len(labels) == 1:
        raise ValidationError("Give at least two grades, each label and each value once.")


class KPIQuerySet(StructureQuerySet):
    def visible_in(self, unit_ids: Collection[int]) -> Self:
        """Live KPIs that are measured at one of the units, or nowhere at all."""
        assigned = Assignment.objects.live().filter(kpi=models.OuterRef("pk"))
        here = assigned.filter(unit_id__in=unit_ids)
        return self.live().filter(models.Exists(here) | ~models.Exists(assigned))


class KPI(CodedStructure):
    """A definition in the organization's library; values belong to its assignments."""

    class ValueKind(models.TextChoices):
        NUMBER = "number", "Number"
        YES_NO = "yes_no", "Yes or no"
        GRADED = "graded", "Graded"

    class Direction(models.TextChoices):
        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"
        RANGE = "range", "Best within a range"

    class Timing(models.TextChoices):
        LEAD = "lead", "Lead"
        LAG = "lag", "Lag"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)
    why_it_matters = models.TextField(blank=True, max_length=5000)
    value_kind = models.CharField(
        max_length=10, choices=ValueKind.choices, default=ValueKind.NUMBER
    )
    grades = models.JSONField(null=True, blank=True, validators=[validate_grades])
    unit_of_measure = models.CharField(max_length=30, blank=True)
    decimals = models.PositiveSmallIntegerField(default=0)
    natural_minimum = models.FloatField(null=True, blank=True)
    natural_maximum = models.FloatField(null=True, blank=True)
    direction = models.CharField(max_length=10, choices=Direction.choices, default=Direction.HIGHER)
    frequency = models.CharField(
        max_length=10, choices=[(f.value, f.value) for f in Frequency], default=Frequency.MONTH
    )
    grace_days = models.PositiveSmallIntegerField(default=0)
    time_rule = models.CharField(
        "aggregation over time",
        max_length=10,
        choices=[(r.value, r.value) for r in TimeRule],
        default=TimeRule.SUM,
    )
    unit_rule = models.CharField(
        "roll-up over units",
        max_length=10,
        choices=[(r.value, r.value) for r in UnitRule],
        default=UnitRule.OWN,
    )
    weighting = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="weighted_kpis"
    )
    formula = models.TextField(blank=True, max_length=FORMULA_LENGTH, default="")
    carry_forward = models.PositiveSmallIntegerField("periods carried forward", default=0)
    is_input = models.BooleanField("only feeds formulas", default=False)
    inherits_target = models.BooleanField("units inherit the target from above", default=False)
    timing = models.CharField(max_length=4, choices=Timing.choices, default=Timing.LAG)
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_kpis"
    )
    benchmark = models.FloatField(null=True, blank=True)
    benchmark_source = models.CharField(max_length=200, blank=True, default="")
    answers = models.JSONField(
        "answers to the seven questions", default=dict, blank=True, validators=[validate_answers]
    )

    objects: ClassVar[Any] = KPIQuerySet.as_manager()

    class Meta:
        verbose_name = "KPI"
        verbose_name_plural = "KPIs"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="kpi_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(value_kind="graded", grades__isnull=False)
                | (~models.Q(value_kind="graded") & models.Q(grades=None)),
                name="kpi_grades_exactly_if_graded",
            ),
            models.CheckConstraint(
                condition=models.Q(natural_minimum=None)
                | models.Q(natural_maximum=None)
                | models.Q(natural_minimum__lt=models.F("natural_maximum")),
                name="kpi_natural_bounds_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(decimals__lte=9), name="kpi_decimals_at_most_9"
            ),
            models.CheckConstraint(
                condition=models.Q(frequency__in=list(Frequency)), name="kpi_frequency_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(time_rule__in=list(TimeRule)), name="kpi_time_rule_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(unit_rule__in=list(UnitRule)), name="kpi_unit_rule_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(weighting=None) | models.Q(unit_rule=UnitRule.MEAN),
                name="kpi_weighting_only_for_means",
            ),
            models.CheckConstraint(
                condition=models.Q(weighting=None) | ~models.Q(weighting=models.F("id")),
                name="kpi_not_weighted_by_itself",
            ),
            models.CheckConstraint(
                condition=~models.Q(unit_rule=UnitRule.FORMULA) | ~models.Q(formula=""),
                name="kpi_formula_rule_has_a_formula",
            ),
            models.CheckConstraint(
                condition=models.Q(formula="") | models.Q(value_kind="number"),
                name="kpi_formula_yields_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(carry_forward__lte=MAX_CARRY_FORWARD),
                name="kpi_carry_forward_is_bounded",
            ),
            models.CheckConstraint(
                condition=models.Q(benchmark=None, benchmark_source="")
                | models.Q(benchmark__isnull=False) & ~models.Q(benchmark_source=""),
                name="kpi_benchmark_has_a_source",
            ),
            models.CheckConstraint(
                condition=models.Q(benchmark=None)
                | models.Q(benchmark__gte=-VALUE_LIMIT, benchmark__lte=VALUE_LIMIT),
                name="kpi_benchmark_is_finite",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def open_questions(self) -> tuple[str, ...]:
        """Of the seven questions those that are not answered with yes."""
        said = {name: answer["answer"] for name, answer in self.answers.items()}
        return tuple(name for name in QUESTIONS if said.get(name) != YES)

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is, 0 within a range."""
        return {"higher": 1, "lower": -1}.get(self.direction, 0)

    @property
    def is_rolled_up(self) -> bool:
        """Whether a unit's value follows from the units beneath that are assigned too."""
        return self.unit_rule in (UnitRule.SUM, UnitRule.MEAN)

    @property
    def takes_target_from_above(self) -> bool:
        """Whether a unit without a target has that of the nearest unit above."""
        return self.inherits_target or self.unit_rule in (UnitRule.MEAN, UnitRule.FORMULA)


class KPIInput(models.Model):
    """A KPI's formula reads another KPI, or its mean over units is weighted by one.

    Written with the definition; the formulas of an organization form one graph without cycles.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kpi = models.ForeignKey(KPI, on_delete=models.PROTECT, related_name="inputs")
    input = models.ForeignKey(KPI, on_delete=models.PROTECT, related_name="feeds")

    class Meta:
        verbose_name = "formula"
        constraints = [
            models.UniqueConstraint(fields=["kpi", "input"], name="kpi_input_once"),
            models.CheckConstraint(
                condition=~models.Q(kpi=models.F("input")), name="kpi_input_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return str(self.kpi)


class Assignment(Structure):
    """A KPI is measured at a unit, by a responsible person, from a day to a day (exclusive)."""

    class OwnValues(models.TextChoices):
        """What a value entered here means, where units beneath report the KPI too."""

        NONE = "none", "None: the value follows from the units beneath"
        ADDS = "adds", "Adds: one more part beside the units beneath"
        REPLACES = "replaces", "Replaces: counts instead of the units beneath"

    kpi = models.ForeignKey(KPI, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    responsible = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments"
    )
    own_values = models.CharField(max_length=10, choices=OwnValues.choices, default=OwnValues.NONE)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "unit"], condition=LIVE, name="assignment_once_per_unit"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(starts_on__lt=models.F("ends_on")),
                name="assignment_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=models.Q(own_values__in=["none", "adds", "replaces"]),
                name="assignment_own_values_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} at {self.unit}"

    @property
    def owner_name(self) -> str:
        """Who answers for the value here: the responsible person, or else the KPI's owner."""
        owner = self.responsible or self.kpi.owner
        return owner.name if owner else ""
