"""One round: every process and every server dies in the middle of its work."""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from django.utils import timezone

from kpis.models import Change, Measurement, MeasurementRevision
from kpis.services.wake import wake_refresh
from organizations.access import Access, user_access
from organizations.models import Job, Organization
from organizations.services.locks import CLOSINGS_LOCK, SCORES_LOCK
from scorecard_site.integrity.verification import CHECKS
from scorecards.models import Import, ScoreSheet
from scorecards.selectors.imports.tables import tables_in
from scorecards.services.imports.steps import apply_import, say_mapping, start_import
from tests.faults import points
from tests.faults.accounts import Key
from tests.faults.answers import GATE
from tests.faults.installation import BreakableServers, Processes
from tests.faults.pushing import Batch, Ledger, Pusher, batches
from tests.faults.refreshing import AWAY, FIRST_SLOTS, LAST_SLOTS, STANDING, Refreshing
from tests.servers import wait_for
from tests.worlds import World

SECONDS, POLL_SECONDS = 90, 0.08
IMPORTED = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]


class Round:
    """What happens in it, step by step; the ledger keeps what was promised."""

    def __init__(
        self,
        number: int,
        world: World,
        installation: tuple[BreakableServers, Processes],
        refreshing: Refreshing,
    ) -> None:
        self.number, self.world = number, world
        self.servers, self.processes = installation
        self.refreshing = refreshing
        self.organization_id = world.organization.pk
        self.steps = [("start", time.monotonic())]

    def run(self, pusher: Pusher) -> None:
        """All faults; at its end everything has come to rest."""
        self.step("the first values")
        row = self.begin()
        first, *others = batches(self.number, part=0)
        self.step("web")
        self.kill_web_while_it_stores_and_before_it_answers(pusher, first, others)
        self.step("sources")
        until(lambda: self.refreshing.have_failed(1, *AWAY), "The first tries")
        until(self.refreshing.lies_have_ended, "What lies")
        self.step("worker")
        self.kill_worker_clock_and_queue(row)
        self.step("database")
        self.crash_database_while_values_come(pusher)
        self.step("rest")
        self.come_to_rest(row)
        self.step("clock")
        self.go_on_with_the_damaged_clock()
        self.note_import(pusher.ledger)
        self.refreshing.note(pusher.ledger)
        self.processes.stop()
        self.step("end")

    def begin(self) -> Import:
        """Everything starts; a file is read, and every source is asked."""
        self.processes.start_all()
        self.refreshing.ask_all()
        until(lambda: self.refreshing.stand(*STANDING), "The sources that do not answer")
        self.refreshing.ask_steady()
        until(self.refreshing.is_undisturbed, "The source that is well")
        self.processes.wait_for_web()
        return self.ready_import()

    # --- The faults

    def kill_web_while_it_stores_and_before_it_answers(
        self, pusher: Pusher, first: Batch, others: list[Batch]
    ) -> None:
        """One push is stored and not answered yet; others stand within their transactions."""
        with ExitStack() as locks:
            locks.enter_context(points.held(SCORES_LOCK, self.organization_id))
            pusher.start_waiting(first)
            until(lambda: are_stored(first) or pusher.failures, "A push that is stored")
            locks.enter_context(points.held(CLOSINGS_LOCK, self.organization_id))
            pusher.start(others)
            until(lambda: points.waiting(CLOSINGS_LOCK) or pusher.failures, "A push that stores")
            assert not pusher.failures, pusher.failures
            self.processes.kill("web")
        self.processes.start("web")
        self.processes.wait_for_web()
        pusher.finish()
        assert pusher.unchanged == len(first), "What was stored before the kill was stored again."

    def kill_worker_clock_and_queue(self, row: Import) -> None:
        """It computes, imports, asks, ends a refresh and claims slots; with it goes the queue."""
        self.refreshing.press()
        self.refreshing.ask(GATE)
        until(lambda: self.refreshing.stand(*STANDING, GATE), "The second tries")
        until(lambda: self.refreshing.have_failed(2, "endless", "short"), "The other second tries")
        with ExitStack() as locks:
            locks.enter_context(points.held_run(self.refreshing.gated_run()))
            self.refreshing.server.gate.set()
            until(points.settling, "A refresh between its effect and its end")
            for lock in (SCORES_LOCK, CLOSINGS_LOCK):
                locks.enter_context(points.held(lock, self.organization_id))
            self.note_change()
            apply_import(row=row, attempt=row.attempt, scope="whole")
            until(lambda: points.waiting(SCORES_LOCK), "A worker that computes")
            until(lambda: points.waiting(CLOSINGS_LOCK), "A worker that imports")
            locks.enter_context(points.held_jobs())
            self.refreshing.make_due(*FIRST_SLOTS)
            until(points.claiming, "A worker that claims slots")
            self.servers.freeze_valkey()
            until(self.clock_is_sending, "A clock that sends")
            for program in ("beat-one", "worker"):
                self.processes.kill(program)
            self.servers.crash_valkey()
        assert is_in(row, Import.State.APPLYING)
        self.processes.damage_clock("beat-one")
        self.processes.start("beat-one")

    def clock_is_sending(self) -> bool:
        return self.processes.is_sending("beat-one", self.servers.valkey_port)

    def note_change(self) -> None:
        Change.objects.create(
            organization=self.world.organization,
            assignment=self.world.assignment("revenue", "sales"),
            first_start=dt.date(2025, 1, 1),
            created_at=timezone.now(),
        )
        wake_refresh(self.organization_id)

    def crash_database_while_values_come(self, pusher: Pusher) -> None:
        before = pusher.ledger.count
        pusher.start(batches(self.number, part=1))
        until(lambda: pusher.ledger.count > before, "A push")
        self.servers.crash_postgres()
        points.disconnect()
        pusher.finish()

    def come_to_rest(self, row: Import) -> None:
        """Half a minute later, when leases have ended, another worker comes."""
        now = timezone.now()
        for left in (Import.objects.filter(pk=row.pk), Job.objects.filter(state=Job.State.RUNNING)):
            left.update(lease_until=now)
        self.refreshing.get_well()
        self.processes.start("worker")
        until(lambda: self.refreshing.have_fired(*FIRST_SLOTS), "The slots")
        until(self.refreshing.have_ended, "The sources")
        until(lambda: is_in(row, Import.State.DONE), "The import")
        until(self.is_at_rest, "The scores")

    def go_on_with_the_damaged_clock(self) -> None:
        """It alone goes on."""
        self.processes.kill("beat-two")
        self.refreshing.make_due(*LAST_SLOTS)
        until(lambda: self.refreshing.have_fired(*LAST_SLOTS), "The last slots")
        until(self.refreshing.have_ended, "What the clock asked for")
        until(self.is_at_rest, "The scores")

    def step(self, name: str) -> None:
        self.steps.append((name, time.monotonic()))

    def told(self) -> str:
        """How long it took, and each step."""
        pairs = zip(self.steps[1:], self.steps[2:], strict=False)
        steps = ", ".join(f"{name} {end - begin:.0f}" for (name, begin), (_, end) in pairs)
        return f"{self.steps[-1][1] - self.steps[0][1]:.1f} s ({steps})"

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
        for i, month in months():
            ledger.note(("acme", "defects", "sales", month), float(self.number * 100 + i))

    def is_at_rest(self) -> bool:
        stale = ScoreSheet.objects.filter(is_stale=True)
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
    """Ask seldom: each question opens a connection."""

    def is_so_by_now() -> bool:
        found = bool(is_so())
        if not found:
            time.sleep(POLL_SECONDS)
        return found

    wait_for(is_so_by_now, what, seconds=SECONDS)


def are_stored(rows: Batch) -> bool:
    """Whether others see it: it was committed."""
    values = [row["value"] for row in rows]
    return Measurement.objects.filter(value__in=values).count() == len(values)


# --- What is left


def stored() -> dict[Key, list[float]]:
    """Every value that is or was said of a key, one after the other."""
    found: defaultdict[Key, list[float]] = defaultdict(list)
    about = (
        *("organization__code", "assignment__kpi__code", "assignment__unit__code"),
        *("period_start", "value"),
    )
    revisions = MeasurementRevision.objects.order_by("superseded_at", "pk").values_list(*about)
    for rows in (revisions, Measurement.objects.values_list(*about)):
        for organization, kpi, unit, start, value in rows:
            found[organization, kpi, unit, start.isoformat()[:7]].append(value)
    return found


def findings() -> list[str]:
    """What verify_integrity has to say."""
    organizations = list(Organization.objects.all())
    return [str(found) for check in CHECKS for found in check(organizations).findings]
