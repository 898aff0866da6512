"""Background work on the real Valkey, by a real worker."""

import datetime as dt
import socket
import subprocess
from pathlib import Path

import pytest
from celery import current_app
from celery.beat import Service
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

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


def test_a_clock_starts_whatever_a_killed_one_has_left(tmp_path: Path) -> None:
    """Celery's own does not start once a file says that more was written than there is."""
    left = tmp_path / "schedule"
    for suffix, text in ((".dat", ""), (".dir", "'entries', (0, 900)\n")):
        Path(f"{left}{suffix}").write_text(text)
    clock = Service(app, schedule_filename=str(left), scheduler_cls=app.conf.beat_scheduler)
    assert set(clock.scheduler.schedule) >= set(settings.CELERY_BEAT_SCHEDULE)
    assert left.exists()
    left.unlink()
    clock.sync()
    assert left.exists()  # by which others see that it goes


def test_a_queue_that_says_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < float(settings.CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"]) <= 5
    options = app.conf.broker_transport_options
    monkeypatch.setitem(options, "socket_timeout", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with app.connection_for_write(url) as queue, pytest.raises(OperationalError):
            app.send_task("organizations.tasks.run_jobs", connection=queue, retry=False)
