"""`manage.py restore FILE`: puts a backup into this database, all of it or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scorecard_site.archive import DamagedArchive
from scorecard_site.backup import RestorationRefused, restore_backup


class Command(BaseCommand):
    """Restores a backup; stop web server and workers before."""

    help = "Puts a file written by `backup` into this database. Stop the site before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file to read, and whether what is there may go."""
        parser.add_argument("file", type=Path, help="a file that `backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="first delete everything in this database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore it, or say why not."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file: name one that `backup` wrote.")
        try:
            manifest = restore_backup(path=path, replace=options["replace"])
        except DamagedArchive as error:
            raise CommandError(f"{path} cannot be restored. {error}") from error
        except RestorationRefused as error:
            raise CommandError(str(error)) from error
        rows = sum(each.rows for each in manifest.tables)
        self.stdout.write(f"Restored {rows} rows of {len(manifest.tables)} tables, verified.")
