"""Creating and deleting what people edit, and the shape of the unit tree."""

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from organizations.models import Organization, Person, Structure, Unit, User

from .locks import lock_organization

Row = TypeVar("Row", bound=models.Model)
StructureRow = TypeVar("StructureRow", bound=Structure)


NAMED_USERS = 5


class InUse(Exception):
    """Something cannot be deleted because others use it; `users` names them."""

    def __init__(self, what: models.Model, users: list[str]) -> None:
        self.users = users
        more = "; …" if len(users) > NAMED_USERS else ""
        named = "; ".join(users[:NAMED_USERS]) + more
        super().__init__(f"“{what}” is used by {len(users)} others: {named}. Detach them first.")


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
            parent=parent,
            person=person,
            position=position,
        )
    )


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit) -> Unit:
    """Hang the unit, with all beneath it, under another parent; a cycle is refused.

    Packages above move units by `kpis.services.units.move_unit`, which also lets the figures of
    both lines be computed again.
    """
    lock_organization(unit.organization_id)
    unit = Unit.objects.live().get(pk=unit.pk)
    require_same_organization(unit.organization_id, parent)
    if unit.parent_id is None:
        raise ValidationError("The root of the tree cannot be moved.")
    if parent.pk == unit.pk or unit in Unit.objects.ancestors(parent):
        raise ValidationError(f"“{parent}” lies beneath “{unit}”; choose a unit elsewhere.")
    unit.parent = parent
    unit.version += 1
    unit.full_clean()
    unit.save()
    return unit


@transaction.atomic
def delete_structure(*, row: Structure) -> None:
    """Mark the row as deleted (it can be restored), or refuse while live rows use it."""
    lock_organization(row.organization_id)
    users = live_users(row)
    if users:
        raise InUse(row, users)
    row.mark_deleted()


def live_users(row: models.Model) -> list[str]:
    """The rows that point at this one and are not deleted, named for people.

    History and revisions do not count: they tell of the past.
    """
    users = []
    for relation in row._meta.related_objects:
        if relation.hidden:
            continue
        query: Any = relation.related_model._base_manager.filter(**{relation.field.name: row})
        if issubclass(relation.related_model, Structure):
            query = query.filter(deleted_at=None)
        label = relation.related_model._meta.verbose_name
        users += [f"{label} “{user}”" for user in query[:50]]
    return users


def require_same_organization(organization_id: int, *rows: Any) -> None:
    """Nothing crosses an organization's border, whatever id a caller hands in."""
    for row in rows:
        if row is not None and row.organization_id != organization_id:
            raise ValidationError(f"There is no such {row._meta.verbose_name} here.")
