"""What the ids in a history stand for, as far as its reader sees them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from kpis.models import KPI, Assignment
from organizations.models import Person, Unit, User
from scorecards.models import Initiative, Objective, Perspective, Scorecard, Theme

from .reading import Said
from .sight import Sight

UNSEEN = "something that you may not see"
NAMED = {
    "kpi": KPI,
    "person": Person,
    "scorecard": Scorecard,
    "perspective": Perspective,
    "theme": Theme,
    "objective": Objective,
    "initiative": Initiative,
}


@dataclass
class Names:
    """Rows by model and id, read by one statement for each model that is there."""

    sight: Sight
    rows: dict[str, dict[int, Any]] = field(default_factory=dict)
    assignments: dict[int, Assignment] = field(default_factory=dict)
    members: dict[int, Person] = field(default_factory=dict)  # by user

    def row(self, name: str, pk: int | None) -> Any:
        return self.rows.get(name, {}).get(pk or 0)

    def text(self, model: Any, pk: int | None) -> str:
        """What people call the row of that id; "none" without one."""
        if pk is None:
            return "none"
        if model is Unit:
            node = self.sight.all_units.by_id.get(pk)
            return node.name if node and self.sight.sees(pk) else UNSEEN
        if model is User:
            return str(self.members.get(pk, "given"))
        name = next((name for name, known in NAMED.items() if known is model), "")
        row = self.row(name, pk)
        return str(row) if row and self._is_seen(name, row) else UNSEEN

    def unit_name(self, unit_id: int | None) -> str:
        return self.text(Unit, unit_id)

    def objective(self, pk: int) -> str:
        return self.text(Objective, pk)

    def placed(self, pk: int) -> str:
        """An objective with its unit, which tells it from those of the same name."""
        row, name = self.row("objective", pk), self.objective(pk)
        return name if name == UNSEEN else f"{name} ({self.unit_name(row.scorecard.unit_id)})"

    def by(self, record: Any) -> str:
        """Who saved it: as the organization calls them."""
        if record.history_user_id is None:
            return "The system"
        member = self.members.get(record.history_user_id)
        return str(member or record.history_user)

    def _is_seen(self, name: str, row: Any) -> bool:
        if name in ("perspective", "theme", "objective"):
            return self.sight.sees(row.scorecard.unit_id)
        return name not in ("scorecard", "initiative") or self.sight.sees(row.unit_id)


def names_of(sight: Sight, said: Iterable[Said]) -> Names:
    """The names that these entries need; ten statements at most."""
    wanted: dict[Any, set[int]] = defaultdict(set)
    for one in said:
        for record in filter(None, (one.record, one.before)):
            _collect(wanted, one, record)
            wanted[User].add(getattr(record, "history_user_id", None) or 0)
    names = Names(sight)
    places = Assignment.objects.select_related("kpi").filter(pk__in=wanted.pop(Assignment, ()))
    names.assignments = {row.pk: row for row in places}
    wanted[Scorecard] |= {row.scorecard_id for row in _objectives(names, wanted)}
    for name, model in NAMED.items():
        ids = wanted[model] - set(names.rows.get(name, ()))
        if ids and name != "objective":
            rows = model._default_manager.filter(pk__in=ids)
            around = "scorecard" if name in ("perspective", "theme") else None
            names.rows[name] = {
                row.pk: row for row in (rows.select_related(around) if around else rows)
            }
    standing_last = F("deleted_at").asc(nulls_last=True)
    people = Person.objects.filter(organization=sight.organization, user_id__in=wanted[User])
    names.members = {row.user_id: row for row in people.order_by(standing_last, "pk")}
    return names


def _objectives(names: Names, wanted: dict[Any, set[int]]) -> list[Objective]:
    ids = wanted[Objective]
    rows = list(Objective.objects.filter(pk__in=ids).select_related("scorecard")) if ids else []
    names.rows["objective"] = {row.pk: row for row in rows}
    return rows


def _collect(wanted: dict[Any, set[int]], said: Said, record: Any) -> None:
    if said.part.model is Scorecard:
        wanted[Scorecard].add(said.record.id)
    for column in said.part.model._meta.concrete_fields:
        if column.is_relation and column.name != "organization":
            value = getattr(record, column.attname)
            if value is not None:
                wanted[column.related_model].add(value)
