"""Where values may be recorded: assignments by the codes of their KPIs and units."""

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

import orjson

from kpis.models import KPI, Assignment
from organizations.models import Organization
from organizations.statements import as_date, fetched, models_of

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
    named: dict[str, Any] = {"organization": organization_id, "kpis": kpi_codes}
    statement = FIND
    if unit_codes is not None:
        statement += AT_UNITS
        named["units"] = unit_codes
    rows = fetched(statement + ORDER, **named)
    return [_place(row) for row in rows]


def _place(row: tuple[Any, ...]) -> Place:
    place = Place(*row)
    return place._replace(
        grades=orjson.loads(row[6]) if row[6] else None,
        starts_on=as_date(row[9]),
        ends_on=as_date(row[10]),
        has_formula=bool(row[14]),
    )


AT = """
SELECT {columns} FROM kpis_assignment
WHERE organization_id = %(organization)s AND deleted_at IS NULL AND unit_id {units}
  AND kpi_id {kpis} ORDER BY id
"""
KPIS = "SELECT {columns} FROM kpis_kpi WHERE id {kpis}"


def assignments_at(
    organization: Organization, unit_ids: Collection[int], kpi_ids: Collection[int]
) -> list[Assignment]:
    """The assignments of the KPIs at the units, in the order of their ids; by two statements.

    Each has its KPI at hand; those of one KPI share it, so that it is read once.
    """
    kpis = {kpi.pk: kpi for kpi in models_of(KPI, KPIS, kpis=kpi_ids)}
    found = models_of(Assignment, AT, organization=organization.pk, units=unit_ids, kpis=kpi_ids)
    for assignment in found:
        assignment.kpi = kpis[assignment.kpi_id]
    return found
