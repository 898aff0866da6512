"""Storing many values in a fixed number of statements, on PostgreSQL and SQLite.

What is new is inserted, what differs is kept as a revision and overwritten, and what changed is
noted for the scores: on PostgreSQL all by one statement, on SQLite by one after the other. Writers
of the same keys wait for each other, and nothing is overwritten without a revision; the order of
keys keeps two writers from waiting for each other.
"""

# ruff: noqa: S608 - statements are composed of constants of this module only

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from organizations.services.staging import staged

COLUMNS = {
    "assignment_id": "bigint",
    "period_start": "date",
    "value": "float8",
    "note": "text",
    "reason": "text",
}


class StoredRow(NamedTuple):
    """A value to store; note None: leave the note as it is.

    reason: why a closed period is changed after all; None where it is open.
    """

    assignment_id: int
    period_start: str  # ISO date
    value: float
    note: str | None
    reason: str | None = None


@dataclass(frozen=True)
class Author:
    """Who says so and when; ids of a user and a token, either or neither."""

    organization_id: int
    at: dt.datetime
    user_id: int | None = None
    token_id: int | None = None


DIFFERS = "(m.value <> i.value OR m.note <> coalesce(i.note, m.note))"
SAME_KEY = "m.assignment_id = i.assignment_id AND m.period_start = i.period_start"

INSERT = """
INSERT INTO kpis_measurement
  (organization_id, assignment_id, period_start, value, note, recorded_at, user_id, token_id)
SELECT %(organization)s, i.assignment_id, i.period_start, i.value, coalesce(i.note, ''),
  {at}, {user}, {token}
"""

REVISE = """
INSERT INTO kpis_measurementrevision
  (organization_id, assignment_id, period_start, value, note, recorded_at, user_id, token_id,
   superseded_at, superseded_by_user_id, superseded_by_token_id, reason)
SELECT organization_id, assignment_id, period_start, value, note, recorded_at, user_id, token_id,
  CASE WHEN recorded_at > {at} THEN recorded_at ELSE {at} END, {user}, {token}, 'corrected'
"""

OUTDATED = f"""
SELECT m.*, i.value AS new_value, coalesce(i.note, m.note) AS new_note
FROM kpis_measurement m JOIN {{incoming}} ON {SAME_KEY}
WHERE {DIFFERS} ORDER BY m.assignment_id, m.period_start
"""

OVERWRITE = """
UPDATE kpis_measurement AS m
SET value = old.new_value, note = old.new_note, recorded_at = {at},
  user_id = {user}, token_id = {token}
"""

NOTE = """
INSERT INTO kpis_change (organization_id, assignment_id, first_start, last_start, created_at)
SELECT %(organization)s, m.assignment_id, min(m.period_start), max(m.period_start), {now}
"""

RESTATE = """
INSERT INTO kpis_restatement
  (organization_id, assignment_id, period_start, subject, reason, at, user_id, token_id)
SELECT %(organization)s, m.assignment_id, m.period_start, 'value', i.reason, {at}, {user}, {token}
"""

# On PostgreSQL one statement: exactly what it has locked and kept is overwritten, and exactly what
# it has written is noted. What stands is left out by a join, at a sixth of the cost of running into
# the unique key.
MERGE = f"""
WITH seen AS MATERIALIZED (
  SELECT i.*, m.id AS standing, m.id IS NOT NULL AND NOT {DIFFERS} AS is_same
  FROM {{incoming}} LEFT JOIN kpis_measurement m ON {SAME_KEY}
),
created AS (
  {INSERT} FROM seen AS i WHERE standing IS NULL ORDER BY i.assignment_id, i.period_start
  ON CONFLICT (assignment_id, period_start) DO NOTHING RETURNING assignment_id, period_start
),
old AS MATERIALIZED (
  SELECT m.*, i.value AS new_value, coalesce(i.note, m.note) AS new_note
  FROM kpis_measurement m JOIN seen AS i ON m.id = i.standing
  WHERE NOT is_same AND {DIFFERS} ORDER BY m.assignment_id, m.period_start FOR UPDATE OF m
),
kept AS ({REVISE} FROM old),
updated AS (
  {OVERWRITE} FROM old WHERE m.id = old.id RETURNING m.assignment_id, m.period_start
),
written AS (TABLE created UNION ALL TABLE updated),
noted AS ({NOTE} FROM written AS m GROUP BY m.assignment_id){{restated}}
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM updated),
  (SELECT count(*) FROM seen WHERE is_same)
"""
RESTATED = f""",
restated AS ({RESTATE} FROM written AS m JOIN seen AS i ON {SAME_KEY} WHERE i.reason IS NOT NULL)
"""

# SQLite has one writer at a time.
INSERT_NEW = f"""
{INSERT} FROM {{incoming}} LEFT JOIN kpis_measurement m ON {SAME_KEY}
WHERE m.id IS NULL ORDER BY i.assignment_id, i.period_start
"""
KEEP_OLD = f"{REVISE} FROM ({OUTDATED}) AS old"
CORRECT = f"{OVERWRITE} FROM ({OUTDATED}) AS old WHERE m.id = old.id"
WRITTEN = f"FROM kpis_measurement m JOIN {{incoming}} ON {SAME_KEY} WHERE m.recorded_at = {{at}}"
NOTE_CHANGES = f"{NOTE} {WRITTEN} GROUP BY m.assignment_id"
NOTE_RESTATEMENTS = f"{RESTATE} {WRITTEN} AND i.reason IS NOT NULL"


def store(rows: Sequence[StoredRow], author: Author, now: dt.datetime) -> tuple[int, int]:
    """Store the rows, each key once; returns how many were created and how many updated.

    Must run in a transaction. Values that stand already are not written again.
    """
    with staged(COLUMNS, rows) as (cursor, incoming, staging):
        run = _Runner(cursor, incoming, _parameters(author, now) | staging)
        has_reason = any(row.reason for row in rows)
        if run.is_postgresql:
            return _merged(run, len(rows), has_reason=has_reason)
        return _stored_alone(run, has_reason=has_reason)


def _merged(run: "_Runner", count: int, *, has_reason: bool) -> tuple[int, int]:
    """Insert what is new and update what differs, until every row stands.

    A row that another transaction inserts, changes or deletes after this statement has seen it is
    neither written nor the same; the next round sees what has become of it.
    """
    run.blanks["restated"] = RESTATED.format(**run.blanks) if has_reason else ""
    created = updated = 0
    while True:
        run(MERGE)
        more_created, more_updated, same = run.cursor.fetchone()
        created, updated = created + more_created, updated + more_updated
        if more_created + more_updated + same == count:
            return created, updated


def _stored_alone(run: "_Runner", *, has_reason: bool) -> tuple[int, int]:
    created = run(INSERT_NEW)
    updated = run(CORRECT) if run(KEEP_OLD) else 0
    if created or updated:
        run(NOTE_CHANGES)
        if has_reason:
            run(NOTE_RESTATEMENTS)
    return created, updated


class _Runner:
    """Fills a statement's blanks for the database at hand, and runs it."""

    def __init__(self, cursor: Any, incoming: str, parameters: dict[str, Any]) -> None:
        self.cursor, self.parameters = cursor, parameters
        self.is_postgresql = connection.vendor == "postgresql"
        cast = {"at": "timestamptz", "now": "timestamptz", "user": "bigint", "token": "bigint"}
        self.blanks = {
            name: f"%({name})s::{kind}" if self.is_postgresql else f"%({name})s"
            for name, kind in cast.items()
        } | {"incoming": incoming}

    def __call__(self, statement: str) -> int:
        self.cursor.execute(statement.format(**self.blanks), self.parameters)
        return int(self.cursor.rowcount)


def _parameters(author: Author, now: dt.datetime) -> dict[str, Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return {
        "organization": author.organization_id,
        "at": adapt(author.at),
        "now": adapt(now),
        "user": author.user_id,
        "token": author.token_id,
    }
