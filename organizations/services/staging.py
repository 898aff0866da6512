"""Many rows for one statement: something to select from, on PostgreSQL and on SQLite."""

# ruff: noqa: S608 - statements are composed of names that our own code gives

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Fewer rows travel as parameters: a temporary table costs more than they do.
ROWS_WORTH_A_TABLE = 200


@contextmanager
def staged(
    cursor: Any, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows as a relation by the name of i, and the parameters that it takes.

    columns: by name, PostgreSQL's type; rows: values in their order. Must run in a transaction.
    """
    if connection.vendor == "postgresql" and len(rows) <= ROWS_WORTH_A_TABLE:
        yield _unnested(columns), _arrays(columns, rows)
        return
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
    yield "incoming AS i", {}
    cursor.execute("DROP TABLE incoming")


def _unnested(columns: Mapping[str, str]) -> str:
    arrays = ", ".join(f"%(i_{name})s::{kind}[]" for name, kind in columns.items())
    return f"unnest({arrays}) AS i({', '.join(columns)})"


def _arrays(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {
        f"i_{name}": list(values)
        for name, values in zip(columns, zip(*rows, strict=True), strict=True)
    }
