"""Fixtures for every test: the databases' names, and a Celery worker of flesh and blood."""

import fcntl
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from scorecard_site.celery import app as celery_app
from tests import prepared, worlds
from tests.servers import wait_for
from tests.worlds import World

ROOT = Path(__file__).resolve().parent.parent


def test_database_url() -> str:
    """The DATABASE_URL of the test database, for processes that a test starts."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    query = urlencode({"host": connection.settings_dict["OPTIONS"]["host"]})
    return f"postgresql://postgres@/{name}?{query}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there by now stays: looking through it for garbage took an eighth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


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
def own_database(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> "TestDatabase":
    """This process's database, with both worlds."""
    database = TestDatabase(tmp_path_factory.mktemp("database"))
    with django_db_blocker.unblock():
        database.create()
        worlds.build()
        database.keep()
    return database


@pytest.fixture(scope="session")
def django_db_setup(own_database: "TestDatabase") -> None:
    """Each test sees both worlds, in a transaction of its own or in a copy."""

    def copy_again(case: TransactionTestCase) -> None:
        own_database.restore()

    TransactionTestCase._fixture_teardown = copy_again  # type: ignore[attr-defined]


class TestDatabase:
    """The database of this process, and how it was when both worlds had just been built."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.is_file = connection.vendor == "sqlite"
        worker = os.environ.get("PYTEST_XDIST_WORKER", "own")
        self.name = str(folder / "test.sqlite3") if self.is_file else f"test_{worker}"
        self.kept = str(folder / "worlds.sqlite3") if self.is_file else f"worlds_{worker}"

    def create(self) -> None:
        """Make it, with every table and no row, and let Django use it."""
        if self.is_file:
            prepared.copy_sqlite_schema(Path(self.name))
        else:
            prepared.clone(prepared.SCHEMA, self.name)
        self._disconnect()
        connection.settings_dict["NAME"] = self.name

    def keep(self) -> None:
        """Remember it as it is."""
        self._copy(self.name, self.kept)

    def restore(self) -> None:
        """Make it what it was, after a test whose transactions were real."""
        self._copy(self.kept, self.name)

    def become(self, what: str, make: Callable[[], object]) -> None:
        """Make it what make() makes of it: the first process of a run does so, others copy."""
        folder = Path(os.environ["VAR_DIR"])
        shared = str(folder / f"{what}.sqlite3") if self.is_file else f"shared_{what}"
        made = folder / f"{what}.made"
        with (folder / f"{what}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                self._copy(shared, self.name)
                return
            make()
            self._copy(self.name, shared)
            made.touch()

    def _copy(self, source: str, target: str) -> None:
        self._disconnect()
        if self.is_file:
            prepared.copy_sqlite(Path(source), Path(target))
        else:
            prepared.clone(source, target)
        ContentType.objects.clear_cache()

    def _disconnect(self) -> None:
        connections.close_all()
        if not self.is_file:
            connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture
def acme(db: None) -> World:
    """Acme: Alice manages EMEA, Bob views and Carol contributes to Sales, Root administers."""
    return worlds.kept("acme")


@pytest.fixture
def rival(db: None) -> World:
    """Rival: Charlie administers it and must see nothing of Acme."""
    return worlds.kept("rival")
