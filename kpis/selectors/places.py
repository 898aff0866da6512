"""Where values may be recorded: assignments by the codes of their KPIs and units."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

import orjson
from django.db import connection

from .entering import ROLLED_UP


class Place(NamedTuple):
    """An assignment with what checking a value needs of its KPI."""

    assignment_id: int
    kpi: str
    unit: str
    unit_id: int
    frequency: str
    value_kind: str
    grades: list[tuple[str, float]] | None
    natural_minimum: float | None
    natural_maximum: float | None
    starts_on: dt.date | None
    ends_on: dt.date | None
    kpi_id: int
    unit_rule: str
    own_values: str
    has_formula: bool

    @property
    def may_follow(self) -> bool:
        """Whether the value may follow from others, so that the period must be looked at."""
        return self.has_formula or self.unit_rule in ROLLED_UP


# Written out: every push asks this, and putting the same together from models takes longer than
# answering it.
FIND = """
SELECT a.id, k.code, u.code, a.unit_id, k.frequency, k.value_kind, k.grades, k.natural_minimum,
  k.natural_maximum, a.starts_on, a.ends_on, a.kpi_id, k.unit_rule, a.own_values, k.formula <> ''
FROM kpis_assignment a
JOIN kpis_kpi k ON k.id = a.kpi_id
JOIN organizations_unit u ON u.id = a.unit_id
WHERE a.organization_id = %(organization)s
  AND a.deleted_at IS NULL AND k.deleted_at IS NULL AND u.deleted_at IS NULL
  AND k.code {kpis}
"""
AT_UNITS = " AND u.code {units}"
ORDER = " ORDER BY a.id"


def assigned_places(
    organization_id: int, kpi_codes: Collection[str], unit_codes: Collection[str] | None
) -> list[Place]:
    """The assignments of the KPIs, at these units or (None) at all of them; by one statement."""
    is_postgresql = connection.vendor == "postgresql"
    among = "= ANY(%({})s)" if is_postgresql else "IN (SELECT value FROM json_each(%({})s))"
    statement = FIND + (AT_UNITS if unit_codes is not None else "") + ORDER
    codes = {"kpis": list(kpi_codes), "units": list(unit_codes or ())}
    parameters: dict[str, Any] = {"organization": organization_id} | {
        name: found if is_postgresql else orjson.dumps(found).decode()
        for name, found in codes.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(kpis=among.format("kpis"), units=among.format("units")), parameters
        )
        return [_place(row) for row in cursor.fetchall()]


def _place(row: tuple[Any, ...]) -> Place:
    place = Place(*row)
    return place._replace(
        grades=orjson.loads(row[6]) if row[6] else None,
        starts_on=_date(row[9]),
        ends_on=_date(row[10]),
        has_formula=bool(row[14]),
    )


def _date(value: Any) -> dt.date | None:
    """SQLite has dates as texts."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
