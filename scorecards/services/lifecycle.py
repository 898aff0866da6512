"""The life of a scorecard: from which period until which it holds, and what takes its place.

Each deed holds the organization's lock. The days are kept twice: on the scorecard, as they are
now, and in its editions, which also tell what they were at any moment.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.models import User
from organizations.services.locks import lock_scores
from organizations.services.structure import changed, locked, require_version
from scorecards.models import Edition, Scorecard

from .editions import (
    activate_scorecard,
    period_start,
    publish_edition,
    require_open,
    take_over,
    tell_from,
)
from .staleness import drop_sheets, mark_new_periods

ARCHIVED_ALREADY = "This scorecard is archived already."
NOT_ACTIVE = "Only an active scorecard can be archived."


@transaction.atomic
def archive_scorecard(
    *,
    scorecard: Scorecard,
    ends_on: dt.date | None = None,
    by: User | None = None,
    version: int | None = None,
) -> Scorecard:
    """Let the scorecard hold no more from the period with that day on, by default the running one.

    From then on it has no scores, and those it contributes to count without it; what it was before
    stays, and stays corrected. Raises StaleVersion, and ValidationError where the period is closed
    or the scorecard begins only then.
    """
    row = locked(scorecard)
    require_version(row, version)
    if row.status != Scorecard.State.ACTIVE:
        is_over = row.status == Scorecard.State.ARCHIVED
        raise ValidationError(ARCHIVED_ALREADY if is_over else NOT_ACTIVE)
    end = period_start(row.organization, ends_on)
    lock_scores(row.organization_id)
    require_open(row, end)
    if row.starts_on is not None and end <= row.starts_on:
        raise ValidationError(
            f"“{row}” begins on {row.starts_on}: choose a later period, or make it a draft again."
        )
    mark_new_periods(row.organization)
    row.status, row.ends_on = Scorecard.State.ARCHIVED, end
    changed(row, by)
    _say_end(row, end, by)
    take_over(scorecard, row)
    return scorecard


@transaction.atomic
def bring_back_scorecard(
    *, scorecard: Scorecard, by: User | None = None, version: int | None = None
) -> Scorecard:
    """Let an archived scorecard hold again from its end on, with the structure that its rows say.

    Raises StaleVersion, and ValidationError where another took its place or a period since is
    closed.
    """
    row = locked(scorecard)
    require_version(row, version)
    end = row.ends_on
    if end is None:
        raise ValidationError("This scorecard is not archived.")
    lock_scores(row.organization_id)
    require_open(row, end)
    _require_no_other(row, end)
    row.status, row.ends_on = Scorecard.State.ACTIVE, None
    changed(row, by)
    row.editions.filter(superseded_at=None, is_end=True).update(superseded_at=timezone.now())
    publish_edition(scorecard=row, valid_from=end, by=by)
    tell_from(row, end, by)
    take_over(scorecard, row)
    return scorecard


@transaction.atomic
def withdraw_scorecard(
    *, scorecard: Scorecard, by: User | None = None, version: int | None = None
) -> Scorecard:
    """Make an active scorecard a draft again, as if it had never held: the undo of activating.

    Raises StaleVersion, and ValidationError where a period in which it holds is closed.
    """
    row = locked(scorecard)
    require_version(row, version)
    start = row.starts_on
    if row.status != Scorecard.State.ACTIVE or start is None:
        raise ValidationError("Only an active scorecard can become a draft again.")
    lock_scores(row.organization_id)
    require_open(row, start)
    row.status, row.starts_on = Scorecard.State.DRAFT, None
    changed(row, by)
    row.editions.filter(superseded_at=None).update(superseded_at=timezone.now())
    drop_sheets(row, start)
    tell_from(row, start, by)
    take_over(scorecard, row)
    return scorecard


@transaction.atomic
def replace_scorecard(
    *,
    running: Scorecard,
    draft: Scorecard,
    valid_from: dt.date | None = None,
    by: User | None = None,
    version: int | None = None,
) -> Scorecard:
    """Start a new strategy cycle: the draft holds from that period on, the running one until then.

    version: of the draft. Raises as archiving and activating do.
    """
    if running.unit_id != draft.unit_id:
        raise ValidationError("A scorecard can only replace one of its own unit.")
    archive_scorecard(scorecard=running, ends_on=valid_from, by=by)
    return activate_scorecard(scorecard=draft, valid_from=valid_from, by=by, version=version)


@transaction.atomic
def undo_replacement(
    *, draft: Scorecard, replaced: Scorecard, by: User | None = None, version: int | None = None
) -> None:
    """Make the new one a draft again, and let the one that it replaced hold on."""
    if replaced.unit_id != draft.unit_id or replaced.ends_on != draft.starts_on:
        raise ValidationError(f"“{draft}” did not replace “{replaced}”.")
    withdraw_scorecard(scorecard=draft, by=by, version=version)
    bring_back_scorecard(scorecard=replaced, by=by)


def _say_end(row: Scorecard, end: dt.date, by: User | None) -> None:
    """What was said of later periods is superseded, and an end follows what was said before."""
    row.editions.filter(superseded_at=None, valid_from__gte=end).update(
        superseded_at=timezone.now()
    )
    Edition.objects.create(
        organization_id=row.organization_id,
        scorecard=row,
        valid_from=end,
        content={},
        is_end=True,
        created_by=by,
    )
    drop_sheets(row, end)
    tell_from(row, end, by)


def _require_no_other(row: Scorecard, end: dt.date) -> None:
    later = Scorecard.objects.published().filter(unit=row.unit_id, starts_on__gte=end)
    other = later.exclude(pk=row.pk).first()
    if other is not None:
        raise ValidationError(f"“{other}” took its place on {other.starts_on}.")
