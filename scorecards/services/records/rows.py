"""The rows behind the codes of records, found by as few statements as may be."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import KPI, Assignment
from organizations.models import Organization, Person, Unit, User
from scorecards.models import Initiative, Objective, Perspective, Scorecard, Theme
from scorecards.selectors.records import Key

# By kind: the model, and the columns that make its key.
MODELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "people": (Person, ("code",)),
    "units": (Unit, ("code",)),
    "kpis": (KPI, ("code",)),
    "assignments": (Assignment, ("kpi__code", "unit__code")),
    "scorecards": (Scorecard, ("code",)),
    "perspectives": (Perspective, ("scorecard__code", "code")),
    "themes": (Theme, ("scorecard__code", "code")),
    "objectives": (Objective, ("scorecard__code", "code")),
    "initiatives": (Initiative, ("code",)),
}


class Rows:
    """Live rows of the organization by kind and key; read as a whole with the first question."""

    def __init__(self, organization: Organization, by: User | None) -> None:
        self.organization, self.by = organization, by
        self._ids: dict[str, dict[Key, int]] = {}
        self._unsure: set[str] = set()

    def get(self, kind: str, *key: Any) -> Any:
        """The row as it stands now; raises ValidationError where there is none."""
        pk = self._find(kind, key)
        row = MODELS[kind][0].objects.live().filter(pk=pk).first() if pk else None
        if row is None:
            raise ValidationError(f"“{' / '.join(map(str, key))}” is not there.")
        return row

    def optional(self, kind: str, code: str) -> Any:
        """None for no code."""
        return self.get(kind, code) if code else None

    def all_of(self, kind: str, keys: Iterable[Key]) -> dict[Key, Any]:
        """The rows of those keys that stand, by one statement."""
        known = self._known(kind)
        ids = {known[key]: key for key in keys if key in known}
        found = MODELS[kind][0].objects.live().in_bulk(list(ids))
        return {ids[pk]: row for pk, row in found.items()}

    def has(self, kind: str, *key: Any) -> bool:
        return self._find(kind, key) is not None

    def keep(self, kind: str, key: Key, row: Any) -> None:
        """A row that is new, or stands again."""
        self._known(kind)[key] = row.pk

    def drop(self, kind: str, key: Key) -> None:
        self._known(kind).pop(key, None)

    def more_may_stand(self, kind: str) -> None:
        """A service has written rows of its own: what is not known yet is looked up."""
        self._unsure.add(kind)

    def removed(self, kind: str, key: Key) -> Any:
        """The row of that key that was removed last; None where there is none."""
        model, columns = MODELS[kind]
        mine = dict(zip(columns, key, strict=True), organization=self.organization)
        return model.objects.filter(**mine).exclude(deleted_at=None).order_by("deleted_at").last()

    def _find(self, kind: str, key: Key) -> int | None:
        pk = self._known(kind).get(key)
        if pk is None and kind in self._unsure:
            model, columns = MODELS[kind]
            where = dict(zip(columns, key, strict=True), organization=self.organization)
            pk = model.objects.live().filter(**where).values_list("pk", flat=True).first()
            if pk is not None:
                self._known(kind)[key] = pk
        return pk

    def _known(self, kind: str) -> dict[Key, int]:
        if kind not in self._ids:
            model, columns = MODELS[kind]
            rows = model.objects.live().filter(organization=self.organization).order_by("pk")
            self._ids[kind] = {tuple(key): pk for pk, *key in rows.values_list("pk", *columns)}
        return self._ids[kind]
