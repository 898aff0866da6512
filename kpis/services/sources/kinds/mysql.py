"""A query to a MySQL or MariaDB database."""

import time
from typing import Any

import pymysql

from kpis.services.sources import sql
from kpis.services.sources.shapes import Config, Fetched, Kind, SourceAway
from organizations.services.outgoing.client import connected, cut_off_at, trust

PORT = 3306
OURS = f"SELECT 1 FROM information_schema.tables WHERE table_name = '{sql.OUR_TABLE}'"  # noqa: S608


def fetch(config: Config) -> Fetched:
    """The driver sends one statement at a time, and no file of ours."""
    seconds = min(sql.SECONDS, config.seconds)
    deadline = time.monotonic() + seconds
    port = sql.default_port(config.settings, PORT)
    addresses = sql.addresses_of(config, port, deadline)
    host = config.settings["host"]
    with sql.refusals(host):
        socket_ = connected(host, port, addresses, deadline)
        with socket_, cut_off_at(deadline, socket_.fileno(), host):
            connection = _over(socket_, config, port)
            before = ("SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY")
            _limit(connection, seconds)
            return sql.rows_of("mysql+pymysql", lambda: connection, config, before, our_table=OURS)


def _over(socket_: Any, config: Config, port: int) -> Any:
    """A connection over the socket that leads to the checked address."""
    settings = config.settings
    connection = pymysql.connect(
        host=settings["host"],
        port=port,
        database=settings["database"],
        user=settings["user"],
        password=config.secrets.get("password", ""),
        charset="utf8mb4",
        local_infile=False,
        ssl=trust() if settings.get("tls") == "verify" else None,
        defer_connect=True,
    )
    try:
        connection.connect(socket_)
    except pymysql.MySQLError as error:
        said = str(error.args[-1] if error.args else error)[:300]
        raise SourceAway(f"{settings['host']} cannot be asked: {said}") from None
    return connection


def _limit(connection: Any, seconds: float) -> None:
    """MySQL counts milliseconds, MariaDB seconds; each refuses the other's name for it."""
    with connection.cursor() as cursor:
        for statement in (
            f"SET SESSION max_execution_time = {int(seconds * 1000)}",
            f"SET SESSION max_statement_time = {seconds:.1f}",
        ):
            try:
                cursor.execute(statement)
            except pymysql.MySQLError:
                continue


KIND = Kind(
    code="mysql",
    name="MySQL or MariaDB",
    hint="A query to a database.",
    fields=(*sql.SERVER, sql.QUERY),
    fetch=fetch,
    aim=sql.aim,
    asks_by_period=sql.asks_by_period,
    check=sql.problems,
)
