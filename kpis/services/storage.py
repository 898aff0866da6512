"""Storing many values in a fixed number of statements, on PostgreSQL and SQLite.

The rows are staged once; then what is new is inserted, what differs is kept as a revision and
updated, and what changed is noted for the scores. Each statement waits for writers of the same
keys and then sees what they wrote, so that nothing is overwritten without a revision; the order of
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

# What stands is left out by a join, at a sixth of the cost of running into the unique key.
INSERT_NEW = """
INSERT INTO kpis_measurement
  (organization_id, assignment_id, period_start, value, note, recorded_at, user_id, token_id)
SELECT %(organization)s, i.assignment_id, i.period_start, i.value, coalesce(i.note, ''),
  {at}, {user}, {token}
FROM {incoming} LEFT JOIN kpis_measurement m
  ON m.assignment_id = i.assignment_id AND m.period_start = i.period_start
WHERE m.id IS NULL ORDER BY i.assignment_id, i.period_start
ON CONFLICT (assignment_id, period_start) DO NOTHING
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

# One statement, so that exactly what it has locked and kept is overwritten: between two, another
# writer could change a row that did not differ before.
CORRECT_LOCKED = f"""
WITH old AS MATERIALIZED ({OUTDATED} FOR UPDATE OF m), kept AS ({REVISE} FROM old)
{OVERWRITE} FROM old WHERE m.id = old.id
"""

# SQLite has one writer at a time.
KEEP_OLD = f"{REVISE} FROM ({OUTDATED}) AS old"
CORRECT_ALONE = f"{OVERWRITE} FROM ({OUTDATED}) AS old WHERE m.id = old.id"

COUNT_STANDING = f"SELECT count(*) FROM kpis_measurement m JOIN {{incoming}} ON {SAME_KEY}"

NOTE_CHANGES = f"""
INSERT INTO kpis_change (organization_id, assignment_id, first_start, last_start, created_at)
SELECT %(organization)s, m.assignment_id, min(m.period_start), max(m.period_start), {{now}}
FROM kpis_measurement m JOIN {{incoming}} ON {SAME_KEY}
WHERE m.recorded_at = {{at}} GROUP BY m.assignment_id
"""

NOTE_RESTATEMENTS = f"""
INSERT INTO kpis_restatement
  (organization_id, assignment_id, period_start, subject, reason, at, user_id, token_id)
SELECT %(organization)s, m.assignment_id, m.period_start, 'value', i.reason,
  {{at}}, {{user}}, {{token}}
FROM kpis_measurement m JOIN {{incoming}} ON {SAME_KEY}
WHERE m.recorded_at = {{at}} AND i.reason IS NOT NULL ORDER BY m.assignment_id, m.period_start
"""


def store(rows: Sequence[StoredRow], author: Author, now: dt.datetime) -> tuple[int, int]:
    """Store the rows, each key once; returns how many were created and how many updated.

    Must run in a transaction. Values that stand already are not written again.
    """
    with connection.cursor() as cursor, staged(cursor, COLUMNS, rows) as (incoming, arrays):
        run = _Runner(cursor, incoming, _parameters(author, now) | arrays)
        created, updated = _merged(run, len(rows))
        if created or updated:
            run(NOTE_CHANGES)
            if any(row.reason for row in rows):
                run(NOTE_RESTATEMENTS)
    return created, updated


def _merged(run: "_Runner", count: int) -> tuple[int, int]:
    """Insert what is new and update what differs, until every row stands.

    A row found by the insertion may be deleted by another transaction before its difference is
    looked at; it is missing then, and the next round inserts it.
    """
    created = updated = 0
    while True:
        created += run(INSERT_NEW)
        if created == count:
            return created, 0
        updated += run.corrected()
        # Rows created or updated are locked; only of unchanged ones can any be missing.
        if created + updated == count or run.number(COUNT_STANDING) == count:
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

    def corrected(self) -> int:
        """Keep what differs as revisions and overwrite it; returns how many rows did."""
        if self.is_postgresql:
            return self(CORRECT_LOCKED)
        return self(CORRECT_ALONE) if self(KEEP_OLD) else 0

    def number(self, query: str) -> int:
        """The only number that the query answers."""
        self(query)
        return int(self.cursor.fetchone()[0])


def _parameters(author: Author, now: dt.datetime) -> dict[str, Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return {
        "organization": author.organization_id,
        "at": adapt(author.at),
        "now": adapt(now),
        "user": author.user_id,
        "token": author.token_id,
    }
