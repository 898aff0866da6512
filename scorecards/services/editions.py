"""Publishing a scorecard's structure, valid from a period on."""

import datetime as dt

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from kpis.services.wake import wake_refresh
from organizations.models import Organization, User
from organizations.services.locks import lock_scores
from scorecards.models import Edition, Scorecard
from scorecards.selectors.editions import contents, packed_structure, valid_editions

from .staleness import mark_sheets


@transaction.atomic
def publish_edition(
    *, scorecard: Scorecard, valid_from: dt.date | None = None, by: User | None = None
) -> Edition | None:
    """Pack the structure as it stands into an edition, valid from the period with that day on.

    The default is the current period of the shortest reporting frequency. An edition of the same
    start is superseded, not changed. Objectives above that this scorecard supports get their new
    contributions with the same start. Returns None where nothing differs from what is valid then.
    """
    start = _period_start(scorecard.organization, valid_from)
    edition = _published(scorecard, start, by)
    if edition is not None:
        for above in _supported_scorecards(scorecard):
            _published(above, start, by)
    return edition


@transaction.atomic
def activate_scorecard(
    *, scorecard: Scorecard, valid_from: dt.date | None = None, by: User | None = None
) -> Scorecard:
    """Score the scorecard from now on; another one that is active at the unit must go first."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError("An archived scorecard stays as it was; duplicate it instead.")
    scorecard.status = Scorecard.State.ACTIVE
    scorecard.version += 1
    scorecard.full_clean()
    scorecard.save()
    publish_edition(scorecard=scorecard, valid_from=valid_from, by=by)
    return scorecard


def _period_start(organization: Organization, day: dt.date | None) -> dt.date:
    shortest = organization.frequencies[0]
    return organization.calendar.canonical_start(shortest, day or organization.today())


def _published(scorecard: Scorecard, start: dt.date, by: User | None) -> Edition | None:
    lock_scores(scorecard.organization_id)
    content = packed_structure(scorecard)
    valid = valid_editions([scorecard.pk], start + dt.timedelta(days=1)).get(scorecard.pk)
    if valid is not None and contents([valid.pk])[valid.pk] == content:
        return None
    scorecard.editions.filter(valid_from=start, superseded_at=None).update(
        superseded_at=timezone.now()
    )
    edition = Edition.objects.create(
        organization_id=scorecard.organization_id,
        scorecard=scorecard,
        valid_from=start,
        content=msgspec.to_builtins(content),
        created_by=by,
    )
    mark_sheets(scorecard.organization, {scorecard.pk: (start, None)})
    wake_refresh(scorecard.organization_id)
    return edition


def _supported_scorecards(scorecard: Scorecard) -> list[Scorecard]:
    """Scorecards above that count or name objectives of this one and have been published."""
    return list(
        Scorecard.objects.live()
        .filter(
            objectives__supported_by__objective__scorecard=scorecard,
            editions__superseded_at=None,
            editions__isnull=False,
        )
        .distinct()
    )
