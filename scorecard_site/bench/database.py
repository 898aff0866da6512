"""A database of the bench's own, and the bare driver beside Django."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management.base import CommandError
from django.db import connection

Statement = tuple[str, Any]


@contextmanager
def own_database(template: str | None = None) -> Iterator[None]:
    """Django's connection is to a new, migrated database until the end; then it is dropped.

    A copy of the template, which is migrated already, is there half a minute earlier.
    """
    if connection.vendor != "postgresql":
        raise CommandError(
            "The bench compares with PostgreSQL: set DATABASE_URL to one, whose databases stay"
            " as they are, or run make bench, which brings its own."
        )
    name = f"bench_{os.getpid()}"
    kept = connection.settings_dict["NAME"]
    wanted = {"NAME": name, "TEMPLATE": template}
    connection.settings_dict["TEST"] = {**connection.settings_dict["TEST"], **wanted}
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)


def database_url() -> str:
    """The own database's address, for processes that are started."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def bare_connection() -> "psycopg.Connection[Any]":
    """The driver alone, connected as Django is. Parameters are put in by the client, as there."""
    parameters = connection.get_connection_params()
    wanted = {
        name: value
        for name, value in parameters.items()
        if name in ("dbname", "user", "password", "host", "port")
    }
    return psycopg.connect(**wanted, cursor_factory=psycopg.ClientCursor)


@contextmanager
def recorded_statements() -> Iterator[list[Statement]]:
    """Every statement that Django's connection runs meanwhile, with its parameters."""
    statements: list[Statement] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield statements


def fetch_all(bare: "psycopg.Connection[Any]", statements: Sequence[Statement]) -> None:
    """Run the statements one after the other and fetch all their rows."""
    with bare.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql.encode(), params)
            if cursor.description:
                cursor.fetchall()
    bare.rollback()


def statement_count(run: Any) -> int:
    """How many statements it takes, those that open and close transactions left out."""
    with recorded_statements() as statements:
        run()
    return sum(not sql.startswith(("SAVEPOINT", "RELEASE")) for sql, _ in statements)
