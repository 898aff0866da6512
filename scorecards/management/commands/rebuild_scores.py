"""manage.py rebuild_scores: computes every stored score again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scorecards.management.arguments import add_organization, chosen_organizations
from scorecards.management.progress import Progress
from scorecards.services.refresh import rebuild_scores


class Command(BaseCommand):
    """Stored scores are disposable: they follow from values, targets and editions."""

    help = "Computes all stored scores again, of one organization or of all."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization."""
        add_organization(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """One organization after the other."""
        for organization in chosen_organizations(options["organization"]):
            progress = Progress(self.stderr, organization.code)
            count = rebuild_scores(organization_id=organization.pk, progress=progress)
            self.stdout.write(f"{organization.code}: {count} score sheets computed.")
