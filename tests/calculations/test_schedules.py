"""Slots of schedules by the clocks of places that turn them, jump by half, or skip a day."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculations.schedules import (
    LONGEST_GAP,
    Every,
    InvalidSchedule,
    Schedule,
    latest_slot,
    local_moment,
    next_slot,
    slots_between,
    unpacked_schedule,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
ZONES += ["Pacific/Apia", "America/Havana", "Africa/Casablanca"]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def daily(at: str) -> Schedule:
    return unpacked_schedule({"every": "day", "at": at})


@pytest.mark.parametrize(
    ("zone", "day", "at", "moment"),
    [
        ("Europe/Berlin", "2026-01-05", "06:30", "2026-01-05T05:30"),
        ("Europe/Berlin", "2026-07-05", "06:30", "2026-07-05T04:30"),
        # In spring 02:00 becomes 03:00: the next moment that there is.
        ("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T00:59"),
        ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "02:59", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00"),
        # In autumn 03:00 becomes 02:00: the first time.
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        # At midnight, by half an hour, and over a whole day.
        ("America/Havana", "2026-03-08", "00:15", "2026-03-08T05:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00"),
    ],
)
def test_a_local_time_is_one_moment(zone: str, day: str, at: str, moment: str) -> None:
    found = local_moment(dt.date.fromisoformat(day), dt.time.fromisoformat(at), zone)
    assert found == utc(moment)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "until", "slots"),
    [
        (daily("02:30"), "Europe/Berlin", "2026-03-28T12:00", "2026-03-30T12:00",
         ["2026-03-29T01:00", "2026-03-30T00:30"]),
        (daily("02:30"), "Europe/Berlin", "2026-10-24T12:00", "2026-10-26T12:00",
         ["2026-10-25T00:30", "2026-10-26T01:30"]),
        (Schedule(Every.WEEK, at=dt.time(6), weekday=0), "Europe/Berlin",
         "2026-03-22T00:00", "2026-04-01T00:00", ["2026-03-23T05:00", "2026-03-30T04:00"]),
        # The last day of a shorter month, and of a leap year's February.
        (Schedule(Every.MONTH, at=dt.time(6), day=31), "UTC", "2028-01-31T06:00",
         "2028-05-01T00:00", ["2028-02-29T06:00", "2028-03-31T06:00", "2028-04-30T06:00"]),
        # The hours of a doubled hour are two: time passes.
        (Schedule(Every.HOUR, minutes=30), "Europe/Berlin", "2026-10-24T23:30",
         "2026-10-25T02:00", ["2026-10-25T00:30", "2026-10-25T01:30"]),
        (Schedule(Every.HOUR, minutes=0), "Asia/Kathmandu", "2026-01-01T00:00",
         "2026-01-01T02:00", ["2026-01-01T00:15", "2026-01-01T01:15"]),
        (Schedule(Every.MINUTES, minutes=20), "Europe/Berlin", "2026-03-29T00:45",
         "2026-03-29T01:20", ["2026-03-29T01:00", "2026-03-29T01:20"]),
    ],
)  # fmt: skip
def test_slots_in_order(
    schedule: Schedule, zone: str, after: str, until: str, slots: list[str]
) -> None:
    assert slots_between(schedule, zone, utc(after), utc(until)) == [utc(s) for s in slots]


schedules = st.one_of(
    st.builds(Schedule, st.just(Every.MINUTES), st.integers(5, 1440)),
    st.builds(Schedule, st.just(Every.HOUR), st.integers(0, 59)),
    st.builds(
        Schedule,
        st.sampled_from([Every.DAY, Every.WEEK, Every.MONTH]),
        at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        weekday=st.integers(0, 6),
        day=st.integers(1, 31),
    ),
)
moments = st.datetimes(
    dt.datetime(2011, 12, 1), dt.datetime(2030, 1, 1), timezones=st.just(zoneinfo.ZoneInfo("UTC"))
)


@given(schedules, st.sampled_from(ZONES), moments)
def test_the_slots_around_a_moment_are_neighbours(
    schedule: Schedule, zone: str, moment: dt.datetime
) -> None:
    before, after = latest_slot(schedule, zone, moment), next_slot(schedule, zone, moment)
    assert before <= moment < after <= before + LONGEST_GAP
    assert next_slot(schedule, zone, before) == after
    assert latest_slot(schedule, zone, before) == before


@given(schedules)
def test_a_schedule_survives_being_stored(schedule: Schedule) -> None:
    again = unpacked_schedule(schedule.packed())
    assert (again.packed(), again.told) == (schedule.packed(), schedule.told)


@pytest.mark.parametrize(
    ("parts", "field", "said"),
    [
        ({}, "every", "how often"),
        ({"every": "fortnight"}, "every", "how often"),
        ({"every": "minutes", "minutes": "4"}, "minutes", "from 5"),
        ({"every": "minutes", "minutes": "1441"}, "minutes", "to 1440"),
        ({"every": "minutes", "minutes": "soon"}, "minutes", "whole number"),
        ({"every": "hour", "minutes": "60"}, "minutes", "minute of the hour"),
        ({"every": "day", "at": "24:00"}, "at", "like 06:30"),
        ({"every": "day"}, "at", "like 06:30"),
        ({"every": "week", "at": "06:00", "weekday": "7"}, "weekday", "day of the week"),
        ({"every": "month", "at": "06:00", "day": "32"}, "day", "from 1 to 31"),
        ({"every": "month", "at": "06:00", "day": "0"}, "day", "from 1 to 31"),
        ({"every": "month", "at": "06:00", "day": "²"}, "day", "whole number"),
    ],
)
def test_what_is_no_schedule(parts: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(InvalidSchedule, match=said) as refusal:
        unpacked_schedule(parts)
    assert refusal.value.field == field
