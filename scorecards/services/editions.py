"""Publishing a scorecard's structure, valid from a period on."""

import datetime as dt

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kpis.services.wake import wake_refresh
from organizations.models import Organization, User
from organizations.selectors import closings, unit_tree
from organizations.services.locks import lock_scores
from organizations.services.structure import changed, locked, require_version
from scorecards.models import Edition, EditionContent, Scorecard
from scorecards.selectors.editions.reading import content_at, editions_from, packed_structures
from scorecards.selectors.editions.ties import Ties, alignment_ties

from .staleness import mark_sheets


@transaction.atomic
def publish_edition(
    *, scorecard: Scorecard, valid_from: dt.date | None = None, by: User | None = None
) -> Edition | None:
    """Pack the structure as it stands into an edition, valid from the period with that day on.

    The default is the current period of the shortest reporting frequency. What was said for that
    period and later ones is superseded, not changed. Scorecards that this one supports, or that
    support it, say from the same start on what is new between them, and nothing else. Returns
    None where nothing differs from what is valid then and later. Raises ValidationError for a
    start in a closed period, or before one: it would tell of the closed one, too; and for one on
    which another scorecard of the unit holds, or that comes after this one's end.
    """
    start = period_start(scorecard.organization, valid_from)
    lock_scores(scorecard.organization_id)
    require_open(scorecard, start)
    _begin_by(scorecard, start, by)
    edition = _published(scorecard, start, by)
    if edition is not None:
        tell_from(scorecard, start, by)
    return edition


@transaction.atomic
def activate_scorecard(
    *,
    scorecard: Scorecard,
    valid_from: dt.date | None = None,
    by: User | None = None,
    version: int | None = None,
) -> Scorecard:
    """Let the draft hold from the period with that day on, by default the running one.

    Raises StaleVersion, and ValidationError where another scorecard of the unit holds then or
    later (services/lifecycle.py replaces it), or the period is closed.
    """
    row = locked(scorecard)
    require_version(row, version)
    if row.status == Scorecard.State.ARCHIVED:
        raise ValidationError("An archived scorecard stays as it was; duplicate it instead.")
    if row.status == Scorecard.State.DRAFT:
        start = period_start(row.organization, valid_from)
        require_open(row, start)
        require_free(row, start)
        row.status, row.starts_on = Scorecard.State.ACTIVE, start
        changed(row, by)
    publish_edition(scorecard=row, valid_from=valid_from, by=by)
    take_over(scorecard, row)
    return scorecard


def take_over(scorecard: Scorecard, row: Scorecard) -> None:
    """Let an object that was read before say what its row says now of its life."""
    for name in ("status", "starts_on", "ends_on", "version"):
        setattr(scorecard, name, getattr(row, name))


def tell_from(scorecard: Scorecard, start: dt.date, by: User | None) -> None:
    """Let the aligned scorecards say what is between them now, and have all scores computed."""
    days = {scorecard.pk: start} | _told_neighbours(scorecard, start, by)
    mark_sheets(scorecard.organization, {pk: (day, None) for pk, day in days.items()})
    wake_refresh(scorecard.organization_id)


def period_start(organization: Organization, day: dt.date | None) -> dt.date:
    """The first day of the period with that day, or today's, of the shortest frequency."""
    shortest = organization.frequencies[0]
    return organization.calendar.canonical_start(shortest, day or organization.today())


def require_open(scorecard: Scorecard, start: dt.date) -> None:
    """Refuse a day that is closed at the unit, or before one that is."""
    organization = scorecard.organization
    line = unit_tree(organization).line(scorecard.unit_id)
    open_from = closings(organization).open_from(line)
    if open_from is not None and start < open_from:
        last = open_from - dt.timedelta(days=1)
        raise ValidationError(
            f"What was reported up to {last} is closed. Let the structure be valid from {open_from}"
            " or later, or have the period opened again first.",
            "period_closed",
        )


def _begin_by(scorecard: Scorecard, start: dt.date, by: User | None) -> None:
    """Let the scorecard hold from the day on, where it did not yet and no other one did."""
    if scorecard.starts_on is None:
        raise ValidationError("A draft is published when it is activated.")
    if scorecard.ends_on is not None and start >= scorecard.ends_on:
        raise ValidationError(f"“{scorecard}” ends on {scorecard.ends_on}: choose a period before.")
    if start >= scorecard.starts_on:
        return
    require_free(scorecard, start)
    row = Scorecard.objects.get(pk=scorecard.pk)
    row.starts_on = scorecard.starts_on = start
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


def require_free(scorecard: Scorecard, start: dt.date) -> None:
    """Refuse a start from which on another scorecard of the unit holds, too."""
    others = Scorecard.objects.published().filter(unit=scorecard.unit_id).exclude(pk=scorecard.pk)
    end = scorecard.starts_on or dt.date.max
    held = others.filter(Q(ends_on=None) | Q(ends_on__gt=start), starts_on__lt=end)
    other = held.order_by("-starts_on").first()
    if other is None:
        return
    if other.ends_on is None:
        raise ValidationError(f"“{other}” holds since {other.starts_on}: archive or replace it.")
    raise ValidationError(
        f"“{other}” holds until {other.ends_on - dt.timedelta(days=1)}: choose a later period."
    )


def _published(scorecard: Scorecard, start: dt.date, by: User | None) -> Edition | None:
    """The edition from the start on, and those from later days on which ties begin or end."""
    packed = packed_structures(scorecard, start)
    current = scorecard.editions.filter(superseded_at=None, is_end=False)
    later = current.filter(valid_from__gt=start).order_by("valid_from")
    said = [(start, content_at(scorecard, start))]
    said += [(row.valid_from, msgspec.convert(row.content, EditionContent)) for row in later]
    if packed == said:
        return None
    current.filter(valid_from__gte=start).update(superseded_at=timezone.now())
    stored = [_stored(scorecard, day, content, by) for day, content in packed]
    return stored[0]


def _stored(
    scorecard: Scorecard, start: dt.date, content: EditionContent, by: User | None
) -> Edition:
    return Edition.objects.create(
        organization_id=scorecard.organization_id,
        scorecard=scorecard,
        valid_from=start,
        content=msgspec.to_builtins(content),
        created_by=by,
    )


def _told_neighbours(scorecard: Scorecard, start: dt.date, by: User | None) -> dict[int, dt.date]:
    """Bring the editions of aligned scorecards up to date; the first changed day of each.

    Their other rows stay as those editions have them: they may have been edited since, and the
    past of another scorecard is not this one's to rewrite.
    """
    ties = alignment_ties(scorecard)
    changed: dict[int, dt.date] = {}
    ends = [scorecard.ends_on] if scorecard.ends_on and scorecard.ends_on > start else []
    for first in (start, *ends):
        for edition in editions_from(ties.scorecards, first):
            day = max(edition.valid_from, first)
            held = ties if scorecard.holds_on(day) else Ties(scorecard.pk)
            if _told(edition, held, day, by):
                changed.setdefault(edition.scorecard_id, day)
    return changed


def _told(edition: Edition, ties: Ties, day: dt.date, by: User | None) -> bool:
    """Whether the edition says otherwise; then one that says it follows from the day on."""
    old = msgspec.convert(edition.content, EditionContent)
    new = ties.told_in(edition.scorecard_id, old)
    if new == old:
        return False
    if edition.valid_from == day:
        edition.superseded_at = timezone.now()
        edition.save(update_fields=["superseded_at"])
    _stored(edition.scorecard, day, new, by)
    return True
