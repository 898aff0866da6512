"""manage.py verify_integrity: checks every rule that stored rows must keep."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from organizations.models import Organization
from scorecard_site.integrity.background import background
from scorecard_site.integrity.findings import Looked
from scorecard_site.integrity.verification import CHECKS
from scorecards.management.arguments import add_organization, chosen_organizations

PATIENCE_SECONDS = 30


class Command(BaseCommand):
    """Says what it looked at and what it found; ends with 1 where anything was found."""

    help = "Checks scores, references, graphs, versions, reports and waiting work."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization, and how long work may still be under way."""
        add_organization(parser)
        parser.add_argument(
            "--patience",
            type=float,
            default=PATIENCE_SECONDS,
            metavar="SECONDS",
            help="look again at what waits for a worker after so long (30)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One check after the other, over all chosen organizations."""
        organizations = chosen_organizations(options["organization"])
        count = 0
        for check in CHECKS:
            looked = check(organizations)
            if check is background and looked.findings:
                looked = self._again(organizations, options["patience"])
            self._tell(looked)
            count += len(looked.findings)
        if count:
            raise CommandError(f"{count} findings: keep a backup of now, and report them.")
        self.stdout.write("Everything is as it must be.")

    def _again(self, organizations: list[Organization], seconds: float) -> Looked:
        """Look once more: what a worker had just begun is done by then."""
        time.sleep(seconds)
        return background(organizations)

    def _tell(self, looked: Looked) -> None:
        self.stdout.write(f"{looked.at}: {len(looked.findings) or 'no'} findings")
        for finding in looked.findings:
            self.stdout.write(f"  {finding}")
