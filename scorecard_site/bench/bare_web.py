"""A control: the least that a web process can do to store a value.

No framework, nobody who may or may not, no history: what it takes is what the server, the
connection and the statement take together.
"""

import datetime as dt
import json
import os
import threading
from collections.abc import Iterable
from typing import Any

import psycopg

# The least that stores the rows so that pushing them again corrects them.
UPSERT = """
INSERT INTO kpis_measurement
  (organization_id, assignment_id, period_start, value, note, recorded_at, token_id)
SELECT %(organization)s, assignment_id, period_start, value, '', %(now)s, %(token)s FROM {rows}
ON CONFLICT (assignment_id, period_start)
DO UPDATE SET value = excluded.value, recorded_at = excluded.recorded_at
"""
ONE_ROW = """
(VALUES (%(id)s::bigint, %(start)s::date, %(value)s::float8))
AS i (assignment_id, period_start, value)
"""

_of_thread = threading.local()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Stores the one value that a POST brings: the parameters of the statement as JSON."""
    if environ["REQUEST_METHOD"] == "POST":
        _store(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def _store(parameters: dict[str, Any]) -> None:
    bare = _connection()
    with bare.transaction():
        bare.execute(UPSERT.format(rows=ONE_ROW), parameters | {"now": dt.datetime.now(dt.UTC)})


def _connection() -> "psycopg.Connection[Any]":
    if not hasattr(_of_thread, "bare"):
        url = os.environ["DATABASE_URL"]
        _of_thread.bare = psycopg.connect(url, cursor_factory=psycopg.ClientCursor)
    bare: psycopg.Connection[Any] = _of_thread.bare
    return bare
