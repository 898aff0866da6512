"""Organizations, people, roles and tokens."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.models import (
    SCOPES,
    ApiToken,
    Membership,
    Organization,
    Person,
    Unit,
    User,
    new_secret,
    secret_digest,
)

from .structure import changed, created, locked, require_same_organization, require_version

LONGEST_DAYS = 3650


@transaction.atomic
def create_organization(*, code: str, name: str, **settings: Any) -> Organization:
    """An empty organization; its root unit comes next."""
    return created(Organization(code=code, name=name, **settings))


@transaction.atomic
def create_person(
    *, organization: Organization, code: str, name: str, email: str = "", user: User | None = None
) -> Person:
    """Somebody who can own things; with a user, somebody who can sign in."""
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
    for membership in Membership.objects.live().filter(user=user, unit=unit):
        membership.mark_deleted()


@transaction.atomic
def issue_token(
    *,
    organization: Organization,
    name: str,
    scopes: Sequence[str],
    days: int = 365,
    unit: Unit | None = None,
    created_by: User | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is not stored and cannot be shown again."""
    require_same_organization(organization.pk, unit)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValidationError(f"Choose scopes among {', '.join(SCOPES)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError(f"A token lasts between 1 and {LONGEST_DAYS} days.")
    secret = new_secret()
    token = ApiToken(
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        digest=secret_digest(secret),
        unit=unit,
        created_by=created_by,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    return created(token), secret


@transaction.atomic
def revoke_token(*, token: ApiToken) -> None:
    """The token stops working with the next request."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
