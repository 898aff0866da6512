"""Storing many score sheets by a few statements, on PostgreSQL and SQLite."""

# ruff: noqa: S608 - statements are composed of constants of this module only

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from calculations.periods import Frequency, Period
from organizations.services.staging import staged
from scorecards.models import ScoreSheet
from scorecards.models.packed import packed
from scorecards.selectors.scoring.sheet_contents import ComputedSheet

Place = tuple[int, Period]  # a scorecard's id and the period of its sheet

KEY = {"scorecard_id": "bigint", "frequency": "text", "period_start": "date"}
SAID = {
    "edition_id": "bigint",
    "score": "float8",
    "coverage": "float8",
    "status": "int",
    "on_target": "int",
    "below_target": "int",
    "critical": "int",
    "no_data": "int",
    "insufficient_data": "int",
    "detail": "text",
    "turns_stale_on": "date",
}
ORDER = "ORDER BY i.scorecard_id, i.frequency, i.period_start"
SAME_KEY = "ON CONFLICT (scorecard_id, frequency, period_start)"

WRITE = f"""
INSERT INTO scorecards_scoresheet AS s
  (organization_id, {", ".join([*KEY, *SAID])}, is_stale, version, refreshed_at)
SELECT %(organization)s, {", ".join(f"i.{name}" for name in [*KEY, *SAID])}, false, 1, {{now}}
FROM {{incoming}} WHERE true {ORDER}
{SAME_KEY} DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in SAID)},
  is_stale = false, version = s.version + 1, refreshed_at = excluded.refreshed_at
"""
# What is stale already needs no new version of its row.
MARK = f"""
INSERT INTO scorecards_scoresheet AS s
  (organization_id, {", ".join(KEY)}, on_target, below_target, critical, no_data,
   insufficient_data, detail, is_stale, version)
SELECT %(organization)s, {", ".join(f"i.{name}" for name in KEY)}, 0, 0, 0, 0, 0,
  '{{{{}}}}', true, 0
FROM {{incoming}} WHERE true {ORDER}
{SAME_KEY} DO UPDATE SET is_stale = true WHERE NOT s.is_stale
"""


def write_sheets(organization_id: int, sheets: Iterable[ComputedSheet]) -> None:
    """Store what the sheets say, each as a version of its own; none of them is stale then."""
    rows = [
        (
            *_key((sheet.scorecard_id, sheet.period)),
            *(_plain(name, sheet.fields[name]) for name in SAID),
        )
        for sheet in sheets
    ]
    _run(WRITE, organization_id, KEY | SAID, rows)


def mark_stale(organization_id: int, places: Iterable[Place]) -> None:
    """Mark the sheets as stale, missing ones included."""
    _run(MARK, organization_id, KEY, [_key(place) for place in places])


def drop_places(organization_id: int, places: Collection[Place]) -> None:
    """Take the sheets away: their scorecards have no structure in those periods any more."""
    if not places:
        return
    rows = ScoreSheet.objects.filter(
        organization=organization_id, scorecard_id__in={pk for pk, _ in places}
    ).in_periods({period for _, period in places})
    gone = [
        pk
        for pk, scorecard_id, frequency, start in rows.values_list(
            "pk", "scorecard_id", "frequency", "period_start"
        )
        if (scorecard_id, Period(Frequency(frequency), start)) in places
    ]
    ScoreSheet.objects.filter(pk__in=gone).delete()


def _key(place: Place) -> tuple[int, str, str]:
    scorecard_id, period = place
    return scorecard_id, str(period.frequency), period.start.isoformat()


def _plain(name: str, value: Any) -> Any:
    """The value as a statement takes it."""
    if name == "detail":
        return packed(value)
    if name == "turns_stale_on":
        return value and value.isoformat()
    return value


def _run(
    statement: str, organization_id: int, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    if not rows:
        return
    now, blank = connection.ops.adapt_datetimefield_value(timezone.now()), "%(now)s"
    if connection.vendor == "postgresql":
        blank = "%(now)s::timestamptz"
    with staged(columns, rows) as (cursor, incoming, staging):
        parameters = {"organization": organization_id, "now": now} | staging
        cursor.execute(statement.format(now=blank, incoming=incoming), parameters)
