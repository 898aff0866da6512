"""Statements that are written out: those that stand between a pushed value and its scores.

Putting such a question together from models takes several times as long as answering it. Each
statement stands beside the code that asks it; whatever is asked less often asks the models.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import orjson
from django.db import connection, models

from calculations.periods import Frequency, Period

Row = TypeVar("Row", bound=models.Model)


# A plan that is made for any parameters supposes few of them.
MOST_PREPARED = 20


@contextmanager
def statement_cursor(count: int = 1) -> Iterator[Any]:
    """A cursor for a statement that will be asked again; count: the rows or ids given to it.

    Planning takes PostgreSQL longer than answering one of these. It plans each once for each
    connection, unless many are given, for whose number a plan of their own is better, or the
    operator has switched it off: poolers may hand a connection from transaction to transaction.
    """
    with _planned_once(count), connection.cursor() as cursor:
        yield cursor


@contextmanager
def _planned_once(count: int) -> Iterator[None]:
    """Cursors that are opened within leave the parameters to PostgreSQL."""
    # Of what is prepared, Django cannot log the text.
    if connection.vendor != "postgresql" or connection.queries_logged or count > MOST_PREPARED:
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    usual = driver.cursor_factory
    if driver.prepare_threshold is not None:
        driver.cursor_factory = _preparing_cursor()
    try:
        yield
    finally:
        driver.cursor_factory = usual


@cache
def _preparing_cursor() -> Any:
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor


def fetched(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of the statement, on PostgreSQL and on SQLite.

    It names its parameters: %(day)s. Of a collection, {ids} stands for "is one of these":
    `WHERE unit_id {ids}`. Among none is nothing: then the database is not asked.
    """
    if _has_none(parameters):
        return []
    with statement_cursor(_most(parameters)) as cursor:
        cursor.execute(_filled(statement, parameters), _plain(parameters))
        return list(cursor.fetchall())


def executed(statement: str, **parameters: Any) -> int:
    """Run a statement that writes; returns how many rows it concerned."""
    with statement_cursor(_most(parameters)) as cursor:
        cursor.execute(_filled(statement, parameters), _plain(parameters))
        return int(cursor.rowcount)


def models_of(model: type[Row], statement: str, **parameters: Any) -> list[Row]:
    """The rows as models; columns that are not selected are read when they are asked for.

    {columns} in the statement stands for all that the model knows. A star would stand for those
    that the table has, and what is prepared fails when a migration adds one.
    """
    if _has_none(parameters):
        return []
    filled = _filled(statement, parameters, columns=_columns(model))
    with _planned_once(_most(parameters)):
        return list(model._default_manager.raw(filled, _plain(parameters)))


def in_periods(periods: Iterable[Period]) -> tuple[str, dict[str, Any]]:
    """A condition that holds in exactly these periods, at least one, and its parameters."""
    starts: dict[Frequency, list[dt.date]] = defaultdict(list)
    for period in periods:
        starts[period.frequency].append(period.start)
    conditions = [f"(frequency = '{each}' AND period_start {{{each}s}})" for each in starts]
    return f"({' OR '.join(conditions)})", {f"{each}s": days for each, days in starts.items()}


def as_date(value: Any) -> Any:
    """A date that was read; SQLite answers texts where it has computed one."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


_AMONG = {
    "postgresql": "= ANY(%({})s)",
    "sqlite": "IN (SELECT value FROM json_each(%({})s))",
}


def _filled(statement: str, parameters: Mapping[str, Any], **blanks: str) -> str:
    among = _AMONG[connection.vendor]
    named = [name for name, value in parameters.items() if _is_collection(value)]
    return statement.format(**{name: among.format(name) for name in named}, **blanks)


@cache
def _columns(model: type[models.Model]) -> str:
    table = model._meta.db_table
    return ", ".join(f"{table}.{field.column}" for field in model._meta.concrete_fields)


def _most(parameters: Mapping[str, Any]) -> int:
    """The size of the largest collection, at least 1."""
    return max((len(value) for value in parameters.values() if _is_collection(value)), default=1)


def _has_none(parameters: Mapping[str, Any]) -> bool:
    return any(_is_collection(value) and not value for value in parameters.values())


def _is_collection(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """As both drivers take them."""
    return {name: _plain_value(value) for name, value in parameters.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if not _is_collection(value):
        return value
    every = list(value)
    return every if connection.vendor == "postgresql" else orjson.dumps(every).decode()
