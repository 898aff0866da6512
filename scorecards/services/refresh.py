"""Keeping the stored scores current, some periods of an organization at a time.

A score sheet is computed, never edited: what it says follows from values, targets and editions.
All transactions that mark or compute the sheets of one organization wait for each other, so that
a mark is never lost between the reading of values and the writing of scores.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from calculations.periods import Frequency, Period
from organizations.models import Organization
from organizations.services.locks import lock_scores
from scorecards.models import ScoreSheet
from scorecards.selectors.scoring.computation import computed_sheets
from scorecards.selectors.scoring.sheet_contents import ComputedSheet

from .staleness import mark_changes, mark_due, mark_everything, mark_new_periods

Progress = Callable[[int, int], None]
# Reading what sheets follow from costs more than computing them, so periods share it. More at once
# would only hold more memory, and the lock for longer.
SHEETS_AT_ONCE = 2000
COLUMNS = (
    *("edition", "score", "coverage", "status", "on_target", "below_target", "critical"),
    *("no_data", "insufficient_data", "detail", "turns_stale_on"),
)


def refresh_scores(*, organization_id: int, progress: Progress | None = None) -> int:
    """Bring every score of the organization up to date; returns how many sheets were computed.

    progress is called with (periods done, periods in all). Safe to run twice, or at once with
    itself and with pushes: whoever comes second finds less or nothing to do.
    """
    with transaction.atomic():
        lock_scores(organization_id)
        organization = Organization.objects.get(pk=organization_id)
        mark_changes(organization)
        mark_due(organization)
        mark_new_periods(organization)
    stale = stale_periods(organization)
    count = done = 0
    for periods in _batches(stale):
        count += refresh_periods(organization=organization, periods=periods)
        done += len(periods)
        if progress:
            progress(done, len(stale))
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
    found = {
        (Period(Frequency(frequency), start), scorecard): (pk, version)
        for frequency, start, scorecard, pk, version in stale.values_list(
            "frequency", "period_start", "scorecard_id", "pk", "version"
        )
    }
    computed = [
        sheet
        for scorecards, together in _by_scorecards(found).items()
        for sheet in computed_sheets(organization, together, scorecards)
    ]
    _write(organization, [(s, found.pop((s.period, s.scorecard_id))[1] + 1) for s in computed])
    if found:
        # What is left has no structure in its period any more.
        ScoreSheet.objects.filter(pk__in=[pk for pk, _ in found.values()]).delete()
    return len(computed)


def _by_scorecards(stale: Iterable[tuple[Period, int]]) -> dict[frozenset[int], list[Period]]:
    """Periods in which the very same scorecards are stale."""
    scorecards: dict[Period, set[int]] = defaultdict(set)
    for period, scorecard in stale:
        scorecards[period].add(scorecard)
    together: dict[frozenset[int], list[Period]] = defaultdict(list)
    for period, members in scorecards.items():
        together[frozenset(members)].append(period)
    return together


def _write(organization: Organization, computed: list[tuple[ComputedSheet, int]]) -> None:
    """All sheets, each with its new version, by one statement (a few on SQLite)."""
    now = timezone.now()
    ScoreSheet.objects.bulk_create(
        [
            ScoreSheet(
                organization=organization,
                scorecard_id=sheet.scorecard_id,
                frequency=sheet.period.frequency,
                period_start=sheet.period.start,
                is_stale=False,
                version=version,
                refreshed_at=now,
                **sheet.fields,
            )
            for sheet, version in computed
        ],
        update_conflicts=True,
        unique_fields=["scorecard", "frequency", "period_start"],
        update_fields=[*COLUMNS, "is_stale", "version", "refreshed_at"],
    )
