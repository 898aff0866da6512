"""The grid of a unit's values: KPIs by their own periods, what is due first."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calculations.periods import Frequency
from kpis.models import Assignment
from kpis.selectors.entering import Follows
from kpis.selectors.measurements import live_assignments
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import entry_href, kpi_href
from scorecards.selectors.kpis.value_forms import value_choices
from scorecards.selectors.targets.planning import board_content

from .cells import (
    EntryCell,
    as_sent,
    cell_of,
    choices_of,
    day_text,
    input_mode,
    seen_texts,
    told_of,
)
from .slots import Slot, Slots

HEADINGS = {
    "day": "Daily", "week": "Weekly", "month": "Monthly", "quarter": "Quarterly",
    "half": "Half-yearly", "year": "Yearly",
}  # fmt: skip
ROW_FOLLOWS = {Follows.FORMULA: "computed by its formula", Follows.UNITS: "from the units beneath"}
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class EntryRow:
    code: str
    name: str
    frequency: str
    href: str
    unit_of_measure: str
    owner: str
    due: str  # "due since 5 Jan"; "" where nothing is
    follows: str  # why nothing is typed here; "" where something is
    has_choices: bool
    input_mode: str
    cells: tuple[EntryCell, ...]


@dataclass(frozen=True)
class EntryGroup:
    """The KPIs of one frequency."""

    heading: str
    columns: tuple[str, ...]  # labels
    rows: tuple[EntryRow, ...]
    earlier_href: str
    later_href: str  # "" where the running period is shown


@dataclass(frozen=True)
class EntryGrid:
    groups: tuple[EntryGroup, ...]
    due: str  # how many values are, and since when
    first_due: str  # the name of the oldest field that is
    latest_href: str  # "" where the running periods are shown
    has_closed: bool
    has_fields: bool
    choices: dict[str, tuple[str, ...]]  # by KPI, where values are chosen
    seen: str = field(repr=False)  # JSON of what the fields show, to know what was changed


@dataclass(frozen=True)
class Line:
    """A KPI with its cells as they stand."""

    assignment: Assignment
    slots: tuple[Slot, ...]
    cells: tuple[EntryCell, ...]

    @property
    def due(self) -> list[Slot]:
        return [s for s, cell in zip(self.slots, self.cells, strict=True) if cell.kind == "due"]


def entry_grid(
    access: Access,
    unit: UnitNode,
    until: dt.date | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> EntryGrid:
    """The unit's values around a day, by a fixed number of statements.

    until: a day in the last periods that are shown; None = today. typed and wrong: what was sent
    and refused, by field.
    """
    today = access.organization.today()
    until = min(until or today, today)
    assignments = _assignments(access, unit)
    slots = Slots(access, assignments)
    lines = _lines(access, assignments, slots, until)
    cells = [cell for line in lines for cell in line.cells]
    due = sorted((slot for line in lines for slot in line.due), key=lambda slot: slot.due_on)
    return EntryGrid(
        groups=tuple(
            _group(access, unit, slots, until, [_row(access, line, typed, wrong) for line in some])
            for some in _by_frequency(lines)
        ),
        due=due_text(access, due),
        first_due=due[0].name if due else "",
        latest_href=entry_href(access.organization.code, unit.code) if until < today else "",
        has_closed=any(cell.kind == "closed" for cell in cells),
        has_fields=any(cell.is_field for cell in cells),
        choices=choices_of(assignments),
        seen=json.dumps(seen_texts(cells, wrong or ())),
    )


def due_text(access: Access, due: Sequence[Slot]) -> str:
    """How many values are due since when; due: the oldest first."""
    if not due:
        return ""
    since = day_text(due[0].due_on, access)
    if len(due) == 1:
        return f"1 value is due since {since}"
    return f"{len(due)} values are due, the oldest since {since}"


def _assignments(access: Access, unit: UnitNode) -> list[Assignment]:
    """What is measured at the unit, as on its board, then the rest by name."""
    found = list(
        live_assignments(access.organization)
        .filter(unit_id=unit.id)
        .select_related("kpi__owner", "unit", "responsible")
        .order_by("kpi__name", "pk")
    )
    content = board_content(unit, access.organization.today())
    perspectives = content.perspectives if content else ()
    links = [link.kpi for p in perspectives for node in p.objectives for link in node.kpis]
    places = {kpi_id: place for place, kpi_id in reversed(list(enumerate(links)))}
    return sorted(found, key=lambda assignment: places.get(assignment.kpi_id, len(links)))


def _lines(
    access: Access, assignments: Sequence[Assignment], slots: Slots, until: dt.date
) -> list[Line]:
    of = {assignment.pk: tuple(slots.of(assignment, until)) for assignment in assignments}
    told = told_of(access, [slot for row in of.values() for slot in row])
    return [
        Line(a, of[a.pk], tuple(cell_of(access, slot, told) for slot in of[a.pk]))
        for a in assignments
    ]


def _by_frequency(lines: Sequence[Line]) -> list[list[Line]]:
    """From days to years; within each, KPIs with a value that is due first."""
    found: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: (_rank(line), not line.due)):
        found.setdefault(line.assignment.kpi.frequency, []).append(line)
    return list(found.values())


def _rank(line: Line) -> int:
    return Frequency(line.assignment.kpi.frequency).rank


def _group(
    access: Access, unit: UnitNode, slots: Slots, until: dt.date, rows: Sequence["EntryRow"]
) -> EntryGroup:
    frequency = rows[0].frequency
    columns = slots.columns(frequency, until)
    code, calendar = access.organization.code, slots.calendar
    later = calendar.shift(columns[-1].period, len(columns))
    last_day = calendar.end(later) - ONE_DAY
    later_href = entry_href(code, unit.code, last_day.isoformat())
    if last_day >= slots.today:
        later_href = entry_href(code, unit.code)
    return EntryGroup(
        heading=HEADINGS[frequency],
        columns=tuple(column.label for column in columns),
        rows=tuple(rows),
        earlier_href=entry_href(code, unit.code, (columns[0].period.start - ONE_DAY).isoformat()),
        later_href=later_href if columns[-1].end <= slots.today else "",
    )


def _row(
    access: Access, line: Line, typed: Mapping[str, str] | None, wrong: Mapping[str, str] | None
) -> EntryRow:
    kpi, due = line.assignment.kpi, line.due
    following = {slot.follows for slot in line.slots if slot.is_measured}
    is_read = Follows.NOTHING not in following
    return EntryRow(
        code=kpi.code,
        name=kpi.name,
        frequency=kpi.frequency,
        href=kpi_href(access.organization.code, kpi.code, line.assignment.unit.code),
        unit_of_measure=kpi.unit_of_measure,
        owner=line.assignment.owner_name,
        due=f"due since {day_text(due[0].due_on, access)}" if due else "",
        follows=ROW_FOLLOWS[following.pop()] if following and is_read else "",
        has_choices=bool(value_choices(kpi)),
        input_mode=input_mode(kpi),
        cells=tuple(as_sent(cell, typed or {}, wrong or {}) for cell in line.cells),
    )
