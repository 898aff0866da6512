"""At which moments something that recurs is due, by the clock of a place.

A schedule fires at slots: moments in UTC that follow from it and the time zone alone, so that
whoever asks, whenever, finds the same ones. By the day, week and month it goes by the local clock:
a time that the clock jumps over in spring fires at the next moment that there is, and one that
comes twice in autumn fires the first time. By minutes it goes by the time that passes.
"""

import datetime as dt
import re
import zoneinfo
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ONE_SECOND, ONE_MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
ONE_HOUR, ONE_DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
LONGEST_GAP = dt.timedelta(days=32)  # between two slots of any schedule
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class InvalidSchedule(ValueError):
    """A schedule that cannot be; `field` says which part, the message what to write instead."""

    def __init__(self, field: str, said: str) -> None:
        self.field = field
        super().__init__(said)


class Every(StrEnum):
    """How often; "minutes" every so many of them."""

    MINUTES = "minutes"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Schedule:
    """When something recurs.

    minutes: every so many, or past each hour; at: the local time of a day; weekday: 0 = Monday;
    day: of the month, the last one where the month is shorter.

    >>> Schedule(Every.WEEK, at=dt.time(6, 30), weekday=4).told
    'every Friday at 06:30'
    """

    every: Every
    minutes: int = 0
    at: dt.time = dt.time(0, 0)
    weekday: int = 0
    day: int = 1

    def __post_init__(self) -> None:
        if self.every is Every.MINUTES and not LEAST_MINUTES <= self.minutes <= MOST_MINUTES:
            said = f"Write a number of minutes from {LEAST_MINUTES} to {MOST_MINUTES}."
            raise InvalidSchedule("minutes", said)
        if self.every is Every.HOUR and not 0 <= self.minutes < 60:
            raise InvalidSchedule("minutes", "Write a minute of the hour, from 0 to 59.")
        if not 0 <= self.weekday < len(WEEKDAYS):
            raise InvalidSchedule("weekday", "Choose a day of the week.")
        if not 1 <= self.day <= 31:
            raise InvalidSchedule("day", "Write a day of the month, from 1 to 31.")

    @property
    def told(self) -> str:
        """As a phrase: "daily at 06:30"."""
        time = f"{self.at:%H:%M}"
        return {
            Every.MINUTES: f"every {self.minutes} minutes",
            Every.HOUR: f"hourly at minute {self.minutes:02}",
            Every.DAY: f"daily at {time}",
            Every.WEEK: f"every {WEEKDAYS[self.weekday]} at {time}",
            Every.MONTH: f"monthly on day {self.day} at {time}",
        }[self.every]

    def packed(self) -> dict[str, Any]:
        """As plain values, only those that matter.

        >>> Schedule(Every.MONTH, at=dt.time(6, 30), day=31).packed()
        {'every': 'month', 'at': '06:30', 'day': 31}
        """
        every = {name: getattr(self, name) for name in PARTS[self.every]}
        if "at" in every:
            every["at"] = f"{self.at:%H:%M}"
        return {"every": str(self.every), **every}


# What a schedule of each sort says besides.
PARTS: dict[Every, tuple[str, ...]] = {
    Every.MINUTES: ("minutes",),
    Every.HOUR: ("minutes",),
    Every.DAY: ("at",),
    Every.WEEK: ("at", "weekday"),
    Every.MONTH: ("at", "day"),
}


def unpacked_schedule(parts: Mapping[str, Any]) -> Schedule:
    """The schedule of plain values or of texts as they are typed; raises InvalidSchedule.

    >>> unpacked_schedule({"every": "day", "at": "06:30"}).told
    'daily at 06:30'
    """
    try:
        every = Every(parts.get("every", ""))
    except ValueError:
        raise InvalidSchedule("every", "Choose how often.") from None
    values: dict[str, Any] = {}
    for name in PARTS[every]:
        text = str(parts.get(name, "")).strip()
        values[name] = _time(text) if name == "at" else _number(name, text)
    return Schedule(every, **values)


def _time(text: str) -> dt.time:
    found = _TIME.fullmatch(text)
    if not found:
        raise InvalidSchedule("at", "Write a time from 00:00 to 23:59, like 06:30.")
    return dt.time(int(found[1]), int(found[2]))


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise InvalidSchedule(name, "Write a whole number.")
    return int(text)


# --- Slots


def latest_slot(schedule: Schedule, zone: str, until: dt.datetime) -> dt.datetime:
    """The last slot at or before the moment, in UTC.

    >>> latest_slot(Schedule(Every.DAY, at=dt.time(6, 30)), "Europe/Berlin",
    ...             dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)).isoformat()
    '2026-07-01T04:30:00+00:00'
    """
    until = until.astimezone(dt.UTC)
    if schedule.every is Every.MINUTES:
        return _multiple(schedule.minutes, until)
    if schedule.every is Every.HOUR:
        return _minute_of_hour(schedule.minutes, zone, until, -ONE_MINUTE)
    slots = (local_moment(day, schedule.at, zone) for day in _days(schedule, zone, until, -1))
    return next(slot for slot in slots if slot <= until)


def next_slot(schedule: Schedule, zone: str, after: dt.datetime) -> dt.datetime:
    """The first slot after the moment, in UTC."""
    after = after.astimezone(dt.UTC)
    if schedule.every is Every.MINUTES:
        return _multiple(schedule.minutes, after) + dt.timedelta(minutes=schedule.minutes)
    if schedule.every is Every.HOUR:
        return _minute_of_hour(schedule.minutes, zone, after + ONE_MINUTE, ONE_MINUTE)
    slots = (local_moment(day, schedule.at, zone) for day in _days(schedule, zone, after, 1))
    return next(slot for slot in slots if slot > after)


def slots_between(
    schedule: Schedule, zone: str, after: dt.datetime, until: dt.datetime
) -> list[dt.datetime]:
    """The slots after the one moment up to and with the other, in order."""
    slots = []
    slot = next_slot(schedule, zone, after)
    while slot <= until:
        slots.append(slot)
        slot = next_slot(schedule, zone, slot)
    return slots


def local_moment(day: dt.date, at: dt.time, zone: str) -> dt.datetime:
    """The moment in UTC at which the clocks of a place first show the time, or have jumped over it.

    >>> local_moment(dt.date(2026, 3, 29), dt.time(2, 30), "Europe/Berlin").isoformat()
    '2026-03-29T01:00:00+00:00'
    >>> local_moment(dt.date(2026, 10, 25), dt.time(2, 30), "Europe/Berlin").isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    place = zoneinfo.ZoneInfo(zone)
    local = dt.datetime.combine(day, at, place)
    moment = local.astimezone(dt.UTC)
    if moment.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before = local.replace(fold=1).astimezone(dt.UTC)
    return _jump(place, before, moment)


def _jump(place: zoneinfo.ZoneInfo, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """The moment between the two at which the clocks jump."""
    offset = after.astimezone(place).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(place).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def _multiple(minutes: int, until: dt.datetime) -> dt.datetime:
    step = dt.timedelta(minutes=minutes)
    return _EPOCH + (until - _EPOCH) // step * step


def _minute_of_hour(minute: int, zone: str, start: dt.datetime, step: dt.timedelta) -> dt.datetime:
    """The first moment from there on, in that direction, at which clocks show the minute.

    Looked for minute by minute: some places are not whole hours from Greenwich, or jump by half.
    """
    place = zoneinfo.ZoneInfo(zone)
    moment = start.replace(second=0, microsecond=0)
    while moment.astimezone(place).minute != minute:
        moment += step
    return moment


def _days(schedule: Schedule, zone: str, around: dt.datetime, step: int) -> Iterator[dt.date]:
    """The days on which it fires, in that direction, from one before or after the moment's."""
    day = around.astimezone(zoneinfo.ZoneInfo(zone)).date() - step * ONE_DAY
    while True:
        if _is_day(schedule, day):
            yield day
        day += step * ONE_DAY


def _is_day(schedule: Schedule, day: dt.date) -> bool:
    if schedule.every is Every.WEEK:
        return day.weekday() == schedule.weekday
    if schedule.every is Every.MONTH:
        return day.day == min(schedule.day, monthrange(day.year, day.month)[1])
    return True
