"""Where somebody put an objective on the strategy map."""

from django.db import models

from organizations.models import Organization
from scorecards.models import Objective


class Position(models.Model):
    """A place by hand: the share of the lane's width, from its left edge; the last one holds.

    Without a row the drawing chooses.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    objective = models.OneToOneField(Objective, on_delete=models.CASCADE, related_name="+")
    x = models.FloatField()

    class Meta:
        verbose_name = "place on the strategy map"
        verbose_name_plural = "places on strategy maps"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(x__gte=0, x__lte=1), name="position_within_its_lane"
            )
        ]

    def __str__(self) -> str:
        return f"{self.objective} at {self.x}"
