"""Many rows for one statement: something to select from, on PostgreSQL and on SQLite."""

# ruff: noqa: S608 - statements are composed of names that our own code gives

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import connection

from organizations.statements import statement_cursor

# Fewer rows travel as parameters: a temporary table costs more than they do.
ROWS_WORTH_A_TABLE = 200


@contextmanager
def staged(
    columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """A cursor, the rows as a relation by the name of i there, and the parameters that it takes.

    columns: by name, PostgreSQL's type; rows: values in their order. Must run in a transaction.
    """
    with statement_cursor(len(rows)) as cursor:
        if connection.vendor == "postgresql" and len(rows) <= ROWS_WORTH_A_TABLE:
            yield cursor, _unpacked(columns), _packed(columns, rows)
            return
        _fill(cursor, columns, rows)
        yield cursor, "incoming AS i", {}
        cursor.execute("DROP TABLE incoming")


def _fill(cursor: Any, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    if connection.vendor == "postgresql":
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ({declared}) ON COMMIT DROP")
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE incoming")
    else:
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ({declared})")
        blanks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO incoming VALUES ({blanks})", rows)


def _unpacked(columns: Mapping[str, str]) -> str:
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    # PostgreSQL expects a hundred rows of a function, and reads whole tables for them; a limit
    # tells how many there are.
    return f"(SELECT * FROM json_to_recordset(%(rows)s) AS i({declared}) LIMIT %(count)s) AS i"


def _packed(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """One text: the driver takes ten times as long for arrays."""
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return {"rows": orjson.dumps(named).decode(), "count": len(rows)}
