"""Reads of the unit tree, of what is closed, and of who has signed in."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Min, OuterRef, QuerySet, Subquery

from calculations.periods import Calendar, Period

from .models import ClosedPeriod, Membership, Organization, Person, StructureQuerySet, Unit
from .statements import as_date, fetched, models_of

ORGANIZATION = "SELECT {columns} FROM organizations_organization WHERE id = %(id)s"


def organization_with(pk: int) -> Organization:
    """The organization of that id, as it is now."""
    (organization,) = models_of(Organization, ORGANIZATION, id=pk)
    return organization


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A unit as the tree knows it; `user_id` is the individual's own sign-in."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    user_id: int | None

    @property
    def is_individual(self) -> bool:
        return self.kind == Unit.Kind.INDIVIDUAL


class UnitTree:
    """An organization's live units, read once, for questions about above and beneath."""

    def __init__(self, nodes: list[UnitNode]) -> None:
        self.by_id = {node.id: node for node in nodes}

    @cached_property
    def by_code(self) -> dict[str, UnitNode]:
        return {node.code: node for node in self.by_id.values()}

    @cached_property
    def _children(self) -> dict[int | None, list[UnitNode]]:
        children: dict[int | None, list[UnitNode]] = {}
        for node in self.by_id.values():
            children.setdefault(node.parent_id, []).append(node)
        return children

    def children(self, unit_id: int | None) -> list[UnitNode]:
        """The units directly beneath; of None: the root."""
        return self._children.get(unit_id, [])

    def line(self, unit_id: int) -> list[UnitNode]:
        """From the root down to the unit itself; empty for an unknown unit."""
        line: list[UnitNode] = []
        node = self.by_id.get(unit_id)
        while node is not None:
            line.append(node)
            node = self.by_id.get(node.parent_id) if node.parent_id else None
        return line[::-1]

    def depth_first(
        self, unit_id: int | None = None, depth: int = 0
    ) -> Iterator[tuple[UnitNode, int]]:
        """Every unit beneath (all of them for None) with its depth, parents before children."""
        for node in self.children(unit_id):
            yield node, depth
            yield from self.depth_first(node.id, depth + 1)

    def beneath(self, unit_id: int) -> Iterator[UnitNode]:
        """The unit itself and everything beneath it."""
        yield self.by_id[unit_id]
        for node, _ in self.depth_first(unit_id):
            yield node


def unit_tree(organization: Organization) -> UnitTree:
    """The organization's live units in their order, by one statement."""
    rows = (
        Unit.objects.live()
        .filter(organization=organization)
        .order_by("position", "name", "id")
        .values_list("id", "code", "name", "kind", "parent_id", "person__user_id")
    )
    return UnitTree([UnitNode(*row) for row in rows])


@dataclass(frozen=True)
class Closings:
    """The standing closed periods of an organization, and what they cover."""

    calendar: Calendar
    by_unit: dict[int, list[ClosedPeriod]]

    def __bool__(self) -> bool:
        return bool(self.by_unit)

    def covering(self, line: Iterable[UnitNode], period: Period) -> ClosedPeriod | None:
        """The closing that covers the period at a unit, given by its line from the root down.

        A closing covers the units beneath its own and the shorter periods that belong to it.
        """
        anchor = self.calendar.anchor(period)
        for node in line:
            for closing in self.by_unit.get(node.id, ()):
                closed = closing.period
                is_inside = closed.start <= anchor < self.calendar.end(closed)
                if is_inside and not closed.frequency.is_finer_than(period.frequency):
                    return closing
        return None

    def open_from(self, line: Iterable[UnitNode]) -> dt.date | None:
        """The day after the last closed one at a unit, given by its line; None: all are open."""
        periods = [each.period for node in line for each in self.by_unit.get(node.id, ())]
        return max((self.calendar.end(period) for period in periods), default=None)


def closings(organization: Organization) -> Closings:
    """The organization's standing closings, by one statement."""
    by_unit: dict[int, list[ClosedPeriod]] = {}
    standing = ClosedPeriod.objects.standing().filter(organization=organization)
    for closing in standing.select_related("closed_by").order_by("closed_at"):
        by_unit.setdefault(closing.unit_id, []).append(closing)
    return Closings(organization.calendar, by_unit)


STANDING = """
SELECT id, organization_id, unit_id, frequency, period_start FROM organizations_closedperiod
WHERE organization_id = %(organization)s AND reopened_at IS NULL ORDER BY closed_at
"""


def standing_closings(organization: Organization) -> Closings:
    """As `closings`, for every push: of each only what tells whether a period is closed."""
    by_unit: dict[int, list[ClosedPeriod]] = {}
    fields = ("id", "organization_id", "unit_id", "frequency", "period_start")
    for *known, start in fetched(STANDING, organization=organization.pk):
        closing = ClosedPeriod.from_db(DEFAULT_DB_ALIAS, fields, [*known, as_date(start)])
        by_unit.setdefault(closing.unit_id, []).append(closing)
    return Closings(organization.calendar, by_unit)


def with_sign_in(people: QuerySet[Person]) -> QuerySet[Person]:
    """With `invited_at`, the moment since which they have the sign-in that they have now.

    What their sign-in did before belongs to other organizations, and is not told here.
    """
    history = Person.history.filter(id=OuterRef("pk"), user_id=OuterRef("user_id"))
    first = history.order_by().values("id").annotate(at=Min("history_date")).values("at")
    return people.annotate(invited_at=Subquery(first)).select_related("user")


def signed_in_at(person: Person) -> dt.datetime | None:
    """When a person read by `with_sign_in` last signed in since their invitation."""
    last = person.user.last_login if person.user else None
    invited_at: dt.datetime | None = getattr(person, "invited_at", None)
    return last if last and invited_at and last >= invited_at else None


def has_signed_in(person: Person) -> bool:
    """Whether they have signed in since their invitation."""
    return signed_in_at(with_sign_in(Person.objects.filter(pk=person.pk)).get()) is not None


def roles_held(person: Person) -> StructureQuerySet:
    """The roles that the person holds in the organization."""
    return _roles(person).live().order_by("pk")


def last_roles(person: Person) -> list[Membership]:
    """The roles that were taken back last, at units that still stand."""
    ended = _roles(person).exclude(deleted_at=None).filter(unit__deleted_at=None)
    last = ended.order_by("-deleted_at").values_list("deleted_at", flat=True).first()
    return list(ended.filter(deleted_at=last).order_by("pk")) if last else []


def _roles(person: Person) -> StructureQuerySet:
    if person.user_id is None:
        return Membership.objects.none()
    of_user = {"user_id": person.user_id, "organization_id": person.organization_id}
    return Membership.objects.filter(**of_user).select_related("unit")
