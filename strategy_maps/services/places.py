"""Where people put objectives on the strategy map; the last one to put it there is right."""

import math

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.services.locks import lock_organization
from scorecards.models import Objective, Scorecard
from strategy_maps.models import Position

from .links import ARCHIVED, GONE


@transaction.atomic
def place_objective(*, objective: Objective, x: float) -> Position:
    """Put it there in its lane: x is the share of the lane's width, from 0 to 1."""
    lock_organization(objective.organization_id)
    _require_open(objective)
    if isinstance(x, bool) or not math.isfinite(x) or not 0 <= x <= 1:
        raise ValidationError({"x": "The place is a share of the lane’s width, from 0 to 1."})
    row, _ = Position.objects.update_or_create(
        objective=objective, defaults={"x": x, "organization_id": objective.organization_id}
    )
    return row


@transaction.atomic
def unplace_objective(*, objective: Objective) -> None:
    """Let the drawing choose its place again."""
    lock_organization(objective.organization_id)
    _require_open(objective)
    Position.objects.filter(objective=objective).delete()


def _require_open(objective: Objective) -> None:
    row = Objective.objects.live().filter(pk=objective.pk).select_related("scorecard").first()
    if row is None:
        raise ValidationError(GONE)
    if row.scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError(ARCHIVED)
