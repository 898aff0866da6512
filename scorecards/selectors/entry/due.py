"""What somebody is to enter, over all units where they may: due first, then what is running."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q, QuerySet

from kpis.models import Assignment, Measurement
from kpis.selectors.measurements import live_assignments
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import entry_href, kpi_href
from scorecards.selectors.kpis.value_forms import value_choices
from scorecards.selectors.scoring.said import SaidKey, said_values

from .cells import (
    EntryCell,
    Told,
    as_sent,
    cell_of,
    choices_of,
    day_text,
    input_mode,
    seen_texts,
)
from .grid import due_text
from .slots import Slot, Slots

MOST_KPIS = 1000  # that are looked through beside the reader's own
MOST_FIELDS = 100


@dataclass(frozen=True)
class DueRow:
    """One value of one period, with the field for it."""

    name: str
    href: str
    code: str
    unit_of_measure: str
    owner: str
    is_mine: bool
    has_choices: bool
    input_mode: str
    cell: EntryCell
    refusal: str  # why the reader may not enter what they answer for


@dataclass(frozen=True)
class DueUnit:
    name: str
    code: str
    href: str  # of its grid; "" where the reader may not enter anything there
    rows: tuple[DueRow, ...]
    due: str
    n_left_out: int  # values that are due, but only in the grid


@dataclass(frozen=True)
class ValuesDue:
    units: tuple[DueUnit, ...]
    due: str  # how many values are, and since when
    next: str  # which value is due next and when, where none is
    n_later: int  # values of periods that run, which are left out because others are due
    choices: dict[str, tuple[str, ...]]  # by KPI, where values are chosen
    is_cut: bool  # only a part of the KPIs was looked through
    seen: str = field(repr=False)


@dataclass(frozen=True)
class Owed:
    """A KPI at a unit with what is to be entered: what is due, and what will be.

    running: periods that have begun and are not due yet, whether they have a value or not.
    """

    assignment: Assignment
    is_mine: bool
    may_enter: bool
    due: tuple[Slot, ...]
    running: tuple[Slot, ...]


def recordable_units(access: Access) -> list[UnitNode]:
    """Where the reader may record values, in the order of the tree."""
    return [
        node
        for node, _ in access.tree.depth_first()
        if access.sees(node.id) and access.can(Action.RECORD_VALUES, node.id)
    ]


def values_due(
    access: Access,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    *,
    with_later: bool = False,
) -> ValuesDue:
    """By a fixed number of statements; typed and wrong: what was sent and refused, by field.

    with_later: also the values of periods that run, which show anyway where nothing is due.
    """
    recordable = {node.id for node in recordable_units(access)}
    mine, others = _assignments(access, recordable)
    slots = Slots(access, [*mine, *others])
    owed = owed_values(slots, mine, others[:MOST_KPIS], recordable)
    running = [slot for one in owed for slot in one.running]
    ids, starts = {slot.assignment.pk for slot in running}, {slot.start for slot in running}
    told = Told(said_values(ids, starts, None), {})
    every = sorted((slot for one in owed for slot in one.due), key=lambda slot: slot.due_on)
    only_due = bool(every) and not with_later
    units = _units(access, [_without_later(one) for one in owed] if only_due else owed, told)
    shown = [row.cell for unit in units for row in unit.rows]
    units = [
        replace(unit, rows=tuple(_as_sent(row, typed or {}, wrong or {}) for row in unit.rows))
        for unit in units
    ]
    return ValuesDue(
        units=tuple(units),
        due=due_text(access, every),
        n_later=len(running) if only_due else 0,
        next="" if every else next_text(access, slots, owed, told),
        choices=choices_of(one.assignment for one in owed),
        is_cut=len(others) > MOST_KPIS,
        seen=json.dumps(seen_texts(shown, wrong or ())),
    )


def _as_sent(row: DueRow, typed: Mapping[str, str], wrong: Mapping[str, str]) -> DueRow:
    return replace(row, cell=as_sent(row.cell, typed, wrong))


def _assignments(access: Access, recordable: set[int]) -> tuple[list[Assignment], list[Assignment]]:
    """Those that the reader answers for, where they see the unit; and others they may enter."""
    mine = Q(responsible__user=access.user) | Q(responsible=None, kpi__owner__user=access.user)
    found = live_assignments(access.organization).select_related(
        "kpi__owner", "unit", "responsible"
    )
    entered = Q(kpi__formula="") | ~Q(own_values=Assignment.OwnValues.NONE)
    own: QuerySet[Assignment] = found.filter(mine, unit_id__in=access.visible_unit_ids)
    seen = {assignment.pk for assignment in own}
    others = found.filter(entered, unit_id__in=recordable).order_by("kpi__name", "pk")
    rest = [a for a in others[: MOST_KPIS + 1 + len(seen)] if a.pk not in seen]
    return list(own.order_by("kpi__name", "pk")), rest


def owed_values(
    slots: Slots, mine: Sequence[Assignment], others: Sequence[Assignment], recordable: set[int]
) -> list[Owed]:
    """What is to be entered of these; one statement. recordable: units where the reader may."""
    entered = {a.pk: [slot for slot in slots.of(a) if slot.is_entered] for a in (*mine, *others)}
    known = recorded_keys([slot for row in entered.values() for slot in row])
    owed = []
    for number, assignment in enumerate((*mine, *others)):
        row = entered[assignment.pk]
        due = [s for s in row if s.due_on <= slots.today and s.key not in known]
        running = [slot for slot in row if slot.due_on > slots.today]
        is_mine, may_enter = number < len(mine), assignment.unit_id in recordable
        if row:
            owed.append(Owed(assignment, is_mine, may_enter, tuple(due), tuple(running)))
    return owed


def _without_later(one: Owed) -> Owed:
    return replace(one, running=())


def recorded_keys(slots: Sequence[Slot]) -> set[SaidKey]:
    """Which of them have a value; more may be among them."""
    rows = Measurement.objects.filter(
        assignment_id__in={slot.assignment.pk for slot in slots},
        period_start__in={slot.start for slot in slots},
    )
    return set(rows.values_list("assignment_id", "period_start"))


def _units(access: Access, owed: Sequence[Owed], told: Told) -> list[DueUnit]:
    """Units with something due first, each in the order of the tree."""
    of: dict[int, list[Owed]] = {}
    # What the reader answers for stands before what they may enter besides.
    for one in sorted(owed, key=lambda one: not one.is_mine):
        if one.due or one.running:
            of.setdefault(one.assignment.unit_id, []).append(one)
    order = [node for node, _ in access.tree.depth_first() if node.id in of]
    order.sort(key=lambda node: not any(one.due for one in of[node.id]))
    due = {n.id: [(one, slot) for one in of[n.id] for slot in one.due] for n in order}
    running = {n.id: [(one, slot) for one in of[n.id] for slot in one.running] for n in order}
    left = MOST_FIELDS
    shown: dict[int, list[tuple[Owed, Slot]]] = {node.id: [] for node in order}
    for rows in (due, running):
        for node in order:
            some = rows[node.id][:left]
            left -= len(some)
            shown[node.id] += some
    return [_unit(access, node, shown[node.id], due[node.id], told) for node in order]


def _unit(
    access: Access,
    node: UnitNode,
    shown: Sequence[tuple[Owed, Slot]],
    due: Sequence[tuple[Owed, Slot]],
    told: Told,
) -> DueUnit:
    may_enter = access.can(Action.RECORD_VALUES, node.id)
    oldest_first = sorted((slot for _, slot in due), key=lambda slot: slot.due_on)
    return DueUnit(
        name=node.name,
        code=node.code,
        href=entry_href(access.organization.code, node.code) if may_enter else "",
        rows=tuple(_row(access, one, slot, told) for one, slot in shown),
        due=due_text(access, oldest_first),
        n_left_out=max(len(due) - len(shown), 0),
    )


def _row(access: Access, one: Owed, slot: Slot, told: Told) -> DueRow:
    assignment = one.assignment
    kpi, unit = assignment.kpi, assignment.unit
    return DueRow(
        name=kpi.name,
        href=kpi_href(access.organization.code, kpi.code, unit.code),
        code=kpi.code,
        unit_of_measure=kpi.unit_of_measure,
        owner=assignment.owner_name,
        is_mine=one.is_mine,
        has_choices=bool(value_choices(kpi)),
        input_mode=input_mode(kpi),
        cell=cell_of(access, slot, told),
        refusal="" if one.may_enter else "Your role does not let you enter values here.",
    )


def next_text(access: Access, slots: Slots, owed: Sequence[Owed], told: Told) -> str:
    """Which value is due next: of a period that has begun already, or else of the next one."""
    waiting = [slot for one in owed if one.may_enter for slot in _awaited(slots, one, told)]
    if not waiting:
        return ""
    first = min(waiting, key=lambda slot: (slot.due_on, slot.assignment.kpi.name))
    what = f"{first.assignment.kpi.name} of {first.assignment.unit.name} for {first.label}"
    return f"{what} is due on {day_text(first.due_on, access)}"


def _awaited(slots: Slots, one: Owed, told: Told) -> list[Slot]:
    running = [slot for slot in one.running if slot.key not in told.said]
    if running:
        return running
    assignment = one.assignment
    last = slots.columns(assignment.kpi.frequency, slots.today)[-1]
    following = slots.column(slots.calendar.shift(last.period, 1))
    is_measured = not assignment.ends_on or following.period.start < assignment.ends_on
    return [slots.slot(assignment, following)] if is_measured else []
