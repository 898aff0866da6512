"""Background work on the real Valkey, by a real worker."""

import datetime as dt
import subprocess

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from kpis.models import Assignment, Change
from scorecard_site.celery import app
from tests.servers import wait_for
from tests.worlds import World


def record_change(world: World) -> None:
    assignment = Assignment.objects.filter(organization=world.organization).earliest("pk")
    Change.objects.create(
        organization=world.organization,
        assignment=assignment,
        first_start=dt.date(2026, 1, 1),
        created_at=timezone.now(),
    )


def nothing_waits() -> bool:
    return not Change.objects.filter(organization__code="acme").exists()


@pytest.fixture
def waiting_change(transactional_db: None, acme: World) -> None:
    """A change whose message was lost."""
    record_change(acme)


@pytest.mark.usefixtures("waiting_change", "celery_worker_process")
@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_up_at_its_start_what_was_lost() -> None:
    wait_for(nothing_waits, "The sweep", seconds=30)


@pytest.mark.usefixtures("celery_worker_process")
@pytest.mark.django_db(transaction=True)
def test_a_value_wakes_the_worker(acme: World) -> None:
    assignment = Assignment.objects.filter(organization=acme.organization).earliest("pk")
    acme.record(assignment.kpi.code, assignment.unit.code, {"2026-01-01": 41.5})
    wait_for(nothing_waits, "The refresh", seconds=30)


@pytest.mark.usefixtures("celery_worker_process")
@pytest.mark.django_db(transaction=True)
def test_a_worker_sweeps_when_told(acme: World) -> None:
    record_change(acme)
    current_app.send_task("scorecards.tasks.sweep_scores")
    wait_for(nothing_waits, "The sweep", seconds=30)


@pytest.mark.django_db(transaction=True)
def test_a_worker_finishes_at_sigterm(celery_worker_process: "subprocess.Popen[bytes]") -> None:
    celery_worker_process.terminate()
    assert celery_worker_process.wait(timeout=30) == 0


def test_every_scheduled_task_is_registered() -> None:
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks


def test_messages_are_json_and_times_utc() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.timezone == "UTC"
    assert app.conf.task_acks_late
