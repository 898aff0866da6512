"""Commentaries: the sentence that says how an objective goes in one period, with its evidence."""

from typing import Self

from django.db import models

from calculations.periods import Frequency, Period
from organizations.models import Organization, User

from .scorecard import Scorecard

LONGEST_SENTENCE = 500
LONGEST_FILE_NAME = 200
LARGEST_FILE = 10_000_000


class CommentaryQuerySet(models.QuerySet["Commentary"]):
    def standing(self) -> Self:
        """Commentaries that have been neither replaced nor taken back."""
        return self.filter(superseded_at=None)


class Commentary(models.Model):
    """One or a few sentences on an objective in exactly one period.

    Append-only like an assessment: another commentary, or taking it back, supersedes the row.
    `objective` is the code, as editions name it: the row outlives the objective.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="commentaries")
    objective = models.CharField(max_length=50)
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField()
    text = models.CharField(max_length=LONGEST_SENTENCE)
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CommentaryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "objective", "frequency", "period_start"],
                condition=models.Q(superseded_at=None),
                name="commentary_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(objective=""), name="commentary_names_its_objective"
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="commentary_says_something"),
            models.CheckConstraint(
                condition=models.Q(superseded_at=None)
                | models.Q(superseded_at__gte=models.F("said_at")),
                name="commentary_superseded_after_it_was_said",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def period(self) -> Period:
        return Period(Frequency(self.frequency), self.period_start)


class EvidenceFile(models.Model):
    """The bytes of a file, once in an organization however many sentences show it.

    In the database, so that one backup holds everything and web servers keep nothing.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "sha256"], name="evidence_file_once"),
            models.CheckConstraint(
                condition=models.Q(size__gt=0, size__lte=LARGEST_FILE),
                name="evidence_file_size_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


class Evidence(models.Model):
    """A file that shows what a commentary says. Never changed: it lives and goes with its row."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    commentary = models.ForeignKey(Commentary, on_delete=models.PROTECT, related_name="evidence")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=LONGEST_FILE_NAME)
    media_type = models.CharField(max_length=100)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["commentary", "name"], name="evidence_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="evidence_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
