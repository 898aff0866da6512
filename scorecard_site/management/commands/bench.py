"""`manage.py bench`: measure the promised speeds."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.test import override_settings

from scorecard_site.bench.database import own_database
from scorecard_site.bench.measuring import Finding
from scorecard_site.bench.plan import PARTS, SCALES, findings
from scorecard_site.bench.settings import ROOT_URLCONF, STORAGES


class Command(BaseCommand):
    """Prints ratios to what the database itself needs; fails where one misses its goal."""

    help = "Measure speeds in a database of its own, as ratios to what PostgreSQL itself needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, which, and in which form."""
        parser.add_argument("--scale", choices=tuple(SCALES), default="s")
        parser.add_argument("--only", choices=tuple(PARTS), action="append", metavar="PART")
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    @override_settings(ROOT_URLCONF=ROOT_URLCONF, STORAGES=STORAGES, SECURE_SSL_REDIRECT=False)
    def handle(self, *, scale: str, only: list[str] | None, json: bool, **options: Any) -> None:
        """Measure, tell, and fail where a goal is missed."""
        start = time.monotonic()
        with own_database():
            found = list(self._told(findings(SCALES[scale], only or list(PARTS)), quiet=json))
        missed = [finding for finding in found if finding.verdict == "MISS"]
        if json:
            answer = {"scale": scale, "findings": [finding.as_dict() for finding in found]}
            self.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        else:
            self.stdout.write(f"{time.monotonic() - start:.0f} s in all")
        if missed:
            raise CommandError(f"{len(missed)} of {len(found)} miss their goal.")

    def _told(self, found: Iterator[Finding], *, quiet: bool) -> Iterator[Finding]:
        """Print each finding as soon as it is there."""
        for finding in found:
            if not quiet:
                self.stdout.write(str(finding))
                self.stdout.flush()
            yield finding
