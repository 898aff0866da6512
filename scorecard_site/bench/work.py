"""P18: scores refreshed by a worker against the same work called directly."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from celery import current_app
from celery.signals import before_task_publish
from django.conf import settings
from django.core.management.base import CommandError

from kpis.models import Change
from kpis.services.measurements import record_measurements
from kpis.services.resolution import RowToRecord
from kpis.services.wake import REFRESH_TASK, TOGETHER_SECONDS
from organizations.access import token_access
from scorecard_site.supervisor import end_with_parent
from scorecards.models import ScoreSheet
from scorecards.services.refresh import refresh_scores

from .database import database_url
from .measuring import Contender, Count, Finding, Ratio, timed_rounds
from .synthetic import Synthetic

QUEUE = f"bench-{os.getpid()}"
LONGEST_SECONDS = 120
LOOK_SECONDS = 0.002
VALUES_A_TASK = 1000
SLOWEST = 1 / 0.6


def work_findings(made: Synthetic, rounds: int) -> Iterator[Finding]:
    """Every value is corrected, and then every score refreshed: here, or by a worker."""
    organization_id = made.organization.pk
    numbers = count(1)

    def correct() -> None:
        _correct(made, next(numbers))

    def call() -> None:
        refresh_scores(organization_id=organization_id)

    with _worker() as worker:

        def ask() -> None:
            current_app.send_task(REFRESH_TASK, [organization_id], queue=QUEUE)
            _wait_until_fresh(organization_id, worker)

        samples = timed_rounds(
            [
                Contender("worker", {"run": ask}, correct),
                Contender("called", {"run": call}, correct),
            ],
            rounds,
        )
    what = f"refresh all scores after {len(made.rows):,} corrections, by a worker"
    asked, called = samples["worker", "run"], samples["called", "run"]
    yield Ratio("P18", what, asked, called, "called directly", SLOWEST)
    most = -(-len(made.rows) // VALUES_A_TASK)
    yield Count("P18", f"tasks for {len(made.rows):,} corrections", _tasks(correct), most)
    call()


def _correct(made: Synthetic, more: float) -> None:
    access = token_access(made.token, made.organization.code)
    if access is None:
        raise CommandError("The bench's own token has no access.")
    rows = [
        RowToRecord(row.kpi, f"{row.start:%Y-%m}", row.value + more, row.unit) for row in made.rows
    ]
    recorded = record_measurements(access=access, rows=rows, is_atomic=False)
    if recorded.updated != len(rows):
        raise CommandError(f"Only {recorded.updated} of {len(rows)} values were corrected.")


def _tasks(run: Callable[[], object]) -> int:
    """How many tasks this process asks for meanwhile, or just after."""
    sent: list[object] = []

    def note(**about: object) -> None:
        sent.append(about["sender"])

    before_task_publish.connect(note)
    try:
        run()
        time.sleep(20 * TOGETHER_SECONDS)
    finally:
        before_task_publish.disconnect(note)
    return len(sent)


def _wait_until_fresh(organization_id: int, worker: "subprocess.Popen[bytes]") -> None:
    """Until no change waits and no sheet is stale."""
    deadline = time.monotonic() + LONGEST_SECONDS
    changes = Change.objects.filter(organization_id=organization_id)
    stale = ScoreSheet.objects.filter(organization_id=organization_id, is_stale=True)
    while changes.exists() or stale.exists():
        if worker.poll() is not None or time.monotonic() > deadline:
            raise CommandError("The worker of the bench did not refresh the scores.")
        time.sleep(LOOK_SECONDS)


@contextmanager
def _worker() -> Iterator["subprocess.Popen[bytes]"]:
    """One worker on a queue of its own, which looks at the bench's database."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(settings.VAR_DIR),
        "LOG_LEVEL": "WARNING",
    }
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "scorecard_site"]
    options = ["--queues", QUEUE, "--pool", "threads", "--concurrency", "1"]
    options += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    process = subprocess.Popen(
        [*celery, "--workdir", str(settings.BASE_DIR), "worker", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509  # we start no threads
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)
