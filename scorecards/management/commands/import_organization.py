"""`manage.py import_organization FILE --dry-run|--apply`: brings an organization's YAML in."""

import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scorecards.selectors.documents.parsing import MOST_BYTES
from scorecards.services.organization_texts import TextPlan, import_text
from scorecards.services.records.words import ChangeText, change_text, counts_text


class Command(BaseCommand):
    """Prints what would change, or did; ends with 1 where anything cannot be."""

    help = (
        "Makes an organization what the file says. What the file leaves out is removed or cleared;"
        " with --keep only what it says is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, what to do, and to which organization."""
        parser.add_argument("file", type=Path, help="YAML of export_organization; - reads input")
        deed = parser.add_mutually_exclusive_group(required=True)
        deed.add_argument("--dry-run", action="store_true", help="print what would change")
        deed.add_argument("--apply", action="store_true", help="change it, all or nothing")
        parser.add_argument(
            "--organization", metavar="CODE", help="made if not there; else the file's name"
        )
        parser.add_argument("--keep", action="store_true", help="keep what the file leaves out")
        parser.add_argument(
            "--valid-from", metavar="PERIOD", default="", help="of changed scorecards: 2026-Q3"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, print, and apply if asked to."""
        path: Path = options["file"]
        try:
            found, applied = import_text(
                code=options["organization"] or path.stem,
                content=_content(path),
                is_rehearsal=options["dry_run"],
                keeps=options["keep"],
                valid_from=options["valid_from"],
                tell=self._tell if self.stderr.isatty() else None,
            )
        except ValidationError as refusal:
            raise CommandError(f"--organization: {' '.join(refusal.messages)}") from None
        self._print(found)
        if not found.can_be_applied:
            raise CommandError("Nothing was changed. Mend the problems above and try again.")
        self.stdout.write("Applied." if applied else "Nothing was changed: this was a dry run.")

    def _print(self, found: TextPlan) -> None:
        for problem in found.problems:
            self.stdout.write(f"! {_at(problem.line)}{problem.text}")
        if found.problems:
            return
        for change in found.plan.changes:
            self._print_change(change_text(change, found.line_of))
        self.stdout.write(f"{counts_text(found.plan)}.")

    def _print_change(self, told: ChangeText) -> None:
        self.stdout.write(told.head)
        for each in told.fields:
            self.stdout.write(f"    {each.label}: {each.old} → {each.new}")
        for problem in told.problems:
            self.stdout.write(f"  ! {_at(problem.line)}{problem.text}")

    def _tell(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done} of {total}", ending="\n" if done == total else "")
        self.stderr.flush()


def _at(line: int) -> str:
    return f"line {line}: " if line else ""


def _content(path: Path) -> bytes:
    """The file, one byte past what is read of it at most."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as refusal:
        raise CommandError(f"{path} cannot be read: {refusal.strerror}.") from None
