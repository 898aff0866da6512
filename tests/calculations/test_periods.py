"""Periods: labels as a table, and the laws that every calendar keeps."""

from datetime import date, timedelta
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.periods import Calendar, Frequency, InvalidPeriod, Period

DAY, WEEK, MONTH, QUARTER, HALF, YEAR = Frequency
JANUARY, APRIL = Calendar(), Calendar(fiscal_month=4)
APRIL_BY_START = Calendar(fiscal_month=4, fiscal_year_named_by="start")

law = settings(max_examples=60, deadline=None)
calendars = st.builds(
    Calendar,
    fiscal_month=st.integers(1, 12),
    fiscal_year_named_by=st.sampled_from(["end", "start"]),
)
frequencies = st.sampled_from(Frequency)
years = st.integers(0, 9999) | st.integers(1890, 2210)
texts = st.builds(
    "{}{:04d}{}".format,
    st.sampled_from(["", "FY"]),
    years,
    st.sampled_from(
        ["", "-Q1", "-Q4", "-Q5", "-H0", "-H2", "-W01", "-W53", "-00", "-12", "-01-01", "-12-31"]
    ),
)
days = st.dates(date(1901, 1, 7), date(2198, 12, 25))


@pytest.mark.parametrize(
    ("calendar", "label", "frequency", "start", "end"),
    [
        (JANUARY, "2026-03-14", DAY, date(2026, 3, 14), date(2026, 3, 15)),
        (JANUARY, "2024-02-29", DAY, date(2024, 2, 29), date(2024, 3, 1)),
        (JANUARY, "2026-W11", WEEK, date(2026, 3, 9), date(2026, 3, 16)),
        (JANUARY, "2026-W01", WEEK, date(2025, 12, 29), date(2026, 1, 5)),
        (JANUARY, "2026-W53", WEEK, date(2026, 12, 28), date(2027, 1, 4)),
        (JANUARY, "2026-03", MONTH, date(2026, 3, 1), date(2026, 4, 1)),
        (JANUARY, "2026-12", MONTH, date(2026, 12, 1), date(2027, 1, 1)),
        (JANUARY, "2026-Q1", QUARTER, date(2026, 1, 1), date(2026, 4, 1)),
        (JANUARY, "2026-H2", HALF, date(2026, 7, 1), date(2027, 1, 1)),
        (JANUARY, "2026", YEAR, date(2026, 1, 1), date(2027, 1, 1)),
        (APRIL, "2026-03", MONTH, date(2026, 3, 1), date(2026, 4, 1)),
        (APRIL, "FY2026-Q1", QUARTER, date(2025, 4, 1), date(2025, 7, 1)),
        (APRIL, "FY2026-Q4", QUARTER, date(2026, 1, 1), date(2026, 4, 1)),
        (APRIL, "FY2026-H2", HALF, date(2025, 10, 1), date(2026, 4, 1)),
        (APRIL, "FY2026", YEAR, date(2025, 4, 1), date(2026, 4, 1)),
        (APRIL_BY_START, "FY2026", YEAR, date(2026, 4, 1), date(2027, 4, 1)),
        (APRIL_BY_START, "FY2026-Q4", QUARTER, date(2027, 1, 1), date(2027, 4, 1)),
    ],
)
def test_label_names_one_period(
    calendar: Calendar, label: str, frequency: Frequency, start: date, end: date
) -> None:
    period = calendar.parse_label(label)

    assert period == Period(frequency, start)
    assert calendar.end(period) == end
    assert calendar.label(period) == label
    assert calendar.parse(label, frequency) == period


@pytest.mark.parametrize(
    ("text", "frequency", "label"),
    [
        ("2026-03-14", DAY, "2026-03-14"),
        ("2026-03-14", WEEK, "2026-W11"),
        ("2026-03-14", MONTH, "2026-03"),
        ("2026-03-14", QUARTER, "FY2026-Q4"),
        ("2026-03-14", HALF, "FY2026-H2"),
        ("2026-03-14", YEAR, "FY2026"),
        ("2027-01-03", WEEK, "2026-W53"),
        (" 2026-03 ", MONTH, "2026-03"),
    ],
)
def test_parse_accepts_a_day_inside(text: str, frequency: Frequency, label: str) -> None:
    assert APRIL.label(APRIL.parse(text, frequency)) == label


@pytest.mark.parametrize(
    ("calendar", "text", "frequency", "message"),
    [
        (JANUARY, "2026-13", MONTH, '"2026-13" is not a month; write it like 2026-03'),
        (JANUARY, "2026-3", MONTH, '"2026-3" is not a month; write it like 2026-03'),
        (JANUARY, "2026 -03", MONTH, '"2026 -03" is not a month; write it like 2026-03'),
        (JANUARY, "", MONTH, '"" is not a month; write it like 2026-03'),
        (JANUARY, "٢٠٢٦-٠٣", MONTH, '"٢٠٢٦-٠٣" is not a month; write it like 2026-03'),
        (JANUARY, "2026-02-30", DAY, '"2026-02-30" is not a day; write it like 2026-03-14'),
        (JANUARY, "2026-02-30", MONTH, '"2026-02-30" is not a day; write it like 2026-03-14'),
        (JANUARY, "2025-W53", WEEK, '"2025-W53" is not a week; write it like 2026-W11'),
        (JANUARY, "2026-W00", WEEK, '"2026-W00" is not a week; write it like 2026-W11'),
        (JANUARY, "2026-w11", WEEK, '"2026-w11" is not a week; write it like 2026-W11'),
        (JANUARY, "2026-Q5", QUARTER, '"2026-Q5" is not a quarter; write it like 2026-Q1'),
        (JANUARY, "2026-H0", HALF, '"2026-H0" is not a half-year; write it like 2026-H1'),
        (JANUARY, "26", YEAR, '"26" is not a year; write it like 2026'),
        (JANUARY, "1899-12", MONTH, '"1899-12" is outside the years 1900 to 2199'),
        (JANUARY, "2200-01-01", DAY, '"2200-01-01" is outside the years 1900 to 2199'),
        (JANUARY, "2199-12-31", WEEK, '"2199-12-31" is outside the years 1900 to 2199'),
        (APRIL, "FY0001-Q4", QUARTER, '"FY0001-Q4" is outside the years 1900 to 2199'),
        (APRIL, "0001-01-01", YEAR, '"0001-01-01" is outside the years 1900 to 2199'),
        (APRIL, "2199-05-01", YEAR, '"2199-05-01" is outside the years 1900 to 2199'),
        (JANUARY, "9999-W53", WEEK, '"9999-W53" is not a week; write it like 2026-W11'),
        (JANUARY, "0000", YEAR, '"0000" is not a year; write it like 2026'),
        (
            JANUARY,
            "2026-Q1",
            MONTH,
            '"2026-Q1" is written like a quarter, but a month is expected; write it like 2026-03',
        ),
        (
            JANUARY,
            "2026-W11",
            DAY,
            '"2026-W11" is written like a week, but a day is expected; write it like 2026-03-14',
        ),
        (
            APRIL,
            "2026-Q1",
            QUARTER,
            '"2026-Q1" is not a quarter here, where the fiscal year starts in April;'
            " write it like FY2026-Q4",
        ),
        (
            JANUARY,
            "FY2026",
            YEAR,
            '"FY2026" is not a year here, where the fiscal year starts in January;'
            " write it like 2026",
        ),
        (JANUARY, "x" * 60, DAY, f'"{"x" * 40}…" is not a day; write it like 2026-03-14'),
    ],
)
def test_parse_refuses_with_advice(
    calendar: Calendar, text: str, frequency: Frequency, message: str
) -> None:
    with pytest.raises(InvalidPeriod) as refusal:
        calendar.parse(text, frequency)

    assert str(refusal.value) == message


def test_parse_label_of_nothing_names_every_form() -> None:
    with pytest.raises(InvalidPeriod) as refusal:
        APRIL.parse_label("soon")

    assert str(refusal.value) == (
        '"soon" is not a period; write one like'
        " 2026-03-14, 2026-W11, 2026-03, FY2026-Q4, FY2026-H2, FY2026"
    )


@pytest.mark.parametrize("month", [0, 13, -1])
def test_calendar_refuses_a_month_that_is_none(month: int) -> None:
    with pytest.raises(ValueError, match="month 1 to 12"):
        Calendar(fiscal_month=month)


def test_calendar_refuses_another_way_of_naming_years() -> None:
    with pytest.raises(ValueError, match="named by"):
        Calendar(fiscal_year_named_by="middle")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "n", "shifted"),
    [
        ("2026-01", -1, "2025-12"),
        ("2024-02-28", 1, "2024-02-29"),
        ("2026-W53", 1, "2027-W01"),
        ("2026-Q4", 1, "2027-Q1"),
        ("2026-H1", -3, "2024-H2"),
        ("2026", 10, "2036"),
        ("2026-05", 0, "2026-05"),
    ],
)
def test_shift_moves_by_whole_periods(label: str, n: int, shifted: str) -> None:
    assert JANUARY.label(JANUARY.shift(JANUARY.parse_label(label), n)) == shifted


def test_shift_out_of_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidPeriod, match="outside the calendar"):
        JANUARY.shift(JANUARY.parse_label("2026-05"), 10**9)


@pytest.mark.parametrize(
    ("label", "frequency", "containing"),
    [
        ("2026-W01", MONTH, "2026-01"),  # Monday 29 December, Thursday 1 January
        ("2026-W53", YEAR, "FY2027"),  # Thursday 31 December
        ("2026-W14", QUARTER, "FY2027-Q1"),  # Monday 30 March, Thursday 2 April
        ("2026-W14", WEEK, "2026-W14"),
        ("2026-03-30", WEEK, "2026-W14"),
        ("2026-03", HALF, "FY2026-H2"),
    ],
)
def test_containing_goes_by_thursday(label: str, frequency: Frequency, containing: str) -> None:
    assert APRIL.label(APRIL.containing(APRIL.parse_label(label), frequency)) == containing


def test_containing_refuses_a_finer_frequency() -> None:
    with pytest.raises(InvalidPeriod, match="A month does not lie inside a week"):
        JANUARY.containing(JANUARY.parse_label("2026-03"), WEEK)


def test_parts_refuses_a_coarser_frequency() -> None:
    with pytest.raises(InvalidPeriod, match="A half-year does not lie inside a quarter"):
        JANUARY.parts(JANUARY.parse_label("2026-Q1"), HALF)


@pytest.mark.parametrize(
    ("label", "frequency", "n", "first", "last"),
    [
        ("2026", WEEK, 53, "2026-W01", "2026-W53"),
        ("2025", WEEK, 52, "2025-W01", "2025-W52"),
        ("2026-02", WEEK, 4, "2026-W06", "2026-W09"),
        ("2024-02", DAY, 29, "2024-02-01", "2024-02-29"),
        ("2026-W11", DAY, 7, "2026-03-09", "2026-03-15"),
        ("2026-Q3", MONTH, 3, "2026-07", "2026-09"),
        ("2026", QUARTER, 4, "2026-Q1", "2026-Q4"),
        ("2026-H2", HALF, 1, "2026-H2", "2026-H2"),
    ],
)
def test_parts_lists_what_belongs(
    label: str, frequency: Frequency, n: int, first: str, last: str
) -> None:
    parts = JANUARY.parts(JANUARY.parse_label(label), frequency)

    assert len(parts) == n
    assert [JANUARY.label(part) for part in (parts[0], parts[-1])] == [first, last]


def test_frequencies_rank_from_finest_to_coarsest() -> None:
    assert [frequency.rank for frequency in Frequency] == [0, 1, 2, 3, 4, 5]
    assert DAY.is_finer_than(WEEK)
    assert not MONTH.is_finer_than(MONTH)
    assert not YEAR.is_finer_than(HALF)


@pytest.mark.parametrize(
    ("calendar", "day", "start"),
    [
        (JANUARY, date(2026, 3, 14), date(2026, 1, 1)),
        (APRIL, date(2026, 3, 31), date(2025, 4, 1)),
        (APRIL, date(2026, 4, 1), date(2026, 4, 1)),
    ],
)
def test_fiscal_year_start(calendar: Calendar, day: date, start: date) -> None:
    assert calendar.fiscal_year_start(day) == start


@pytest.mark.parametrize("fiscal_month", range(1, 13))
@pytest.mark.parametrize("named_by", ["end", "start"])
def test_every_label_reads_back(fiscal_month: int, named_by: Literal["end", "start"]) -> None:
    calendar = Calendar(fiscal_month, named_by)
    for day in (date(2024, 2, 29) + timedelta(days=19 * i) for i in range(40)):
        for frequency in Frequency:
            period = calendar.period(frequency, day)
            assert calendar.parse(calendar.label(period), frequency) == period
            assert calendar.parse_label(calendar.label(period)) == period


@law
@given(calendars, frequencies, days)
def test_labels_read_back(calendar: Calendar, frequency: Frequency, day: date) -> None:
    period = calendar.period(frequency, day)

    assert calendar.parse_label(calendar.label(period)) == period
    assert calendar.parse(day.isoformat(), frequency) == period


@law
@given(calendars, texts)
def test_any_text_is_a_period_that_reads_back_or_refused(calendar: Calendar, text: str) -> None:
    for frequency in Frequency:
        try:
            period = calendar.parse(text, frequency)
        except InvalidPeriod:
            continue
        assert calendar.parse(calendar.label(period), frequency) == period


@law
@given(calendars, frequencies, days)
def test_periods_tile_time(calendar: Calendar, frequency: Frequency, day: date) -> None:
    period = calendar.period(frequency, day)
    following = calendar.shift(period, 1)

    assert period.start <= day < calendar.end(period)
    assert following.start == calendar.end(period)
    assert calendar.shift(following, -1) == period


@law
@given(calendars, days, frequencies, frequencies)
def test_each_part_belongs_to_one_longer_period(
    calendar: Calendar, day: date, one: Frequency, other: Frequency
) -> None:
    shorter, longer = sorted((one, other), key=lambda frequency: frequency.rank)
    part = calendar.period(shorter, day)
    whole = calendar.containing(part, longer)

    assert part in calendar.parts(whole, shorter)
    assert part not in calendar.parts(calendar.shift(whole, 1), shorter)
    assert part not in calendar.parts(calendar.shift(whole, -1), shorter)


@law
@given(calendars, days, st.sampled_from([MONTH, QUARTER, HALF, YEAR]))
def test_parts_of_neighbours_join(calendar: Calendar, day: date, longer: Frequency) -> None:
    whole = calendar.period(longer, day)
    for shorter in (DAY, WEEK, MONTH):
        last = calendar.parts(whole, shorter)[-1]
        first = calendar.parts(calendar.shift(whole, 1), shorter)[0]
        assert calendar.shift(last, 1) == first


@law
@given(calendars, frequencies, st.lists(days, min_size=1, max_size=20))
def test_arrays_agree_with_single_periods(
    calendar: Calendar, frequency: Frequency, some: list[date]
) -> None:
    periods = [calendar.period(frequency, day) for day in some]
    ordinals = calendar.ordinals(np.array(some, dtype="M8[D]"), frequency)

    assert ordinals.tolist() == [calendar.ordinal(period) for period in periods]
    assert calendar.starts(ordinals, frequency).tolist() == [period.start for period in periods]
    assert calendar.ends(ordinals, frequency).tolist() == [calendar.end(p) for p in periods]
    assert calendar.anchors(ordinals, frequency).tolist() == [calendar.anchor(p) for p in periods]
    assert [calendar.period_at(int(o), frequency) for o in ordinals] == periods


def test_arrays_group_weeks_by_thursday() -> None:
    weeks = JANUARY.ordinals(np.array(["2026-01-28", "2026-02-01"], "M8[D]"), WEEK)
    months = JANUARY.ordinals(JANUARY.anchors(weeks, WEEK), MONTH)

    assert JANUARY.starts(months, MONTH).tolist() == [date(2026, 1, 1)] * 2
