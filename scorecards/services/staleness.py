"""Which sheets no longer tell the truth: after changes, by the passing of days, in new periods."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from django.db.models import Max, Min, Q

from calculations.periods import Frequency, Period
from kpis.models import Change
from kpis.selectors.reach import Days, Noted, joined, noted_changes, reached_units
from organizations.models import Organization
from scorecards.models import Alignment, Edition, Scorecard, ScoreSheet

from .sheet_storage import Place, mark_stale


@dataclass(frozen=True)
class Life:
    """From when until when editions give a scorecard a structure; the end is no more part of it."""

    first: dt.date
    end: dt.date | None

    def has(self, period_end: dt.date) -> bool:
        """Whether a period has a sheet: by its last day, the one before its end."""
        return self.first < period_end and (self.end is None or period_end <= self.end)


@dataclass(frozen=True)
class Outdated:
    """What must be computed, and the noted changes that say so."""

    places: frozenset[Place]
    change_ids: tuple[int, ...]

    def forget(self) -> None:
        """Only changes that were read are deleted: one noted meanwhile waits for the next time."""
        if self.change_ids:
            Change.objects.filter(pk__in=self.change_ids).delete()


def outdated(organization: Organization) -> Outdated:
    """The sheets that no longer tell the truth, whether marked already or not.

    Those whose values or targets changed, in which a missing value has become due, or which are
    for a period that has begun, each with those above; and those that are marked.
    """
    changes = noted_changes(organization)
    lives = _lives(organization)
    marked, turned = _marked_and_turned(organization)
    reached: set[Place] = set(marked)
    if changes:
        reached.update(_places_on(organization, lives, _changed_days(organization, changes)))
    if turned:
        reached.update(_line_of(organization, turned))
    reached.update(_begun(organization, lives))
    return Outdated(frozenset(reached), tuple(change.id for change in changes))


def mark_changes(organization: Organization) -> None:
    """Turn the noted changes of values and targets into stale sheets, and forget them."""
    changes = noted_changes(organization)
    if changes:
        mark_sheets(organization, _changed_days(organization, changes))
        Outdated(frozenset(), tuple(change.id for change in changes)).forget()


def _changed_days(organization: Organization, changes: Sequence[Noted]) -> dict[int, Days]:
    """By scorecard, the days on which the changes may reach it."""
    of_units = reached_units(organization, changes)
    scorecards = Scorecard.objects.filter(organization=organization, unit_id__in=of_units)
    return {pk: of_units[unit_id] for pk, unit_id in scorecards.values_list("pk", "unit_id")}


def mark_due(organization: Organization) -> None:
    """Mark the sheets in which a missing value has become due, and those above that they reach."""
    _, turned = _marked_and_turned(organization)
    if turned:
        mark_stale(organization.pk, _line_of(organization, turned))


def _marked_and_turned(organization: Organization) -> tuple[list[Place], list[Place]]:
    """The sheets that are stale, and those that are not but have lost a day's grace since."""
    is_due = Q(turns_stale_on__lte=organization.today())
    rows = ScoreSheet.objects.filter(Q(is_stale=True) | is_due, organization=organization)
    marked: list[Place] = []
    turned: list[Place] = []
    for pk, frequency, start, is_stale in rows.values_list(
        "scorecard_id", "frequency", "period_start", "is_stale"
    ):
        (marked if is_stale else turned).append((pk, Period(Frequency(frequency), start)))
    return marked, turned


def _line_of(organization: Organization, places: Iterable[Place]) -> set[Place]:
    """The sheets and those above that they reach, in the same periods."""
    above = _supported(organization)
    return {(up, period) for pk, period in places for up in _and_all_above(pk, above)}


def mark_new_periods(organization: Organization) -> None:
    """Give every published scorecard a sheet for each period that has begun since its last one."""
    mark_stale(organization.pk, _begun(organization, _lives(organization)))


def _begun(organization: Organization, lives: Mapping[int, Life]) -> list[Place]:
    """The sheets that are missing since the last ones; to be asked before any other is added.

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
    return list(_begun_since_last(organization, lacking)) if lacking else []


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
    lives = _lives(organization)
    places = {*_begun(organization, lives), *_places_on(organization, lives, days)}
    mark_stale(organization.pk, places)


def _places_on(
    organization: Organization, lives: Mapping[int, Life], days: Mapping[int, Days]
) -> Iterator[Place]:
    """The scorecards' sheets on those days, and the sheets above that they reach."""
    end_of = cache(organization.calendar.end)
    periods_on = cache(partial(_periods, organization))
    for scorecard_id, (first, last) in _with_supported(organization, days).items():
        life = lives.get(scorecard_id)
        if life is None:
            continue
        for period in periods_on(max(first, life.first), last):
            if life.has(end_of(period)):
                yield scorecard_id, period


def mark_period(organization: Organization, scorecard_id: int, period: Period) -> None:
    """Mark the scorecard's sheet of just this period, and those of it above that it reaches."""
    reached = _with_supported(organization, {scorecard_id: (period.start, period.start)})
    lives, end = _lives(organization), organization.calendar.end(period)
    places = {(pk, period) for pk in reached if pk in lives and lives[pk].has(end)}
    mark_stale(organization.pk, {*_begun(organization, lives), *places})


def drop_sheets(scorecard: Scorecard, start: dt.date) -> None:
    """Take away the sheets of the periods that end on that day or later: the scorecard has none."""
    calendar = scorecard.organization.calendar
    for frequency in Frequency:
        first = calendar.period(frequency, start).start
        scorecard.sheets.filter(frequency=frequency, period_start__gte=first).delete()


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
