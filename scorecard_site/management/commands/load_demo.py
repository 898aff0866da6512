"""Loads the demonstration company."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from organizations.models import Organization
from scorecard_site.demo.company import CODE, NAME
from scorecard_site.demo.people import demo_people
from scorecard_site.demo.removal import remove_organization


class Command(BaseCommand):
    """Loads a believable company to look at and try; leaves it alone if it is there already."""

    help = "Load the demonstration company with three years of values up to today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option: start over."""
        parser.add_argument(
            "--fresh", action="store_true", help="delete the demonstration company first, wholly"
        )

    def handle(self, *, fresh: bool, **options: Any) -> None:
        """Load it, or say why not."""
        if settings.PUBLIC and not settings.DEMO:
            raise CommandError(
                "Everyone knows the passwords of the demonstration company, and this site is"
                " public. Set DEMO=1 if that is what you want."
            )
        # Keeps pandas out of every process that only lists commands.
        from scorecard_site.demo.loader import load_demo

        organization = Organization.objects.filter(code=CODE).first()
        if organization and not fresh:
            self.stdout.write(f"{NAME} is there already; --fresh deletes it and loads it again.")
            return
        if organization:  # its people stay: without any, a stranger could begin anew
            self.stdout.write(f"{remove_organization(organization)} rows deleted")
        load_demo(say=self.stdout.write)
        self.stdout.write(f"{NAME} is loaded. Sign in as:")
        for person in demo_people():
            self.stdout.write(f"  {person.role:14} {person.email:34} {person.password}")
