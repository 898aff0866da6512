"""`manage.py export_organization CODE`: everything but values as YAML, on the standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from organizations.access import Access
from scorecards.management.arguments import chosen_organizations
from scorecards.selectors.documents.writing import organization_text


class Command(BaseCommand):
    """Writes the text that `import_organization` reads."""

    help = "Writes settings, people, units, KPIs, targets, scorecards and initiatives as YAML."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organization."""
        parser.add_argument("organization", metavar="CODE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write all of it."""
        (organization,) = chosen_organizations(options["organization"])
        access = Access(organization=organization, roles={}, is_unbound=True)
        self.stdout.write(organization_text(access), ending="")
