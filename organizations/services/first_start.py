"""The first visit of a new installation: its first administrator and organization."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from organizations.models import Role, Unit, User

from .locks import lock_installation
from .people import create_organization, create_person, grant_role
from .structure import create_unit

ROOT_CODE = "corporate"


class AlreadyStarted(Exception):
    """Somebody can sign in here: whoever comes now is invited by an administrator."""


@dataclass(frozen=True)
class FirstAdministrator:
    """Who administers the first organization; `code` is the person's in it."""

    code: str
    name: str
    email: str
    password: str


def is_new_installation() -> bool:
    """Whether nobody at all can sign in yet."""
    return not User.objects.exists()


@transaction.atomic
def start_installation(
    *, administrator: FirstAdministrator, code: str, name: str, **settings: Any
) -> tuple[User, Unit]:
    """The first user, as administrator of a new organization with its root unit.

    Only where nobody can sign in yet; of two at once one is first. Raises AlreadyStarted.
    """
    lock_installation()
    if not is_new_installation():
        raise AlreadyStarted
    user = User.objects.create_user(
        administrator.email, administrator.password, name=administrator.name
    )
    organization = create_organization(code=code, name=name, **settings)
    root = create_unit(
        organization=organization, code=ROOT_CODE, name=name, kind=Unit.Kind.CORPORATE
    )
    create_person(
        organization=organization,
        code=administrator.code,
        name=administrator.name,
        email=user.email,
        user=user,
    )
    grant_role(user=user, unit=root, role=Role.ADMINISTRATOR)
    return user, root
