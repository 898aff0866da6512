"""Imports by real Celery workers: cancelled and killed while they write, and begun again."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from kpis.models import Measurement, MeasurementRevision
from organizations.access import Access
from organizations.services.locks import CLOSINGS_LOCK
from scorecard_site.celery import app
from scorecards.models import Import
from scorecards.services.imports.steps import apply_import, cancel_import, start_import
from tests.scorecards.imports.bringing import access_of, map_as
from tests.scorecards.test_api_worker import another_worker
from tests.worlds import World

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20
CONTENT = "kpi,unit,period,value\n" + "".join(
    f"revenue,sales,20{n // 12}-{n % 12 + 1:02},{n}\n" for n in range(20 * 12, 26 * 12)
)


@contextmanager
def closings_held(world: World) -> Iterator[None]:
    """Somebody else closes periods: whoever records values waits until this ends."""
    about = connection.settings_dict
    with psycopg.connect(
        dbname=about["NAME"], user=about["USER"], host=about["OPTIONS"]["host"]
    ) as other:
        keys = [CLOSINGS_LOCK, world.organization.pk]
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", keys)
        yield


def soon(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS} seconds"
        time.sleep(0.05)


def is_at_work(row: Import) -> bool:
    row.refresh_from_db()
    return row.state == "applying" and row.lease_until is not None


def is_in(row: Import, state: str) -> bool:
    row.refresh_from_db()
    return row.state == state


def ready(access: Access) -> Import:
    """A file that the worker has read and checked."""
    row = start_import(access=access, name="values.csv", content=CONTENT.encode())
    soon(lambda: is_in(row, "mapping"), "Reading")
    map_as(access, row, row.mapping)
    soon(lambda: is_in(row, "ready"), "Checking")
    return row


def test_an_import_is_cancelled_or_applied_once_whatever_befalls_the_worker(
    celery_worker_process: "subprocess.Popen[bytes]", acme: World, tmp_path: Path
) -> None:
    access = access_of(acme, "carol")
    row = ready(access)
    with closings_held(acme):
        apply_import(row=row, attempt=row.attempt, scope="whole")
        soon(lambda: is_at_work(row), "Applying")
        assert cancel_import(row=row) == "applying"
    soon(lambda: is_in(row, "cancelled"), "Cancelling")
    assert not Measurement.objects.filter(organization=acme.organization).exists()

    row = ready(access)
    with closings_held(acme):
        apply_import(row=row, attempt=row.attempt, scope="whole")
        soon(lambda: is_at_work(row), "Applying")
        celery_worker_process.kill()
        celery_worker_process.wait(timeout=10)
        app.control.purge()  # the message is lost too
    assert is_in(row, "applying")
    Import.objects.filter(pk=row.pk).update(lease_until=timezone.now())  # half a minute later
    with another_worker(tmp_path / "second"):
        soon(lambda: is_in(row, "done"), "Applying again")
    assert (row.added, row.tries) == (72, 0)
    assert Measurement.objects.filter(organization=acme.organization).count() == 72
    assert not MeasurementRevision.objects.exists()
