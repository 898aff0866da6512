"""Reads of recorded values, as lists for other systems."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, QuerySet

from kpis.models import Assignment, Measurement
from organizations.models import Organization


class Position(NamedTuple):
    """The last row of a page, by what stays the same when others are added."""

    kpi: str
    unit: str
    start: str  # ISO date


@dataclass(frozen=True)
class MeasurementFilter:
    """Which values to list; None: all. Days are those of the periods' starts, [first, end)."""

    unit_ids: Collection[int]
    kpi: str | None = None
    first: dt.date | None = None
    end: dt.date | None = None


def live_assignments(organization: Organization) -> QuerySet[Assignment]:
    """Where KPIs are measured, for KPIs and units that are not deleted."""
    return Assignment.objects.live().filter(
        organization=organization, kpi__deleted_at=None, unit__deleted_at=None
    )


def measurement_page(
    organization: Organization, wanted: MeasurementFilter, after: int, after_start: str, limit: int
) -> list[Measurement]:
    """Up to `limit` values in the order of assignments and periods, by one statement.

    after, after_start: the assignment and the period of the last row of the page before; 0 and ""
    for the first page.
    """
    query = Measurement.objects.filter(
        assignment__in=live_assignments(organization).filter(unit_id__in=wanted.unit_ids)
    )
    if wanted.kpi is not None:
        query = query.filter(assignment__kpi__code=wanted.kpi)
    if wanted.first:
        query = query.filter(period_start__gte=wanted.first)
    if wanted.end:
        query = query.filter(period_start__lt=wanted.end)
    if after:
        # The first condition alone lets the database begin at the right place of its index.
        query = query.filter(assignment_id__gte=after).filter(
            Q(assignment_id__gt=after) | Q(period_start__gt=after_start)
        )
    return list(
        query.select_related("assignment__kpi", "assignment__unit", "user", "token").order_by(
            "assignment_id", "period_start"
        )[:limit]
    )
