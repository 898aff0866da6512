"""Sheets that are not stored: as they were at a moment, and as a draft's would be."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from django.utils import timezone

from calculations.periods import Period
from organizations.models import Organization
from scorecards.models import EditionContent, ScoreSheet

from .computation import computed_sheets, drafted
from .sheet_contents import ComputedSheet


def past_sheets(
    organization: Organization,
    scorecard_ids: Collection[int],
    periods: Sequence[Period],
    at: dt.datetime,
) -> dict[int, dict[Period, ScoreSheet]]:
    """By scorecard and period, unstored sheets; those of all contributing scorecards with them."""
    sheets: dict[int, dict[Period, ScoreSheet]] = defaultdict(dict)
    for computed in computed_sheets(organization, periods, scorecard_ids, at):
        sheets[computed.scorecard_id][computed.period] = _sheet(organization, computed, at)
    return sheets


def drafted_sheets(
    organization: Organization,
    scorecard_id: int,
    content: EditionContent,
    periods: Sequence[Period],
) -> dict[dt.date, ScoreSheet]:
    """By start, the sheets that a draft would have, were it valid in these periods."""
    now = timezone.now()
    return {
        computed.period.start: _sheet(organization, computed, now)
        for computed in drafted(organization, periods, scorecard_id, content)
    }


def _sheet(organization: Organization, computed: ComputedSheet, at: dt.datetime) -> ScoreSheet:
    return ScoreSheet(
        organization=organization,
        scorecard_id=computed.scorecard_id,
        frequency=computed.period.frequency,
        period_start=computed.period.start,
        is_stale=False,
        refreshed_at=at,
        **computed.fields,
    )
