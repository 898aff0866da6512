"""Which period a page shows, and the ones that it compares with."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from calculations.figures import Span
from calculations.periods import Calendar, Frequency, InvalidPeriod, Period
from organizations.models import Organization

from .shapes import Link, PeriodChoice

TREND_LENGTH = 12
RECENT_CHOICES = 12
PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "half": 2, "year": 1}
NOUNS = {
    "day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter", "half": "Half-year",
    "year": "Year",
}  # fmt: skip


@dataclass(frozen=True)
class Viewing:
    """A viewed period with the spans that are compared with it."""

    calendar: Calendar
    period: Period

    @property
    def label(self) -> str:
        return self.calendar.label(self.period)

    @property
    def trend(self) -> list[Period]:
        """The last 12 periods, the viewed one last."""
        return [self.calendar.shift(self.period, n) for n in range(1 - TREND_LENGTH, 1)]

    @property
    def last_year(self) -> Period:
        return self.calendar.shift(self.period, -PERIODS_A_YEAR[self.period.frequency])

    @property
    def year_to_date(self) -> Span:
        anchor = self.calendar.anchor(self.period)
        start = self.calendar.fiscal_year_start(anchor)
        return Span(start, self.calendar.end(self.period), Frequency.YEAR)

    @property
    def spans(self) -> list[Span]:
        """The trend's spans, then last year's, then the year to date."""
        periods = [*self.trend, self.last_year]
        return [*(self.span(period) for period in periods), self.year_to_date]

    def span(self, period: Period) -> Span:
        return Span(period.start, self.calendar.end(period), period.frequency)


def default_period(organization: Organization) -> Period:
    """The last period that is over, of the middle reporting frequency (quarter by default)."""
    frequencies = organization.frequencies
    frequency = frequencies[min(1, len(frequencies) - 1)]
    running = organization.calendar.period(frequency, organization.today())
    return organization.calendar.shift(running, -1)


def viewed_period(organization: Organization, text: str | None) -> Period:
    """The reporting period that an address names; raises InvalidPeriod with a sentence."""
    if not text:
        return default_period(organization)
    period = organization.calendar.parse_label(text)
    if period.frequency not in organization.frequencies:
        named = ", ".join(organization.frequencies)
        raise InvalidPeriod(
            f"{organization} reports by {named}; {text} is a {period.frequency}."
            " Choose one of those"
        )
    if period.start > organization.today():
        raise InvalidPeriod(f"{text} has not begun")
    return period


def period_choice(
    organization: Organization, period: Period, href: Callable[[str], str]
) -> PeriodChoice:
    """The picker for the viewed period; href makes the address of a period's label."""
    calendar, today = organization.calendar, organization.today()
    running = calendar.period(period.frequency, today)
    has_next = period.start < running.start
    recent = [calendar.shift(running, -n) for n in range(RECENT_CHOICES)]
    return PeriodChoice(
        label=calendar.label(period),
        frequency=period.frequency,
        previous_href=href(calendar.label(calendar.shift(period, -1))),
        next_href=href(calendar.label(calendar.shift(period, 1))) if has_next else None,
        frequencies=tuple(
            _frequency_link(organization, period, frequency, href)
            for frequency in organization.frequencies
        ),
        recent=tuple(
            Link(calendar.label(p), href(calendar.label(p)), "current" if p == period else "")
            for p in recent
        ),
        is_current=period.start <= today < calendar.end(period),
    )


def _frequency_link(
    organization: Organization, period: Period, frequency: Frequency, href: Callable[[str], str]
) -> Link:
    """The period of another frequency around the viewed one's end, but none that is to come."""
    calendar = organization.calendar
    day = min(calendar.end(period) - dt.timedelta(days=1), organization.today())
    label = calendar.label(calendar.period(frequency, day))
    detail = "current" if frequency == period.frequency else ""
    return Link(NOUNS[frequency], href(label), detail)
