"""Fixtures for every test: the databases' names, and a Celery worker of flesh and blood."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from organizations.models import Organization
from scorecard_site.backup import restore_backup, write_backup
from scorecard_site.celery import app as celery_app
from tests import worlds
from tests.servers import wait_for
from tests.worlds import World

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """On SQLite, test in a file as the embedded default does: Django would take memory."""
    if connection.vendor == "sqlite":
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        connection.settings_dict.setdefault("TEST", {})["NAME"] = name


def test_database_url() -> str:
    """The DATABASE_URL of the test database, for processes that a test starts."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    query = urlencode({"host": connection.settings_dict["OPTIONS"]["host"]})
    return f"postgresql://postgres@/{name}?{query}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def celery_worker_process(
    transactional_db: None, tmp_path: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A real Celery worker on the real Valkey and this test's database, for as long as the test."""
    celery_app.control.purge()
    environment = {
        **os.environ,
        "DATABASE_URL": test_database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "VAR_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "celery", "-A", "scorecard_site", "worker", "-P", "solo"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"],
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: is_ready(worker, tmp_path / "worker.log"), "The Celery worker")
        yield worker
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def is_ready(worker: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Whether the worker answers; fails with its log when it has died."""
    if worker.poll() is not None:
        pytest.fail(f"The Celery worker ended:\n{log.read_text()}")
    return bool(celery_app.control.ping(timeout=0.2))


@pytest.fixture(scope="session")
def worlds_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both worlds are kept: restoring them takes a tenth of building them."""
    return tmp_path_factory.mktemp("worlds") / "worlds.zip"


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, worlds_backup: Path
) -> None:
    """Both worlds are built once; each test sees them in a transaction of its own."""
    with django_db_blocker.unblock():
        worlds.build()
        write_backup(path=worlds_backup)


@pytest.fixture
def world_rows(db: None, worlds_backup: Path) -> None:
    """The rows of both worlds, again where a test with real transactions has emptied all."""
    if not Organization.objects.filter(code="acme").exists():
        restore_backup(path=worlds_backup, replace=True)


@pytest.fixture
def acme(world_rows: None) -> World:
    """Acme: Alice manages EMEA, Bob views and Carol contributes to Sales, Root administers."""
    return worlds.loaded("acme")


@pytest.fixture
def rival(world_rows: None) -> World:
    """Rival: Charlie administers it and must see nothing of Acme."""
    return worlds.loaded("rival")
