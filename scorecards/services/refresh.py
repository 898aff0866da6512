"""Keeping the stored scores current, some periods of an organization at a time.

A score sheet is computed, never edited: what it says follows from values, targets and editions.
All transactions that mark or compute the sheets of one organization wait for each other, so that
a mark is never lost between the reading of values and the writing of scores.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from django.db import transaction
from django.db.models import Count

from calculations.periods import Frequency, Period
from kpis.services.wake import in_place_of_message
from organizations.models import Organization
from organizations.selectors import organization_with
from organizations.services.locks import lock_scores
from scorecards.models import ScoreSheet, Webhook
from scorecards.selectors.scoring.computation import computed_sheets

from .sheet_storage import Place, drop_places, mark_stale, write_sheets
from .staleness import mark_everything, outdated
from .webhooks.announcing import listeners, webhooks_at_work
from .webhooks.events import announce_statuses, announce_values, stored_statuses

Progress = Callable[[int, int], None]
# Reading what sheets follow from costs more than computing them, so periods share it. More at once
# would only hold more memory, and the lock for longer.
SHEETS_AT_ONCE = 2000


def refresh_scores(*, organization_id: int, progress: Progress | None = None) -> int:
    """Bring every score of the organization up to date; returns how many sheets were computed.

    progress is called with (periods done, periods in all). Safe to run twice, or at once with
    itself and with pushes: whoever comes second finds less or nothing to do.
    """
    with in_place_of_message(organization_id):
        count = _refreshed_at_once(organization_id, progress)
        return _refreshed_in_parts(organization_id, progress) if count is None else count


def _refreshed_in_parts(organization_id: int, progress: Progress | None) -> int:
    """Compute what is marked."""
    organization = organization_with(organization_id)
    stale = stale_periods(organization)
    count = done = 0
    for periods in _batches(stale):
        count += refresh_periods(organization=organization, periods=periods)
        done += len(periods)
        if progress:
            progress(done, len(stale))
    return count


@transaction.atomic
def _refreshed_at_once(organization_id: int, progress: Progress | None) -> int | None:
    """Compute what is outdated without marking it first: each sheet is then written once.

    None where that is too much for one transaction; then it is marked, to be computed in parts.
    """
    lock_scores(organization_id)
    organization = organization_with(organization_id)
    found = outdated(organization)
    if not found.places and not found.change_ids:
        return 0
    webhooks = webhooks_at_work(organization)
    announce_values(organization, webhooks, found.change_ids)
    found.forget()
    if len(found.places) > SHEETS_AT_ONCE:
        mark_stale(organization_id, found.places)
        return None
    count = _computed(organization, found.places, webhooks)
    if progress and found.places:
        periods = len({period for _, period in found.places})
        progress(periods, periods)
    return count


def rebuild_scores(*, organization_id: int, progress: Progress | None = None) -> int:
    """Compute every sheet of the organization again; returns how many."""
    with transaction.atomic():
        lock_scores(organization_id)
        mark_everything(Organization.objects.get(pk=organization_id))
    return refresh_scores(organization_id=organization_id, progress=progress)


def stale_periods(organization: Organization) -> dict[Period, int]:
    """How many sheets are stale in each period that has any, oldest first."""
    rows = (
        ScoreSheet.objects.filter(organization=organization, is_stale=True)
        .values_list("frequency", "period_start")
        .annotate(Count("pk"))
        .order_by("period_start", "frequency")
    )
    return {Period(Frequency(frequency), start): count for frequency, start, count in rows}


def _batches(stale: dict[Period, int]) -> Iterator[list[Period]]:
    """Periods that are computed together: what they share is then read once."""
    batch: list[Period] = []
    sheets = 0
    for period, count in stale.items():
        if batch and sheets + count > SHEETS_AT_ONCE:
            yield batch
            batch, sheets = [], 0
        batch.append(period)
        sheets += count
    if batch:
        yield batch


@transaction.atomic
def refresh_periods(*, organization: Organization, periods: Sequence[Period]) -> int:
    """Compute the stale sheets of some periods; returns how many there were.

    The settings are read under the lock: they may have changed since the sheets were marked.
    """
    lock_scores(organization.pk)
    organization = Organization.objects.get(pk=organization.pk)
    stale = ScoreSheet.objects.filter(organization=organization, is_stale=True).in_periods(periods)
    rows = stale.values_list("scorecard_id", "frequency", "period_start")
    places = {(pk, Period(Frequency(f), start)) for pk, f, start in rows}
    return _computed(organization, places, webhooks_at_work(organization))


def _computed(
    organization: Organization, places: Collection[Place], at_work: Sequence[Webhook]
) -> int:
    """Compute and store these sheets; returns how many there are."""
    webhooks = listeners(at_work, Webhook.Event.STATUS_CHANGED)
    before = stored_statuses(organization, places) if webhooks else {}
    computed = [
        sheet
        for scorecards, together in _by_scorecards(places).items()
        for sheet in computed_sheets(organization, together, scorecards)
    ]
    write_sheets(organization.pk, computed)
    announce_statuses(organization, webhooks, before, computed)
    drop_places(organization.pk, set(places) - {(s.scorecard_id, s.period) for s in computed})
    return len(computed)


def _by_scorecards(places: Iterable[Place]) -> dict[frozenset[int], list[Period]]:
    """Periods, oldest first, in which the very same scorecards are to be computed."""
    scorecards: dict[Period, set[int]] = defaultdict(set)
    for scorecard, period in places:
        scorecards[period].add(scorecard)
    together: dict[frozenset[int], list[Period]] = defaultdict(list)
    for period, members in sorted(scorecards.items(), key=lambda each: _order(each[0])):
        together[frozenset(members)].append(period)
    return together


def _order(period: Period) -> tuple[dt.date, str]:
    return period.start, period.frequency
