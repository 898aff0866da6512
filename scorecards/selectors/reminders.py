"""When people want to be reminded, and the links by which they stop it without signing in."""

from django.core.signing import BadSignature, Signer

from organizations.models import Membership, Organization, Person, User
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


def stop_code(organization: Organization, person: Person) -> str:
    """What stands in the link that stops somebody's reminders: nobody can make another's."""
    return Signer(salt=SALT).sign_object([organization.code, person.code])


def stopping(code: str) -> tuple[Organization, User] | None:
    """Whose reminders the link stops; None where we did not make it, or they have left."""
    try:
        organization, person = Signer(salt=SALT).unsign_object(code)
    except (BadSignature, ValueError):
        return None
    found = Person.objects.live().filter(organization__code=organization, code=person)
    one = found.exclude(user=None).select_related("organization", "user").first()
    if one is None or not _has_role(one):
        return None
    return one.organization, one.user


def _has_role(person: Person) -> bool:
    held = Membership.objects.live().filter(organization=person.organization, user=person.user)
    return bool(held.exists())
