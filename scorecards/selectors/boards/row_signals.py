"""Which KPIs of a board have a newest value that speaks of a change, by one statement more."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from calculations.arrays import FloatArray
from calculations.figures import Span, figures
from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment, ProcessChange
from kpis.selectors.process_changes import process_changes
from kpis.selectors.series import Facts
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.selectors.signals.reading import complete_values, has_signals, signal_reading
from scorecards.selectors.signals.words import signal_text, signal_tone
from scorecards.selectors.viewing import DEFAULT_LENGTHS, Viewing

# Above so many units every period costs as much as the whole board; KPIs' pages tell it there.
MOST_UNITS = 500
TOO_SELDOM = Frequency.YEAR  # too few years are looked at for limits

Windows = Mapping[Frequency, list[Period]]


@dataclass(frozen=True)
class RowSignal:
    """What the newest value says; tone: better, worse, other."""

    tone: str
    text: str


def signal_windows(
    access: Access, unit: UnitNode, assignments: Iterable[Assignment], viewing: Viewing
) -> Windows:
    """By frequency the own periods that were over in the viewed period, as many as on a KPI's page.

    Empty where very many units go into the board.
    """
    if sum(1 for _ in access.tree.beneath(unit.id)) > MOST_UNITS:
        return {}
    kpis = [assignment.kpi for assignment in assignments]
    frequencies = {Frequency(kpi.frequency) for kpi in kpis if has_signals(kpi)} - {TOO_SELDOM}
    return {each: _over(access.organization, each, viewing) for each in sorted(frequencies)}


def _over(organization: Organization, frequency: Frequency, viewing: Viewing) -> list[Period]:
    calendar = viewing.calendar
    end = min(calendar.end(viewing.period), organization.today(viewing.at))
    after = calendar.ordinal(calendar.period(frequency, end))
    first = after - DEFAULT_LENGTHS[frequency] + 1  # the page shows the running one too
    return [calendar.period_at(ordinal, frequency) for ordinal in range(first, after)]


def window_spans(windows: Windows, viewing: Viewing) -> list[Span]:
    """What must be read for them."""
    return [viewing.span(period) for periods in windows.values() for period in periods]


def row_signals(facts: Facts, windows: Windows, viewing: Viewing) -> dict[int, RowSignal]:
    """By requested row, of those whose newest value lies in the viewed period."""
    if not windows:
        return {}
    changes = process_changes([each.pk for each in facts.requested], viewing.at)
    # All at once, and without targets: limits know nothing of them.
    spans = window_spans(windows, viewing)
    seen = figures(facts.calendar, facts.series, spans, facts.values, (), facts.today)
    columns = dict(zip(windows, accumulate(map(len, windows.values()), initial=0), strict=False))
    found: dict[int, RowSignal] = {}
    for row, assignment in enumerate(facts.requested):
        frequency = Frequency(assignment.kpi.frequency)
        if frequency in windows and has_signals(assignment.kpi):
            periods, column = windows[frequency], columns[frequency]
            values = complete_values(facts.calendar, periods, seen, row, facts.today, column)
            declared = changes.get(assignment.pk, ())
            said = _row_signal(assignment.kpi, values, periods, viewing, declared)
            found |= {row: said} if said else {}
    return found


def _row_signal(
    kpi: KPI,
    values: FloatArray,
    periods: list[Period],
    viewing: Viewing,
    declared: Sequence[ProcessChange],
) -> RowSignal | None:
    calendar = viewing.calendar
    reading = signal_reading(kpi, calendar, periods, values, declared)
    signal, limits = reading.newest_signal, reading.newest_segment.limits
    if signal is None or limits is None:
        return None
    newest = periods[signal.place]
    if not _is_viewed(calendar.end(newest), viewing):
        return None
    text = signal_text(kpi, signal, limits, calendar.label(newest))
    return RowSignal(signal_tone(kpi, signal), text)


def _is_viewed(end: dt.date, viewing: Viewing) -> bool:
    return end > viewing.period.start
