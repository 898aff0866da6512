"""What the figures say of a causal link: computed by a job, and disposable."""

from typing import Any

from django.db import models

from calculations.periods import Frequency
from organizations.models import Organization

from .causal_link import CausalLink


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed by the data"
    NOT_CONFIRMED = "not_confirmed", "Not confirmed"
    CONTRADICTED = "contradicted", "Contradicted by the data"
    TOO_LITTLE = "too_little", "Too little data"


class Evidence(models.Model):
    """The association of cause and effect at the lag that fits best, and at every other.

    profile: for each lag, in periods of the frequency, the association and from how many pairs;
    lag, association and p_value are None where there is too little data. basis: which series were
    compared, in words.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    link = models.OneToOneField(CausalLink, on_delete=models.CASCADE, related_name="evidence")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    profile: Any = models.JSONField(default=list, blank=True)
    lag = models.PositiveSmallIntegerField("lag in periods", null=True, blank=True)
    association = models.FloatField(null=True, blank=True)
    p_value = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField("pairs of periods", default=0)
    frequency = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in Frequency]
    )
    computed_at = models.DateTimeField()
    basis = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "evidence of a causal link"
        verbose_name_plural = "evidence of causal links"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=Verdict.values), name="evidence_verdict_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(association=None)
                | models.Q(association__gte=-1, association__lte=1),
                name="evidence_association_within_bounds",
            ),
            models.CheckConstraint(
                condition=models.Q(p_value=None) | models.Q(p_value__gte=0, p_value__lte=1),
                name="evidence_p_value_is_a_probability",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="too_little")
                | models.Q(lag__isnull=False, association__isnull=False),
                name="evidence_verdict_has_its_lag",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link}: {self.verdict}"
