"""Initiatives with their milestones and the objectives that they serve: one whole to its readers.

A save tells all its rows the same moment, so that what stood at any moment is whole, and counts
the initiative's version, whichever of its rows it changes.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.models import Structure, Unit, User
from organizations.services.locks import lock_organization
from organizations.services.structure import (
    changed,
    created,
    locked,
    require_same_organization,
    require_version,
)
from scorecards.models import Initiative, InitiativeObjective, Milestone, Objective
from scorecards.selectors.kpis.texts import suggested_code

Row = TypeVar("Row", bound=Structure)

MOST_MILESTONES = 100
MOST_OBJECTIVES = 200
# What people may change; the code stands in addresses.
FIELDS = frozenset({"unit", "name", "description", "owner", "status", "starts_on", "ends_on"})
FIELDS |= {"percent_done", "budget_planned", "budget_spent", "currency"}


@dataclass(frozen=True)
class MilestonePlan:
    """A milestone as it shall be; id: of the one that is there, None for a new one."""

    name: str
    due_on: dt.date
    done_on: dt.date | None = None
    id: int | None = None


@dataclass(frozen=True)
class _Save:
    """Who saves, and the one moment that all rows are told."""

    by: User | None
    at: dt.datetime

    def signed(self, row: Row) -> Row:
        row._history_date = self.at  # type: ignore[attr-defined]  # what the history looks for
        if self.by is not None:
            row._history_user = self.by  # type: ignore[attr-defined]
        return row

    def changed(self, row: Row) -> Row:
        return changed(self.signed(row), self.by)

    def removed(self, row: Structure) -> None:
        row.deleted_at = self.at
        row.version += 1
        self.signed(row).save()


@transaction.atomic
def add_initiative(
    *,
    unit: Unit,
    name: str,
    code: str = "",
    objectives: Iterable[Objective] = (),
    milestones: Iterable[tuple[str, dt.date, dt.date | None]] = (),
    by: User | None = None,
    **fields: Any,
) -> Initiative:
    """Something that is done, with (name, due on, done on) milestones and the objectives served.

    Without a code it gets one made of its name. Raises ValidationError, by field.
    """
    organization_id = unit.organization_id
    _require_standing(organization_id, unit, fields.get("owner"))
    save = _Save(by, timezone.now())
    initiative = Initiative(
        organization_id=organization_id,
        unit=unit,
        code=code or _free_code(organization_id, name),
        name=name,
        **fields,
    )
    created(save.signed(initiative))
    _serve(save, initiative, objectives)
    _plan(save, initiative, [MilestonePlan(*milestone) for milestone in milestones])
    return initiative


@transaction.atomic
def change_initiative(
    *,
    initiative: Initiative,
    version: int | None = None,
    added: Iterable[Objective] = (),
    dropped: Iterable[Objective] = (),
    milestones: Sequence[MilestonePlan] | None = None,
    by: User | None = None,
    **fields: Any,
) -> bool:
    """Change the initiative as a whole; whether anything differs from before.

    added, dropped: objectives that it serves from now on, and no more. milestones: all of them as
    they shall be; None leaves them as they are. version: the one that the writer has seen
    (StaleVersion if there is a newer one). Raises ValidationError, by field.
    """
    row = locked(initiative)
    require_version(row, version)
    _require_standing(row.organization_id, fields.get("owner"), fields.get("unit"))
    save = _Save(by, timezone.now())
    differs = _filled(row, fields)
    differs |= _drop(save, row, dropped)
    differs |= _serve(save, row, added)
    if milestones is not None:
        differs |= _plan(save, row, milestones)
    if differs:
        save.changed(row)
    return differs


@transaction.atomic
def delete_initiative(
    *, initiative: Initiative, version: int | None = None, by: User | None = None
) -> None:
    """Mark it as deleted, with its milestones and what it serves; it can be restored."""
    row = locked(initiative)
    require_version(row, version)
    save = _Save(by, timezone.now())
    for part in (*_links(row), *_milestones(row), row):
        save.removed(part)


@transaction.atomic
def restore_initiative(*, initiative: Initiative, by: User | None = None) -> Initiative:
    """Let a deleted initiative stand again, with what was deleted together with it.

    Objectives that were deleted meanwhile are served no more. Raises ValidationError where another
    has its code by now, or where it stands already.
    """
    lock_organization(initiative.organization_id)
    row: Initiative = Initiative.objects.get(pk=initiative.pk)
    if row.deleted_at is None:
        raise ValidationError(f"“{row}” stands already.")
    together = {"initiative": row, "deleted_at": row.deleted_at}
    save = _Save(by, timezone.now())
    parts: list[Structure] = [row]
    parts += Milestone.objects.filter(**together)
    parts += InitiativeObjective.objects.filter(**together, objective__deleted_at=None)
    for part in parts:
        part.deleted_at = None
        save.changed(part)
    return row


def _require_standing(organization_id: int, *rows: Structure | None) -> None:
    """Rows of the organization that nobody has deleted, nor can until this save is done."""
    require_same_organization(organization_id, *rows)
    for row in rows:
        if row is not None:
            locked(row)


def _free_code(organization_id: int, name: str) -> str:
    live = Initiative.objects.live().filter(organization_id=organization_id)
    taken = list(live.values_list("code", flat=True))
    return suggested_code(name, taken) or suggested_code("initiative", taken)


def _filled(row: Initiative, fields: Mapping[str, Any]) -> bool:
    """Give the row the fields; whether any of them differs from before."""
    for name in fields.keys() - FIELDS:
        raise ValidationError(f"{name.capitalize()} cannot be changed.")
    before = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value)
    row.clean_fields()
    return any(getattr(row, name) != value for name, value in before.items())


def _links(row: Initiative) -> list[InitiativeObjective]:
    return list(InitiativeObjective.objects.live().filter(initiative=row).order_by("pk"))


def _milestones(row: Initiative) -> list[Milestone]:
    return list(Milestone.objects.live().filter(initiative=row).order_by("pk"))


def _drop(save: _Save, row: Initiative, objectives: Iterable[Objective]) -> bool:
    """Let it serve these objectives no more; whether that differs from before."""
    ids = {objective.pk for objective in objectives}
    links = [link for link in _links(row) if link.objective_id in ids]
    for link in links:
        save.removed(link)
    return bool(links)


def _serve(save: _Save, row: Initiative, objectives: Iterable[Objective]) -> bool:
    """Let it serve these objectives, too; whether that differs from before."""
    served = {link.objective_id for link in _links(row)}
    new = {each.pk: each for each in objectives if each.pk not in served}
    if len(served) + len(new) > MOST_OBJECTIVES:
        raise ValidationError(
            {"objectives": f"An initiative serves at most {MOST_OBJECTIVES} objectives."}
        )
    _require_standing(row.organization_id, *new.values())
    for objective in new.values():
        link = InitiativeObjective(
            organization_id=row.organization_id, initiative=row, objective=objective
        )
        created(save.signed(link))
    return bool(new)


def _plan(save: _Save, row: Initiative, plans: Sequence[MilestonePlan]) -> bool:
    """Let it have these milestones and no others; whether that differs from before."""
    if len(plans) > MOST_MILESTONES:
        raise ValidationError(
            {"milestones": f"An initiative has at most {MOST_MILESTONES} milestones."}
        )
    stored = {milestone.pk: milestone for milestone in _milestones(row)}
    kept = {plan.id for plan in plans}
    gone = [milestone for pk, milestone in stored.items() if pk not in kept]
    for milestone in gone:
        save.removed(milestone)
    differing = [plan for plan in plans if _planned(save, row, stored, plan)]
    return bool(gone or differing)


def _planned(
    save: _Save, row: Initiative, stored: Mapping[int, Milestone], plan: MilestonePlan
) -> bool:
    said = {"name": plan.name, "due_on": plan.due_on, "done_on": plan.done_on}
    if plan.id is None:
        milestone = Milestone(organization_id=row.organization_id, initiative=row, **said)
        created(save.signed(milestone))
        return True
    milestone = stored[plan.id]
    if all(getattr(milestone, name) == value for name, value in said.items()):
        return False
    for name, value in said.items():
        setattr(milestone, name, value)
    save.changed(milestone)
    return True
