"""Who may write which record: the roles that the pages ask for, asked for a whole plan."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from kpis.models import Assignment
from organizations.access import Access, Action
from organizations.models import Membership, Person, Unit
from scorecards.selectors.records import Record

from .shapes import Change, Deed, Problem
from .standing import Standing

EDIT, ADMINISTER = Action.EDIT_STRUCTURE, Action.ADMINISTER
RIGHTS = {EDIT: "edit structure", ADMINISTER: "manage units and people"}


class Rights:
    """What the writer may do with the records of a plan."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.access = standing, standing.access
        self.of_maker = with_makers_reach(standing.access)

    def problem(self, change: Change) -> Problem | None:
        """Why the writer may not do that; None where they may."""
        if self.access.is_unbound and self.access.token is None:
            return None
        # What a package above ties belongs to the scorecard of its objectives.
        asked = _RIGHTS.get(change.kind, Rights.of_scorecard)
        return next(asked(self, change), None)

    # --- Units

    def at(self, action: Action, unit: str, access: Access | None = None) -> Iterator[Problem]:
        """A unit that is new itself is its parent's to give."""
        tree, seen = self.access.tree, set()
        above = unit
        while above and above not in tree.by_code and above not in seen:
            seen.add(above)
            above = self.standing.after("units").get((above,), {}).get("parent", "")
        node = tree.by_code.get(above)
        if node is None or not (access or self.access).can(action, node.id):
            where = self._named(unit)
            yield _not_permitted(f"To {RIGHTS[action]} {where} takes a right that you do not have.")

    def _named(self, unit: str) -> str:
        """Where; what lies above what the writer sees is not named."""
        node = self.access.tree.by_code.get(unit)
        is_hidden = node is not None and not self.access.sees(node.id)
        return "further above" if is_hidden else f"at “{unit}”"

    def of_settings(self, change: Change) -> Iterator[Problem]:
        root = next(iter(self.access.tree.children(None)), None)
        yield from self.at(ADMINISTER, root.code if root else "", self.of_maker)

    def of_units(self, change: Change) -> Iterator[Problem]:
        """As for pages: who administers above may, and for the topmost unit who administers it."""
        for record in _records(change):
            yield from self.at(ADMINISTER, record["parent"] or record["code"], self.of_maker)
        if change.deed is Deed.REMOVED and change.before and not change.before["parent"]:
            yield Problem("", "The topmost unit is not removed.")

    # --- People

    def of_people(self, change: Change) -> Iterator[Problem]:
        places = self._places_of.get(str(change.key[0]), set())
        may = all(self.access.can(ADMINISTER, unit_id) for unit_id in places)
        if not may or not any(self.access.can(ADMINISTER, each) for each in self.access.roles):
            yield _not_permitted(f"To manage “{change.key[0]}” takes a right that you do not have.")

    def of_roles(self, change: Change) -> Iterator[Problem]:
        yield from self.at(ADMINISTER, str(change.key[1]))
        if change.deed is Deed.ADDED and change.key[0] not in self._signing_in:
            yield from self.of_people(change)  # they are invited

    @cached_property
    def _signing_in(self) -> set[str]:
        mine = Person.objects.live().filter(organization=self.access.organization)
        return set(mine.exclude(user=None).values_list("code", flat=True))

    @cached_property
    def _places_of(self) -> dict[str, set[int]]:
        """By person: the units of their roles and their own."""
        mine = {"organization": self.access.organization}
        places: dict[str, set[int]] = defaultdict(set)
        by_user = dict(
            Person.objects.live().filter(**mine).exclude(user=None).values_list("user_id", "code")
        )
        held = Membership.objects.live().filter(**mine).values_list("user_id", "unit_id")
        for user_id, unit_id in held:
            if user_id in by_user:
                places[by_user[user_id]].add(unit_id)
        own = Unit.objects.live().filter(**mine).exclude(person=None)
        for code, unit_id in own.values_list("person__code", "pk"):
            places[code].add(unit_id)
        return places

    # --- KPIs

    def of_kpis(self, change: Change) -> Iterator[Problem]:
        """Who may edit structure wherever the KPI is measured, and at some unit at all."""
        places = self._measured_at.get(str(change.key[0]), set()) if change.before else set()
        may = all(self.access.can(EDIT, unit_id) for unit_id in places)
        places_of_role = self.access.tree.by_id if self.access.is_unbound else self.access.roles
        if not may or not any(self.access.can(EDIT, unit_id) for unit_id in places_of_role):
            yield _not_permitted(
                "To change a KPI takes the right to edit structure wherever it is measured."
            )

    @cached_property
    def _measured_at(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        rows = Assignment.objects.live().filter(organization=self.access.organization)
        for code, unit_id in rows.values_list("kpi__code", "unit_id"):
            found[code].add(unit_id)
        return found

    # --- What belongs to a unit

    def of_unit(self, change: Change) -> Iterator[Problem]:
        for record in _records(change):
            yield from self.at(EDIT, record["unit"])

    def of_scorecard(self, change: Change) -> Iterator[Problem]:
        yield from self._by(change, "scorecards", str(change.key[0]))

    def of_alignments(self, change: Change) -> Iterator[Problem]:
        """How much an objective counts above is for those who edit the scorecard there."""
        yield from self.of_scorecard(change)
        before = change.before["weight"] if change.before else 0
        if change.after is not None and change.after["weight"] != before:
            yield from self._by(change, "scorecards", str(change.key[2]))

    def of_initiative(self, change: Change) -> Iterator[Problem]:
        yield from self._by(change, "initiatives", str(change.key[0]))

    def _by(self, change: Change, kind: str, code: str) -> Iterator[Problem]:
        """Of the unit to which the whole belongs, as it is and as it would be."""
        for records in (self.standing.current(kind), self.standing.after(kind)):
            owner = records.get((code,))
            if owner is not None:
                yield from self.at(EDIT, owner["unit"])


def with_makers_reach(access: Access) -> Access:
    """For units and settings: a token that may edit structure may there what its maker may.

    People and roles stay with people: no scope lets a token manage those.
    """
    if access.token is None or EDIT not in access.actions:
        return access
    return replace(access, actions=access.actions | {ADMINISTER})


def may_anywhere(access: Access, action: Action, *, for_units: bool = False) -> bool:
    """Whether there is a unit at which the writer may do so. for_units: see with_makers_reach."""
    reach = with_makers_reach(access) if for_units else access
    places = set(access.tree.by_id if access.is_unbound else access.roles)
    if access.limit_id is not None:
        places.add(access.limit_id)  # where a role further above reaches
    return any(reach.can(action, unit_id) for unit_id in places)


def _not_permitted(text: str) -> Problem:
    return Problem("", text, "not_permitted")


def _records(change: Change) -> Iterator[Record]:
    yield from (record for record in (change.before, change.after) if record is not None)


_RIGHTS: dict[str, Callable[[Rights, Change], Iterator[Problem]]] = {
    "settings": Rights.of_settings,
    "people": Rights.of_people,
    "units": Rights.of_units,
    "roles": Rights.of_roles,
    "kpis": Rights.of_kpis,
    "assignments": Rights.of_unit,
    "targets": Rights.of_unit,
    "process_changes": Rights.of_unit,
    "scorecards": Rights.of_unit,
    "perspectives": Rights.of_scorecard,
    "themes": Rights.of_scorecard,
    "objectives": Rights.of_scorecard,
    "objective_kpis": Rights.of_scorecard,
    "alignments": Rights.of_alignments,
    "initiatives": Rights.of_unit,
    "milestones": Rights.of_initiative,
}
