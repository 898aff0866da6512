"""Score sheets as they were at a moment: computed again from what was said by then."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from calculations.periods import Period
from organizations.models import Organization
from scorecards.models import ScoreSheet

from .computation import computed_sheets


def past_sheets(
    organization: Organization,
    scorecard_ids: Collection[int],
    periods: Sequence[Period],
    at: dt.datetime,
) -> dict[int, dict[Period, ScoreSheet]]:
    """By scorecard and period, unstored sheets; those of all contributing scorecards with them."""
    sheets: dict[int, dict[Period, ScoreSheet]] = defaultdict(dict)
    for computed in computed_sheets(organization, periods, scorecard_ids, at):
        sheets[computed.scorecard_id][computed.period] = ScoreSheet(
            organization=organization,
            scorecard_id=computed.scorecard_id,
            frequency=computed.period.frequency,
            period_start=computed.period.start,
            is_stale=False,
            refreshed_at=at,
            **computed.fields,
        )
    return sheets
