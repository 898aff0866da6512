"""Values of closed periods that were changed after all: why, when and by whom."""

import datetime as dt
import zoneinfo
from collections.abc import Collection

from kpis.models import Restatement
from organizations.models import Organization

RestatedKey = tuple[int, dt.date]  # assignment id, start of the period


def restated_texts(
    organization: Organization,
    assignment_ids: Collection[int],
    starts: Collection[dt.date],
    at: dt.datetime | None = None,
) -> dict[RestatedKey, str]:
    """The last restatement of each value of those periods, by one statement; at: known by then."""
    rows = Restatement.objects.filter(
        organization=organization,
        assignment_id__in=list(assignment_ids),
        period_start__in=list(starts),
        subject=Restatement.Subject.VALUE,
    ).select_related("user", "token")
    if at is not None:
        rows = rows.filter(at__lte=at)
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    return {
        (row.assignment_id, row.period_start): f"{row.reason}"
        f" ({row.at.astimezone(zone):%Y-%m-%d} by {row.user or row.token or 'the system'})"
        for row in rows.order_by("at", "pk")
    }
