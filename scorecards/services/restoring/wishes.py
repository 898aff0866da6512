"""What shall be as it was."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from organizations.models import Structure, User
from organizations.services.structure import require_version


@dataclass(frozen=True)
class Wish:
    """What shall be as it was: `fields` of the row as `then`, a row of its history, says them.

    then: None where the row was not there. version: the one that the writer has seen. valid_from:
    from when the structure of a scorecard holds. reason: why a closed period's target changes.
    """

    row: Any
    then: Any | None
    fields: tuple[str, ...]
    version: int
    occasion: str
    by: User | None = None
    valid_from: dt.date | None = None
    reason: str | None = None

    @property
    def publishing(self) -> dict[str, Any]:
        return {"valid_from": self.valid_from, "by": self.by}

    @property
    def signed(self) -> dict[str, Any]:
        return {"version": self.version, "by": self.by}


def values_of(wish: Wish) -> dict[str, Any]:
    """The fields as they were; raises ValidationError where one points at what is gone."""
    columns = [each for each in wish.row._meta.concrete_fields if each.name in wish.fields]
    return {column.name: value_of(column, getattr(wish.then, column.attname)) for column in columns}


def value_of(column: Any, value: Any) -> Any:
    """What a column holds; of one that points at a row, that row."""
    if not column.is_relation or value is None:
        return value
    row = column.related_model._default_manager.filter(pk=value).first()
    if row is None or (isinstance(row, Structure) and row.deleted_at is not None):
        raise ValidationError(f"“{row}” was removed meanwhile: bring that back first.")
    return row


def require_seen(wish: Wish) -> None:
    """Refuse where somebody else has saved the row since the writer looked. StaleVersion."""
    require_version(wish.row.__class__._default_manager.get(pk=wish.row.pk), wish.version)
