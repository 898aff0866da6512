"""The rows behind the codes of records, each kind read by one statement with its first question."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import KPI, Assignment
from kpis.services.definitions import Library, library_of
from organizations.models import Organization, Person, Unit, User
from scorecards.models import Initiative, Objective, Perspective, Scorecard, Theme
from scorecards.selectors.records import Key, Record

# By kind: the model, the columns that make its key, and the rows that come with it.
MODELS: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "people": (Person, ("code",), ()),
    "units": (Unit, ("code",), ()),
    "kpis": (KPI, ("code",), ()),
    "assignments": (Assignment, ("kpi__code", "unit__code"), ("kpi", "unit")),
    "scorecards": (Scorecard, ("code",), ("unit",)),
    "perspectives": (Perspective, ("scorecard__code", "code"), ()),
    "themes": (Theme, ("scorecard__code", "code"), ()),
    "objectives": (Objective, ("scorecard__code", "code"), ()),
    "initiatives": (Initiative, ("code",), ()),
}


class Rows:
    """Live rows of the organization by kind and key, in a transaction that alone edits its graphs.

    Whoever lets a service write a row keeps what the service returns.
    """

    def __init__(
        self,
        organization: Organization,
        by: User | None,
        occasion: str,
        reason: str | None = None,
    ) -> None:
        self.organization, self.by, self.occasion = organization, by, occasion
        self.reason = reason
        self._rows: dict[str, dict[Key, Any]] = {}
        self._unsure: set[str] = set()
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """What new KPIs are checked against, read once; those that are defined are added to it."""
        if self._library is None:
            self._library = library_of(self.organization)
        return self._library

    def library_for(self, kpi: Record) -> Library | None:
        """None where it can stay unread: the KPI reads no others, and it was not read so far."""
        reads_others = bool(kpi["formula"].strip() or kpi["weighting"])
        return self.library if reads_others or self._library is not None else None

    def forget_library(self) -> None:
        """A KPI is another one, gone, or stands again."""
        self._library = None

    def get(self, kind: str, *key: Any) -> Any:
        """The row; raises ValidationError where there is none."""
        row = self._find(kind, key)
        if row is None:
            raise ValidationError(f"“{' / '.join(map(str, key))}” is not there.")
        return row

    def optional(self, kind: str, code: str) -> Any:
        """None for no code."""
        return self.get(kind, code) if code else None

    def all_of(self, kind: str, keys: Iterable[Key]) -> dict[Key, Any]:
        """The rows of those keys that stand."""
        found = ((key, self._find(kind, key)) for key in keys)
        return {key: row for key, row in found if row is not None}

    def has(self, kind: str, *key: Any) -> bool:
        return self._find(kind, key) is not None

    def keep(self, kind: str, key: Key, row: Any) -> None:
        """A row that is new, stands again, or was written anew."""
        self._known(kind)[key] = row

    def drop(self, kind: str, key: Key) -> None:
        self._known(kind).pop(key, None)

    def more_may_stand(self, kind: str) -> None:
        """A service has written rows of its own: what is not known yet is looked up."""
        self._unsure.add(kind)

    def reread(self, kind: str, key: Key) -> None:
        """What was said of the row is rolled back."""
        if kind in MODELS:
            self.drop(kind, key)
            self.more_may_stand(kind)

    def forget_all(self) -> None:
        """What was written is rolled back: everything is to be read again."""
        self._rows.clear()
        self.forget_library()

    def removed(self, kind: str, key: Key) -> Any:
        """The row of that key that was removed last; None where there is none."""
        model, columns, _ = MODELS[kind]
        mine = dict(zip(columns, key, strict=True), organization=self.organization)
        return model.objects.filter(**mine).exclude(deleted_at=None).order_by("deleted_at").last()

    def _find(self, kind: str, key: Key) -> Any:
        row = self._known(kind).get(key)
        if row is None and kind in self._unsure:
            columns = MODELS[kind][1]
            row = self._live(kind).filter(**dict(zip(columns, key, strict=True))).first()
            if row is not None:
                self._known(kind)[key] = row
        return row

    def _known(self, kind: str) -> dict[Key, Any]:
        if kind not in self._rows:
            columns = [column.split("__") for column in MODELS[kind][1]]
            self._rows[kind] = {
                tuple(_at(row, path) for path in columns): row for row in self._live(kind)
            }
        return self._rows[kind]

    def _live(self, kind: str) -> Any:
        """With what their keys name."""
        model, columns, others = MODELS[kind]
        owners = {column.split("__")[0] for column in columns if "__" in column}
        rows = model.objects.live().filter(organization=self.organization).order_by("pk")
        return rows.select_related(*sorted({*owners, *others})) if owners or others else rows


def _at(row: Any, path: list[str]) -> Any:
    for name in path:
        row = getattr(row, name)
    return row
