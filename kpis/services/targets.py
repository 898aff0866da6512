"""Targets: setting one keeps what it said before and marks every score that it reaches."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency
from calculations.targets import InvalidTarget, TargetKind, check_target
from kpis.models import KPI, POINTS, RANGE, Assignment, Change, Target, TargetRevision
from kpis.selectors.series import SIGNS
from organizations.models import User
from organizations.services.structure import created

from .wake import wake_refresh

FIGURES = ("baseline", *POINTS, *RANGE, "curve")


@transaction.atomic
def set_target(
    *,
    assignment: Assignment,
    valid_from: dt.date,
    by: User | None = None,
    at: dt.datetime | None = None,
    **figures: Any,
) -> Target:
    """Want these figures from the period on that contains the day, until the next target.

    figures: baseline, floor, red_flag, target, stretch; or the four of a range; or a curve of
    [value, score]. They replace those of a target that starts with the same period. Raises
    ValidationError with a sentence when they contradict each other or the KPI's direction.
    """
    at = at or timezone.now()
    kpi = assignment.kpi
    frequency = Frequency(kpi.frequency)
    start = kpi.organization.calendar.canonical_start(frequency, valid_from)
    wanted = {name: figures.pop(name, None) for name in FIGURES}
    if figures:
        raise ValidationError(f"A target has no {', '.join(figures)}.")
    check_figures(kpi, wanted)
    _note_change(assignment, start, at)
    current = assignment.targets.filter(deleted_at=None, valid_from=start).first()
    if current is None:
        return created(
            Target(
                organization_id=assignment.organization_id,
                assignment=assignment,
                valid_from=start,
                said_at=at,
                **wanted,
            )
        )
    return _replaced(current, wanted, by=by, at=at)


def _note_change(assignment: Assignment, start: dt.date, at: dt.datetime) -> None:
    """Every score from the start on is to be computed again."""
    Change.objects.create(
        organization_id=assignment.organization_id,
        assignment=assignment,
        first_start=start,
        created_at=at,
    )
    wake_refresh(assignment.organization_id)


def _replaced(
    target: Target, wanted: dict[str, Any], *, by: User | None, at: dt.datetime
) -> Target:
    TargetRevision.objects.create(
        organization_id=target.organization_id,
        assignment_id=target.assignment_id,
        valid_from=target.valid_from,
        said_at=target.said_at,
        superseded_at=max(at, target.said_at),
        superseded_by=by,
        **{name: getattr(target, name) for name in FIGURES},
    )
    for name, value in wanted.items():
        setattr(target, name, value)
    target.said_at = at
    target.version += 1
    target.full_clean()
    target.save()
    return target


def check_figures(kpi: KPI, wanted: dict[str, Any]) -> None:
    """Refuse figures that could not be scored as meant, with a sentence that says why."""
    kind, points = _form(kpi, wanted)
    try:
        check_target(
            kind,
            points,
            sign=SIGNS[KPI.Direction(kpi.direction)] or 1,
            natural_minimum=kpi.natural_minimum,
            natural_maximum=kpi.natural_maximum,
        )
    except InvalidTarget as refusal:
        raise ValidationError(f"{refusal}.") from None


def _form(kpi: KPI, wanted: dict[str, Any]) -> tuple[TargetKind, Any]:
    if wanted["curve"] is not None:
        return TargetKind.CUSTOM, wanted["curve"]
    is_range = any(wanted[name] is not None for name in RANGE)
    if is_range != (kpi.direction == KPI.Direction.RANGE):
        raise ValidationError(
            "A KPI that is best within a range takes a range or a curve as its target;"
            " others take neither range."
        )
    if is_range:
        return TargetKind.RANGE, [wanted[name] for name in RANGE]
    return TargetKind.THRESHOLD, [wanted[name] for name in POINTS]
