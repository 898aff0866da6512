"""Values over HTTP, scores by a real Celery worker on a real Valkey, killed and started again."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from kpis.models import Change
from scorecard_site.celery import app
from scorecards.models import ScoreSheet
from scorecards.services.verification import verify_scores
from tests.conftest import ROOT, is_ready, test_database_url
from tests.scorecards.api_client import Api
from tests.servers import wait_for
from tests.worlds import World

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 10


@contextmanager
def another_worker(folder: Path) -> Iterator[None]:
    """A worker on the test's database and queue, from its readiness to its end."""
    folder.mkdir()
    places = {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "celery", "-A", "scorecard_site", "worker", "-P", "solo"]
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"],
            env={**os.environ, **places, "VAR_DIR": str(folder)},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: is_ready(worker, folder / "worker.log"), "The second worker")
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def last_month(world: World) -> str:
    this_month = world.organization.today().replace(day=1)
    return (this_month - dt.timedelta(days=1)).isoformat()[:7]


def push(world: World, api: Api, value: float) -> None:
    row = {"kpi": "revenue", "unit": "sales", "period": last_month(world), "value": value}
    assert api.push([row]).status_code == 200


def is_fresh(world: World, value: float) -> bool:
    """Whether the value is in the scores of its unit, and nothing is left to do."""
    sheet = ScoreSheet.objects.filter(
        scorecard=world.scorecards["sales"],
        frequency="month",
        period_start=f"{last_month(world)}-01",
    ).first()
    if sheet is None or Change.objects.filter(organization=world.organization).exists():
        return False
    stale = ScoreSheet.objects.filter(organization=world.organization, is_stale=True)
    return sheet.detail.get("kpis", {}).get("revenue", {}).get("value") == value and not stale


def assert_soon_fresh(world: World, value: float) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_fresh(world, value):
        assert time.monotonic() < deadline, f"{value} is not in the scores after {SECONDS} seconds"
        time.sleep(0.1)
    found = verify_scores(organization_id=world.organization.pk)
    assert (found.stale, found.differences) == (0, ())


def test_a_push_is_in_the_scores_within_seconds_whatever_befalls_the_worker(
    celery_worker_process: "subprocess.Popen[bytes]", acme: World, tmp_path: Path
) -> None:
    api = Api(acme.token()[1])
    push(acme, api, 91)
    assert_soon_fresh(acme, 91)
    push(acme, api, 92)
    assert_soon_fresh(acme, 92)

    celery_worker_process.kill()
    celery_worker_process.wait(timeout=10)
    push(acme, api, 93)
    app.control.purge()  # the message is lost too
    assert not is_fresh(acme, 93)
    with another_worker(tmp_path / "second"):
        assert_soon_fresh(acme, 93)
