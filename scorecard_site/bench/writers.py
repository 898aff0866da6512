"""P6: two writers of overlapping values, neither of whom may wait for the other in a circle."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
from django.core.management.base import CommandError

from kpis.models import Measurement, MeasurementRevision

from .database import bare_connection
from .measuring import Count, Finding
from .pushes import empty_tables, raw_rows
from .server import Http, WebServer
from .synthetic import SEED, Row, Synthetic

ROWS, WRITERS = 200, 2
UPSERT = """
INSERT INTO kpis_measurement
  (organization_id, assignment_id, period_start, value, note, recorded_at)
VALUES (%s, %s, %s, %s, '', now())
ON CONFLICT (assignment_id, period_start) DO UPDATE SET value = excluded.value
"""

Batch = tuple[list[Row], float]  # the rows, and what is added to their values


def writer_findings(made: Synthetic, server: WebServer, batches: int) -> Iterator[Finding]:
    """Each writer pushes its batches of the same keys, in an order of its own."""
    work = [_batches(made.rows, number, batches) for number in range(WRITERS)]
    empty_tables()
    told = _together([(server, made, mine) for mine in work], _push)
    failed = sum(failures for failures, _ in told)
    written = sum(count for _, count in told)
    kept = Measurement.objects.count() + MeasurementRevision.objects.count()
    what = f"{WRITERS} writers, {batches} batches of {ROWS} overlapping values each"
    yield Count("P6", f"{what}: batches that failed", failed, 0)
    yield Count("P6", "the same: values told as stored that are nowhere", written - kept, 0)
    empty_tables()
    deadlocks = _together([(made, mine) for mine in work], _upsert)
    yield Count(
        "", "naive control, row by row in the order of the batch: deadlocks", sum(deadlocks)
    )
    empty_tables()


def _batches(rows: Sequence[Row], writer: int, count: int) -> list[Batch]:
    random_of = random.Random(SEED + writer)  # noqa: S311
    few = rows[: 2 * ROWS]
    return [
        (random_of.sample(few, min(ROWS, len(few))), 1 + writer + n * WRITERS) for n in range(count)
    ]


def _together(work: list[tuple[Any, ...]], write: Any) -> list[Any]:
    with ThreadPoolExecutor(len(work)) as threads:
        return [each.result() for each in [threads.submit(write, *about) for about in work]]


def _push(server: WebServer, made: Synthetic, batches: list[Batch]) -> tuple[int, int]:
    """How many pushes failed, and how many values the others created or changed."""
    client: Http = server.client(Authorization=f"Bearer {made.secret}")
    failed = written = 0
    for rows, more in batches:
        try:
            answer = client.post_json(
                f"/api/v1/{made.organization.code}/measurements", made.body(rows, more)
            )
        except CommandError:
            failed += 1
        else:
            written += answer["created"] + answer["updated"]
    return failed, written


def _upsert(made: Synthetic, batches: list[Batch]) -> int:
    """How many batches died of a deadlock."""
    deadlocks = 0
    with bare_connection() as bare:
        bare.autocommit = True
        with suppress(psycopg.errors.InsufficientPrivilege):
            bare.execute("SET deadlock_timeout = '50ms'")
        for rows, more in batches:
            values = [(made.organization.pk, *row) for row in raw_rows(rows, more)]
            try:
                with bare.transaction():
                    for each in values:
                        bare.execute(UPSERT, each)
            except psycopg.errors.DeadlockDetected:
                deadlocks += 1
    return deadlocks
