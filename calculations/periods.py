"""Periods of a fiscal calendar: days, weeks, months, quarters, halves and years.

A period is half-open [start, end) and identified by its frequency and its first day. Within one
frequency the periods are numbered by consecutive ordinals (0 holds 1970-01-01, or for fiscal
periods is the first that starts in 1970), so that shifting and grouping are integer arithmetic,
one at a time or in arrays.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

import numpy as np

from calculations.arrays import DayArray, IntArray

FIRST_YEAR, LAST_YEAR = 1900, 2199

_DAY_0 = date(1970, 1, 1).toordinal()
_MONDAY_0 = date(1969, 12, 29).toordinal()
_TO_THURSDAY = timedelta(days=3)
_QUOTED = 40  # characters of a refused text that its message repeats


class InvalidPeriod(ValueError):
    """A text or a request that names no period; the message says what to write instead."""


class Frequency(StrEnum):
    """How often: from the finest to the coarsest."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def rank(self) -> int:
        """0 for days up to 5 for years."""
        return _RANKS[self]

    def is_finer_than(self, other: "Frequency") -> bool:
        """Whether several periods of this frequency make one of the other.

        >>> Frequency.WEEK.is_finer_than(Frequency.MONTH)
        True
        """
        return self.rank < other.rank


_RANKS = {frequency: rank for rank, frequency in enumerate(Frequency)}
_MONTHS = {Frequency.MONTH: 1, Frequency.QUARTER: 3, Frequency.HALF: 6, Frequency.YEAR: 12}
_NAMES = {frequency: str(frequency) for frequency in Frequency} | {Frequency.HALF: "half-year"}
_FISCAL_LETTERS = {Frequency.QUARTER: "-Q", Frequency.HALF: "-H", Frequency.YEAR: ""}
# The digits are spelled out because \d also matches the digits of other scripts.
_FORMS = {
    Frequency.DAY: "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    Frequency.WEEK: "[0-9]{4}-W[0-9]{2}",
    Frequency.MONTH: "[0-9]{4}-[0-9]{2}",
    Frequency.QUARTER: "(?:FY)?[0-9]{4}-Q[0-9]",
    Frequency.HALF: "(?:FY)?[0-9]{4}-H[0-9]",
    Frequency.YEAR: "(?:FY)?[0-9]{4}",
}
_ANY_FORM = re.compile("|".join(f"(?P<{form}>{pattern})" for form, pattern in _FORMS.items()))
_NUMBERS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One slot of a calendar. Periods of one frequency sort by time."""

    frequency: Frequency
    start: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """An organization's calendar: in which month its fiscal year starts, and what names it.

    >>> Calendar().label(Calendar().parse("2026-05-17", Frequency.QUARTER))
    '2026-Q2'
    >>> april = Calendar(fiscal_month=4)
    >>> april.label(april.parse("2026-05-17", Frequency.QUARTER))
    'FY2027-Q1'
    """

    fiscal_month: int = 1
    fiscal_year_named_by: Literal["end", "start"] = "end"

    def __post_init__(self) -> None:
        if self.fiscal_month not in range(1, 13):
            raise ValueError(f"A fiscal year starts in a month 1 to 12, not {self.fiscal_month}")
        if self.fiscal_year_named_by not in ("end", "start"):
            raise ValueError('A fiscal year is named by its "end" or its "start"')

    # One period

    def period(self, frequency: Frequency, day: date) -> Period:
        """The period that contains the day."""
        return Period(frequency, self.canonical_start(frequency, day))

    def canonical_start(self, frequency: Frequency, day: date) -> date:
        """The first day of the period that contains the day.

        >>> Calendar().canonical_start(Frequency.WEEK, date(2026, 3, 14))
        datetime.date(2026, 3, 9)
        """
        return self._start(self._ordinal(day, frequency), frequency)

    def fiscal_year_start(self, day: date) -> date:
        """The first day of the fiscal year that contains the day.

        >>> Calendar(fiscal_month=4).fiscal_year_start(date(2026, 3, 14))
        datetime.date(2025, 4, 1)
        """
        return self.canonical_start(Frequency.YEAR, day)

    def end(self, period: Period) -> date:
        """The day after the period's last.

        >>> Calendar().end(Period(Frequency.MONTH, date(2026, 2, 1)))
        datetime.date(2026, 3, 1)
        """
        return self._start(self.ordinal(period) + 1, period.frequency)

    def anchor(self, period: Period) -> date:
        """The day that decides which longer period it belongs to: a week's Thursday, or the start.

        >>> Calendar().anchor(Period(Frequency.WEEK, date(2025, 12, 29)))
        datetime.date(2026, 1, 1)
        """
        return _anchor_day(period.start, period.frequency)

    def shift(self, period: Period, n: int) -> Period:
        """The period n periods later, or earlier where n is negative.

        >>> Calendar().shift(Period(Frequency.MONTH, date(2026, 1, 1)), -2).start
        datetime.date(2025, 11, 1)
        """
        return self.period_at(self.ordinal(period) + n, period.frequency)

    def containing(self, period: Period, frequency: Frequency) -> Period:
        """The equal or longer period that it belongs to; a week goes with its Thursday.

        Raises InvalidPeriod where the frequency is finer than the period's.

        >>> january_first = Calendar().parse_label("2026-W01")
        >>> Calendar().label(Calendar().containing(january_first, Frequency.MONTH))
        '2026-01'
        """
        if frequency.is_finer_than(period.frequency):
            raise InvalidPeriod(_never_inside(period.frequency, frequency))
        return self.period(frequency, self.anchor(period))

    def parts(self, period: Period, frequency: Frequency) -> list[Period]:
        """The finer or equal periods that belong to it, in order; weeks by their Thursday.

        Raises InvalidPeriod where the frequency is coarser than the period's.

        >>> calendar = Calendar()
        >>> [calendar.label(part) for part in calendar.parts(
        ...     calendar.parse_label("2026-01"), Frequency.WEEK)]
        ['2026-W01', '2026-W02', '2026-W03', '2026-W04', '2026-W05']
        """
        if period.frequency.is_finer_than(frequency):
            raise InvalidPeriod(_never_inside(frequency, period.frequency))
        # Thursday is 3 days after Monday: the first week with its Thursday at or after a day is
        # the week of 3 days after that day.
        first = self._ordinal(_anchor_day(period.start, frequency), frequency)
        last = self._ordinal(_anchor_day(self.end(period), frequency), frequency)
        return [self.period_at(ordinal, frequency) for ordinal in range(first, last)]

    # Ordinals, one at a time

    def ordinal(self, period: Period) -> int:
        """The period's number among those of its frequency, as `ordinals` gives it."""
        return self._ordinal(period.start, period.frequency)

    def period_at(self, ordinal: int, frequency: Frequency) -> Period:
        """The period with that number; raises InvalidPeriod outside the years 1 to 9999."""
        try:
            return Period(frequency, self._start(ordinal, frequency))
        except (ValueError, OverflowError):
            raise InvalidPeriod("That period is outside the calendar") from None

    def _ordinal(self, day: date, frequency: Frequency) -> int:
        if frequency is Frequency.DAY:
            return day.toordinal() - _DAY_0
        if frequency is Frequency.WEEK:
            return (day.toordinal() - _MONDAY_0) // 7
        months = (day.year - 1970) * 12 + day.month - 1
        return (months - self._first_month(frequency)) // _MONTHS[frequency]

    def _start(self, ordinal: int, frequency: Frequency) -> date:
        if frequency is Frequency.DAY:
            return date.fromordinal(ordinal + _DAY_0)
        if frequency is Frequency.WEEK:
            return date.fromordinal(ordinal * 7 + _MONDAY_0)
        months = ordinal * _MONTHS[frequency] + self._first_month(frequency)
        return date(1970 + months // 12, months % 12 + 1, 1)

    def _first_month(self, frequency: Frequency) -> int:
        return 0 if frequency is Frequency.MONTH else self.fiscal_month - 1

    # Ordinals, in arrays

    def ordinals(self, days: DayArray, frequency: Frequency) -> IntArray:
        """The number of the period that contains each day.

        days: datetime64[D] of any shape, without NaT. Returns int64 of the same shape.

        >>> Calendar().ordinals(np.array(["1970-01-31", "1970-02-01"], "M8[D]"), Frequency.MONTH)
        array([0, 1])
        """
        if frequency is Frequency.DAY:
            return days.astype("datetime64[D]").astype(np.int64)
        if frequency is Frequency.WEEK:
            return (days.astype("datetime64[D]").astype(np.int64) + _DAY_0 - _MONDAY_0) // 7
        months = days.astype("datetime64[M]").astype(np.int64)
        return (months - self._first_month(frequency)) // _MONTHS[frequency]

    def starts(self, ordinals: IntArray, frequency: Frequency) -> DayArray:
        """The first day of each numbered period, as datetime64[D] of the same shape.

        >>> Calendar(fiscal_month=4).starts(np.array([0, 56]), Frequency.YEAR)
        array(['1970-04-01', '2026-04-01'], dtype='datetime64[D]')
        """
        ordinals = np.asarray(ordinals, dtype=np.int64)
        if frequency is Frequency.DAY:
            return ordinals.astype("datetime64[D]")
        if frequency is Frequency.WEEK:
            return (ordinals * 7 + _MONDAY_0 - _DAY_0).astype("datetime64[D]")
        months = ordinals * _MONTHS[frequency] + self._first_month(frequency)
        return months.astype("datetime64[M]").astype("datetime64[D]")

    def ends(self, ordinals: IntArray, frequency: Frequency) -> DayArray:
        """The day after each numbered period's last, as datetime64[D] of the same shape."""
        return self.starts(np.asarray(ordinals, dtype=np.int64) + 1, frequency)

    def anchors(self, ordinals: IntArray, frequency: Frequency) -> DayArray:
        """The day that decides which longer period each belongs to: Thursday, or the start.

        >>> Calendar().anchors(np.array([0]), Frequency.WEEK)
        array(['1970-01-01'], dtype='datetime64[D]')
        """
        days = self.starts(ordinals, frequency)
        return days + np.timedelta64(3, "D") if frequency is Frequency.WEEK else days

    # Labels

    def label(self, period: Period) -> str:
        """How the period is written, everywhere.

        >>> [Calendar().label(Calendar().period(frequency, date(2026, 3, 14)))
        ...     for frequency in Frequency]
        ['2026-03-14', '2026-W11', '2026-03', '2026-Q1', '2026-H1', '2026']
        """
        year, start = self._named_year(period), period.start
        match period.frequency:
            case Frequency.DAY:
                return start.isoformat()
            case Frequency.WEEK:
                return f"{year:04d}-W{start.isocalendar().week:02d}"
            case Frequency.MONTH:
                return f"{year:04d}-{start.month:02d}"
            case Frequency.YEAR:
                return f"{self._prefix}{year:04d}"
        months_in = (start.month - self.fiscal_month) % 12
        number = months_in // _MONTHS[period.frequency] + 1
        return f"{self._prefix}{year:04d}{_FISCAL_LETTERS[period.frequency]}{number}"

    def parse(self, text: str, frequency: Frequency) -> Period:
        """The period of this frequency that the text names: by its label, or by a day inside it.

        Raises InvalidPeriod for anything else, also for a label of another frequency.

        >>> Calendar().parse("2026-13", Frequency.MONTH)
        Traceback (most recent call last):
            ...
        calculations.periods.InvalidPeriod: "2026-13" is not a month; write it like 2026-03
        """
        text = text.strip()
        form = _form(text)
        if form is None:
            raise InvalidPeriod(self._refusal(text, frequency))
        if form not in (frequency, Frequency.DAY):
            raise InvalidPeriod(
                f"{_quoted(text)} is written like a {_NAMES[form]}, but a {_NAMES[frequency]}"
                f" is expected; write it like {self._example(frequency)}"
            )
        written = self._within_years(text, self._read(text, form))
        # Once more, because the week or fiscal year around a day can belong to another year.
        return self._within_years(text, self.period(frequency, written.start))

    def parse_label(self, text: str) -> Period:
        """The period that the label names, its frequency recognised from its form.

        Raises InvalidPeriod.

        >>> Calendar(fiscal_month=10).parse_label("FY2026-H2")
        Period(frequency=<Frequency.HALF: 'half'>, start=datetime.date(2026, 4, 1))
        """
        text = text.strip()
        form = _form(text)
        if form is None:
            examples = ", ".join(self._example(frequency) for frequency in Frequency)
            raise InvalidPeriod(f"{_quoted(text)} is not a period; write one like {examples}")
        return self._within_years(text, self._read(text, form))

    @property
    def _prefix(self) -> str:
        return "" if self.fiscal_month == 1 else "FY"

    @property
    def _years_ahead(self) -> int:
        """How many years the name of a fiscal year is ahead of the year in which it starts."""
        return int(self.fiscal_month != 1 and self.fiscal_year_named_by == "end")

    def _named_year(self, period: Period) -> int:
        if period.frequency is Frequency.WEEK:
            return period.start.isocalendar().year
        if period.frequency in _FISCAL_LETTERS:
            return self.fiscal_year_start(period.start).year + self._years_ahead
        return period.start.year

    def _within_years(self, text: str, period: Period) -> Period:
        # A fiscal year may lie in two calendar years; far outside, it has no first day at all.
        is_near = FIRST_YEAR - 1 <= period.start.year <= LAST_YEAR + 1
        if not is_near or not FIRST_YEAR <= self._named_year(period) <= LAST_YEAR:
            raise InvalidPeriod(f"{_quoted(text)} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
        return period

    def _read(self, text: str, form: Frequency) -> Period:
        if form in _FISCAL_LETTERS and text.startswith("FY") != bool(self._prefix):
            raise InvalidPeriod(self._fiscal_refusal(text, form))
        try:
            return Period(form, self._written_start(form, *map(int, _NUMBERS.findall(text))))
        except (ValueError, OverflowError):
            raise InvalidPeriod(self._refusal(text, form)) from None

    def _written_start(self, form: Frequency, year: int, number: int = 1, day: int = 1) -> date:
        if form in (Frequency.DAY, Frequency.MONTH):
            return date(year, number, day)
        if form is Frequency.WEEK:
            return date.fromisocalendar(year, number, 1)
        length = _MONTHS[form]
        if not 1 <= number <= 12 // length:
            raise ValueError(number)
        months = (year - self._years_ahead) * 12 + self.fiscal_month - 1 + (number - 1) * length
        return date(months // 12, months % 12 + 1, 1)

    def _example(self, frequency: Frequency) -> str:
        return self.label(self.period(frequency, date(2026, 3, 14)))

    def _refusal(self, text: str, frequency: Frequency) -> str:
        example = self._example(frequency)
        return f"{_quoted(text)} is not a {_NAMES[frequency]}; write it like {example}"

    def _fiscal_refusal(self, text: str, form: Frequency) -> str:
        starts = date(2000, self.fiscal_month, 1).strftime("%B")
        return (
            f"{_quoted(text)} is not a {_NAMES[form]} here, where the fiscal year starts in"
            f" {starts}; write it like {self._example(form)}"
        )


def _anchor_day(start: date, frequency: Frequency) -> date:
    return start + _TO_THURSDAY if frequency is Frequency.WEEK else start


def _form(text: str) -> Frequency | None:
    """The frequency whose labels look like the text."""
    match = _ANY_FORM.fullmatch(text)
    return Frequency(str(match.lastgroup)) if match else None


def _quoted(text: str) -> str:
    """The text as a sentence may repeat it: short, and without characters that do not show."""
    shown = text[:_QUOTED] + ("…" if len(text) > _QUOTED else "")
    return f'"{shown if shown.isprintable() else ascii(shown)[1:-1]}"'


def _never_inside(longer: Frequency, shorter: Frequency) -> str:
    return f"A {_NAMES[longer]} does not lie inside a {_NAMES[shorter]}"
