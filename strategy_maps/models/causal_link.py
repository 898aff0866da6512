"""What somebody expects: more of one objective brings more, or less, of another."""

from django.db import models

from kpis.models import KPI
from organizations.models import LIVE, Structure
from scorecards.models import Objective

MOST_MONTHS = 36
# Of one scorecard: more are not read by anybody, and take the drawing seconds.
MOST_LINKS = 200


class Strength(models.IntegerChoices):
    """How much of the effect is expected to come from the cause."""

    WEAK = 1, "Weak"
    MODERATE = 2, "Moderate"
    STRONG = 3, "Strong"


class CausalLink(Structure):
    """A cause and its effect on one scorecard: a hypothesis of the strategy.

    is_inverse: more of the cause lowers the effect. lag_from, lag_to: after how many whole months
    the effect is expected. The KPIs are those whose values the evidence compares, instead of the
    scores of the objectives. That both objectives are of one scorecard, and that no link closes a
    circle, is kept by the services, which hold the organization's lock.
    """

    cause = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="effect_links")
    effect = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="cause_links")
    is_inverse = models.BooleanField("lowers the effect", default=False)
    strength = models.PositiveSmallIntegerField(
        "expected strength", choices=Strength.choices, default=Strength.MODERATE
    )
    lag_from = models.PositiveSmallIntegerField("months at least", default=0)
    lag_to = models.PositiveSmallIntegerField("months at most", default=0)
    note = models.TextField(blank=True, default="", max_length=2000)
    cause_kpi = models.ForeignKey(
        KPI,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="links_as_cause",
        verbose_name="KPI of the cause",
    )
    effect_kpi = models.ForeignKey(
        KPI,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="links_as_effect",
        verbose_name="KPI of the effect",
    )

    class Meta:
        verbose_name = "causal link"
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "effect"], condition=LIVE, name="causal_link_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(cause=models.F("effect")),
                name="causal_link_not_with_itself",
            ),
            models.CheckConstraint(
                condition=models.Q(strength__in=Strength.values),
                name="causal_link_strength_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(lag_from__lte=models.F("lag_to"), lag_to__lte=MOST_MONTHS),
                name="causal_link_months_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} → {self.effect}"
