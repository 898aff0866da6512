"""Which sheets no longer tell the truth: after changes, by the passing of days, in new periods."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Max, Min, Q

from calculations.periods import Frequency, Period
from kpis.models import Change
from kpis.selectors.reach import Days, joined, reached_units
from organizations.models import Organization
from scorecards.models import Alignment, Edition, Scorecard, ScoreSheet


@dataclass(frozen=True)
class Life:
    """From when until when editions give a scorecard a structure; the end is no more part of it."""

    first: dt.date
    end: dt.date | None

    def has(self, period_end: dt.date) -> bool:
        """Whether a period has a sheet: by its last day, the one before its end."""
        return self.first < period_end and (self.end is None or period_end <= self.end)


def mark_changes(organization: Organization) -> None:
    """Turn the noted changes of values and targets into stale sheets, and forget them.

    Only rows that were read are deleted: a change noted meanwhile waits for the next time.
    """
    changes = list(
        Change.objects.filter(organization=organization)
        .select_related("assignment")
        .only("first_start", "last_start", "assignment__kpi_id", "assignment__unit_id")
    )
    if not changes:
        return
    of_units = reached_units(organization, changes)
    scorecards = Scorecard.objects.filter(organization=organization, unit_id__in=of_units)
    mark_sheets(
        organization,
        {pk: of_units[unit_id] for pk, unit_id in scorecards.values_list("pk", "unit_id")},
    )
    Change.objects.filter(pk__in=[change.pk for change in changes]).delete()


def mark_due(organization: Organization) -> None:
    """Mark the sheets in which a missing value has become due, and those above that they reach."""
    due = ScoreSheet.objects.filter(
        organization=organization, is_stale=False, turns_stale_on__lte=organization.today()
    )
    turned = list(due.values_list("scorecard_id", "frequency", "period_start"))
    if not turned:
        return
    above = _supported(organization)
    line = {pk: _and_all_above(pk, above) for pk in {pk for pk, _, _ in turned}}
    _mark(
        organization,
        {
            (reached, Period(Frequency(frequency), start))
            for pk, frequency, start in turned
            for reached in line[pk]
        },
    )


def mark_new_periods(organization: Organization) -> None:
    """Give every published scorecard a sheet for each period that has begun since its last one."""
    _add_begun(organization, _lives(organization))


def _add_begun(organization: Organization, lives: Mapping[int, Life]) -> None:
    """As `mark_new_periods`; to be called before any other sheet is added.

    Only the last periods are looked for: once they have a sheet, a gap before would stay unseen.
    """
    lasts = {
        (pk, period): life
        for pk, life in lives.items()
        for period in _last_periods(organization, life)
        if life.has(organization.calendar.end(period))
    }
    present = {
        (pk, Period(Frequency(frequency), start))
        for pk, frequency, start in ScoreSheet.objects.filter(organization=organization)
        .in_periods({period for _, period in lasts})
        .values_list("scorecard_id", "frequency", "period_start")
    }
    lacking = {
        (pk, period.frequency): life
        for (pk, period), life in lasts.items()
        if (pk, period) not in present
    }
    if lacking:
        _mark(organization, _begun_since_last(organization, lacking))


def _last_periods(organization: Organization, life: Life) -> Iterator[Period]:
    """Of each reporting frequency the running one, or the last that was over at the end."""
    calendar, today = organization.calendar, organization.today()
    for frequency in organization.frequencies:
        period = calendar.period(frequency, today)
        if life.end is not None and life.end < calendar.end(period):
            period = calendar.shift(calendar.period(frequency, life.end), -1)
        yield period


def _begun_since_last(
    organization: Organization, lives: Mapping[tuple[int, Frequency], Life]
) -> Iterator[tuple[int, Period]]:
    """What has begun since each scorecard's last sheet of a frequency, or since its first day."""
    today, calendar = organization.today(), organization.calendar
    rows = ScoreSheet.objects.filter(scorecard_id__in={pk for pk, _ in lives})
    last = {
        (pk, frequency): start
        for pk, frequency, start in rows.values_list("scorecard_id", "frequency").annotate(
            Max("period_start")
        )
    }
    for (pk, frequency), life in lives.items():
        known = last.get((pk, frequency))
        if known is None:
            period = calendar.period(frequency, life.first)
        else:
            period = calendar.shift(Period(frequency, known), 1)
        while period.start <= today and life.has(calendar.end(period)):
            yield pk, period
            period = calendar.shift(period, 1)


def mark_sheets(organization: Organization, days: Mapping[int, Days]) -> None:
    """Mark the scorecards' sheets on those days as stale, and the sheets above that they reach."""
    reached = _with_supported(organization, days)
    lives, calendar = _lives(organization), organization.calendar
    _add_begun(organization, lives)
    _mark(
        organization,
        (
            (scorecard_id, period)
            for scorecard_id, (first, last) in reached.items()
            if scorecard_id in lives
            for period in _periods(organization, max(first, lives[scorecard_id].first), last)
            if lives[scorecard_id].has(calendar.end(period))
        ),
    )


def mark_period(organization: Organization, scorecard_id: int, period: Period) -> None:
    """Mark the scorecard's sheet of just this period, and those of it above that it reaches."""
    reached = _with_supported(organization, {scorecard_id: (period.start, period.start)})
    lives, end = _lives(organization), organization.calendar.end(period)
    _add_begun(organization, lives)
    _mark(organization, ((pk, period) for pk in reached if pk in lives and lives[pk].has(end)))


def drop_sheets(scorecard: Scorecard, start: dt.date) -> None:
    """Take away the sheets of the periods that end on that day or later: the scorecard has none."""
    calendar = scorecard.organization.calendar
    for frequency in Frequency:
        first = calendar.period(frequency, start).start
        scorecard.sheets.filter(frequency=frequency, period_start__gte=first).delete()


def _mark(organization: Organization, sheets: Iterable[tuple[int, Period]]) -> None:
    """Mark these (scorecard id, period) as stale, missing ones included."""
    ScoreSheet.objects.bulk_create(
        [
            ScoreSheet(
                organization=organization,
                scorecard_id=scorecard_id,
                frequency=period.frequency,
                period_start=period.start,
                is_stale=True,
            )
            for scorecard_id, period in sheets
        ],
        update_conflicts=True,
        unique_fields=["scorecard", "frequency", "period_start"],
        update_fields=["is_stale"],
    )


def mark_everything(organization: Organization) -> None:
    """Mark every sheet of the organization as stale, missing ones included."""
    mark_sheets(organization, {pk: (life.first, None) for pk, life in _lives(organization).items()})


def _with_supported(organization: Organization, days: Mapping[int, Days]) -> dict[int, Days]:
    """The scorecards and all above whose score theirs may enter, each with its days."""
    above = _supported(organization)
    reached: dict[int, Days] = {}
    for scorecard_id, more in days.items():
        for pk in _and_all_above(scorecard_id, above):
            reached[pk] = joined(reached.get(pk), more)
    return reached


def _supported(organization: Organization) -> dict[int, set[int]]:
    """By scorecard, those that its objectives support.

    Deleted alignments count too: earlier editions may hold them.
    """
    above: dict[int, set[int]] = defaultdict(set)
    pairs = Alignment.objects.filter(organization=organization).values_list(
        "objective__scorecard_id", "supported__scorecard_id"
    )
    for scorecard_id, supported_id in pairs:
        above[scorecard_id].add(supported_id)
    return above


def _and_all_above(scorecard_id: int, above: Mapping[int, set[int]]) -> set[int]:
    reached: set[int] = set()
    waiting = [scorecard_id]
    while waiting:
        pk = waiting.pop()
        if pk not in reached:
            reached.add(pk)
            waiting += above.get(pk, ())
    return reached


def _lives(organization: Organization) -> dict[int, Life]:
    """By published scorecard, when its editions begin and end."""
    editions = Edition.objects.filter(organization=organization, superseded_at=None)
    days = editions.values_list("scorecard_id").annotate(
        first=Min("valid_from"), end=Max("valid_from", filter=Q(is_end=True))
    )
    return {pk: Life(first, end) for pk, first, end in days}


def _periods(organization: Organization, first: dt.date, last: dt.date | None) -> list[Period]:
    """The reporting periods up to today that share a day with [first, last]."""
    today, calendar = organization.today(), organization.calendar
    last = min(last or today, today)
    periods = []
    for frequency in organization.frequencies:
        period = calendar.period(frequency, first)
        while period.start <= last:
            periods.append(period)
            period = calendar.shift(period, 1)
    return periods
