"""From which period a structure may be valid, and what that means for scores and editions."""

import datetime as dt
from collections.abc import Iterable

from calculations.periods import Calendar, Period
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode, closings

from .edition_lines import start_label

MOST_PERIODS = 400


def current_period(organization: Organization) -> Period:
    """The running period of the shortest reporting frequency."""
    return organization.calendar.period(organization.frequencies[0], organization.today())


def offered_periods(organization: Organization, starts: Iterable[dt.date]) -> dict[str, Period]:
    """By label: the next period, the current one, and the earlier ones back to the first start."""
    calendar, running = organization.calendar, current_period(organization)
    first = min([*starts, running.start])
    periods = [calendar.shift(running, 1), running]
    while periods[-1].start > first and len(periods) < MOST_PERIODS:
        periods.append(calendar.shift(periods[-1], -1))
    return {calendar.label(period): period for period in periods}


def consequences(
    access: Access, unit: UnitNode, starts: Iterable[dt.date], chosen: Period
) -> tuple[str, ...]:
    """What it means to publish from that period on; `starts` are those of the current editions."""
    organization = access.organization
    spans = _recomputed(organization, chosen)
    sentences = [_recomputed_text(organization.calendar, spans)]
    if closed := _closed_labels(access, unit, spans):
        verbs = "is closed and stays" if len(closed) == 1 else "are closed and stay"
        sentences.append(f"{listed(closed)} {verbs} as reported; new figures stand beside it.")
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


def _closed_labels(access: Access, unit: UnitNode, spans: list[list[Period]]) -> list[str]:
    closed = closings(access.organization)
    if not closed:
        return []
    line = access.tree.line(unit.id)
    covering = {
        closing.period
        for span in spans
        for period in span
        if (closing := closed.covering(line, period))
    }
    ordered = sorted(covering, key=lambda period: (period.start, period.frequency.rank))
    return [access.organization.calendar.label(period) for period in ordered]
