"""On which days the demonstration company did what; they move along with today's year."""

import datetime as dt

from calculations.periods import Calendar, Frequency, Period

CALENDAR = Calendar()


def reweighted_on(today: dt.date) -> dt.date:
    """Since then the corporate scorecard counts learning for more and money for less."""
    return dt.date(today.year - 1, 1, 1)


def cascaded_on(today: dt.date) -> dt.date:
    """Since then teams and people have scorecards of their own."""
    return dt.date(today.year - 1, 4, 1)


def closed_quarter(today: dt.date) -> Period:
    """The quarter that was reported to the supervisory board: the first one of last year."""
    return Period(Frequency.QUARTER, dt.date(today.year - 1, 1, 1))


def closed_at(now: dt.datetime) -> dt.datetime:
    """When the half-yearly figures were there too: what is reported knows nothing later."""
    return dt.datetime(now.year - 1, 8, 20, 16, 30, tzinfo=now.tzinfo)


def restated_at(now: dt.datetime) -> dt.datetime:
    """When the auditors had been through the reported quarter."""
    return dt.datetime(now.year - 1, 10, 14, 11, 5, tzinfo=now.tzinfo)


def last_quarter(today: dt.date) -> Period:
    """The latest quarter that is over."""
    return CALENDAR.shift(CALENDAR.period(Frequency.QUARTER, today), -1)


def assessed_at(now: dt.datetime) -> dt.datetime:
    """In the review of the last quarter, in the second week of the next."""
    end = CALENDAR.end(last_quarter(now.date()))
    review = dt.datetime.combine(end, dt.time(16, 20), now.tzinfo) + dt.timedelta(days=12)
    return min(review, now)
