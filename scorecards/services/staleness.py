"""Which sheets no longer tell the truth: after changes, by the passing of days, in new periods."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from django.db.models import Max

from calculations.periods import Frequency, Period
from kpis.selectors.reach import Days, Noted, joined, noted_changes, reached_units
from organizations.models import Organization
from organizations.statements import as_date, executed, fetched, in_periods
from scorecards.models import Scorecard, ScoreSheet

from .sheet_storage import Place, mark_stale


@dataclass(frozen=True)
class Life:
    """From when until when editions give a scorecard a structure; the end is no more part of it."""

    first: dt.date
    end: dt.date | None

    def has(self, period_end: dt.date) -> bool:
        """Whether a period has a sheet: by its last day, the one before its end."""
        return self.first < period_end and (self.end is None or period_end <= self.end)


FORGET = "DELETE FROM kpis_change WHERE id {changes}"


@dataclass(frozen=True)
class Outdated:
    """What must be computed, and the noted changes that say so."""

    places: frozenset[Place]
    change_ids: tuple[int, ...]

    def forget(self) -> None:
        """Only changes that were read are deleted: one noted meanwhile waits for the next time."""
        if self.change_ids:
            executed(FORGET, changes=self.change_ids)


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


SCORECARDS_AT = """
SELECT id, unit_id FROM scorecards_scorecard
WHERE organization_id = %(organization)s AND unit_id {units}
"""


def _changed_days(organization: Organization, changes: Sequence[Noted]) -> dict[int, Days]:
    """By scorecard, the days on which the changes may reach it."""
    of_units = reached_units(organization, changes)
    rows = fetched(SCORECARDS_AT, organization=organization.pk, units=of_units.keys())
    return {pk: of_units[unit_id] for pk, unit_id in rows}


def mark_due(organization: Organization) -> None:
    """Mark the sheets in which a missing value has become due, and those above that they reach."""
    _, turned = _marked_and_turned(organization)
    if turned:
        mark_stale(organization.pk, _line_of(organization, turned))


MARKED_AND_TURNED = """
SELECT scorecard_id, frequency, period_start, is_stale FROM scorecards_scoresheet
WHERE organization_id = %(organization)s AND (is_stale OR turns_stale_on <= %(today)s)
"""


def _marked_and_turned(organization: Organization) -> tuple[list[Place], list[Place]]:
    """The sheets that are stale, and those that are not but have lost a day's grace since."""
    marked: list[Place] = []
    turned: list[Place] = []
    rows = fetched(MARKED_AND_TURNED, organization=organization.pk, today=organization.today())
    for pk, frequency, start, is_stale in rows:
        (marked if is_stale else turned).append((pk, Period(Frequency(frequency), as_date(start))))
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
    # Most scorecards have no end, and so the same last periods.
    lasts_of = cache(partial(_last_periods, organization))
    end_of = cache(organization.calendar.end)
    lasts = {last for end in {life.end for life in lives.values()} for last in lasts_of(end)}
    present = _present(organization, lasts)
    lacking = {
        (pk, last.frequency): life
        for pk, life in lives.items()
        for last in lasts_of(life.end)
        if pk not in present[last.frequency, last.start] and life.has(end_of(last))
    }
    return list(_begun_since_last(organization, lacking)) if lacking else []


PRESENT = """
SELECT scorecard_id, frequency, period_start FROM scorecards_scoresheet
WHERE organization_id = %(organization)s AND """


def _present(
    organization: Organization, periods: Collection[Period]
) -> dict[tuple[str, dt.date], set[int]]:
    """By frequency and start of these periods, the scorecards that have a sheet."""
    present: dict[tuple[str, dt.date], set[int]] = defaultdict(set)
    if not periods:
        return present
    in_these, parameters = in_periods(periods)
    rows = fetched(PRESENT + in_these, organization=organization.pk, **parameters)
    for pk, frequency, start in rows:
        present[frequency, as_date(start)].add(pk)
    return present


def _last_periods(organization: Organization, end: dt.date | None) -> list[Period]:
    """Of each reporting frequency the running one, or the last that was over at a life's end."""
    calendar, today = organization.calendar, organization.today()
    periods = []
    for frequency in organization.frequencies:
        period = calendar.period(frequency, today)
        if end is not None and end < calendar.end(period):
            period = calendar.shift(calendar.period(frequency, end), -1)
        periods.append(period)
    return periods


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


SUPPORTED = """
SELECT DISTINCT lower.scorecard_id, upper.scorecard_id FROM scorecards_alignment a
JOIN scorecards_objective lower ON lower.id = a.objective_id
JOIN scorecards_objective upper ON upper.id = a.supported_id
WHERE a.organization_id = %(organization)s
"""


def _supported(organization: Organization) -> dict[int, set[int]]:
    """By scorecard, those that its objectives support.

    Deleted alignments count too: earlier editions may hold them.
    """
    above: dict[int, set[int]] = defaultdict(set)
    for scorecard_id, supported_id in fetched(SUPPORTED, organization=organization.pk):
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


LIVES = """
SELECT scorecard_id, min(valid_from), max(CASE WHEN is_end THEN valid_from END)
FROM scorecards_edition WHERE organization_id = %(organization)s AND superseded_at IS NULL
GROUP BY scorecard_id
"""


def _lives(organization: Organization) -> dict[int, Life]:
    """By published scorecard, when its editions begin and end."""
    rows = fetched(LIVES, organization=organization.pk)
    return {pk: Life(as_date(first), as_date(end)) for pk, first, end in rows}


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
