"""manage.py create_token: a key with which another system uses the API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from organizations.models import SCOPES, ApiToken, Organization, Unit
from organizations.services.tokens import issue_token


class Command(BaseCommand):
    """Explains on stderr, so that `TOKEN=$(manage.py create_token …)` gets the token alone."""

    help = "Makes a token for the API and prints it, once: it is stored only as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        """What the token may do, where, and for how long."""
        parser.add_argument("--organization", required=True, metavar="CODE")
        parser.add_argument("--name", required=True, help="what uses it, such as billing")
        parser.add_argument(
            "--scope",
            required=True,
            action="append",
            choices=SCOPES,
            help="what it may do; give the option once for each scope",
        )
        parser.add_argument("--unit", metavar="CODE", help="confine it to a unit and all beneath")
        parser.add_argument("--days", type=int, default=365, help="how long it lasts (365)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token and print it."""
        organization = _organization(options["organization"])
        unit = _unit(organization, options["unit"]) if options["unit"] else None
        try:
            token, secret = issue_token(
                organization=organization,
                name=options["name"],
                scopes=options["scope"],
                days=options["days"],
                unit=unit,
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        self.stderr.write(_explanation(token), self.style.NOTICE)
        self.stdout.write(secret)


def _organization(code: str) -> Organization:
    try:
        return Organization.objects.get(code=code)
    except Organization.DoesNotExist:
        known = ", ".join(Organization.objects.order_by("code").values_list("code", flat=True)[:20])
        raise CommandError(
            f'There is no organization "{code}". There are: {known or "none yet"}.'
        ) from None


def _unit(organization: Organization, code: str) -> Unit:
    try:
        unit: Unit = Unit.objects.live().get(organization=organization, code=code)
    except Unit.DoesNotExist:
        raise CommandError(f'{organization} has no unit "{code}".') from None
    return unit


def _explanation(token: ApiToken) -> str:
    place = f"{token.unit} and what is beneath it" if token.unit else "all units"
    return (
        f"Token “{token}” of {token.organization}: {', '.join(token.scopes)}; {place};"
        f" until {token.expires_at:%Y-%m-%d}.\n"
        "It cannot be shown again: keep it like a password."
    )
