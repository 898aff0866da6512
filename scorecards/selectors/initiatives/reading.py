"""Initiatives with all that belongs to them, now or as they stood at a moment.

Only those of units that the reader sees; a unit that is gone is not seen. What an initiative serves
elsewhere is counted, and not named.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from calculations.money import Money, equal_share
from organizations.access import Access
from organizations.models import Organization, Person, User
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import (
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    Scorecard,
)
from scorecards.selectors.viewing import AsOf


@dataclass(frozen=True)
class ServedObjective:
    """An objective of a scorecard that the reader sees, as it was called; `key` names it."""

    id: int
    key: str  # "emea_scorecard.grow": codes of scorecard and objective
    name: str
    unit: UnitNode
    scorecard_id: int
    perspective_id: int
    position: int
    is_active: bool  # its scorecard is the one that the unit's board shows
    href: str  # its explanation on that board


@dataclass(frozen=True)
class ToldInitiative:
    """An initiative as it stood; its milestones by their dates."""

    row: Initiative
    unit: UnitNode
    owner: Person | None
    milestones: tuple[Milestone, ...]
    objectives: tuple[ServedObjective, ...]  # those that the reader sees
    n_served: int  # with those that they do not
    today: dt.date

    @property
    def late_milestones(self) -> int:
        return sum(self.row.misses(milestone, self.today) for milestone in self.milestones)

    @property
    def done_milestones(self) -> int:
        return sum(milestone.done_on is not None for milestone in self.milestones)

    def money(self, parts: int = 1) -> Money:
        """One of so many equal parts of its budget."""
        row = self.row
        return equal_share(row.budget_planned, row.budget_spent, row.currency, parts)

    def state(self, milestone: Milestone) -> str:
        """How one of its milestones stands: done, late, or open."""
        if milestone.done_on is not None:
            return "done"
        return "late" if self.row.misses(milestone, self.today) else "open"

    @property
    def is_late(self) -> bool:
        return self.row.is_overdue(self.today) or self.late_milestones > 0

    @property
    def late_since(self) -> dt.date | None:
        """The first day on which something should have been done that is not."""
        missed = [each.due_on for each in self.milestones if self.row.misses(each, self.today)]
        if self.row.is_overdue(self.today) and self.row.ends_on:
            missed.append(self.row.ends_on)
        return min(missed, default=None)


def rows_at(model: Any, organization: Organization, at: dt.datetime | None, **about: Any) -> Any:
    """The organization's rows that stand, or that stood at the moment."""
    rows = model.objects.all() if at is None else model.history.as_of(at)
    return rows.filter(organization=organization, deleted_at=None, **about)


def told_initiatives(
    access: Access, as_of: AsOf | None = None, code: str | None = None, owner: User | None = None
) -> list[ToldInitiative]:
    """All that the reader may see, by a fixed number of statements.

    code, owner: only the one of that code, only those of that person.
    """
    organization, at = access.organization, as_of.at if as_of else None
    about: dict[str, Any] = {"code": code} if code is not None else {}
    about |= {"owner__user": owner} if owner is not None else {}
    found = [
        row
        for row in rows_at(Initiative, organization, at, **about)
        if row.unit_id in access.visible_unit_ids
    ]
    one = {"initiative_id__in": [row.pk for row in found]} if about else {}
    served = defaultdict(list)
    for link in rows_at(InitiativeObjective, organization, at, **one):
        served[link.initiative_id].append(link.objective_id)
    milestones = defaultdict(list)
    for milestone in rows_at(Milestone, organization, at, **one):
        milestones[milestone.initiative_id].append(milestone)
    owners = Person.objects.in_bulk({row.owner_id for row in found} - {None})
    shown = {pk for row in found for pk in served[row.pk]}
    # In the order of the boards, from the corporate unit down.
    objectives = served_objectives(access, as_of, shown)
    today = organization.today(at)
    return [
        ToldInitiative(
            row=row,
            unit=access.tree.by_id[row.unit_id],
            owner=owners.get(row.owner_id),
            milestones=tuple(sorted(milestones[row.pk], key=lambda m: (m.due_on, m.pk))),
            objectives=tuple(each for each in objectives if each.id in served[row.pk]),
            n_served=len(served[row.pk]),
            today=today,
        )
        for row in found
    ]


def told_initiative(access: Access, code: str, as_of: AsOf | None = None) -> ToldInitiative | None:
    """The initiative of that code; None alike if it may not be seen or does not exist."""
    found = told_initiatives(access, as_of, code) if "\x00" not in code else []
    return found[0] if found else None


def served_objectives(
    access: Access, as_of: AsOf | None = None, ids: Collection[int] | None = None
) -> list[ServedObjective]:
    """Objectives of scorecards that the reader sees: those of the ids, or all; two statements.

    From the corporate unit down, and as they stand on their boards.
    """
    organization, at = access.organization, as_of.at if as_of else None
    scorecards = {
        row.pk: row
        for row in rows_at(Scorecard, organization, at)
        if row.unit_id in access.visible_unit_ids
    }
    about = {} if ids is None else {"id__in": list(ids)}
    found = [
        _served(access, row, scorecards[row.scorecard_id], as_of)
        for row in rows_at(Objective, organization, at, **about)
        if row.scorecard_id in scorecards
    ]
    places = {node.id: number for number, (node, _) in enumerate(access.tree.depth_first())}
    return sorted(found, key=lambda each: (places[each.unit.id], each.position, each.id))


def _served(
    access: Access, row: Objective, scorecard: Scorecard, as_of: AsOf | None
) -> ServedObjective:
    unit = access.tree.by_id[scorecard.unit_id]
    href = board_href(
        access.organization.code,
        unit.code,
        trace=f"objective:{row.code}",
        as_of=as_of.text if as_of else None,
    )
    return ServedObjective(
        id=row.pk,
        key=f"{scorecard.code}.{row.code}",
        name=row.name,
        unit=unit,
        scorecard_id=scorecard.pk,
        perspective_id=row.perspective_id,
        position=row.position,
        is_active=scorecard.status == Scorecard.State.ACTIVE,
        href=href,
    )
