"""Statements that are written out: those that stand between a pushed value and its scores.

Putting such a question together from models takes several times as long as answering it. Each
statement stands beside the code that asks it; whatever is asked less often asks the models.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from calculations.periods import Frequency, Period

Row = TypeVar("Row", bound=models.Model)

# A plan that is made for any parameters supposes few of them.
MOST_PREPARED = 100


def statement_cursor(count: int = 1) -> Any:
    """A cursor for a statement that will be asked again; count: the rows or ids given to it.

    Planning takes PostgreSQL longer than answering one of these. It plans each once for each
    connection, unless many are given, for whose number a plan of their own is better, or the
    operator has switched it off: poolers may hand a connection from transaction to transaction.
    """
    database = connections[DEFAULT_DB_ALIAS]
    # Of what is prepared, Django cannot log the text.
    if database.vendor != "postgresql" or count > MOST_PREPARED or database.queries_logged:
        return database.cursor()
    database.ensure_connection()
    if database.connection.prepare_threshold is None:
        return database.cursor()
    return database.make_cursor(_preparing_cursor()(database.connection))


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


def models_of(
    model: type[Row], statement: str, only: tuple[str, ...] = (), **parameters: Any
) -> list[Row]:
    """The rows as models. {columns} in the statement stands for all that the model knows.

    only: the fields to select; others are read when they are asked for. A star instead of
    {columns} would select what the table has, and what is prepared fails when that changes.
    """
    if _has_none(parameters):
        return []
    read = _reading(model, only)
    with statement_cursor(_most(parameters)) as cursor:
        cursor.execute(_filled(statement, parameters, columns=read.columns), _plain(parameters))
        rows = cursor.fetchall()
    if read.converters:
        rows = _compiler(model).apply_converters(rows, read.converters)
    return [model.from_db(DEFAULT_DB_ALIAS, read.names, row) for row in rows]


class _Reading(NamedTuple):
    """How rows become a model: what to select, and what Django does with each value."""

    columns: str
    names: list[str]
    converters: Any


@cache
def _reading(model: type[models.Model], only: tuple[str, ...]) -> _Reading:
    fields = [f for f in model._meta.concrete_fields if not only or f.attname in only]
    table, quote = model._meta.db_table, connection.ops.quote_name
    columns = ", ".join(f"{quote(table)}.{quote(str(field.column))}" for field in fields)
    converters = _compiler(model).get_converters([field.cached_col for field in fields])
    return _Reading(columns, [field.attname for field in fields], converters)


def _compiler(model: type[models.Model]) -> Any:
    return model._default_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)


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
