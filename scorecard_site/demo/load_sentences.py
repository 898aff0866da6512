"""Loading what people said of objectives, and a scorecard of an earlier strategy cycle."""

import datetime as dt
from typing import Any

from calculations.periods import Period
from scorecards.models import (
    Commentary,
    Evidence,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
)
from scorecards.services.editions import activate_scorecard
from scorecards.services.evidence import MEDIA_TYPES, stored_file
from scorecards.services.lifecycle import archive_scorecard

from . import company
from .dates import CALENDAR, cascaded_on, closed_at, closed_quarter, last_quarter
from .load_company import Company, morning, stored
from .sentences import EARLY, EARLY_UNIT, FILES, REPORTED, SENTENCES, SentencePlan

REVIEW = dt.timedelta(days=12, hours=10)  # from the end of a quarter to its review
NOTICE = dt.timedelta(days=20)


def load_sentences(loaded: Company) -> int:
    """Every sentence in the review of its quarter; returns how many."""
    last = last_quarter(loaded.today)
    scorecards = {
        scorecard.code: scorecard
        for scorecard in Scorecard.objects.active().filter(organization=loaded.organization)
    }
    for plan in SENTENCES:
        period = CALENDAR.shift(last, -plan.quarters)
        review = morning(CALENDAR.end(period), loaded.now) + REVIEW
        _say(loaded, scorecards[plan.unit], plan, period, min(review, loaded.now))
    reported = closed_at(loaded.now) - NOTICE
    _say(loaded, scorecards[REPORTED.unit], REPORTED, closed_quarter(loaded.today), reported)
    return len(SENTENCES) + 1


def _say(
    loaded: Company, scorecard: Scorecard, plan: SentencePlan, period: Period, at: dt.datetime
) -> None:
    said = Commentary.objects.create(
        organization=loaded.organization,
        scorecard=scorecard,
        objective=plan.objective,
        frequency=period.frequency,
        period_start=period.start,
        text=plan.text,
        said_at=at,
        said_by=loaded.users[plan.who],
    )
    if plan.file:
        Evidence.objects.create(
            organization=loaded.organization,
            commentary=said,
            file=stored_file(loaded.organization, FILES[plan.file].encode()),
            name=plan.file,
            media_type=MEDIA_TYPES[plan.file.rpartition(".")[2]],
        )


def load_early_scorecard(loaded: Company) -> None:
    """One team tried a small scorecard before all teams got theirs, which took its place."""
    at = morning(loaded.first_day - NOTICE, loaded.now)
    about = {"organization": loaded.organization}
    name = f"{company.BY_CODE[EARLY_UNIT].name} scorecard, first try"
    row = Scorecard(unit=loaded.units[EARLY_UNIT], code=f"{EARLY_UNIT}_early", name=name, **about)
    [scorecard] = stored([row], at)
    for position, (code, title, objective, aim, why, kpis) in enumerate(EARLY):
        place = {"scorecard": scorecard, "position": position, **about}
        [perspective] = stored([Perspective(code=code, name=title, **place)], at)
        named: dict[str, Any] = {"perspective": perspective, "owner": loaded.lead(EARLY_UNIT)}
        named |= {"code": objective, "name": aim, "description": why}
        [row_of] = stored([Objective(**named, **place)], at)
        stored([ObjectiveKPI(objective=row_of, kpi=loaded.kpis[kpi], **about) for kpi in kpis], at)
    by = loaded.users["manager"]
    activate_scorecard(scorecard=scorecard, valid_from=loaded.first_day, by=by)
    archive_scorecard(scorecard=scorecard, ends_on=cascaded_on(loaded.today), by=by)
    moments = (at, morning(cascaded_on(loaded.today) - NOTICE, loaded.now))
    for entry, moment in zip(scorecard.history.order_by("history_id")[1:], moments, strict=True):
        entry.history_date = moment
        entry.save()
