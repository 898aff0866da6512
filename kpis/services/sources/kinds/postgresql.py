"""A query to a PostgreSQL database."""

import ssl
import time
from typing import Any

import psycopg

from kpis.services.sources import sql
from kpis.services.sources.shapes import Config, Fetched, Kind, SourceAway
from organizations.services.outgoing.client import cut_off_at

PORT = 5432
OURS = f"SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = '{sql.OUR_TABLE}'"  # noqa: S608


def fetch(config: Config) -> Fetched:
    """Over the extended protocol, as a cursor: the server takes one statement, and a SELECT."""
    seconds = min(sql.SECONDS, config.seconds)
    deadline = time.monotonic() + seconds
    port = sql.default_port(config.settings, PORT)
    addresses = sql.addresses_of(config, port, deadline)
    with sql.refusals(config.settings["host"]):
        try:
            connection = _connected(config, str(addresses[0]), port, seconds)
        except psycopg.OperationalError as error:
            said = str(error).strip().rpartition("\n")[2][:300]
            raise SourceAway(f"{config.settings['host']} cannot be asked: {said}") from None
        before = (
            "SET TRANSACTION READ ONLY",
            f"SET LOCAL statement_timeout = {int(seconds * 1000)}",
        )
        with connection, cut_off_at(deadline, connection.fileno(), config.settings["host"]):
            return sql.rows_of(
                "postgresql+psycopg", lambda: connection, config, before, our_table=OURS
            )


def _connected(
    config: Config, address: str, port: int, seconds: float
) -> "psycopg.Connection[Any]":
    """With what the source says only: nothing of the environment's passwords."""
    settings = config.settings
    return psycopg.connect(
        host=settings["host"],
        hostaddr=address,
        port=port,
        dbname=settings["database"],
        user=settings["user"],
        password=config.secrets.get("password", ""),
        passfile="/dev/null",
        sslmode="verify-full" if settings.get("tls") == "verify" else "prefer",
        sslrootcert=_trusted() if settings.get("tls") == "verify" else "",
        gssencmode="disable",
        connect_timeout=int(max(2, min(5, seconds))),
        application_name="line-of-sight",
    )


def _trusted() -> str:
    """The file of certificates that the system believes: the driver brings none of its own."""
    return ssl.get_default_verify_paths().cafile or "system"


KIND = Kind(
    code="postgresql",
    name="PostgreSQL",
    hint="A query to a database.",
    fields=(*sql.SERVER, sql.QUERY),
    fetch=fetch,
    aim=sql.aim,
    asks_by_period=sql.asks_by_period,
    check=sql.problems,
)
