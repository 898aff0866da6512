"""`manage.py bench`: measure the promised speeds."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test import override_settings

from scorecard_site.bench.database import own_database
from scorecard_site.bench.measuring import Finding
from scorecard_site.bench.plan import PARTS, SCALES, findings
from scorecard_site.bench.settings import ROOT_URLCONF, STORAGES

HEAD = "goal    ratio to its floor [lowest–highest round], goal, verdict, medians: measured / floor"


class Command(BaseCommand):
    """Prints ratios to what the database itself needs, each as soon as it is measured."""

    help = "Measure speeds in a database of its own, as ratios to what PostgreSQL itself needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, which, and in which form."""
        parser.add_argument("--scale", choices=tuple(SCALES), default="s")
        parser.add_argument("--only", choices=tuple(PARTS), action="append", metavar="PART")
        parser.add_argument("--strict", action="store_true", help="fail where a goal is missed")
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
        parser.add_argument("--template", help="a migrated, empty database to begin with a copy of")

    @override_settings(ROOT_URLCONF=ROOT_URLCONF, STORAGES=STORAGES, SECURE_SSL_REDIRECT=False)
    def handle(
        self,
        *,
        scale: str,
        only: list[str] | None,
        strict: bool,
        json: bool,
        template: str | None,
        **options: Any,
    ) -> None:
        """Measure and tell."""
        start = time.monotonic()
        # Where nothing was collected yet, the middleware for static files would complain.
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        with own_database(template):
            found = list(self._told(findings(SCALES[scale], only or list(PARTS)), quiet=json))
        missed = sum(finding.verdict == "MISS" for finding in found)
        if json:
            answer = {"scale": scale, "findings": [finding.as_dict() for finding in found]}
            self.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        else:
            with_goal = sum(bool(finding.verdict) for finding in found)
            self.stdout.write(
                f"{missed} of {with_goal} goals missed by more than noise explains;"
                f" {time.monotonic() - start:.0f} s in all"
            )
        if strict and missed:
            raise CommandError("Goals were missed.")

    def _told(self, found: Iterator[Finding], *, quiet: bool) -> Iterator[Finding]:
        """Print each finding as soon as it is there."""
        if not quiet:
            self.stdout.write(HEAD)
        for finding in found:
            if not quiet:
                self.stdout.write(str(finding))
                self.stdout.flush()
            yield finding
