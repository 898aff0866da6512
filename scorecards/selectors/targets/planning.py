"""What the pages of targets are made of, read by a fixed number of statements."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from calculations.figures import Span
from calculations.periods import Calendar, Frequency, Period
from calculations.units import UnitRule
from kpis.models import Assignment, Target
from kpis.selectors.held_targets import HeldTargets, held_targets
from kpis.selectors.measurements import live_assignments
from kpis.selectors.series import kpi_facts
from organizations.access import Access, Action
from organizations.models import ClosedPeriod
from organizations.selectors import Closings, UnitNode, closings
from scorecards.models import EditionContent, Scorecard
from scorecards.selectors.boards.board_data import active_scorecard
from scorecards.selectors.editions.reading import contents, valid_editions

INHERITING = {UnitRule.MEAN, UnitRule.FORMULA}
RECENT_LENGTH = 12
REMAINING = "Other KPIs"


@dataclass(frozen=True)
class AssignmentGroup:
    """KPIs that stand together, as on the board: those of one objective."""

    perspective: str
    objective: str
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class Planning:
    """A unit's KPIs with their targets, for planning one fiscal year."""

    access: Access
    unit: UnitNode
    year: Period
    groups: tuple[AssignmentGroup, ...]
    held: HeldTargets  # of the unit's assignments, and of those that it may inherit from
    above: dict[int, list[Assignment]]  # KPI id → where a target may come from, nearest first
    closings: Closings

    @property
    def calendar(self) -> Calendar:
        return self.access.organization.calendar

    @property
    def year_label(self) -> str:
        return self.calendar.label(self.year)

    @property
    def next_year(self) -> Period:
        return self.calendar.shift(self.year, 1)

    @cached_property
    def assignments(self) -> list[Assignment]:
        return [assignment for group in self.groups for assignment in group.assignments]

    @cached_property
    def can_edit(self) -> bool:
        return self.access.can(Action.EDIT_STRUCTURE, self.unit.id)

    @cached_property
    def can_restate(self) -> bool:
        return self.access.can(Action.RESTATE, self.unit.id)

    @cached_property
    def line(self) -> list[UnitNode]:
        return self.access.tree.line(self.unit.id)

    def assignment(self, kpi_code: str) -> Assignment | None:
        return next((a for a in self.assignments if a.kpi.code == kpi_code), None)

    def closing(self, period: Period) -> ClosedPeriod | None:
        return self.closings.covering(self.line, period)

    def closed_text(self, period: Period) -> str:
        """When and by whom the period was closed; "" while it is open."""
        closing = self.closing(period)
        if closing is None:
            return ""
        zone = zoneinfo.ZoneInfo(self.access.organization.time_zone)
        by = f" by {closing.closed_by}" if closing.closed_by else ""
        label = self.calendar.label(closing.period)
        return f"{label} was closed on {closing.closed_at.astimezone(zone):%Y-%m-%d}{by}"

    def inherited(self, assignment: Assignment, day: dt.date) -> tuple[str, Target] | None:
        """The target of the nearest unit above that has one on the day, where the KPI inherits.

        With what that unit is called to the reader.
        """
        for higher in self.above.get(assignment.kpi_id, ()):
            target = self.held.at(higher.pk, day)
            if target is not None:
                return self.access.told_above(higher.unit_id), target
        return None

    def goes_on(self, assignment: Assignment) -> bool:
        """Whether the year's last target holds into the next year."""
        first = self.calendar.parts(self.next_year, Frequency(assignment.kpi.frequency))[0].start
        last = self.held.at(assignment.pk, first)
        return last is not None and last.valid_from < first


def planning(access: Access, unit: UnitNode, year: Period) -> Planning:
    organization = access.organization
    line = access.tree.line(unit.id)
    place = {node.id: number for number, node in enumerate(line)}
    found = list(
        live_assignments(organization)
        .filter(unit_id__in=place)
        .select_related("kpi", "kpi__owner", "responsible")
        .order_by("kpi__name", "pk")
    )
    for assignment in found:
        assignment.kpi.organization = organization
    own = [assignment for assignment in found if assignment.unit_id == unit.id]
    above = _above(found, {a.kpi_id for a in own if _inherits(a)}, unit, place)
    return Planning(
        access=access,
        unit=unit,
        year=year,
        groups=_groups(own, board_content(unit, max(year.start, organization.today()))),
        held=held_targets([*own, *(a for higher in above.values() for a in higher)]),
        above=above,
        closings=closings(organization),
    )


def _inherits(assignment: Assignment) -> bool:
    kpi = assignment.kpi
    return kpi.inherits_target or kpi.unit_rule in INHERITING


def _above(
    found: list[Assignment], kpi_ids: set[int], unit: UnitNode, place: dict[int, int]
) -> dict[int, list[Assignment]]:
    above: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in sorted(found, key=lambda a: -place[a.unit_id]):
        if assignment.unit_id != unit.id and assignment.kpi_id in kpi_ids:
            above[assignment.kpi_id].append(assignment)
    return above


def board_content(unit: UnitNode, day: dt.date) -> EditionContent | None:
    """The structure of the unit's scorecard on the day; None where there is none."""
    scorecard: Scorecard | None = active_scorecard(unit)
    if scorecard is None:
        return None
    end = day + dt.timedelta(days=1)
    edition = valid_editions([scorecard.pk], end).get(scorecard.pk)
    return contents([edition.pk])[edition.pk] if edition else None


def _groups(own: list[Assignment], content: EditionContent | None) -> tuple[AssignmentGroup, ...]:
    """In the order of the board, each KPI where it stands first; then the rest by name."""
    left = {assignment.kpi_id: assignment for assignment in own}
    groups = []
    for perspective in content.perspectives if content else ():
        for node in perspective.objectives:
            here = tuple(left.pop(link.kpi) for link in node.kpis if link.kpi in left)
            if here:
                groups.append(AssignmentGroup(perspective.name, node.name, here))
    if left:
        groups.append(AssignmentGroup(REMAINING if groups else "", "", tuple(left.values())))
    return tuple(groups)


def last_years_values(planning: Planning, assignment: Assignment) -> list[float]:
    """The values of the KPI's own periods of the year before; nan = missing."""
    calendar = planning.calendar
    before = calendar.shift(planning.year, -1)
    parts = calendar.parts(before, Frequency(assignment.kpi.frequency))
    return _values(planning, assignment, parts)


def recent_values(planning: Planning, assignment: Assignment, period: Period) -> list[float]:
    """The values of the 12 own periods before this one, or before the running one."""
    calendar = planning.calendar
    running = calendar.period(period.frequency, planning.access.organization.today())
    last = calendar.ordinal(min(period, running))
    parts = [calendar.period_at(n, period.frequency) for n in range(last - RECENT_LENGTH, last)]
    return _values(planning, assignment, parts)


def _values(planning: Planning, assignment: Assignment, parts: list[Period]) -> list[float]:
    spans = [Span(p.start, planning.calendar.end(p), p.frequency) for p in parts]
    facts = kpi_facts(planning.access.organization, [assignment], spans)
    values: list[float] = facts.figures(spans).values[0].tolist()
    return values
