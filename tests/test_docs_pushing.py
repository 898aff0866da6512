"""The recipes for pushing values do what they say, on a real server, by real curl and pandas."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from pytest_django.live_server_helper import LiveServer

from kpis.models import Measurement
from tests.generated_docs import DOCS
from tests.worlds import World

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {"sh": ["bash", "-euo", "pipefail"], "python": [sys.executable]}
TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_every_recipe_runs(acme: World, live_server: LiveServer, tmp_path: Path) -> None:
    environment = {**os.environ, "SITE": live_server.url, "TOKEN": acme.token()[1]}
    recipes = BLOCK.findall((DOCS / "pushing.md").read_text())
    with time_machine.travel(TODAY, tick=True):
        for place, (kind, text) in enumerate(recipes):
            path = tmp_path / f"recipe-{place}"
            path.write_text(text)
            done = subprocess.run(
                [*PROGRAMS[kind], str(path)],
                env=environment,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (text, done.stdout, done.stderr)
    assert [kind for kind, _ in recipes] == ["sh", "sh", "sh", "python", "python"]
    stored = Measurement.objects.filter(assignment=acme.assignment("revenue", "sales"))
    assert stored.count() == 11
    late = stored.get(period_start="2026-03-01")
    assert (late.value, late.note) == (90, "late invoice; paid")
    environment["TOKEN"] = "los_wrong"
    refused = subprocess.run(
        ["./push-values", "kpis.csv"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 1
    assert b"token" in refused.stdout
