"""Building scorecards: perspectives, objectives, KPI links, alignments, initiatives."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi
from organizations.models import Unit
from organizations.services.locks import lock_organization
from organizations.services.structure import created, require_same_organization
from scorecards.models import (
    Alignment,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)


@transaction.atomic
def create_scorecard(*, unit: Unit, code: str, name: str, **fields: Any) -> Scorecard:
    """A draft for the unit; it is scored once it is activated."""
    return created(
        Scorecard(organization_id=unit.organization_id, unit=unit, code=code, name=name, **fields)
    )


@transaction.atomic
def add_perspective(*, scorecard: Scorecard, code: str, name: str, **fields: Any) -> Perspective:
    return created(
        Perspective(
            organization_id=scorecard.organization_id,
            scorecard=scorecard,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def add_theme(*, scorecard: Scorecard, code: str, name: str, **fields: Any) -> Theme:
    return created(
        Theme(
            organization_id=scorecard.organization_id,
            scorecard=scorecard,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def add_objective(*, perspective: Perspective, code: str, name: str, **fields: Any) -> Objective:
    require_same_organization(perspective.organization_id, fields.get("owner"), fields.get("theme"))
    return created(
        Objective(
            organization_id=perspective.organization_id,
            scorecard_id=perspective.scorecard_id,
            perspective=perspective,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def link_kpi(
    *, objective: Objective, kpi: KPI, weight: float = 1, position: int = 0
) -> ObjectiveKPI:
    """The KPI tells how the objective goes; it is measured at the scorecard's unit from now on."""
    require_same_organization(objective.organization_id, kpi)
    unit = objective.scorecard.unit
    if not Assignment.objects.live().filter(kpi=kpi, unit=unit).exists():
        assign_kpi(kpi=kpi, unit=unit)
    return created(
        ObjectiveKPI(
            organization_id=objective.organization_id,
            objective=objective,
            kpi=kpi,
            weight=weight,
            position=position,
        )
    )


@transaction.atomic
def align(*, objective: Objective, supported: Objective, weight: float = 0) -> Alignment:
    """The objective supports one of a unit above; with a weight it counts in that one's score."""
    require_same_organization(objective.organization_id, supported)
    lock_organization(objective.organization_id)
    unit, above = objective.scorecard.unit, supported.scorecard.unit
    if above not in Unit.objects.ancestors(unit):
        raise ValidationError(f"“{objective}” can only support objectives of units above “{unit}”.")
    return created(
        Alignment(
            organization_id=objective.organization_id,
            objective=objective,
            supported=supported,
            weight=weight,
        )
    )


@transaction.atomic
def add_initiative(
    *,
    unit: Unit,
    code: str,
    name: str,
    objectives: Sequence[Objective] = (),
    milestones: Sequence[tuple[str, dt.date, dt.date | None]] = (),
    **fields: Any,
) -> Initiative:
    """Something that is done, with (name, due on, done on) milestones and the objectives served."""
    organization_id = unit.organization_id
    require_same_organization(organization_id, fields.get("owner"), *objectives)
    initiative = created(
        Initiative(organization_id=organization_id, unit=unit, code=code, name=name, **fields)
    )
    for objective in objectives:
        created(
            InitiativeObjective(
                organization_id=organization_id, initiative=initiative, objective=objective
            )
        )
    for milestone, due_on, done_on in milestones:
        created(
            Milestone(
                organization_id=organization_id,
                initiative=initiative,
                name=milestone,
                due_on=due_on,
                done_on=done_on,
            )
        )
    return initiative
