"""From which period a structure may be valid, and what that means for scores and editions."""

import datetime as dt
from collections.abc import Iterable

from calculations.periods import Calendar, Period
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode, closings
from scorecards.selectors.editions.lines import start_label

MOST_PERIODS = 400


def current_period(organization: Organization) -> Period:
    """The running period of the shortest reporting frequency."""
    return organization.calendar.period(organization.frequencies[0], organization.today())


def first_open_day(access: Access, unit: UnitNode) -> dt.date | None:
    """The day after the last one that is closed at the unit; None where nothing is."""
    closed = closings(access.organization)
    return closed.open_from(access.tree.line(unit.id)) if closed else None


def offered_periods(
    organization: Organization, starts: Iterable[dt.date], open_from: dt.date | None
) -> dict[str, Period]:
    """By label: the next period, the current one, and the earlier ones back to the first start.

    Closed periods, and those before, are not offered.
    """
    calendar, running = organization.calendar, current_period(organization)
    first = max(min([*starts, running.start]), open_from or dt.date.min)
    periods = [calendar.shift(running, 1), running]
    while periods[-1].start > first and len(periods) < MOST_PERIODS:
        periods.append(calendar.shift(periods[-1], -1))
    return {calendar.label(period): period for period in periods}


def consequences(
    organization: Organization,
    starts: Iterable[dt.date],
    chosen: Period,
    open_from: dt.date | None,
) -> tuple[str, ...]:
    """What it means to publish from that period on; `starts` are those of the current editions."""
    sentences = [_recomputed_text(organization.calendar, _recomputed(organization, chosen))]
    if open_from is not None:
        last = open_from - dt.timedelta(days=1)
        sentences.append(f"Up to {last} everything is closed and keeps its structure.")
    replaced = [start_label(organization, day) for day in sorted(starts) if day >= chosen.start]
    if replaced:
        sentences.append(f"Replaces the structure valid from {listed(replaced)}.")
    return tuple(sentences)


def listed(texts: Iterable[str]) -> str:
    """In a sentence: "a, b and c"."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _recomputed(organization: Organization, chosen: Period) -> list[list[Period]]:
    """By frequency, the reporting periods up to now whose last day is not before the start."""
    calendar, today = organization.calendar, organization.today()
    spans = []
    for frequency in organization.frequencies:
        period, span = calendar.period(frequency, chosen.start), []
        while period.start <= today:
            span.append(period)
            period = calendar.shift(period, 1)
        spans.append(span)
    return [span for span in spans if span]


def _recomputed_text(calendar: Calendar, spans: list[list[Period]]) -> str:
    if not spans:
        return "No score changes before that period begins."
    ranges = [
        calendar.label(span[0])
        if len(span) == 1
        else f"{calendar.label(span[0])} to {calendar.label(span[-1])}"
        for span in spans
    ]
    return f"Scores are computed again for {listed(ranges)}, here and above where they count."
