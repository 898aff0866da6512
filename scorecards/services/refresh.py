"""Keeping the stored scores current, one (organization, period) at a time.

A score sheet is computed, never edited: what it says follows from values, targets and editions.
All transactions that mark or compute the sheets of one organization wait for each other, so that
a mark is never lost between the reading of values and the writing of scores.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency, Period
from organizations.models import Organization
from organizations.services.locks import lock_scores
from scorecards.models import ScoreSheet
from scorecards.selectors.computation import ComputedSheet, computed_sheets

from .staleness import mark_changes, mark_due, mark_everything, mark_new_periods

Progress = Callable[[int, int], None]
COLUMNS = (
    *("edition", "score", "coverage", "status", "on_target", "below_target", "critical"),
    *("no_data", "insufficient_data", "detail", "turns_stale_on"),
)


def refresh_scores(*, organization_id: int, progress: Progress | None = None) -> int:
    """Bring every score of the organization up to date; returns how many sheets were computed.

    progress is called with (periods done, periods in all). Safe to run twice, or at once with
    itself and with pushes: whoever comes second finds less or nothing to do.
    """
    organization = Organization.objects.get(pk=organization_id)
    with transaction.atomic():
        lock_scores(organization.pk)
        mark_changes(organization)
        mark_due(organization)
        mark_new_periods(organization)
    periods = stale_periods(organization)
    count = 0
    for done, period in enumerate(periods, start=1):
        count += refresh_period(organization=organization, period=period)
        if progress:
            progress(done, len(periods))
    return count


def rebuild_scores(*, organization_id: int, progress: Progress | None = None) -> int:
    """Compute every sheet of the organization again; returns how many."""
    organization = Organization.objects.get(pk=organization_id)
    with transaction.atomic():
        lock_scores(organization.pk)
        mark_everything(organization)
    return refresh_scores(organization_id=organization_id, progress=progress)


def stale_periods(organization: Organization) -> list[Period]:
    """The periods that have stale sheets, oldest first."""
    rows = (
        ScoreSheet.objects.filter(organization=organization, is_stale=True)
        .values_list("frequency", "period_start")
        .distinct()
        .order_by("period_start", "frequency")
    )
    return [Period(Frequency(frequency), start) for frequency, start in rows]


@transaction.atomic
def refresh_period(*, organization: Organization, period: Period) -> int:
    """Compute the stale sheets of one period; returns how many there were."""
    lock_scores(organization.pk)
    stale = ScoreSheet.objects.filter(
        organization=organization,
        frequency=period.frequency,
        period_start=period.start,
        is_stale=True,
    )
    versions = dict(stale.values_list("scorecard_id", "version"))
    computed = computed_sheets(organization, period, sorted(versions))
    _write(organization, period, computed, versions)
    without_structure = versions.keys() - {result.scorecard_id for result in computed}
    if without_structure:
        stale.filter(scorecard_id__in=without_structure).delete()
    return len(computed)


def _write(
    organization: Organization,
    period: Period,
    computed: list[ComputedSheet],
    versions: dict[int, int],
) -> None:
    """All sheets by one statement (a few on SQLite)."""
    now = timezone.now()
    ScoreSheet.objects.bulk_create(
        [
            ScoreSheet(
                organization=organization,
                scorecard_id=result.scorecard_id,
                frequency=period.frequency,
                period_start=period.start,
                is_stale=False,
                version=versions[result.scorecard_id] + 1,
                refreshed_at=now,
                **result.fields,
            )
            for result in computed
        ],
        update_conflicts=True,
        unique_fields=["scorecard", "frequency", "period_start"],
        update_fields=[*COLUMNS, "is_stale", "version", "refreshed_at"],
    )
