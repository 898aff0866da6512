"""How far a change reaches: units above, formulas, weights, and periods that look back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from calculations.formulas.expressions import Window, WindowKind, inputs
from calculations.formulas.parsing import parsed
from calculations.periods import Calendar, Frequency, Period
from kpis.models import KPI, Assignment
from organizations.models import Organization, Unit
from organizations.statements import as_date, fetched, models_of

from .graph import KPIEdges, kpi_edges

Place = tuple[int, int]  # KPI id, unit id
# First and last day of a change; None: everything from the first day on.
Days = tuple[dt.date, dt.date | None]


def joined(known: Days | None, more: Days) -> Days:
    """The days of both."""
    if known is None:
        return more
    last = max(known[1], more[1]) if known[1] and more[1] else None
    return min(known[0], more[0]), last


class Noted(NamedTuple):
    """A noted change, with the place that its assignment is for."""

    id: int
    kpi_id: int
    unit_id: int
    first_start: dt.date
    last_start: dt.date | None


NOTED = """
SELECT c.id, a.kpi_id, a.unit_id, c.first_start, c.last_start
FROM kpis_change c JOIN kpis_assignment a ON a.id = c.assignment_id
WHERE c.organization_id = %(organization)s
"""


def noted_changes(organization: Organization) -> list[Noted]:
    """What waits to be brought into the scores, by one statement."""
    rows = fetched(NOTED, organization=organization.pk)
    return [
        Noted(pk, kpi_id, unit_id, as_date(first), as_date(last))
        for pk, kpi_id, unit_id, first, last in rows
    ]


def reached_units(organization: Organization, changes: Sequence[Noted]) -> dict[int, Days]:
    """By unit, the days on which figures may differ because of the changes.

    A fixed number of statements: one where KPIs stand alone, five where they are connected. Too
    many days do no harm, too few would.
    """
    kpis = {kpi.pk: kpi for kpi in _kpis(organization)}
    days: dict[Place, Days] = {}
    for change in changes:
        place = change.kpi_id, change.unit_id
        if place[0] in kpis:
            more = _days(organization.calendar, kpis[place[0]], change)
            days[place] = joined(days.get(place), more)
    if any(kpi.formula or kpi.is_rolled_up or kpi.takes_target_from_above for kpi in kpis.values()):
        days = _Reach(organization, kpis).spread(days)
    of_units: dict[int, Days] = {}
    for (_, unit_id), more in days.items():
        of_units[unit_id] = joined(of_units.get(unit_id), more)
    return of_units


KPIS = """
SELECT {columns} FROM kpis_kpi WHERE organization_id = %(organization)s
"""
ASKED_OF_KPIS = (
    *("id", "code", "frequency", "formula", "unit_rule", "inherits_target", "carry_forward"),
    "weighting_id",
)


def _kpis(organization: Organization) -> Sequence[KPI]:
    return models_of(KPI, KPIS, ASKED_OF_KPIS, organization=organization.pk)


def _days(calendar: Calendar, kpi: KPI, change: Noted) -> Days:
    """The days of the changed periods, and of those into which their values are carried."""
    if change.last_start is None:
        return change.first_start, None
    last = Period(Frequency(kpi.frequency), change.last_start)
    return change.first_start, _last_day(calendar, calendar.shift(last, kpi.carry_forward))


def _last_day(calendar: Calendar, period: Period) -> dt.date:
    return calendar.end(period) - dt.timedelta(days=1)


@dataclass(frozen=True)
class _Reach:
    organization: Organization
    kpis: dict[int, KPI]

    def spread(self, days: dict[Place, Days]) -> dict[Place, Days]:
        """The places that the given ones reach, themselves included."""
        reached: dict[Place, Days] = {}
        waiting = list(days.items())
        while waiting:
            place, more = waiting.pop()
            together = joined(reached.get(place), more)
            if together != reached.get(place):
                reached[place] = together
                waiting += self._next(place, together)
        return reached

    def _next(self, place: Place, days: Days) -> Iterator[tuple[Place, Days]]:
        kpi_id, unit_id = place
        kpi = self.kpis[kpi_id]
        above = self._line_above(unit_id)
        if kpi.is_rolled_up:
            yield from self._assigned(kpi_id, above, days)
        # What a weight or an input changes may concern the unit itself, too.
        for reader_id in self._edges.feeds.get(kpi_id, ()):
            reader = self.kpis[reader_id]
            if reader.weighting_id == kpi_id:
                yield from self._assigned(reader_id, [unit_id, *above], days)
            if reader.formula:
                yield from self._assigned(reader_id, [unit_id], self._read_on(kpi, reader, days))
        if days[1] is None and kpi.takes_target_from_above:
            yield from self._assigned(kpi_id, self._beneath(unit_id), days)

    def _assigned(
        self, kpi_id: int, unit_ids: Sequence[int], days: Days
    ) -> Iterator[tuple[Place, Days]]:
        places = ((kpi_id, unit_id) for unit_id in unit_ids)
        return ((place, days) for place in places if place in self._places)

    def _read_on(self, kpi: KPI, reader: KPI, days: Days) -> Days:
        """The days on which a formula reads what changed on these days."""
        calendar = self.organization.calendar
        frequency = Frequency(reader.frequency)
        first, last = calendar.canonical_start(frequency, days[0]), days[1]
        windows = {one.window for one in inputs(parsed(reader.formula)) if one.code == kpi.code}
        if last is None:
            return first, None
        ends = [self._read_until(kpi, window, last) for window in windows] or [last]
        return first, _last_day(calendar, calendar.period(frequency, max(ends)))

    def _read_until(self, kpi: KPI, window: Window | None, last: dt.date) -> dt.date:
        """The last day on which a formula looks back at that day through the window."""
        calendar = self.organization.calendar
        if window is None:
            return last
        if window.kind is WindowKind.PREV:
            # Years, even where none is reported: within a `ytd`, `prev` looks so far back.
            year = calendar.period(Frequency.YEAR, last)
            return _last_day(calendar, calendar.shift(year, window.count))
        if window.kind is WindowKind.YTD:
            return _last_day(calendar, calendar.period(Frequency.YEAR, last))
        own = calendar.period(Frequency(kpi.frequency), last)
        return _last_day(calendar, calendar.shift(own, window.count))

    def _line_above(self, unit_id: int) -> list[int]:
        line = []
        parent = self._parents.get(unit_id)
        while parent is not None:
            line.append(parent)
            parent = self._parents.get(parent)
        return line

    def _beneath(self, unit_id: int) -> list[int]:
        found = list(self._children.get(unit_id, ()))
        for child in found:
            found += self._children.get(child, ())
        return found

    @cached_property
    def _edges(self) -> KPIEdges:
        return kpi_edges(self.organization)

    @cached_property
    def _places(self) -> frozenset[Place]:
        assigned = Assignment.objects.live().filter(organization=self.organization)
        return frozenset(assigned.values_list("kpi_id", "unit_id"))

    @cached_property
    def _parents(self) -> dict[int, int | None]:
        units = Unit.objects.live().filter(organization=self.organization)
        return dict(units.values_list("id", "parent_id"))

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = defaultdict(list)
        for unit_id, parent_id in self._parents.items():
            if parent_id is not None:
                children[parent_id].append(unit_id)
        return children
