"""Publishing a scorecard's structure, valid from a period on."""

import datetime as dt

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from kpis.services.wake import wake_refresh
from organizations.models import Organization, User
from organizations.selectors import closings, unit_tree
from organizations.services.locks import lock_scores
from scorecards.models import Edition, EditionContent, Scorecard
from scorecards.selectors.editions.reading import content_at, editions_from, packed_structure
from scorecards.selectors.editions.ties import alignment_ties

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
    start in a closed period, or before one: it would tell of the closed one, too.
    """
    start = _period_start(scorecard.organization, valid_from)
    lock_scores(scorecard.organization_id)
    _require_open(scorecard, start)
    edition = _published(scorecard, start, by)
    if edition is not None:
        days = {scorecard.pk: start} | _told_neighbours(scorecard, start, by)
        mark_sheets(scorecard.organization, {pk: (day, None) for pk, day in days.items()})
        wake_refresh(scorecard.organization_id)
    return edition


@transaction.atomic
def activate_scorecard(
    *, scorecard: Scorecard, valid_from: dt.date | None = None, by: User | None = None
) -> Scorecard:
    """Score the scorecard from now on; another one that is active at the unit must go first."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError("An archived scorecard stays as it was; duplicate it instead.")
    scorecard.status = Scorecard.State.ACTIVE
    scorecard.starts_on = scorecard.starts_on or _period_start(scorecard.organization, valid_from)
    scorecard.version += 1
    scorecard.full_clean()
    scorecard.save()
    publish_edition(scorecard=scorecard, valid_from=valid_from, by=by)
    return scorecard


def _period_start(organization: Organization, day: dt.date | None) -> dt.date:
    shortest = organization.frequencies[0]
    return organization.calendar.canonical_start(shortest, day or organization.today())


def _require_open(scorecard: Scorecard, start: dt.date) -> None:
    organization = scorecard.organization
    line = unit_tree(organization).line(scorecard.unit_id)
    open_from = closings(organization).open_from(line)
    if open_from is not None and start < open_from:
        last = open_from - dt.timedelta(days=1)
        raise ValidationError(
            f"What was reported up to {last} is closed. Let the structure be valid from {open_from}"
            " or later, or have the period opened again first."
        )


def _published(scorecard: Scorecard, start: dt.date, by: User | None) -> Edition | None:
    content = packed_structure(scorecard)
    current = scorecard.editions.filter(superseded_at=None)
    is_said = content_at(scorecard, start) == content
    if is_said and not current.filter(valid_from__gt=start).exists():
        return None
    current.filter(valid_from__gte=start).update(superseded_at=timezone.now())
    return _stored(scorecard, start, content, by)


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
    for edition in editions_from(ties.scorecards, start):
        old = msgspec.convert(edition.content, EditionContent)
        new = ties.told_in(edition.scorecard_id, old)
        if new == old:
            continue
        day = max(edition.valid_from, start)
        if edition.valid_from == day:
            edition.superseded_at = timezone.now()
            edition.save(update_fields=["superseded_at"])
        _stored(edition.scorecard, day, new, by)
        changed.setdefault(edition.scorecard_id, day)
    return changed
