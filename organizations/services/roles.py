"""Who holds which role: given, taken back, all at once when somebody leaves."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.models import (
    Membership,
    Organization,
    Person,
    Role,
    Unit,
    User,
)
from organizations.selectors import last_roles, roles_held

from .locks import lock_organization
from .people import grant_role
from .structure import changed, locked, require_same_organization, require_version


@transaction.atomic
def give_role(
    *, person: Person, unit: Unit, role: str, by: User | None = None, version: int | None = None
) -> Membership:
    """The person's role at the unit and beneath, in place of the one that they have there.

    version: of the role that is replaced. Raises StaleVersion, and ValidationError where the
    person cannot sign in yet, or where nobody would administer the whole organization any more.
    """
    require_same_organization(person.organization_id, unit)
    person, unit = locked(person), locked(unit)
    held: Membership | None = roles_held(person).filter(unit=unit).first()
    if held is not None:
        require_version(held, version)
    if person.user is None:
        raise ValidationError("Invite them first: a role is for somebody who can sign in.")
    if held is None:
        return grant_role(user=person.user, unit=unit, role=role)
    if held.role == role:
        return held
    held.role = role
    changed(held, by)
    _require_administrator(person.organization)
    return held


@transaction.atomic
def take_role(
    *, person: Person, unit: Unit, by: User | None = None, version: int | None = None
) -> str:
    """Take the role at the unit back; works on the user's next request. Returns the role.

    Raises StaleVersion, and ValidationError as `give_role` does.
    """
    person = locked(person)
    held = roles_held(person).filter(unit=unit).first()
    if held is None:
        raise ValidationError(f"{person} holds no role at {unit} any more.")
    require_version(held, version)
    _end([held], by)
    _require_administrator(person.organization)
    return str(held.role)


@transaction.atomic
def deactivate_person(
    *, person: Person, by: User | None = None, version: int | None = None
) -> list[Membership]:
    """Take all their roles in the organization back, at once; what they own stays theirs.

    Raises StaleVersion, and ValidationError as `give_role` does.
    """
    person = locked(person)
    require_version(person, version)
    held = list(roles_held(person))
    if not held:
        raise ValidationError(f"{person} holds no role any more.")
    _end(held, by)
    _require_administrator(person.organization)
    return held


@transaction.atomic
def reactivate_person(*, person: Person, by: User | None = None) -> list[Membership]:
    """Give back the roles that the person held last, as far as their units still stand."""
    person = locked(person)
    if roles_held(person).exists():
        raise ValidationError(f"{person} holds a role already.")
    returning = last_roles(person)
    if not returning:
        raise ValidationError(f"The units of {person}’s roles are gone: give them a new role.")
    for membership in returning:
        membership.deleted_at = None
        changed(membership, by)
    return returning


def _end(held: list[Membership], by: User | None) -> None:
    """All with one moment, by which they are found again."""
    now = timezone.now()
    for membership in held:
        membership.deleted_at = now
        changed(membership, by)


def _require_administrator(organization: Organization) -> None:
    """Under the organization's lock: two who remove each other at once do not both succeed."""
    lock_organization(organization.pk)
    left = Membership.objects.live().filter(
        organization=organization,
        unit__parent=None,
        unit__deleted_at=None,
        role=Role.ADMINISTRATOR,
        user__is_active=True,
    )
    if not left.exists():
        raise ValidationError(
            f"Nobody else administers all of {organization}: give somebody else the role of"
            " administrator at its topmost unit first."
        )
