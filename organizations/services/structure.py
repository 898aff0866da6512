"""Creating, changing and deleting what people edit."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from organizations.models import (
    ApiToken,
    ClosedPeriod,
    Organization,
    Person,
    Structure,
    Unit,
    User,
)

from .closed_periods import keep_closed
from .locks import lock_organization

Row = TypeVar("Row", bound=models.Model)
StructureRow = TypeVar("StructureRow", bound=Structure)


NAMED_USERS = 5


class Using(str):
    """The name of a row that uses another, with the row."""

    row: models.Model

    @classmethod
    def named(cls, row: models.Model) -> "Using":
        using = cls(f"{row._meta.verbose_name} “{row}”")
        using.row = row
        return using


class InUse(Exception):
    """Something cannot be deleted because others use it; `users` names them.

    n_hidden: how many more there are that the reader does not see.
    """

    def __init__(self, what: models.Model, users: Sequence[str], n_hidden: int = 0) -> None:
        self.what, self.users, self.n_hidden = what, users, n_hidden
        count = len(users) + n_hidden
        named = list(users[:NAMED_USERS])
        if len(users) > NAMED_USERS:
            named.append("…")
        if n_hidden:
            named.append(f"{n_hidden} that you do not see")
        others = "1 other" if count == 1 else f"{count} others"
        them = "it" if count == 1 else "them"
        super().__init__(f"“{what}” is used by {others}: {'; '.join(named)}. Detach {them} first.")


class StaleVersion(Exception):
    """Somebody else has saved the row since it was read; `current` is the row as it is now."""

    def __init__(self, current: Structure) -> None:
        self.current = current
        super().__init__(f"“{current}” was changed meanwhile. Look at both and save again.")


def require_version(row: Structure, version: int | None) -> None:
    """Refuse to overwrite what the writer has not seen; None: whatever it says."""
    if version is not None and row.version != version:
        raise StaleVersion(row)


def created(row: Row) -> Row:
    """Check every rule of the row, then store it."""
    row.full_clean()
    row.save(force_insert=True)
    return row


def locked(row: StructureRow) -> StructureRow:
    """The row as it stands now, in a transaction that alone edits the organization's graphs."""
    lock_organization(row.organization_id)
    return _standing(row)


def _standing(row: StructureRow) -> StructureRow:
    current: StructureRow | None = row.__class__.objects.live().filter(pk=row.pk).first()
    if current is None:
        raise ValidationError(f"“{row}” was deleted meanwhile.")
    return current


def changed(row: StructureRow, by: User | None = None) -> StructureRow:
    """Check every rule of the edited row, count its version and store it; by: who did it."""
    row.version += 1
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]  # what the history looks for
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def create_unit(
    *,
    organization: Organization,
    code: str,
    name: str,
    kind: str,
    parent: Unit | None = None,
    person: Person | None = None,
    position: int = 0,
) -> Unit:
    """A unit beneath its parent; without one, the organization's root."""
    require_same_organization(organization.pk, parent, person)
    return created(
        Unit(
            organization=organization,
            code=code,
            name=name,
            kind=kind,
            parent=locked(parent) if parent else None,
            person=_standing(person) if person else None,
            position=position,
        )
    )


@transaction.atomic
def change_unit(
    *, unit: Unit, by: User | None = None, version: int | None = None, name: str, kind: str
) -> Unit:
    """Another name or kind; the code stands in addresses, files and formulas, and stays.

    Whether a unit is an individual's decides who may see it, so that never changes. Raises
    StaleVersion, and ValidationError, by field.
    """
    unit = locked(unit)
    require_version(unit, version)
    if (kind == Unit.Kind.INDIVIDUAL) != (unit.kind == Unit.Kind.INDIVIDUAL):
        raise ValidationError(
            {"kind": "A unit is an individual's from its beginning or never: add another unit."}
        )
    if (unit.name, unit.kind) == (name, kind):
        return unit
    unit.name, unit.kind = name, kind
    return changed(unit, by)


@transaction.atomic
def move_unit(
    *, unit: Unit, parent: Unit, by: User | None = None, version: int | None = None
) -> Unit:
    """Hang the unit, with all beneath it, under another parent; a cycle is refused.

    What is closed for it stays closed. Packages above move units by
    `kpis.services.units.move_unit`, which also lets the figures of both lines be computed again.
    """
    require_same_organization(unit.organization_id, parent)
    unit = locked(unit)
    require_version(unit, version)
    parent = _standing(parent)
    if unit.parent_id is None:
        raise ValidationError("The root of the tree cannot be moved.")
    if parent.pk == unit.pk or unit in Unit.objects.ancestors(parent):
        raise ValidationError(f"“{parent}” lies beneath “{unit}”; choose a unit elsewhere.")
    keep_closed(unit, parent)
    unit.parent = parent
    return changed(unit, by)


@transaction.atomic
def delete_structure(*, row: Structure) -> None:
    """Mark the row as deleted (it can be restored), or refuse while live rows use it."""
    lock_organization(row.organization_id)
    users = live_users(row)
    if users:
        raise InUse(row, users)
    row.mark_deleted()


@transaction.atomic
def retire_structure(
    *, row: StructureRow, by: User | None = None, version: int | None = None
) -> StructureRow:
    """As `delete_structure`, of the row as it stands now; raises StaleVersion, too."""
    row = locked(row)
    require_version(row, version)
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    delete_structure(row=row)
    return row


@transaction.atomic
def restore_structure(*, row: StructureRow, by: User | None = None) -> StructureRow:
    """Let a deleted row stand again. Raises ValidationError where another has taken its place."""
    lock_organization(row.organization_id)
    row.refresh_from_db()
    if row.deleted_at is None:
        return row
    row.deleted_at = None
    return changed(row, by)


def live_users(row: models.Model) -> list[Using]:
    """The rows that point at this one and are in force, named for people.

    History, revisions and closed periods do not count: they tell of the past.
    """
    users: list[Using] = []
    for relation in row._meta.related_objects:
        if relation.hidden:
            continue
        query: Any = relation.related_model._base_manager.filter(**{relation.field.name: row})
        query = _in_force(relation.related_model, query)
        users += [Using.named(user) for user in query[:50]]
    return users


def _in_force(model: type[models.Model], rows: Any) -> Any:
    if issubclass(model, Structure):
        return rows.filter(deleted_at=None)
    if model is ApiToken:
        return rows.filter(pk__in=ApiToken.objects.in_force())
    return rows.none() if model is ClosedPeriod else rows


def require_same_organization(organization_id: int, *rows: Any) -> None:
    """Nothing crosses an organization's border, whatever id a caller hands in."""
    for row in rows:
        if row is not None and row.organization_id != organization_id:
            raise ValidationError(f"There is no such {row._meta.verbose_name} here.")
