"""What the kinds share that ask databases: one question, read only, in bounded time and size."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from django.db import connections
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from organizations.services.outgoing import NoAnswer, NotAllowed, OutgoingError
from organizations.services.outgoing.addresses import Address, looked_up, system_resolver

from .shapes import (
    MOST_ROWS,
    VARIABLES,
    Config,
    Fetched,
    Field,
    RawRow,
    Settings,
    SourceAway,
    SourceFailed,
    Window,
    showing,
)

COLUMNS = ("kpi", "unit", "period", "value")
SECONDS = 10.0
PASSING = {"QueryCanceled", "AdminShutdown", "CannotConnectNow", "TooManyConnections"}
LONGEST_CELL = 500
# A table that only a database of this product has.
OUR_TABLE = "kpis_measurement"
OURS = "This is the database of Line of Sight itself, which is no source."
QUERY = Field(
    "query",
    "Query",
    "One SELECT with the columns value and, where not chosen below, kpi, unit and period. :period,"
    " :start, :end, :year and :month stand for the period asked for.",
    "area",
    5000,
    is_required=True,
)
SERVER = (
    Field("host", "Host", "Such as db.example.com.", is_required=True),
    Field("port", "Port", "Empty: the usual one.", "whole", 5),
    Field("database", "Database", is_required=True),
    Field("user", "User", "One that may only read.", is_required=True),
    Field("password", "Password", "Kept encrypted.", "password", 500, is_secret=True),
    Field(
        "tls",
        "Encryption",
        kind="select",
        options=(("verify", "Required, with a valid certificate"), ("prefer", "If offered")),
        default="verify",
    ),
)


def aim(settings: Settings) -> str:
    """Whom a password is for, and how it is sent: it is not shown to another, nor in the open."""
    names = ("host", "port", "database", "user", "tls")
    said = (settings.get(name, "").strip() for name in names)
    return "\n".join(said)


def asks_by_period(settings: Settings) -> bool:
    return bool(_binds(settings.get("query", "")))


def problems(settings: Settings) -> dict[str, str]:
    """What is wrong with the query or the place, by field."""
    found = {"query": _query_problem(settings["query"])}
    host, port = settings.get("host", ""), settings.get("port", "")
    if any(sign in "/\\,@ " or not sign.isprintable() for sign in host):
        found["host"] = "Write the name or the address of one host."
    if port and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        found["port"] = "Write a port from 1 to 65535."
    return {name: said for name, said in found.items() if said}


def _query_problem(query: str) -> str:
    if ";" in bare(query):
        return "Write one statement, without semicolons."
    unknown = _binds(query) - set(VARIABLES)
    if unknown:
        known = ", ".join(f":{name}" for name in VARIABLES)
        return f"There is no :{min(unknown)}; what can stand after a colon is {known}."
    return ""


def bare(query: str) -> str:
    """Without the semicolon that people end a statement with."""
    return query.strip().removesuffix(";").rstrip()


def _binds(query: str) -> set[str]:
    return set(sqlalchemy.text(query).compile().params)


def default_port(settings: Settings, usual: int) -> int:
    return int(settings.get("port") or usual)


# --- Where


def addresses_of(config: Config, port: int, deadline: float) -> list[Address]:
    """The addresses of the host that may be asked, and are not where our own database lies."""
    host, database = config.settings["host"], config.settings["database"]
    try:
        found = looked_up(host, port, deadline - time.monotonic(), system_resolver)
    except NotAllowed as refusal:
        raise SourceFailed(str(refusal)) from None
    except OutgoingError as reason:
        raise SourceAway(str(reason)) from None
    own = connections["default"].settings_dict
    is_same = database == str(own["NAME"]) and port == int(own["PORT"] or 5432)
    if is_same and {str(each) for each in found} & _own_addresses(str(own["HOST"])):
        raise SourceFailed(OURS)
    return found


def _own_addresses(host: str) -> set[str]:
    """Where our own database answers; without a host or with a folder, on this machine."""
    names = [host] if host and not host.startswith("/") else ["localhost", socket.gethostname()]
    found = set()
    for name in names:
        try:
            found |= set(system_resolver(name, 0))
        except OSError:
            continue
    return found


# --- What


@contextmanager
def refusals(host: str) -> Iterator[None]:
    """Say what a database says of a question, in a sentence for people."""
    try:
        yield
    except (SourceFailed, SourceAway):
        raise
    except NoAnswer as reason:
        raise SourceAway(str(reason)) from None
    except DBAPIError as error:
        said = _first_line(error.orig)
        if error.connection_invalidated or _may_pass(error.orig):
            raise SourceAway(f"{host} cannot be asked: {said}") from None
        raise SourceFailed(f"The query fails: {said}") from None
    except SQLAlchemyError as error:
        raise SourceFailed(f"The query fails: {_first_line(error)}") from None
    except (OSError, RuntimeError) as error:
        raise SourceAway(f"{host} cannot be asked: {_first_line(error)}") from None


def _may_pass(error: Any) -> bool:
    """Whether it is the server's state, or the time, that is at fault and not the question."""
    return type(error).__name__ in PASSING or str(error) == "interrupted"


def _first_line(error: Any) -> str:
    said = str(error.args[-1] if getattr(error, "args", None) else error)
    return said.strip().partition("\n")[0][:300]


def rows_of(
    dialect: str,
    connect: Callable[[], Any],
    config: Config,
    before: Sequence[str] = (),
    *,
    our_table: str,
) -> Fetched:
    """Ask the query over a connection of the driver's; `before`: statements that make it harmless.

    our_table: a question that finds a row only in a database of this product.
    """
    engine = sqlalchemy.create_engine(f"{dialect}://", creator=connect, poolclass=NullPool)
    query = bare(config.settings["query"])
    # A statement that writes cannot stand in parentheses, and one row more tells of too many.
    asked = sqlalchemy.text(
        f"SELECT * FROM (\n{query}\n) AS source_rows LIMIT {MOST_ROWS + 1}"  # noqa: S608
    )
    values = {
        name: value for name, value in _values(config.window).items() if name in _binds(query)
    }
    shown = "\n".join([query, *(f":{name} = {value}" for name, value in values.items())])
    host = config.settings.get("host", "The database")
    with showing(shown), refusals(host), engine.connect() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        if connection.exec_driver_sql(our_table).first():
            raise SourceFailed(OURS)
        result = connection.execution_options(stream_results=True).execute(asked, values)
        rows = _rows(result)
        connection.rollback()
    head = "\n".join(" | ".join(str(cell)[:60] for cell in row) for row in rows[:8])
    return Fetched(shown, f"{len(rows)} rows\n{head}", rows)


def _values(window: Window) -> dict[str, Any]:
    said = window.variables
    return {
        "period": said["period"],
        "start": window.start,
        "end": window.end,
        "year": window.start.year,
        "month": window.start.month,
    }


def _rows(result: Any) -> list[RawRow]:
    names = [str(name).lower() for name in result.keys()]  # noqa: SIM118  not a mapping
    if "value" not in names:
        there = ", ".join(names)[:200]
        raise SourceFailed(f"The query has no column “value”; its columns are: {there}.")
    places = [names.index(name) if name in names else None for name in COLUMNS]
    rows: list[RawRow] = []
    for row in result:
        if len(rows) >= MOST_ROWS:
            raise SourceFailed(f"There are more than {MOST_ROWS:,} rows; narrow the query.")
        rows.append(RawRow(*(_cell(row[place]) if place is not None else None for place in places)))
    return rows


def _cell(cell: Any) -> Any:
    if isinstance(cell, bytes | memoryview):
        return bytes(cell)[:LONGEST_CELL].decode("utf-8", "replace")
    return cell[:LONGEST_CELL] if isinstance(cell, str) else cell


def same_file(one: str, other: str) -> bool:
    """Whether both names lead to one file."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
