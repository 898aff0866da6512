"""manage.py verify_scores: compares the stored scores with a full recomputation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scorecards.management.arguments import add_organization, chosen_organizations
from scorecards.management.progress import Progress
from scorecards.services.verification import verify_scores

NAMED = 100


class Command(BaseCommand):
    """Ends with 1 and names the sheets where anything differs."""

    help = "Compares all stored scores with a full recomputation, bit for bit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization."""
        add_organization(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """One organization after the other."""
        count = 0
        for organization in chosen_organizations(options["organization"]):
            progress = Progress(self.stderr, organization.code)
            found = verify_scores(organization_id=organization.pk, progress=progress)
            self.stdout.write(
                f"{organization.code}: {found.compared} score sheets compared,"
                f" {len(found.differences)} differ; {found.stale} wait for their refresh."
            )
            for difference in found.differences[:NAMED]:
                self.stdout.write(f"  {difference}")
            count += len(found.differences)
        if count:
            raise CommandError(
                f"{count} score sheets differ: run manage.py rebuild_scores, and report it."
            )
