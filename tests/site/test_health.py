"""What a load balancer is told."""

import datetime as dt
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kpis.models import Change
from organizations.models import Job, Organization
from scorecard_site import health
from scorecards.models import Import
from tests.worlds import World


def test_healthz_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.both_databases
@pytest.mark.django_db
def test_readyz_when_all_is_well(client: Client) -> None:
    Change.objects.all().delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


@pytest.mark.both_databases
@pytest.mark.django_db
def test_readyz_names_migrations_that_are_missing(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["reason"]


@pytest.mark.both_databases
def test_readyz_tells_the_age_of_the_oldest_change(client: Client, acme: World) -> None:
    Change.objects.all().delete()
    record_change(acme, age=20)
    record_change(acme, age=5)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert 20 <= answer.json()["oldest_pending_seconds"] < 30


@pytest.mark.both_databases
def test_readyz_complains_when_no_worker_takes_the_changes(client: Client, acme: World) -> None:
    record_change(acme, age=health.OLDEST_PENDING_SECONDS + 1)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "is a worker running?" in answer.json()["reason"]


@pytest.mark.both_databases
def test_readyz_looks_at_jobs_and_files_too(client: Client, acme: World) -> None:
    Change.objects.all().delete()
    late = timezone.now() - dt.timedelta(seconds=health.OLDEST_PENDING_SECONDS + 60)
    job = Job.objects.create(organization=acme.organization, kind="remind", due_at=late)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith("Jobs have waited 36")
    # Of many, some must wait for long: what counts is that the queue moves.
    about = {"kind": "remind", "state": "done", "finished_at": timezone.now()}
    Job.objects.create(organization=acme.organization, started_at=timezone.now(), **about)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["waiting_seconds"]["jobs"] < 10
    job.delete()
    Import.objects.create(
        organization=acme.organization,
        created_by=acme.users["root"],
        number=1,
        file_name="x",
        size=1,
        content=b"x",
        changed_at=late,
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith("Files that were brought in have waited")


@pytest.mark.django_db
def test_readyz_when_the_database_is_away(client: Client) -> None:
    # The one fault that cannot be had for real without ending the database of every test.
    with mock.patch.object(health, "_unapplied_migrations", side_effect=OperationalError):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "The database does not answer."


@pytest.mark.django_db
def test_health_answers_over_plain_http_to_the_container(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/accounts/login/").status_code == 301


def record_change(world: World, *, age: float) -> None:
    organization: Organization = world.organization
    Change.objects.create(
        organization=organization,
        assignment=world.assignment(*next(iter(_assigned(world)))),
        first_start="2026-01-01",
        created_at=timezone.now() - dt.timedelta(seconds=age),
    )


def _assigned(world: World) -> list[tuple[str, str]]:
    from kpis.models import Assignment

    rows = Assignment.objects.filter(organization=world.organization)
    return list(rows.values_list("kpi__code", "unit__code"))
