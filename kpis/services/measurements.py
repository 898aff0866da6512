"""Recording values: what pushes, entry, imports and sources all call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.db import transaction
from django.utils import timezone

from kpis.models import Change, Measurement, MeasurementRevision
from organizations.access import Access
from organizations.models import Organization, User

from .resolution import Refusal, RowToRecord, resolved_rows
from .storage import Author, StoredRow, store
from .wake import wake_refresh


@dataclass(frozen=True)
class Recorded:
    """What became of the rows; refused ones in the order in which they came."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: tuple[Refusal, ...] = ()


def record_measurements(
    *, access: Access, rows: Sequence[RowToRecord | Refusal], is_atomic: bool
) -> Recorded:
    """Record values by the codes of their KPIs and units, each row answered for itself.

    A refusal among the rows stands for one that could not be read. If atomic, one refusal keeps
    all rows from being stored. A value that stands already counts as unchanged and is not written
    again; a corrected one keeps what it said before as a revision. The scores that they reach are
    refreshed by a worker.
    """
    accepted, refusals = resolved_rows(access, rows)
    rejected = tuple(refusals)
    if not accepted or (is_atomic and rejected):
        return Recorded(rejected=rejected)
    author = Author(
        organization_id=access.organization.pk,
        at=timezone.now(),
        user_id=access.user.pk if access.user and not access.token else None,
        token_id=access.token.pk if access.token else None,
    )
    created, updated = _stored(accepted, author)
    return Recorded(created, updated, len(accepted) - created - updated, rejected)


def record_values(
    *,
    organization: Organization,
    rows: Sequence[tuple[int, dt.date, float, str | None]],
    user: User | None = None,
    at: dt.datetime | None = None,
) -> Recorded:
    """Record values of known assignments: (assignment id, start of the period, value, note)."""
    author = Author(
        organization_id=organization.pk,
        at=at or timezone.now(),
        user_id=user.pk if user else None,
    )
    stored = [StoredRow(a, start.isoformat(), float(value), note) for a, start, value, note in rows]
    created, updated = _stored(stored, author)
    return Recorded(created, updated, len(stored) - created - updated)


@transaction.atomic
def _stored(rows: list[StoredRow], author: Author) -> tuple[int, int]:
    rows.sort(key=itemgetter(0, 1))
    created, updated = store(rows, author, timezone.now())
    if created or updated:
        wake_refresh(author.organization_id)
    return created, updated


@transaction.atomic
def delete_measurement(*, access: Access, measurement: Measurement) -> None:
    """Take a value back; what it said stays as a revision."""
    now = timezone.now()
    row = Measurement.objects.select_for_update().filter(pk=measurement.pk).first()
    if row is None:
        return
    by_user = access.user if access.token is None else None
    MeasurementRevision.objects.create(
        organization_id=row.organization_id,
        assignment_id=row.assignment_id,
        period_start=row.period_start,
        value=row.value,
        note=row.note,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        token_id=row.token_id,
        superseded_at=max(now, row.recorded_at),
        superseded_by_user=by_user,
        superseded_by_token=access.token,
        reason=MeasurementRevision.Reason.DELETED,
    )
    Change.objects.create(
        organization_id=row.organization_id,
        assignment_id=row.assignment_id,
        first_start=row.period_start,
        last_start=row.period_start,
        created_at=now,
    )
    row.delete()
    wake_refresh(row.organization_id)
