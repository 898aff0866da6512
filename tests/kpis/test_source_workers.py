"""What a source tells of a refresh whose worker was killed."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from kpis.jobs import refresh_source
from kpis.models import SourceRun
from kpis.services.sources import running
from kpis.services.sources.running import ask_for_run
from organizations.access import user_access
from organizations.models import Job
from organizations.services.jobs.leases import LEASE, Work
from organizations.services.jobs.running import claim_next
from organizations.services.jobs.sweeping import sweep_jobs
from scorecards.selectors.sources.lines import sources_page
from tests.kpis.sources_world import new_source
from tests.worlds import World

pytestmark = [pytest.mark.django_db(transaction=False), pytest.mark.both_databases]


class Killed(BaseException):
    """The end of a worker, after which nothing of it runs."""


@pytest.fixture(autouse=True)
def _killing(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(running, "asked", kill)


def killed(job: Job, tries: int = 1) -> SourceRun:
    """The run as it stands once another worker has swept, half a minute later."""
    Job.objects.filter(pk=job.pk).update(tries=tries - 1)
    claimed = claim_next()
    assert claimed == job
    with pytest.raises(Killed):
        refresh_source(Work(claimed))
    run = SourceRun.objects.get(job=job.code)
    assert run.state == "running"
    with time_machine.travel(timezone.now() + LEASE + dt.timedelta(seconds=1)):
        sweep_jobs()
    run.refresh_from_db()
    job.refresh_from_db()
    return run


@pytest.mark.parametrize(("tries", "state"), [(1, "waiting"), (running.TRIES, "failed")])
def test_its_run_says_so_whether_it_is_tried_again_or_not(
    acme: World, tries: int, state: str
) -> None:
    """Otherwise its page would show a good source for as long as each refresh kills its worker."""
    job = ask_for_run(source=new_source(acme), by=None)
    run = killed(job, tries)
    assert job.state == state
    assert (run.state, run.said) == ("failed", "The worker that had it was ended.")
    access = user_access(acme.users["root"], "acme")
    assert access
    [line] = sources_page(access).lines
    assert line.state == "stale"


def test_one_that_was_cancelled_besides_does_not_stay_running(acme: World) -> None:
    job = ask_for_run(source=new_source(acme), by=None)
    Job.objects.filter(pk=job.pk).update(is_cancelled=True)
    assert (killed(job).state, job.state) == ("failed", "cancelled")
