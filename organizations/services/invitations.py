"""Letting people sign in: the address, the sign-in behind it, the first role.

Nothing here tells whether an address has a sign-in already: that would be another
organization's to know.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.models import Organization, Person, Unit, User
from organizations.selectors import has_signed_in, roles_held

from .people import create_person, grant_role
from .structure import changed, locked, require_same_organization, require_version


@transaction.atomic
def add_person(
    *,
    organization: Organization,
    code: str,
    name: str,
    email: str = "",
    unit: Unit | None = None,
    role: str = "",
    by: User | None = None,
) -> Person:
    """Somebody who can own things; with a role at a unit, somebody who is invited to sign in.

    Raises ValidationError, by field.
    """
    person = create_person(organization=organization, code=code, name=name, email=email)
    if not role:
        return person
    return invite_person(person=person, email=email, unit=unit, role=role, by=by)


@transaction.atomic
def invite_person(
    *,
    person: Person,
    email: str,
    unit: Unit | None = None,
    role: str = "",
    by: User | None = None,
    version: int | None = None,
) -> Person:
    """Let the person sign in with that address, with a role at the unit if they hold none yet.

    An address that was mistyped can be put right until they have signed in: their roles follow.
    Sending the mail is the caller's. Raises StaleVersion, and ValidationError, by field.
    """
    require_same_organization(person.organization_id, unit)
    person = locked(person)
    require_version(person, version)
    user = _user_of(_address(email), person.name)
    _require_free(person, user)
    if person.user_id != user.pk:
        _sign_in_as(person, user, by)
    if unit is not None:
        grant_role(user=user, unit=locked(unit), role=role)
    if not roles_held(person).exists():
        raise ValidationError({"role": "Choose a role: without one there is nothing to see."})
    return person


def _address(text: str) -> str:
    try:
        return str(forms.EmailField(max_length=254).clean(text.strip())).lower()
    except ValidationError:
        raise ValidationError({"email": "Write an e-mail address, like eve@example.com."}) from None


def _user_of(email: str, name: str) -> User:
    """The sign-in with that address; a new one has no password until its owner sets one."""
    known = User.objects.filter(email__iexact=email)
    user = known.first()
    if user is not None:
        return user
    try:
        with transaction.atomic():
            return User.objects.create_user(email, None, name=name)
    except IntegrityError:  # somebody else has invited the address at this moment
        return known.get()


def _require_free(person: Person, user: User) -> None:
    others = Person.objects.live().filter(organization_id=person.organization_id, user=user)
    other = others.exclude(pk=person.pk).first()
    if other is not None:
        raise ValidationError({"email": f"“{other}” signs in with this address already."})


def _sign_in_as(person: Person, user: User, by: User | None) -> None:
    if person.user is not None and has_signed_in(person):
        raise ValidationError(
            {"email": f"{person} has signed in with {person.user.email} already, so it stays."}
        )
    held = list(roles_held(person))
    person.user, person.email = user, user.email
    changed(person, by)
    for membership in held:
        membership.mark_deleted()
        grant_role(user=user, unit=membership.unit, role=membership.role)
