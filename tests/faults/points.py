"""Named points at which a process stands still, by a lock that it needs there."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, connections

from tests.faults.installation import DATABASE
from tests.prepared import address

ADVISORY = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
CLAIMING = """
SELECT count(*) FROM pg_locks waits JOIN pg_locks has USING (pid)
WHERE NOT waits.granted AND waits.relation = 'organizations_job'::regclass
  AND has.granted AND has.relation = 'organizations_slot'::regclass
  AND has.mode = 'RowExclusiveLock'
"""
SETTLING = """
SELECT count(*) FROM pg_locks waits JOIN pg_locks has USING (pid)
WHERE NOT waits.granted AND waits.locktype IN ('transactionid', 'tuple')
  AND has.granted AND has.relation = 'kpis_measurement'::regclass
  AND has.mode = 'RowExclusiveLock'
"""


@contextmanager
def held(lock: int, organization_id: int) -> Iterator[None]:
    """Hold an advisory lock of the organization's."""
    with _holding("SELECT pg_advisory_xact_lock(%s, %s)", lock, organization_id):
        yield


@contextmanager
def held_run(run_id: int) -> Iterator[None]:
    """Whoever has recorded what a source said cannot note that it is done."""
    with _holding("SELECT 1 FROM kpis_sourcerun WHERE id = %s FOR UPDATE", run_id):
        yield


@contextmanager
def held_jobs() -> Iterator[None]:
    """Whoever has claimed a slot cannot ask for its job."""
    with _holding("LOCK TABLE organizations_job IN SHARE MODE"):
        yield


@contextmanager
def _holding(statement: str, *parameters: int) -> Iterator[None]:
    with psycopg.connect(address(DATABASE)) as other:
        other.execute(statement, parameters or None)
        yield


def waiting(lock: int | None = None) -> int:
    """How many transactions wait for an advisory lock."""
    return _number(ADVISORY if lock is None else f"{ADVISORY} AND classid = {lock}")


def claiming() -> int:
    """How many have claimed a slot and wait to ask for its job."""
    return _number(CLAIMING)


def settling() -> int:
    """How many have recorded values and wait to note that their run is done."""
    return _number(SETTLING)


def _number(query: str) -> int:
    with psycopg.connect(address(DATABASE)) as other:
        row = other.execute(query).fetchone()
    assert row
    return int(row[0])


def disconnect() -> None:
    """Forget connections to a server that is no more."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
