"""One round: web server, worker, queue and database die in the middle of their work."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, connections
from django.utils import timezone

from kpis.models import Change, Measurement, MeasurementRevision
from organizations.access import Access, user_access
from organizations.models import Organization
from organizations.services.locks import CLOSINGS_LOCK, SCORES_LOCK
from scorecard_site.integrity.verification import CHECKS
from scorecards.models import Import, ScoreSheet
from scorecards.selectors.imports.tables import tables_in
from scorecards.services.imports.steps import apply_import, say_mapping, start_import
from tests.faults.installation import DATABASE, BreakableServers, Processes
from tests.faults.pushing import Ledger, Pusher, batches
from tests.prepared import address
from tests.servers import wait_for
from tests.worlds import World

SECONDS = 90
IMPORTED = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]


class Round:
    """What happens in it, step by step; `ledger` keeps what was promised."""

    def __init__(
        self, number: int, world: World, servers: BreakableServers, processes: Processes
    ) -> None:
        self.number, self.world = number, world
        self.servers, self.processes = servers, processes
        self.organization_id = world.organization.pk

    def run(self, pusher: Pusher) -> None:
        """All faults; at its end everything has come to rest."""
        self.processes.start_web()
        self.processes.start_worker()
        row = self.ready_import()
        self.kill_web_while_it_stores(pusher)
        self.kill_worker_while_it_computes_and_imports(row)
        self.crash_database_while_values_come(pusher)
        Import.objects.filter(pk=row.pk).update(lease_until=timezone.now())  # half a minute later
        self.processes.start_worker()
        until(lambda: is_in(row, Import.State.DONE), "The import")
        until(self.is_at_rest, "The scores")
        self.note_import(pusher.ledger)
        self.processes.stop()

    # --- The faults

    def kill_web_while_it_stores(self, pusher: Pusher) -> None:
        """Pushes stand still within their transactions; nobody is answered."""
        with held(CLOSINGS_LOCK, self.organization_id):
            pusher.start(batches(self.number, part=0))
            until(lambda: waiting() or pusher.failures, "A push that stores")
            assert not pusher.failures, pusher.failures
            self.processes.kill("gunicorn")
        self.processes.start_web()
        pusher.finish()

    def kill_worker_while_it_computes_and_imports(self, row: Import) -> None:
        """It is at both; with it goes the queue, in which more than that waits."""
        with held(SCORES_LOCK, self.organization_id), held(CLOSINGS_LOCK, self.organization_id):
            Change.objects.create(
                organization=self.world.organization,
                assignment=self.world.assignment("revenue", "sales"),
                first_start=dt.date(2025, 1, 1),
                created_at=timezone.now(),
            )
            apply_import(row=row, attempt=row.attempt, scope="whole")
            until(lambda: waiting() >= 2, "A worker that computes and imports")
            self.processes.kill("celery")
            self.servers.crash_valkey()
        assert is_in(row, Import.State.APPLYING)

    def crash_database_while_values_come(self, pusher: Pusher) -> None:
        before = len(pusher.ledger.acknowledged)
        pusher.start(batches(self.number, part=1))
        until(lambda: len(pusher.ledger.acknowledged) > before, "A push")
        self.servers.crash_postgres()
        disconnect()
        pusher.finish()

    # --- The import

    def ready_import(self) -> Import:
        """A file that the worker has read and checked."""
        lines = [f"defects,sales,{month},{self.number * 100 + i}" for i, month in months()]
        content = "\n".join(["kpi,unit,period,value", *lines]).encode()
        access = access_of(self.world)
        row = start_import(access=access, name="values.csv", content=content)
        until(lambda: is_in(row, Import.State.MAPPING), "Reading")
        say_mapping(access=access, row=row, tables=tables_in(row), mappings=row.mapping, decimal="")
        until(lambda: is_in(row, Import.State.READY), "Checking")
        return row

    def note_import(self, ledger: Ledger) -> None:
        """Once it is done, its values are promised like any other."""
        ledger.acknowledged |= {
            ("defects", month, float(self.number * 100 + i)) for i, month in months()
        }

    def is_at_rest(self) -> bool:
        stale = ScoreSheet.objects.filter(organization=self.organization_id, is_stale=True)
        return not Change.objects.exists() and not stale.exists()


def months() -> Iterator[tuple[int, str]]:
    return enumerate(IMPORTED)


def access_of(world: World) -> Access:
    access = user_access(world.users["carol"], "acme")
    assert access
    return access


def is_in(row: Import, state: str) -> bool:
    row.refresh_from_db()
    return row.state == state


def until(is_so: Callable[[], object], what: str) -> None:
    wait_for(lambda: bool(is_so()), what, seconds=SECONDS)


def disconnect() -> None:
    """Forget connections to a server that is no more."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]


@contextmanager
def held(lock: int, organization_id: int) -> Iterator[None]:
    """Hold an advisory lock: whoever needs it stands still at that very place."""
    with psycopg.connect(address(DATABASE)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock, organization_id])
        yield


def waiting() -> int:
    """How many transactions wait for an advisory lock."""
    with psycopg.connect(address(DATABASE)) as other:
        row = other.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ).fetchone()
    assert row
    return int(row[0])


# --- What is left


def stored() -> Counter[tuple[str, str, float]]:
    """Every value that is or was said, and how often."""
    found: Counter[tuple[str, str, float]] = Counter()
    for model in (Measurement, MeasurementRevision):
        rows = model._default_manager.filter(organization__code="acme").values_list(
            "assignment__kpi__code", "assignment__unit__code", "period_start", "value"
        )
        for kpi, unit, start, value in rows:
            place = unit if kpi == "revenue" else kpi
            found[place, start.isoformat()[:7], value] += 1
    return found


def findings() -> list[str]:
    """What verify_integrity has to say."""
    organizations = list(Organization.objects.all())
    return [str(found) for check in CHECKS for found in check(organizations).findings]
