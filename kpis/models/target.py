"""What is wanted: targets, valid from a period on, and what they said before."""

from django.db import models

from organizations.models import Organization, Structure, User

from .kpi import Assignment
from .limits import VALUE_LIMIT

POINTS = ("floor", "red_flag", "target", "stretch")
RANGE = ("red_low", "target_low", "target_high", "red_high")


class TargetFigures(models.Model):
    """The figures of a target in its three forms: points, a range, or a curve of one's own."""

    baseline = models.FloatField(null=True, blank=True)
    floor = models.FloatField(null=True, blank=True)
    red_flag = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    stretch = models.FloatField(null=True, blank=True)
    red_low = models.FloatField(null=True, blank=True)
    target_low = models.FloatField(null=True, blank=True)
    target_high = models.FloatField(null=True, blank=True)
    red_high = models.FloatField(null=True, blank=True)
    curve = models.JSONField(null=True, blank=True)

    class Meta:
        abstract = True


def _all_null(names: tuple[str, ...]) -> models.Q:
    return models.Q(**{f"{name}__isnull": True for name in names})


def _all_finite() -> models.Q:
    """Nothing in the row is NaN or infinite; what is not given passes."""
    finite = models.Q()
    for name in ("baseline", *POINTS, *RANGE):
        finite &= models.Q(**{f"{name}__gte": -VALUE_LIMIT, f"{name}__lte": VALUE_LIMIT})
    return finite


_NO_POINTS = _all_null(POINTS)
_NO_RANGE = _all_null(RANGE)
# Named as given too: a comparison with null is neither true nor false, and a CHECK lets it pass.
_WHOLE_RANGE = models.Q(
    **{f"{name}__isnull": False for name in RANGE},
    red_low__lt=models.F("target_low"),
    target_low__lt=models.F("target_high"),
    target_high__lt=models.F("red_high"),
)


class Target(Structure, TargetFigures):
    """The wanted value of a KPI at a unit, from a period on until the next target."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="targets")
    valid_from = models.DateField()
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "valid_from"],
                condition=models.Q(deleted_at=None),
                name="target_once_per_period",
            ),
            models.CheckConstraint(
                condition=models.Q(target__isnull=False, curve__isnull=True) & _NO_RANGE
                | _WHOLE_RANGE & models.Q(curve__isnull=True) & _NO_POINTS
                | models.Q(curve__isnull=False) & _NO_POINTS & _NO_RANGE,
                name="target_has_exactly_one_form",
            ),
            models.CheckConstraint(condition=_all_finite(), name="target_is_finite"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} from {self.valid_from}"


class TargetRevision(TargetFigures):
    """What a target said before it was changed; append-only."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    said_at = models.DateTimeField()
    superseded_at = models.DateTimeField()
    superseded_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(said_at__lte=models.F("superseded_at")),
                name="target_revision_said_first",
            )
        ]

    def __str__(self) -> str:
        return f"{self.assignment} from {self.valid_from}, until {self.superseded_at}"
