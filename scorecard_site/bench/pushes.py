"""P1, P2, P4, P5: values pushed over HTTP against the database's own merge of the same rows."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

import msgspec
import psycopg
from django.db import connection
from django.utils import timezone

from .bare_web import ONE_ROW, UPSERT
from .measuring import Contender, Finding, Ratio, Sample, timed_rounds
from .server import Http, WebServer
from .synthetic import Row, Synthetic

EMPTY = "TRUNCATE kpis_measurement, kpis_measurementrevision, kpis_change"
STAGE = """
CREATE TEMPORARY TABLE merging (assignment_id bigint, period_start date, value double precision)
ON COMMIT DROP
"""
COPY = "COPY merging FROM STDIN"
# The least that also keeps what a value said before.
KEEPING_UPSERT = f"""
WITH kept AS (
  INSERT INTO kpis_measurementrevision
    (organization_id, assignment_id, period_start, value, note, recorded_at, token_id,
     superseded_at, superseded_by_token_id, reason)
  SELECT m.organization_id, m.assignment_id, m.period_start, m.value, m.note, m.recorded_at,
    m.token_id, %(now)s, %(token)s, 'corrected'
  FROM kpis_measurement m JOIN {{rows}} AS i USING (assignment_id, period_start)
)
{UPSERT}
"""  # noqa: S608
SINGLE_CALLS = 10

RawRow = tuple[int, dt.date, float]


class RawMerge:
    """The floor: the bare driver, COPY and one INSERT … ON CONFLICT, one connection."""

    def __init__(self, bare: "psycopg.Connection[Any]", made: Synthetic) -> None:
        self.bare = bare
        self.about = {"organization": made.organization.pk, "token": made.token.pk}

    def merge(self, rows: Sequence[RawRow], statement: str = UPSERT) -> None:
        """All rows in one transaction."""
        with self.bare.transaction(), self.bare.cursor() as cursor:
            cursor.execute(STAGE)
            with cursor.copy(COPY) as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(statement.format(rows="merging"), self._about())

    def upsert(self, row: RawRow) -> None:
        """One row by one statement."""
        with self.bare.transaction():
            self.bare.execute(UPSERT.format(rows=ONE_ROW), self._about() | named(row))

    def _about(self) -> dict[str, Any]:
        return self.about | {"now": timezone.now()}


def named(row: RawRow) -> dict[str, Any]:
    """As the statement of one row names its parameters."""
    return dict(zip(("id", "start", "value"), row, strict=True))


def empty_tables() -> None:
    """No values, no revisions, no changes."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


def tidy_tables() -> None:
    """What PostgreSQL does by itself within minutes: clear away, and count what is where."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def raw_rows(rows: Sequence[Row], more: float = 0.0) -> list[RawRow]:
    return [(row.assignment_id, row.start, row.value + more) for row in rows]


def push_findings(
    made: Synthetic, server: WebServer, bare: "psycopg.Connection[Any]", rounds: int
) -> Iterator[Finding]:
    """Many values at once: new ones, the same ones again, other ones."""
    client = server.client(Authorization=f"Bearer {made.secret}")
    path = f"/api/v1/{made.organization.code}/measurements"
    naive = f"/naive/{made.organization.code}/measurements"
    raw = RawMerge(bare, made)
    rows, changed = raw_rows(made.rows), raw_rows(made.rows, 1)

    def prepare() -> None:
        empty_tables()
        client.renew()

    samples = timed_rounds(
        [
            Contender(
                "raw",
                {"new": lambda: raw.merge(rows), "changed": lambda: raw.merge(changed)},
                prepare,
            ),
            Contender(
                "keeping",
                {
                    "new": lambda: raw.merge(rows),
                    "changed": lambda: raw.merge(changed, KEEPING_UPSERT),
                },
                prepare,
            ),
            Contender("push", _pushing(client, made, path, "new", "again", "changed"), prepare),
            Contender("wait", _pushing(client, made, f"{path}?wait=1", "new"), prepare),
            Contender("naive", _pushing(client, made, naive, "new", "changed"), prepare),
        ],
        rounds,
    )
    yield from _push_ratios(samples, f"{len(rows):,} values")


def _push_ratios(samples: Mapping[tuple[str, str], Sample], n: str) -> Iterator[Finding]:
    of = samples.__getitem__
    new, merge = of(("push", "new")), of(("raw", "new"))
    yield Ratio("P1", f"push {n}, all new", new, merge, "raw merge", 2.5)
    # Beyond the floor, each corrected value is kept as a revision.
    yield Ratio(
        "P1", f"push {n}, all changed", of(("push", "changed")), of(("raw", "changed")),
        "raw merge", 2.5,
    )  # fmt: skip
    yield Ratio(
        "", "the same", of(("push", "changed")), of(("keeping", "changed")), "merge that keeps",
    )  # fmt: skip
    yield Ratio("P5", f"push {n} again, unchanged", of(("push", "again")), new, "first time", 0.5)
    yield Ratio(
        "P2", f"push {n} and wait for the scores", of(("wait", "new")), merge, "raw merge", 3.0
    )
    yield Ratio("P2", "the same", of(("wait", "new")), new, "push without waiting", 1.3)
    yield Ratio("", f"naive control, {n} new", of(("naive", "new")), merge, "raw merge")
    yield Ratio(
        "", f"naive control, {n} changed", of(("naive", "changed")), of(("raw", "changed")),
        "raw merge",
    )  # fmt: skip


def _pushing(
    client: Http, made: Synthetic, path: str, *steps: str
) -> dict[str, Callable[[], object]]:
    body, changed = made.body(made.rows), made.body(made.rows, 1)
    bodies = {"new": body, "again": body, "changed": changed}
    return {step: partial(client.post, path, bodies[step]) for step in steps}


def single_findings(
    made: Synthetic,
    server: WebServer,
    least: WebServer,
    bare: "psycopg.Connection[Any]",
    rounds: int,
) -> Iterator[Finding]:
    """One value at a time, each other than the one before; least: serves the bare application."""
    client, simple = server.client(Authorization=f"Bearer {made.secret}"), least.client()
    path = f"/api/v1/{made.organization.code}/measurements"
    raw, values, row = RawMerge(bare, made), count(1), made.rows[0]

    def push(path: str) -> Callable[[], object]:
        return lambda: client.post(path, made.body([row], next(values)))

    def push_bare() -> None:
        one = named(raw_rows([row], next(values))[0]) | {"start": f"{row.start}"}
        simple.post("/", msgspec.json.encode(raw.about | one))

    samples = timed_rounds(
        [
            Contender(
                "raw",
                {"one": lambda: raw.upsert(raw_rows([row], next(values))[0])},
                calls=SINGLE_CALLS,
            ),
            Contender(
                "healthz", {"one": lambda: client.get("/healthz")}, client.renew, SINGLE_CALLS
            ),
            Contender("bare", {"one": push_bare}, simple.renew, SINGLE_CALLS),
            Contender("push", {"one": push(path)}, client.renew, SINGLE_CALLS),
            Contender("wait", {"one": push(f"{path}?wait=1")}, client.renew, SINGLE_CALLS),
            Contender(
                "naive",
                {"one": push(f"/naive/{made.organization.code}/value")},
                client.renew,
                SINGLE_CALLS,
            ),
        ],
        rounds,
    )
    one = {name: sample for (name, _), sample in samples.items()}
    yield Ratio("P4", "push one value", one["push"], one["raw"], "raw upsert", 3.5)
    yield Ratio("P4", "push one, wait for the scores", one["wait"], one["raw"], "raw upsert", 7)
    for floor, name in (("bare", "bare web upsert"), ("healthz", "empty request")):
        yield Ratio("", "push one value", one["push"], one[floor], name)
        yield Ratio("", "push one, wait for the scores", one["wait"], one[floor], name)
    yield Ratio("", "a bare web process that upserts", one["bare"], one["raw"], "raw upsert")
    yield Ratio("", "an empty request", one["healthz"], one["raw"], "raw upsert")
    yield Ratio("", "naive control, one value", one["naive"], one["raw"], "raw upsert")
