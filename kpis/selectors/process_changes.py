"""Declared changes of the processes behind KPIs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q

from kpis.models import ProcessChange


def process_changes(
    assignment_ids: Collection[int], at: dt.datetime | None = None
) -> dict[int, list[ProcessChange]]:
    """By assignment id, oldest first, by one statement. at: those declared by that moment."""
    rows = ProcessChange.objects.filter(assignment_id__in=list(assignment_ids))
    if at is None:
        rows = rows.filter(deleted_at=None)
    else:
        stood = Q(deleted_at=None) | Q(deleted_at__gt=at)
        rows = rows.filter(stood, declared_at__lte=at)
    found: dict[int, list[ProcessChange]] = defaultdict(list)
    for row in rows.select_related("declared_by").order_by("period_start", "pk"):
        found[row.assignment_id].append(row)
    return found
