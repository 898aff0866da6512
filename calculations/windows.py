"""The spans that a formula looks at: the viewed one, earlier ones, the year to date, the last n."""

import datetime as dt
from collections.abc import Sequence

from calculations.formulas.expressions import Window, WindowKind
from calculations.parts import bounds_of_span
from calculations.periods import Calendar, Frequency, Period
from calculations.series import Span


def lifted(calendar: Calendar, span: Span, frequency: Frequency) -> Span:
    """The span itself, or the period of the frequency around it where that is coarser."""
    if not span.frequency.is_finer_than(frequency):
        return span
    period = calendar.period(frequency, calendar.anchor(Period(span.frequency, span.first)))
    return Span(period.start, calendar.end(period), frequency)


def windowed(calendar: Calendar, span: Span, window: Window, frequency: Frequency) -> Span:
    """What `prev`, `ytd` or `rolling` makes of a span; frequency: that of the KPI looked at.

    >>> quarter = Span(dt.date(2026, 4, 1), dt.date(2026, 7, 1), Frequency.QUARTER)
    >>> windowed(Calendar(), quarter, Window(WindowKind.PREV, 2), Frequency.MONTH).first
    datetime.date(2025, 10, 1)
    >>> windowed(Calendar(), quarter, Window(WindowKind.YTD, 0), Frequency.MONTH).first
    datetime.date(2026, 1, 1)
    >>> windowed(Calendar(), quarter, Window(WindowKind.ROLLING, 12), Frequency.MONTH).first
    datetime.date(2025, 7, 1)
    """
    if window.kind is WindowKind.PREV:
        return _earlier(calendar, span, window.count)
    if window.kind is WindowKind.YTD:
        anchor = calendar.anchor(Period(span.frequency, span.first))
        return Span(calendar.fiscal_year_start(anchor), span.end, Frequency.YEAR)
    _, end = bounds_of_span(calendar, span, frequency)
    first = calendar.period_at(end - window.count, frequency).start
    longer = frequency if span.frequency.is_finer_than(frequency) else span.frequency
    return Span(first, calendar.period_at(end, frequency).start, longer)


def _earlier(calendar: Calendar, span: Span, count: int) -> Span:
    period = calendar.period(span.frequency, span.first)
    shifted = calendar.shift(period, -count)
    if (period.start, calendar.end(period)) == (span.first, span.end):
        return Span(shifted.start, calendar.end(shifted), span.frequency)
    # A year to date: as much of an earlier year. The last n periods: those up to an earlier one.
    if span.frequency in (Frequency.DAY, Frequency.WEEK):
        days = period.start - shifted.start
        return Span(span.first - days, span.end - days, span.frequency)
    months = _months(period.start) - _months(shifted.start)
    return Span(
        _months_before(span.first, months), _months_before(span.end, months), span.frequency
    )


def _months(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _months_before(day: dt.date, count: int) -> dt.date:
    """The same day so many months earlier; a 29 February that is not there is the day after."""
    year, month = divmod(_months(day) - count, 12)
    first = dt.date(year, month + 1, 1)
    return first + dt.timedelta(days=day.day - 1)


def through(calendar: Calendar, span: Span, windows: Sequence[tuple[Window, Frequency]]) -> Span:
    """The span seen through windows, one after the other, the outermost first."""
    for window, frequency in windows:
        span = windowed(calendar, span, window, frequency)
    return span
