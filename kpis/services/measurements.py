"""Recording values: what pushes, entry, imports and sources all call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency
from kpis.models import Assignment, Change, Measurement, MeasurementRevision, Restatement
from organizations.access import Access
from organizations.models import ApiToken, Organization, User

from .closed import ClosedPlaces, checked_reason
from .refusals import Refusal, Refused
from .resolution import RowToRecord, resolved_rows, restating_reason
from .storage import Author, StoredRow, store
from .wake import wake_refresh


@dataclass(frozen=True)
class Recorded:
    """What became of the rows; refused ones in the order in which they came."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: tuple[Refusal, ...] = ()


@transaction.atomic
def record_measurements(
    *,
    access: Access,
    rows: Sequence[RowToRecord | Refusal],
    is_atomic: bool,
    lines: Sequence[int] | None = None,
) -> Recorded:
    """Record values by the codes of their KPIs and units, each row answered for itself.

    A refusal among the rows stands for one that could not be read. If atomic, one refusal keeps
    all rows from being stored. A value that stands already counts as unchanged and is not written
    again; a corrected one keeps what it said before as a revision. The scores that they reach are
    refreshed by a worker. lines: where in a text the rows stand; refusals name these.
    """
    accepted, refusals = resolved_rows(access, rows, lines)
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


@transaction.atomic
def record_values(
    *,
    organization: Organization,
    rows: Sequence[tuple[int, dt.date, float, str | None]],
    user: User | None = None,
    at: dt.datetime | None = None,
    reason: str | None = None,
) -> Recorded:
    """Record values of known assignments: (assignment id, start of the period, value, note).

    reason: why values of closed periods are restated; without one they raise ValidationError.
    Whether the user may is for the caller to check.
    """
    author = Author(
        organization_id=organization.pk,
        at=at or timezone.now(),
        user_id=user.pk if user else None,
    )
    reason = checked_reason(reason)
    closed = _closed_keys(organization, [row[:2] for row in rows], must_be_none=not reason)
    stored = [
        StoredRow(
            a, start.isoformat(), float(value), note, reason if (a, start) in closed else None
        )
        for a, start, value, note in rows
    ]
    created, updated = _stored(stored, author)
    return Recorded(created, updated, len(stored) - created - updated)


def _closed_keys(
    organization: Organization, keys: Sequence[tuple[int, dt.date]], *, must_be_none: bool
) -> set[tuple[int, dt.date]]:
    """The (assignment id, start of a period) among the keys that are closed."""
    places = ClosedPlaces(organization)
    if not places.closings:
        return set()
    found: set[tuple[int, dt.date]] = set()
    rows = Assignment.objects.filter(pk__in={key[0] for key in keys})
    about = {pk: rest for pk, *rest in rows.values_list("pk", "unit_id", "kpi__frequency")}
    for pk, start in keys:
        unit_id, frequency = about[pk]
        period = organization.calendar.period(Frequency(frequency), start)
        closing = places.covering(unit_id, period)
        if closing and must_be_none:
            raise ValidationError(places.sentence(closing))
        if closing:
            found.add((pk, start))
    return found


def _stored(rows: list[StoredRow], author: Author) -> tuple[int, int]:
    rows.sort(key=itemgetter(0, 1))
    created, updated = store(rows, author, timezone.now()) if rows else (0, 0)
    if created or updated:
        wake_refresh(author.organization_id)
    return created, updated


@transaction.atomic
def delete_measurement(
    *, access: Access, measurement: Measurement, reason: str | None = None
) -> None:
    """Take a value back; what it said stays as a revision.

    reason: why a closed period is restated. Raises Refused where the period is closed and there is
    no reason, or the access may not restate.
    """
    now = timezone.now()
    row = Measurement.objects.select_for_update().filter(pk=measurement.pk).first()
    if row is None:
        return
    reason = _reason_to_delete(access, row, reason)
    by_user = access.user if access.token is None else None
    _revision(row, now, by_user, access.token).save()
    of_period: dict[str, Any] = {
        "organization_id": row.organization_id,
        "assignment_id": row.assignment_id,
    }
    if reason:
        Restatement.objects.create(
            **of_period,
            period_start=row.period_start,
            subject=Restatement.Subject.VALUE,
            reason=reason,
            at=now,
            user=by_user,
            token=access.token,
        )
    Change.objects.create(
        **of_period,
        first_start=row.period_start,
        last_start=row.period_start,
        created_at=now,
    )
    row.delete()
    wake_refresh(row.organization_id)


@transaction.atomic
def delete_measurements(
    *, access: Access, measurements: Sequence[Measurement]
) -> dict[int, Refused]:
    """Take values of open periods back, by a fixed number of statements; what they said stays.

    Those of closed periods stand: why, by the measurement's id. The measurements are locked by the
    caller and have their assignments and KPIs at hand.
    """
    now = timezone.now()
    refused = _closed_ones(access, measurements)
    rows = [row for row in measurements if row.pk not in refused]
    if not rows:
        return refused
    by_user = access.user if access.token is None else None
    MeasurementRevision.objects.bulk_create(
        _revision(row, now, by_user, access.token) for row in rows
    )
    Change.objects.bulk_create(
        Change(
            organization_id=row.organization_id,
            assignment_id=row.assignment_id,
            first_start=row.period_start,
            last_start=row.period_start,
            created_at=now,
        )
        for row in rows
    )
    Measurement.objects.filter(pk__in=[row.pk for row in rows]).delete()
    wake_refresh(access.organization.pk)
    return refused


def _closed_ones(access: Access, measurements: Sequence[Measurement]) -> dict[int, Refused]:
    closed = ClosedPlaces(access.organization, lambda: access.tree)
    calendar = access.organization.calendar
    refused = {}
    for row in measurements:
        frequency = Frequency(row.assignment.kpi.frequency)
        period = calendar.period(frequency, row.period_start)
        try:
            restating_reason(access, closed, row.assignment.unit_id, period, None)
        except Refused as refusal:
            refused[row.pk] = refusal
    return refused


def _revision(
    row: Measurement, now: dt.datetime, user: User | None, token: ApiToken | None
) -> MeasurementRevision:
    """What a row said that is being deleted."""
    return MeasurementRevision(
        organization_id=row.organization_id,
        assignment_id=row.assignment_id,
        period_start=row.period_start,
        value=row.value,
        note=row.note,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        token_id=row.token_id,
        superseded_at=max(now, row.recorded_at),
        superseded_by_user=user,
        superseded_by_token=token,
        reason=MeasurementRevision.Reason.DELETED,
    )


def _reason_to_delete(access: Access, row: Measurement, reason: str | None) -> str | None:
    reason = checked_reason(reason)
    closed = ClosedPlaces(access.organization, lambda: access.tree)
    if not closed.closings:
        return None
    assignment = Assignment.objects.select_related("kpi").get(pk=row.assignment_id)
    frequency = Frequency(assignment.kpi.frequency)
    period = access.organization.calendar.period(frequency, row.period_start)
    return restating_reason(access, closed, assignment.unit_id, period, reason)
