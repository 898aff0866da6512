"""What the commands of this app take."""

from django.core.management.base import CommandError, CommandParser

from organizations.models import Organization


def add_organization(parser: CommandParser) -> None:
    """An organization by its code; all of them where it is left out."""
    parser.add_argument("--organization", metavar="CODE", help="only this one")


def chosen_organizations(code: str | None) -> list[Organization]:
    """The organizations that the option names; refuses a code that is nobody's."""
    found = Organization.objects.order_by("code")
    if code is None:
        return list(found)
    chosen = list(found.filter(code=code))
    if not chosen:
        known = ", ".join(found.values_list("code", flat=True)[:20]) or "none yet"
        raise CommandError(f'There is no organization "{code}". There are: {known}.')
    return chosen
