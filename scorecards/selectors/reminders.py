"""When people want to be reminded, and the links by which they stop it without signing in."""

from django.core.signing import BadSignature, Signer

from organizations.models import Membership, Organization, User
from scorecards.models import ReminderChoice

SALT = "scorecards.reminders.stop"


def rhythms(organization: Organization) -> dict[int, str]:
    """What people have chosen, by user; who has not is not among them."""
    rows = ReminderChoice.objects.filter(organization=organization)
    return dict(rows.values_list("user_id", "rhythm"))


def rhythm_of(organization: Organization, user: User) -> str:
    """When the user is reminded in the organization."""
    row = ReminderChoice.objects.filter(organization=organization, user=user).first()
    return row.rhythm if row else ReminderChoice.DEFAULT


class LinkTooOld(Exception):
    """The link names somebody by a code, which may be another's by now."""


def stop_code(organization: Organization, user: User) -> str:
    """What stands in the link that stops somebody's reminders: nobody can make another's.

    It names the user by the number of their row, which is never given to anybody else.
    """
    return Signer(salt=SALT).sign_object([organization.code, user.pk])


def stopping(code: str) -> tuple[Organization, User] | None:
    """Whose reminders the link stops; None where we did not make it, or they have left.

    Raises LinkTooOld.
    """
    try:
        organization, user = Signer(salt=SALT).unsign_object(code)
    except (BadSignature, ValueError):
        return None
    if not isinstance(user, int):
        raise LinkTooOld
    held = Membership.objects.live().filter(organization__code=organization, user=user)
    one = held.select_related("organization", "user").first()
    return (one.organization, one.user) if one else None
