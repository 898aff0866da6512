"""Duplicating a scorecard as a draft, and taking drafts away and back."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calculations.periods import Frequency
from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, remove_assignment
from organizations.models import Structure, Unit, User
from organizations.services.locks import lock_organization
from organizations.services.structure import (
    InUse,
    changed,
    locked,
    require_same_organization,
    require_version,
)
from scorecards.models import (
    Alignment,
    InitiativeObjective,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)

from .joined import joined
from .structure import (
    add_objective,
    add_perspective,
    add_theme,
    align,
    create_scorecard,
    link_kpi,
)

# Parents before children, so that what comes back finds what it belongs to.
PARTS: tuple[type[Structure], ...] = (
    *(Perspective, Theme, Objective, ObjectiveKPI),
    *(Alignment, InitiativeObjective),
)


@transaction.atomic
def duplicate_scorecard(
    *,
    scorecard: Scorecard,
    unit: Unit,
    code: str,
    name: str,
    by: User | None = None,
    counts_at: Collection[int] | None = None,
) -> Scorecard:
    """A draft for the unit with the structure that the scorecard's rows say; codes stay.

    Its KPIs are measured at the unit from their running periods on; values, targets and what people
    said stay where they are. It supports what the original supports, where that is above the unit
    too and still holds. For the same unit, the next cycle: owners stay, and what supports the
    original supports the draft too, so that it counts as soon as the draft is activated.
    counts_at: the units in whose scorecards a draft for another unit may count, None for all;
    elsewhere it is context.
    """
    require_same_organization(scorecard.organization_id, unit)
    lock_organization(scorecard.organization_id)
    draft = create_scorecard(
        unit=unit, code=code, name=name, rule=scorecard.rule, is_capped=scorecard.is_capped
    )
    copies = _copied_objectives(scorecard, draft)
    for objective, copy in copies:
        for link in _live(objective.kpi_links).select_related("kpi"):
            link_kpi(
                objective=copy,
                kpi=link.kpi,
                weight=link.weight,
                position=link.position,
                starts_on=_running(link.kpi),
            )
    for objective, copy in copies:
        _support(objective, copy, counts_at)
    for tie in joined():
        tie.copy(copies)
    return draft


def _running(kpi: KPI) -> dt.date:
    """The first day of the KPI's running period: nothing before is asked for."""
    organization = kpi.organization
    period = organization.calendar.period(Frequency(kpi.frequency), organization.today())
    return period.start


def _copied_objectives(scorecard: Scorecard, draft: Scorecard) -> list[tuple[Objective, Objective]]:
    """The objectives with their copies, beneath copies of perspectives and themes."""
    is_same_unit = scorecard.unit_id == draft.unit_id
    themes = {
        theme.pk: add_theme(scorecard=draft, **_said(theme, "code", "name", "description"))
        for theme in _live(scorecard.themes)
    }
    copies = []
    for perspective in _live(scorecard.perspectives):
        said = _said(perspective, "code", "name", "weight", "rule", "is_capped", "position")
        copied = add_perspective(scorecard=draft, **said)
        for row in _live(perspective.objectives).select_related("owner"):
            said = _said(row, "code", "name", "description", "hint", "weight", "rule")
            said |= _said(row, "is_capped", "position")
            said["theme"] = themes.get(row.theme_id)
            said["owner"] = row.owner if is_same_unit else None
            copies.append((row, add_objective(perspective=copied, **said)))
    return copies


def _support(objective: Objective, copy: Objective, counts_at: Collection[int] | None) -> None:
    is_same_unit = objective.scorecard.unit_id == copy.scorecard.unit_id
    above = {unit.pk for unit in Unit.objects.ancestors(copy.scorecard.unit)}
    for tie in _live(objective.supports).select_related("supported__scorecard__unit"):
        unit_id = tie.supported.scorecard.unit_id
        if unit_id in above and _is_kept(tie.supported):
            may_count = is_same_unit or counts_at is None or unit_id in counts_at
            _aligned(copy, tie.supported, tie.weight if may_count else 0)
    if not is_same_unit:
        return
    for tie in _live(objective.supported_by).select_related("objective__scorecard__unit"):
        if _is_kept(tie.objective):
            _aligned(tie.objective, copy, tie.weight)


def _is_kept(objective: Objective) -> bool:
    return objective.deleted_at is None and objective.scorecard.status == Scorecard.State.ACTIVE


def _aligned(objective: Objective, supported: Objective, weight: float) -> None:
    """With its weight, or as context only where a KPI would count twice at this unit."""
    try:
        with transaction.atomic():
            align(objective=objective, supported=supported, weight=weight)
    except ValidationError:
        align(objective=objective, supported=supported)


@transaction.atomic
def delete_draft(
    *, scorecard: Scorecard, by: User | None = None, version: int | None = None
) -> dt.datetime:
    """Take a draft away with all beneath it; the moment by which `restore_draft` finds it.

    Raises StaleVersion, and ValidationError for any other than a draft.
    """
    row = locked(scorecard)
    require_version(row, version)
    if row.status != Scorecard.State.DRAFT:
        raise ValidationError("Only a draft can be deleted: an active scorecard is archived.")
    moment = timezone.now()
    for part in (row, *_parts(row, Q(deleted_at=None))):
        part.deleted_at = moment
        part.version += 1
        part._history_user = by
        part.save()
    _take_assignments(row, moment, by)
    return moment


def _take_assignments(draft: Scorecard, moment: dt.datetime, by: User | None) -> None:
    """Measure no more what was measured for the draft alone, and has no values or targets."""
    made_at = draft.history.earliest("history_id").history_date
    links = ObjectiveKPI.objects.filter(objective__scorecard=draft, deleted_at=moment)
    mine = Assignment.objects.live().filter(
        unit_id=draft.unit_id, kpi_id__in=links.values("kpi_id")
    )
    for assignment in mine.order_by("pk"):
        if assignment.history.earliest("history_id").history_date < made_at:
            continue
        with suppress(InUse, ValidationError), transaction.atomic():
            remove_assignment(assignment=assignment, by=by)


@transaction.atomic
def restore_draft(
    *, scorecard: Scorecard, removed_at: dt.datetime, by: User | None = None
) -> Scorecard:
    """Bring a deleted draft back, as it was. Raises ValidationError where its code is taken."""
    lock_organization(scorecard.organization_id)
    gone = Scorecard.objects.filter(pk=scorecard.pk, deleted_at=removed_at)
    row: Scorecard | None = gone.first()
    if row is None:
        raise ValidationError("This draft was not deleted then, or it is back already.")
    for part in (row, *_parts(row, Q(deleted_at=removed_at))):
        part.deleted_at = None
        changed(part, by)
    links = ObjectiveKPI.objects.live().filter(objective__scorecard=row).select_related("kpi")
    measured = Assignment.objects.live().filter(unit_id=row.unit_id).values("kpi_id")
    for kpi in {link.kpi for link in links.exclude(kpi_id__in=measured)}:
        assign_kpi(kpi=kpi, unit=row.unit, starts_on=_running(kpi))
    return row


def _parts(scorecard: Scorecard, which: Q) -> Iterator[Any]:
    mine = {
        Alignment: Q(objective__scorecard=scorecard) | Q(supported__scorecard=scorecard),
        ObjectiveKPI: Q(objective__scorecard=scorecard),
        InitiativeObjective: Q(objective__scorecard=scorecard),
    }
    for part in PARTS:
        of_scorecard = mine.get(part, Q(scorecard=scorecard))
        yield from part._default_manager.filter(of_scorecard & which).order_by("pk")
    for tie in joined():
        rows = tie.model._default_manager.filter(tie.of_scorecard(scorecard) & which)
        yield from rows.order_by("pk")


def _live(rows: Any) -> Any:
    return rows.filter(deleted_at=None)


def _said(row: Structure, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
