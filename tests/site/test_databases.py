"""The runs test what they claim to test."""

from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_main_run_is_on_postgresql() -> None:
    assert connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 160000


@pytest.mark.both_databases
@pytest.mark.django_db
def test_second_run_is_on_an_sqlite_file(request: pytest.FixtureRequest) -> None:
    assert connection.vendor == request.config.getoption("database")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA database_list")
            _, schema, file = cursor.fetchone()
        assert schema == "main"
        assert Path(file).stat().st_size > 0
        assert _pragma("journal_mode") == "wal"
        assert _pragma("foreign_keys") == 1


def test_valkey_answers() -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert client.ping()
    assert "valkey_version" in client.info("server")


def _pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]
