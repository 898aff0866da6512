"""The organization's tree: corporate, divisions, departments, teams, individuals."""

from typing import Any, ClassVar

from django.db import models
from tree_queries.fields import TreeNodeForeignKey
from tree_queries.query import TreeQuerySet

from .people import Person
from .structure import LIVE, CodedStructure, StructureQuerySet


class UnitQuerySet(StructureQuerySet, TreeQuerySet):  # type: ignore[misc]
    """Units, with the questions of a tree: ancestors and descendants."""


class Unit(CodedStructure):  # type: ignore[django-manager-missing]
    """A place in the tree for which things are measured and wanted."""

    class Kind(models.TextChoices):
        CORPORATE = "corporate", "Corporate"
        DIVISION = "division", "Division"
        DEPARTMENT = "department", "Department"
        TEAM = "team", "Team"
        INDIVIDUAL = "individual", "Individual"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    parent: Any = TreeNodeForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="units"
    )
    position = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="unit_code_once"
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=LIVE & models.Q(parent=None),
                name="unit_one_root_per_organization",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=LIVE, name="unit_one_per_individual"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="individual", person__isnull=False)
                | (~models.Q(kind="individual") & models.Q(person=None)),
                name="unit_person_exactly_if_individual",
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")),
                name="unit_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name
