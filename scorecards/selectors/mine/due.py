"""What somebody owes, in brief: the first values with the places where they are entered."""

from collections.abc import Sequence

from kpis.models import Assignment
from organizations.access import Access, Action
from scorecards.links import entry_href, kpi_href
from scorecards.selectors.entry.cells import Told, day_text
from scorecards.selectors.entry.due import next_text, owed_values
from scorecards.selectors.entry.grid import due_text
from scorecards.selectors.entry.owed import OVERDUE_AFTER, owner_id
from scorecards.selectors.entry.slots import Slot, Slots
from scorecards.selectors.scoring.said import said_values

from .shapes import DueLine, MyDue

MOST_LINES = 100
REFUSAL = "your role does not let you enter it"


def my_due(access: Access, assignments: Sequence[Assignment]) -> MyDue:
    """Of these assignments, the values that the reader owes; four statements.

    Those of their own unit that somebody else answers for are not theirs to enter.
    """
    assert access.user is not None
    mine = [each for each in assignments if owner_id(each) == access.user.pk]
    units = {each.unit_id for each in mine}
    recordable = {unit_id for unit_id in units if access.can(Action.RECORD_VALUES, unit_id)}
    slots = Slots(access, mine)
    owed = owed_values(slots, mine, [], recordable)
    due = sorted((s for one in owed for s in one.due), key=lambda s: (s.due_on, s.name))
    running = [slot for one in owed for slot in one.running]
    said = said_values(
        {slot.assignment.pk for slot in running}, {slot.start for slot in running}, None
    )
    return MyDue(
        lines=tuple(_line(access, slot, slots, recordable) for slot in due[:MOST_LINES]),
        count=len(due),
        text=due_text(access, due),
        next="" if due else next_text(access, slots, owed, Told(said, {})),
    )


def _line(access: Access, slot: Slot, slots: Slots, recordable: set[int]) -> DueLine:
    code, kpi = access.organization.code, slot.assignment.kpi
    unit = access.tree.by_id[slot.assignment.unit_id]
    may_enter = unit.id in recordable
    return DueLine(
        code=kpi.code,
        name=kpi.name,
        kpi_href=kpi_href(code, kpi.code, unit.code),
        unit=unit.code,
        unit_name=unit.name,
        label=slot.label,
        due_on=slot.due_on.isoformat(),
        since=day_text(slot.due_on, access),
        is_overdue=slot.due_on + OVERDUE_AFTER <= slots.today,
        href=f"{entry_href(code, unit.code)}#{slot.name}" if may_enter else "",
        refusal="" if may_enter else REFUSAL,
    )
