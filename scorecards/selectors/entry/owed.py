"""Who owes which values: over a whole organization, by a fixed number of statements.

Somebody owes the values of KPIs at units that they answer for, or own where nobody answers, as far
as their role lets them enter values there: what stands first on the page of their values.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q

from kpis.models import Assignment
from kpis.selectors.measurements import live_assignments
from organizations.access import Access, Action
from organizations.models import Membership, Organization, User
from organizations.selectors import UnitTree

from .due import recorded_keys
from .slots import Slot, Slots


@dataclass(frozen=True)
class Debtor:
    """Somebody with what they owe, the oldest first."""

    user: User
    due: tuple[Slot, ...]


def debtors(organization: Organization, user_id: int | None = None) -> list[Debtor]:
    """Active people with an address and a role who owe something; user_id: that one alone."""
    overall = Access(organization, roles={}, is_unbound=True)
    assignments = _owned(organization, user_id)
    slots = Slots(overall, assignments)
    owed = _due(slots, assignments)
    accesses = _accesses(organization, overall.tree, owed)
    found = [
        Debtor(access.user, tuple(slot for slot in due if _may_enter(access, slot)))
        for owner, due in owed.items()
        if (access := accesses.get(owner)) is not None and access.user is not None
    ]
    return sorted((each for each in found if each.due), key=lambda each: each.user.pk)


def owner_id(assignment: Assignment) -> int | None:
    """The user who owes the values; None for nobody, or somebody without a sign-in."""
    owner = assignment.responsible or assignment.kpi.owner
    return owner.user_id if owner else None


def _owned(organization: Organization, user_id: int | None) -> list[Assignment]:
    who = {"user__isnull": False} if user_id is None else {"user": user_id}
    own = Q(**{f"responsible__{key}": value for key, value in who.items()})
    own |= Q(responsible=None, **{f"kpi__owner__{key}": value for key, value in who.items()})
    rows = live_assignments(organization).filter(own)
    return list(rows.select_related("kpi__owner", "unit", "responsible").order_by("pk"))


def _due(slots: Slots, assignments: Iterable[Assignment]) -> dict[int, list[Slot]]:
    """What is due by the user who owes it, the oldest first."""
    asked = [
        slot
        for assignment in assignments
        for slot in slots.of(assignment)
        if slot.is_entered and slot.due_on <= slots.today
    ]
    known = recorded_keys(asked)
    owed: dict[int, list[Slot]] = defaultdict(list)
    for slot in sorted(asked, key=lambda slot: (slot.due_on, slot.assignment.kpi.name)):
        owner = owner_id(slot.assignment)
        if owner is not None and slot.key not in known:
            owed[owner].append(slot)
    return owed


def _accesses(
    organization: Organization, tree: UnitTree, user_ids: Collection[int]
) -> dict[int, Access]:
    """What each of these may do now, over one tree; without those whom no mail reaches."""
    rows = Membership.objects.live().filter(
        organization=organization, user__in=list(user_ids), user__is_active=True
    )
    roles: dict[User, dict[int, str]] = defaultdict(dict)
    for row in rows.exclude(user__email="").select_related("user"):
        roles[row.user][row.unit_id] = row.role
    accesses = {}
    for user, held in roles.items():
        access = Access(organization, held, user=user)
        vars(access)["tree"] = tree  # read once for all of them
        accesses[user.pk] = access
    return accesses


def _may_enter(access: Access, slot: Slot) -> bool:
    unit_id = slot.assignment.unit_id
    return access.sees(unit_id) and access.can(Action.RECORD_VALUES, unit_id)


def is_news(slot: Slot, after: dt.date, until: dt.date) -> bool:
    """Whether it became due, or had been due for a week, on one of the days (after, until]."""
    days = (slot.due_on, slot.due_on + OVERDUE_AFTER)
    return any(after < day <= until for day in days)


OVERDUE_AFTER = dt.timedelta(days=7)
