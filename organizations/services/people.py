"""Organizations, people and roles."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.models import Membership, Organization, Person, Unit, User

from .locks import lock_organization
from .structure import changed, created, locked, require_version


@transaction.atomic
def create_organization(*, code: str, name: str, **settings: Any) -> Organization:
    """An empty organization; its root unit comes next."""
    return created(Organization(code=code, name=name, **settings))


@transaction.atomic
def create_person(
    *, organization: Organization, code: str, name: str, email: str = "", user: User | None = None
) -> Person:
    """Somebody who can own things; with a user, somebody who can sign in."""
    lock_organization(organization.pk)
    return created(Person(organization=organization, code=code, name=name, email=email, user=user))


@transaction.atomic
def change_person(
    *, person: Person, by: User | None = None, version: int | None = None, **fields: str
) -> Person:
    """Another name, or another address of somebody who has no sign-in (name, email).

    Raises StaleVersion, and ValidationError, by field.
    """
    person = locked(person)
    require_version(person, version)
    if person.user_id is not None and fields.get("email", person.email) != person.email:
        raise ValidationError({"email": "The address belongs to a sign-in, so it stays."})
    if all(getattr(person, name) == value for name, value in fields.items()):
        return person
    for name, value in fields.items():
        setattr(person, name, value)
    return changed(person, by)


@transaction.atomic
def grant_role(*, user: User, unit: Unit, role: str) -> Membership:
    """The user's role at the unit and beneath; replaces the one they had there."""
    lock_organization(unit.organization_id)
    membership: Membership | None = Membership.objects.live().filter(user=user, unit=unit).first()
    if membership is None:
        return created(
            Membership(organization_id=unit.organization_id, user=user, unit=unit, role=role)
        )
    membership.role = role
    membership.version += 1
    membership.full_clean()
    membership.save()
    return membership


@transaction.atomic
def revoke_role(*, user: User, unit: Unit) -> None:
    """Take the role back; works on the user's next request."""
    lock_organization(unit.organization_id)
    for membership in Membership.objects.live().filter(user=user, unit=unit):
        membership.mark_deleted()
