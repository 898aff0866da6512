"""`manage.py backup FILE`: everything in one file, for this or the other kind of database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scorecard_site.backup import write_backup


class Command(BaseCommand):
    """Writes a backup of one moment while the site goes on."""

    help = "Writes everything into one file that `restore` reads, on SQLite or PostgreSQL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file to write."""
        parser.add_argument("file", type=Path, help="a new file, like line-of-sight.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say how much it holds."""
        path: Path = options["file"]
        if path.exists():
            raise CommandError(f"{path} exists: name a new file, so that no backup is lost.")
        if not path.absolute().parent.is_dir():
            raise CommandError(f"{path.absolute().parent} is not a folder: create it first.")
        tables = write_backup(path=path).tables
        rows = sum(each.rows for each in tables)
        self.stdout.write(f"Wrote {rows} rows of {len(tables)} tables to {path}.")
