"""Adding to a scorecard while it is edited: each deed stands last among its kind, with a code made
of its name, and is published once; a draft is published when activated.
"""

import datetime as dt
from collections.abc import Iterable
from statistics import median_high
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet

from kpis.models import KPI
from organizations.models import CodedStructure, Unit, User
from organizations.services.locks import lock_organization
from organizations.services.structure import changed, locked, require_version
from scorecards.models import (
    Alignment,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)
from scorecards.selectors.kpis.texts import suggested_code

from .arranging import ARCHIVED, GONE
from .editions import publish_edition
from .structure import (
    add_objective,
    add_perspective,
    add_theme,
    align,
    create_scorecard,
    link_kpi,
    require_counted_once,
)

# The four perspectives of a balanced scorecard, as a new one begins.
PERSPECTIVES = (
    ("financial", "Financial"),
    ("customer", "Customer"),
    ("internal_process", "Internal process"),
    ("learning_and_growth", "Learning and growth"),
)


@transaction.atomic
def begin_scorecard(*, unit: Unit, by: User | None = None) -> Scorecard:
    """A draft for the unit with the four perspectives, equally weighted and empty.

    Raises ValidationError where the unit has a scorecard that is kept or drafted.
    """
    lock_organization(unit.organization_id)
    kept = Scorecard.objects.live().filter(unit=unit).exclude(status=Scorecard.State.ARCHIVED)
    if kept.exists():
        raise ValidationError(f"“{unit}” has a scorecard already: change that one.")
    taken = Scorecard.objects.filter(organization_id=unit.organization_id)
    code = _free_code(f"{unit.code} scorecard", taken.values_list("code", flat=True), "scorecard")
    scorecard = create_scorecard(unit=unit, code=code, name=f"{unit.name} scorecard")
    for position, (own_code, name) in enumerate(PERSPECTIVES):
        add_perspective(scorecard=scorecard, code=own_code, name=name, position=position)
    return scorecard


@transaction.atomic
def append_perspective(
    *, scorecard: Scorecard, name: str, valid_from: dt.date | None = None, by: User | None = None
) -> Perspective:
    """A perspective behind the others, with the weight 1. Raises ValidationError, by field."""
    _open(scorecard)
    rows = Perspective.objects.filter(scorecard=scorecard)
    row = add_perspective(
        scorecard=scorecard,
        code=_code_of(name, rows, "perspective"),
        name=name,
        position=_next(rows.live()),
    )
    _publish(scorecard, valid_from, by)
    return row


@transaction.atomic
def append_objective(
    *,
    perspective: Perspective,
    name: str,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> Objective:
    """An objective behind the others of the perspective. Raises ValidationError, by field."""
    scorecard = perspective.scorecard
    _open(scorecard)
    _standing(perspective)
    row = placed_objective(perspective, name)
    _publish(scorecard, valid_from, by)
    return row


def placed_objective(perspective: Perspective, name: str) -> Objective:
    """Behind the others of the perspective; its scorecard is the caller's to open and publish."""
    rows = Objective.objects.filter(scorecard=perspective.scorecard)
    siblings = rows.live().filter(perspective=perspective)
    return add_objective(
        perspective=perspective,
        code=_code_of(name, rows, "objective"),
        name=name,
        weight=_usual_weight(siblings),
        position=_next(siblings),
    )


@transaction.atomic
def append_kpi(
    *,
    objective: Objective,
    kpi: KPI,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> ObjectiveKPI:
    """The KPI behind the others of the objective, measured at its unit from then on.

    Raises ValidationError where it is there already, or would count twice.
    """
    _open(objective.scorecard)
    _standing(objective)
    if ObjectiveKPI.objects.live().filter(objective=objective, kpi=kpi).exists():
        raise ValidationError(f"“{objective}” has “{kpi.name}” already.")
    row = placed_kpi(objective, kpi, valid_from)
    _publish(objective.scorecard, valid_from, by)
    return row


def placed_kpi(objective: Objective, kpi: KPI, starts_on: dt.date | None) -> ObjectiveKPI:
    """Behind the others of the objective; its scorecard is the caller's to open and publish."""
    rows = ObjectiveKPI.objects.live().filter(objective=objective)
    return link_kpi(
        objective=objective,
        kpi=kpi,
        weight=_usual_weight(rows),
        position=_next(rows),
        starts_on=starts_on,
    )


def _usual_weight(siblings: QuerySet[Any]) -> float:
    """The middle one of the siblings' weights, so that a new part counts as much as they do."""
    weights = list(siblings.values_list("weight", flat=True))
    return median_high(weights) if any(weights) else 1


@transaction.atomic
def append_theme(
    *, scorecard: Scorecard, name: str, valid_from: dt.date | None = None, by: User | None = None
) -> Theme:
    """A theme, which no objective belongs to yet: nothing is published."""
    _open(scorecard)
    rows = Theme.objects.filter(scorecard=scorecard)
    return add_theme(scorecard=scorecard, code=_code_of(name, rows, "theme"), name=name)


@transaction.atomic
def add_support(
    *,
    objective: Objective,
    supported: Objective,
    weight: float = 0,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> Alignment:
    """The objective supports one above from then on, and counts there with the weight.

    Raises ValidationError where it does already, where it would count twice, or where the other
    is not of a unit above.
    """
    _open(objective.scorecard)
    _standing(objective)
    _standing(supported)
    found = Alignment.objects.live().filter(objective=objective, supported=supported)
    if found.exists():
        raise ValidationError(f"“{objective}” supports “{supported}” already.")
    row = align(objective=objective, supported=supported, weight=weight)
    _publish(objective.scorecard, valid_from, by)
    return row


@transaction.atomic
def change_support(
    *,
    alignment: Alignment,
    weight: float,
    version: int | None = None,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> Alignment:
    """Let it count with another weight. Raises StaleVersion, and ValidationError, by field."""
    scorecard = alignment.objective.scorecard
    _open(scorecard)
    row = locked(alignment)
    if row.weight == weight:
        return row
    require_version(row, version)
    if weight > 0 and row.weight == 0:
        require_counted_once(row.objective, row.supported)
    row.weight = weight
    changed(row, by)
    _publish(scorecard, valid_from, by)
    return row


@transaction.atomic
def remove_support(
    *,
    alignment: Alignment,
    version: int | None = None,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> dt.datetime:
    """It supports the other no more; the moment by which `restore_nodes` brings that back."""
    scorecard = alignment.objective.scorecard
    _open(scorecard)
    row = locked(alignment)
    require_version(row, version)
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    row.mark_deleted()
    _publish(scorecard, valid_from, by)
    assert row.deleted_at is not None
    return row.deleted_at


def _open(scorecard: Scorecard) -> None:
    """Nobody else edits the organization's graphs until the transaction's end."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError(ARCHIVED)
    lock_organization(scorecard.organization_id)


def _standing(row: CodedStructure) -> None:
    row.refresh_from_db(fields=["deleted_at"])
    if row.deleted_at is not None:
        raise ValidationError(GONE)


def _publish(scorecard: Scorecard, valid_from: dt.date | None, by: User | None) -> None:
    if scorecard.status == Scorecard.State.ACTIVE:
        publish_edition(scorecard=scorecard, valid_from=valid_from, by=by)


def _code_of(name: str, rows: Any, otherwise: str) -> str:
    """A code that none of them has or ever had: editions and undo know them by it."""
    return _free_code(name, rows.values_list("code", flat=True), otherwise)


def _free_code(name: str, taken: Iterable[str], otherwise: str) -> str:
    known = list(taken)
    return suggested_code(name, known) or suggested_code(otherwise, known)


def _next(rows: Any) -> int:
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1
