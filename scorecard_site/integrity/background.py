"""Nothing waits for longer than workers need: leases, changes and sheets move on."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils import timezone

from kpis.models import Change
from organizations.models import Job, Organization
from scorecards.models import Import, ScoreSheet

from .findings import NAMED, Finding, Looked

ENDED_LEASE = dt.timedelta(minutes=5)  # a sweep takes up what a dead worker had, every 10 s
LONGEST_WAIT = dt.timedelta(hours=1)


def background(
    organizations: list[Organization],
    *,
    ended: dt.timedelta = ENDED_LEASE,
    longest: dt.timedelta = LONGEST_WAIT,
) -> Looked:
    """Imports and jobs whose worker is gone, changes that wait, sheets that stay stale."""
    kinds = list(_waiting(organizations, timezone.now(), ended, longest))
    count = sum(rows.count() for rows, _ in kinds)
    found = (finding for rows, said in kinds for finding in _stuck(rows, said))
    return Looked(_looked(organizations) + f", {count:,} of them for too long", tuple(found))


def _looked(organizations: list[Organization]) -> str:
    mine: dict[str, Any] = {"organization__in": organizations}
    waiting = (
        Import.objects.filter(**mine, state__in=Import.WORKING).count()
        + Job.objects.filter(**mine).unfinished().count()
        + Change.objects.filter(**mine).count()
        + ScoreSheet.objects.filter(**mine, is_stale=True).count()
    )
    return f"{waiting:,} things that wait for a worker"


def _waiting(
    organizations: list[Organization], now: dt.datetime, ended: dt.timedelta, longest: dt.timedelta
) -> Iterator[tuple[Any, str]]:
    mine: dict[str, Any] = {"organization__in": organizations}
    imports = Import.objects.filter(**mine, state__in=Import.WORKING)
    jobs = Job.objects.filter(**mine)
    gone, long_ago = now - ended, now - longest
    yield imports.filter(lease_until__lt=gone), "was left by its worker"
    yield imports.filter(lease_until=None, changed_at__lt=long_ago), "has waited for an hour"
    yield jobs.abandoned(gone), "was left by its worker"
    yield jobs.due(long_ago), "has waited for an hour"
    yield (
        Change.objects.filter(**mine, created_at__lt=long_ago),
        "has waited for an hour to be in the scores",
    )
    stale = Q(is_stale=True) & (Q(refreshed_at=None) | Q(refreshed_at__lt=long_ago))
    yield ScoreSheet.objects.filter(stale, **mine), "waits for its refresh"


def _stuck(rows: Any, said: str) -> Iterator[Finding]:
    for row in rows.select_related("organization").order_by("pk")[:NAMED]:
        yield Finding(
            "stuck",
            f'{row._meta.label} {row.pk} of "{row.organization.code}" ({row}) {said}:'
            " is a worker running?",
        )
