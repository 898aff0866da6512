"""Several writers at once, and a worker beside them: nothing is lost, nobody waits for ever."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from kpis.models import Change, Measurement, MeasurementRevision
from scorecards.services.refresh import refresh_scores
from scorecards.services.verification import verify_scores
from tests.scorecards.api_client import Api
from tests.worlds import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

BATCHES = 50
MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
UNITS = ("sales", "emea", "ada")


def together(*jobs: Callable[[], Any]) -> None:
    """Run the jobs at once, each with its own connection; fails with what one of them raises."""
    errors: list[BaseException] = []

    def guarded(job: Callable[[], Any]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def overlapping_rows(writer: int, batch: int) -> list[dict[str, Any]]:
    """The same keys for all writers, each in an order of its own, every value different."""
    rows = [
        {"kpi": "revenue", "unit": unit, "period": month, "value": float(i)}
        for i, (unit, month) in enumerate((unit, month) for unit in UNITS for month in MONTHS)
    ]
    for i, row in enumerate(rows):
        row["value"] = (writer * BATCHES + batch) * 1000 + i
    shift = (batch * 37 + writer * 53) % len(rows)
    shifted = rows[shift:] + rows[:shift]
    return shifted[::-1] if writer else shifted


def test_overlapping_writers_lose_nothing(acme: World) -> None:
    secret = acme.token()[1]
    said: dict[tuple[str, str], set[float]] = defaultdict(set)
    stored: list[int] = []

    def writer(number: int) -> Callable[[], None]:
        rows = [overlapping_rows(number, batch) for batch in range(BATCHES)]
        for row in (row for batch in rows for row in batch):
            said[row["unit"], row["period"]].add(row["value"])

        def write() -> None:
            api = Api(secret)
            for batch in rows:
                answer = api.push(batch)
                assert answer.status_code == 200, answer.content
                stored.append(answer.json()["created"] + answer.json()["updated"])

        return write

    together(writer(0), writer(1))
    assert sum(stored) == 2 * BATCHES * len(MONTHS) * len(UNITS)
    assert Measurement.objects.count() == len(said)
    assert kept() == said


def kept() -> dict[tuple[str, str], set[float]]:
    """By unit and month, every value that was ever said."""
    values: dict[tuple[str, str], set[float]] = defaultdict(set)
    for model in (Measurement, MeasurementRevision):
        rows = model._default_manager.values_list("assignment__unit__code", "period_start", "value")
        for unit, start, value in rows:
            values[unit, start.isoformat()[:7]].add(value)
    return values


def test_pushes_during_refreshes_are_never_lost(acme: World) -> None:
    secret = acme.token()[1]
    is_done = threading.Event()

    def write() -> None:
        api = Api(secret)
        for n in range(24):
            rows = [
                {"kpi": "revenue", "unit": "sales", "period": f"2026-0{n % 4 + 1}", "value": n},
                {"kpi": "defects", "unit": "sales", "period": f"2026-0{n % 3 + 1}", "value": n / 7},
            ]
            assert api.push(rows).status_code == 200
        is_done.set()

    def refresh() -> None:
        while not is_done.is_set():
            refresh_scores(organization_id=acme.organization.pk)
            # As workers do, it lets others begin: SQLite keeps no queue of those who wait.
            time.sleep(0.2)

    together(write, refresh, refresh)
    refresh_scores(organization_id=acme.organization.pk)
    assert not Change.objects.filter(organization=acme.organization).exists()
    found = verify_scores(organization_id=acme.organization.pk)
    assert (found.stale, found.differences) == (0, ())
    assert found.compared > 0


def test_deleting_beside_pushing_keeps_every_value(acme: World) -> None:
    secret = acme.token()[1]
    row = {"kpi": "revenue", "unit": "sales", "period": "2026-01"}

    def write() -> None:
        api = Api(secret)
        for n in range(60):
            assert api.push([{**row, "value": n}]).status_code == 200

    def take_back() -> None:
        api = Api(secret)
        for _ in range(60):
            answer = api.take_back("?kpi=revenue&unit=sales&period=2026-01")
            assert answer.status_code in (204, 404)

    together(write, take_back)
    said = {v for values in kept().values() for v in values}
    assert said == set(range(60))
