"""Jobs by real workers: on Valkey with one of them killed, and on the filesystem queue."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from organizations.models import Job, Slot
from organizations.services.jobs import handlers as registry
from organizations.services.jobs.leases import Work
from organizations.services.jobs.queue import Wish, enqueue_all
from organizations.services.jobs.sweeping import sweep_jobs
from organizations.services.jobs.waking import wake_workers
from scorecard_site.celery import app
from tests.conftest import ROOT, test_database_url
from tests.servers import wait_for
from tests.worlds import World

pytestmark = pytest.mark.django_db(transaction=True)
N_JOBS = 30


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """What the workers know; here nobody does it."""
    known = dict(registry.handlers())

    def elsewhere(work: Work) -> None:
        raise NotImplementedError

    for kind in ("mark", "hold"):
        registry.handles(kind, name=kind)(elsewhere)
    yield
    registry._handlers.clear()
    registry._handlers.update(known)


@contextmanager
def worker(folder: Path, queue: str, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that knows this module's jobs; whatever is left of it is ended."""
    folder.mkdir()
    places = {"DATABASE_URL": test_database_url(), "REDIS_URL": queue, "VAR_DIR": str(folder)}
    command = [sys.executable, "-m", "celery", "-A", "scorecard_site", "worker"]
    command += ["--include", "tests.organizations.marking_jobs"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", *options],
            env={**os.environ, **places},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)


def are_done(*kinds: str) -> Callable[[], bool]:
    return lambda: not Job.objects.filter(kind__in=kinds).exclude(state="done").exists()


def effects() -> Counter[int]:
    """How often each job took effect."""
    marks = Slot.objects.filter(what__startswith="effect ").values_list("what", flat=True)
    return Counter(int(what.removeprefix("effect ")) for what in marks)


def test_every_job_takes_effect_once_though_a_worker_is_killed(
    acme: World, rival: World, tmp_path: Path
) -> None:
    app.control.purge()
    marks = [
        Wish("mark", world.organization, key=str(n))
        for n in range(N_JOBS)
        for world in (acme, rival)
    ]
    enqueue_all([Wish("hold", acme.organization), *marks])
    folders = [tmp_path / name for name in ("one", "two")]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(worker(folder, settings.REDIS_URL, "-P", "solo"))
            for folder in folders
        ]
        wait_for(
            lambda: any((each / "held").exists() for each in folders), "The first job", seconds=90
        )
        held_by = next(n for n, each in enumerate(folders) if (each / "held").exists())
        workers[held_by].kill()
        wait_for(are_done("mark"), "What the other worker does", seconds=90)
        held = Job.objects.get(kind="hold")
        assert (held.state, held.attempt, effects()[held.pk]) == ("running", 1, 0)
        lease_until = held.lease_until or timezone.now()
        wait_for(lambda: lease_until < timezone.now(), "The end of its lease")
        sweep_jobs()
        Job.objects.filter(kind="hold").update(due_at=timezone.now())
        wake_workers()
        wait_for(are_done("hold"), "What the killed worker left", seconds=60)
    assert effects() == dict.fromkeys(Job.objects.values_list("pk", flat=True), 1)
    assert set(Job.objects.values_list("attempt", flat=True)) == {1, 2}


@pytest.mark.both_databases
def test_the_queue_in_files_serves_as_well(acme: World, tmp_path: Path) -> None:
    """What waited while no worker ran is taken up at its start."""
    enqueue_all(Wish("mark", acme.organization, key=str(n)) for n in range(N_JOBS))
    with worker(tmp_path / "one", "", "-P", "threads", "-c", "4"):
        wait_for(are_done("mark"), "What waits", seconds=90)
    assert effects() == dict.fromkeys(Job.objects.values_list("pk", flat=True), 1)
