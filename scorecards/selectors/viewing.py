"""Which period a page shows, and the ones that it compares with."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from calculations.figures import Span
from calculations.periods import FIRST_YEAR, Calendar, Frequency, InvalidPeriod, Period
from organizations.models import Organization

from .shapes import Link, PeriodChoice

TREND_LENGTH = 12
RECENT_CHOICES = 12
# How many of its own periods are shown of a KPI, and looked at for signals.
DEFAULT_LENGTHS = {"day": 90, "week": 52, "month": 36, "quarter": 12, "half": 8, "year": 6}
PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "half": 2, "year": 1}
NOUNS = {
    "day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter", "half": "Half-year",
    "year": "Year",
}  # fmt: skip


# A plus sign that an address did not encode arrives as a space.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")


class InvalidMoment(ValueError):
    """A text that names no moment in the past; the message says what to write instead."""


@dataclass(frozen=True)
class AsOf:
    """A moment in the past of which a page tells; `text` is what its address says."""

    text: str
    at: dt.datetime

    def told(self, organization: Organization) -> str:
        """The moment as people read it, at the organization's place."""
        return f"{self.at.astimezone(zoneinfo.ZoneInfo(organization.time_zone)):%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Viewing:
    """A viewed period with the spans that are compared with it, now or as of a moment."""

    calendar: Calendar
    period: Period
    as_of: AsOf | None = None
    figures: str = ""  # of a closed period: "current" or "reported" alone; "" = both
    scorecard: str = ""  # code of the one that the address names; "" = the one that held

    @property
    def at(self) -> dt.datetime | None:
        """The moment of which the page tells; None = now."""
        return self.as_of.at if self.as_of else None

    @property
    def as_of_text(self) -> str | None:
        """What every link of the page says of the moment."""
        return self.as_of.text if self.as_of else None

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


def asked_moment(organization: Organization, text: str | None) -> AsOf | None:
    """The moment that an address names: the end of a day there, or a moment with its zone.

    None without a text. Of today, what is known so far. Raises InvalidMoment with a sentence.
    """
    if not text:
        return None
    at = _moment(organization, _LOST_PLUS.sub(r"\1+\2", text.strip()))
    if at > timezone.now():
        raise InvalidMoment(f"{text} is still to come: choose a day that has begun")
    return AsOf(text, at)


def _moment(organization: Organization, text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidMoment(_no_moment(text)) from None
    if not FIRST_YEAR <= moment.year < dt.MAXYEAR:
        raise InvalidMoment(f"{text} is outside the calendar: choose a day since {FIRST_YEAR}")
    if len(text) == len("2026-03-31"):
        return _end_of(moment.date(), organization)
    if moment.tzinfo is None:
        raise InvalidMoment(_no_moment(text))
    return moment.astimezone(dt.UTC)  # PostgreSQL knows no zones a whole day from Greenwich


def _no_moment(text: str) -> str:
    shown = text[:40] if text.isprintable() else ascii(text[:40])[1:-1]
    return (
        f"“{shown}” is no day and no moment; write one like 2026-03-31,"
        " or 2026-03-31T12:00:00+02:00"
    )


def _end_of(day: dt.date, organization: Organization) -> dt.datetime:
    """The last moment of the day there; of today, now."""
    if day == organization.today():
        return timezone.now()
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    following = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return following.astimezone(dt.UTC) - dt.timedelta(microseconds=1)


def default_period(organization: Organization, as_of: AsOf | None = None) -> Period:
    """The last period that is over, of the middle reporting frequency (quarter by default)."""
    frequencies = organization.frequencies
    frequency = frequencies[min(1, len(frequencies) - 1)]
    running = organization.calendar.period(frequency, _today(organization, as_of))
    return organization.calendar.shift(running, -1)


def _today(organization: Organization, as_of: AsOf | None) -> dt.date:
    return organization.today(as_of.at if as_of else None)


def viewed_period(
    organization: Organization, text: str | None, as_of: AsOf | None = None
) -> Period:
    """The reporting period that an address names; raises InvalidPeriod with a sentence."""
    if not text:
        return default_period(organization, as_of)
    period = organization.calendar.parse_label(text)
    if period.frequency not in organization.frequencies:
        named = ", ".join(organization.frequencies)
        raise InvalidPeriod(
            f"{organization} reports by {named}; {text} is a {period.frequency}."
            " Choose one of those"
        )
    if period.start > _today(organization, as_of):
        then = f" by {as_of.text}" if as_of else ""
        raise InvalidPeriod(f"{text} has not begun{then}")
    return period


def period_choice(
    organization: Organization,
    viewing: Viewing,
    href: Callable[[str, str | None], str],
    kept: tuple[tuple[str, str], ...] = (),
) -> PeriodChoice:
    """The picker for the viewed period; href makes an address of a period's label and a moment.

    kept: what else the address says.
    """
    period, as_of, calendar = viewing.period, viewing.as_of, organization.calendar
    today = _today(organization, as_of)

    def address(of: Period) -> str:
        return href(calendar.label(of), viewing.as_of_text)

    running = calendar.period(period.frequency, today)
    recent = [calendar.shift(running, -n) for n in range(RECENT_CHOICES)]
    return PeriodChoice(
        label=viewing.label,
        frequency=period.frequency,
        previous_href=address(calendar.shift(period, -1)),
        next_href=address(calendar.shift(period, 1)) if period.start < running.start else None,
        frequencies=tuple(
            _frequency_link(calendar, period, frequency, today, address)
            for frequency in organization.frequencies
        ),
        recent=tuple(
            Link(calendar.label(p), address(p), "current" if p == period else "") for p in recent
        ),
        is_current=period.start <= today < calendar.end(period),
        as_of=as_of.text if as_of else "",
        as_of_text=as_of.told(organization) if as_of else "",
        now_href=href(viewing.label, None),
        today=organization.today().isoformat(),
        kept=(("period", viewing.label), *kept),
    )


def _frequency_link(
    calendar: Calendar,
    period: Period,
    frequency: Frequency,
    today: dt.date,
    address: Callable[[Period], str],
) -> Link:
    """The period of another frequency around the viewed one's end, but none that is to come."""
    day = min(calendar.end(period) - dt.timedelta(days=1), today)
    chosen = calendar.period(frequency, day)
    detail = "current" if frequency == period.frequency else ""
    return Link(NOUNS[frequency], address(chosen), detail)
