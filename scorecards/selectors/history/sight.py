"""Whose history a reader sees: as they see the rows themselves, deleted ones included."""

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property

from django.db.models import Exists, F, Max, OuterRef, Q

from kpis.models import KPI, Assignment
from organizations.access import Access, Action
from organizations.models import Unit
from organizations.selectors import UnitNode, UnitTree
from scorecards.models import Initiative
from scorecards.selectors.administration.rights import administers_any

from .parts import OF_INITIATIVE, OF_THE_WHOLE, Part

NOBODY = Q(pk__in=[])


class Sight:
    """What a reader may see of the past of their organization."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.organization = access.organization

    @cached_property
    def all_units(self) -> UnitTree:
        """Units that were retired too, where they hung last; standing ones own their codes."""
        rows = Unit.objects.filter(organization=self.organization).order_by(
            F("deleted_at").asc(nulls_last=True), "position", "name", "id"
        )
        columns = ("id", "code", "name", "kind", "parent_id", "person__user_id")
        return UnitTree([UnitNode(*row) for row in rows.values_list(*columns)])

    @cached_property
    def _then(self) -> Access:
        """The reader's roles, over units that are gone too."""
        access = replace(self.access)
        access.__dict__["tree"] = self.all_units
        return access

    @cached_property
    def unit_ids(self) -> frozenset[int]:
        return self._then.visible_unit_ids

    def sees(self, unit_id: int | None) -> bool:
        return unit_id in self.unit_ids

    def can(self, action: Action, unit_id: int) -> bool:
        """Whether the reader may do this at the unit, be it gone."""
        return self.sees(unit_id) and self._then.can(action, unit_id)

    def unit(self, code: str) -> UnitNode | None:
        """The unit of that code, the standing one first, if the reader sees it."""
        return self._then.visible_unit(code)

    def beneath(self, unit_id: int) -> set[int]:
        """The unit and all beneath it that the reader sees."""
        return {node.id for node in self.all_units.beneath(unit_id)} & self.unit_ids

    @property
    def sees_all(self) -> bool:
        return len(self.unit_ids) == len(self.all_units.by_id)

    @property
    def is_root_administrator(self) -> bool:
        roots = self.access.tree.children(None)
        return any(self.access.can(Action.ADMINISTER, node.id) for node in roots)

    # --- Which rows of a kind

    def of(self, part: Part, within: Collection[int] | None = None) -> Q:
        """Over history rows of the part: those that the reader sees; within: of these units."""
        if part.name in OF_THE_WHOLE:
            seen = self.is_root_administrator and within is None
            rows = Q(id=self.organization.pk) if part.name == "settings" else self._mine
            return rows if seen else NOBODY
        if part.kind == "person" and not administers_any(self.access):
            return NOBODY
        own = {"person": self._people, "kpi": self._kpis, "token": self._tokens}
        if part.name in own:
            return own[part.name](within)
        if within is None and self.sees_all:
            return self._mine
        ids = self.unit_ids if within is None else self.unit_ids & set(within)
        return self._mine & Q(**{f"{part.unit}__in": ids})

    @property
    def _mine(self) -> Q:
        return Q(organization=self.organization)

    def _people(self, within: Collection[int] | None) -> Q:
        if within is None:
            return self._mine
        units = Unit.objects.filter(person=OuterRef("id"), pk__in=self.unit_ids & set(within))
        return self._mine & Q(Exists(units))

    def _tokens(self, within: Collection[int] | None) -> Q:
        """One's own, and for administrators of the root unit all."""
        whose = Q() if self.is_root_administrator else Q(created_by=self.access.user)
        return self._mine & whose & (Q() if within is None else Q(unit_id__in=set(within)))

    def _kpis(self, within: Collection[int] | None) -> Q:
        """As the library shows them: measured at a unit that is seen, or nowhere."""
        if within is None and self.sees_all:
            return self._mine
        ids = self.unit_ids if within is None else self.unit_ids & set(within)
        ever = Assignment.objects.filter(kpi=OuterRef("id"))
        here = ever.filter(unit_id__in=ids)
        if within is not None:
            return self._mine & Q(Exists(here.live()))
        standing = KPI.objects.filter(organization=self.organization).visible_in(ids)
        gone = KPI.objects.filter(pk=OuterRef("id")).exclude(deleted_at=None)
        was_seen = Q(Exists(gone)) & (Q(Exists(here)) | ~Q(Exists(ever)))
        return self._mine & (Q(id__in=standing.values("pk")) | was_seen)

    # --- What was elsewhere before

    def hidden_until(self, initiative_ids: Collection[int]) -> dict[int, object]:
        """By initiative, when it last stood at a unit that the reader does not see.

        What was said of it up to then is not theirs to read.
        """
        if self.sees_all or not initiative_ids:
            return {}
        elsewhere = Initiative.history.filter(id__in=initiative_ids).exclude(
            unit_id__in=self.unit_ids
        )
        return dict(elsewhere.order_by().values_list("id").annotate(Max("history_date")))


def is_of_initiative(part: Part) -> bool:
    return part.name == "initiative" or part.unit == OF_INITIATIVE
