"""Reads of recorded values, as lists for other systems."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from kpis.models import Assignment, Measurement, MeasurementRevision
from organizations.models import Organization

from .series import said_measurements, superseded

Said = Measurement | MeasurementRevision


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
    at: dt.datetime | None = None  # what was said at that moment; None: what stands now


def live_assignments(organization: Organization) -> QuerySet[Assignment]:
    """Where KPIs are measured, for KPIs and units that are not deleted."""
    return Assignment.objects.live().filter(
        organization=organization, kpi__deleted_at=None, unit__deleted_at=None
    )


def measurement_page(
    organization: Organization, wanted: MeasurementFilter, after: int, after_start: str, limit: int
) -> list[Said]:
    """Up to `limit` values in the order of assignments and periods, by one statement.

    after, after_start: the assignment and the period of the last row of the page before; 0 and ""
    for the first page. As of a moment, one statement more for what was said then and not any more.
    """
    rows = _page(said_measurements(wanted.at), organization, wanted, after, after_start, limit)
    if wanted.at is None:
        return rows
    past = superseded(MeasurementRevision, "recorded_at", wanted.at)
    rows += _page(past, organization, wanted, after, after_start, limit)
    return sorted(rows, key=attrgetter("assignment_id", "period_start"))[:limit]


def _page(
    query: QuerySet[Any],
    organization: Organization,
    wanted: MeasurementFilter,
    after: int,
    after_start: str,
    limit: int,
) -> list[Said]:
    query = query.filter(
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
