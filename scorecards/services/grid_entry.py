"""Many values as they were typed: each one saved, or refused with the reason, for itself."""

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import transaction

from calculations.numerals import InvalidNumber
from calculations.periods import Frequency, InvalidPeriod
from kpis.models import Assignment, Measurement
from kpis.selectors.measurements import live_assignments
from kpis.services.measurements import delete_measurements, record_measurements
from kpis.services.resolution import RowToRecord
from organizations.access import Access, Action
from organizations.services.locks import lock_closings
from scorecards.selectors.entry.cells import (
    FOLLOWS,
    EntryCell,
    Told,
    cell_of,
    closed_about,
    told_of,
)
from scorecards.selectors.entry.slots import SEPARATOR, Slot, Slots
from scorecards.selectors.formats import recorded_text
from scorecards.selectors.typed_values import entry_text, typed_value

MOST_CELLS = 10_000
LONGEST_TEXT = 100
ATTEMPTS = 3
NAME = re.compile(r"([a-z0-9_]{1,50})\.([a-z0-9_]{1,50})\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
# One mark before three digits: it parts thousands here, and decimals elsewhere.
AMBIGUOUS = re.compile(r"[^0-9]*[0-9]{1,3}[.,][0-9]{3}[^0-9]*")
NOTE = ".note"
NOT_HERE = "This is not measured here any more. Load the page again."
NOT_THEN = "It is not measured here in that period, or the period has not begun."
NOTE_ALONE = "A note belongs to a value: write one first."
KEEP = "Yours is not saved: save again to keep it."

State = Literal["saved", "unchanged", "refused", "stale"]


class Overtaken(Exception):
    """Somebody recorded a first value between our look and our write."""


@dataclass(frozen=True)
class SentCell:
    """What was typed for one value; None = not sent. seen: what the page had shown."""

    name: str
    text: str
    note: str | None
    seen: str | None
    seen_note: str | None


@dataclass(frozen=True)
class Answer:
    """What became of one cell.

    before: the text and the note that stood until now; cell: as it stands now, None where the KPI
    is not measured; read_as: the number as it was understood, where it could be another elsewhere.
    """

    name: str
    state: State
    wrong: str
    before: tuple[str, str]
    cell: EntryCell | None
    read_as: str = ""


@dataclass
class Decision:
    """What is to become of one cell: at most one of `row` and `is_taken_back`."""

    sent: SentCell
    slot: Slot | None
    standing: Measurement | None
    state: State = "unchanged"
    wrong: str = ""
    row: RowToRecord | None = None
    is_taken_back: bool = False

    @property
    def before(self) -> tuple[str, str]:
        if self.slot is None or self.standing is None:
            return "", ""
        return entry_text(self.slot.assignment.kpi, self.standing.value), self.standing.note

    def refuse(self, why: str, state: State = "refused") -> None:
        self.state, self.wrong = state, why


def sent_cells(posted: Mapping[str, str]) -> list[SentCell]:
    """The cells among the fields that say something else than the page showed."""
    seen = _seen(posted.get("seen"))
    cells = []
    for name, text in list(posted.items())[: 2 * MOST_CELLS]:
        if NAME.fullmatch(name):
            note = posted.get(f"{name}{NOTE}")
            cell = SentCell(
                name=name,
                text=text.strip()[: LONGEST_TEXT + 1],
                note=None if note is None else note.strip(),
                seen=None if seen is None else seen.get(name, ""),
                seen_note=None if seen is None else seen.get(f"{name}{NOTE}", ""),
            )
            if cell.text != cell.seen or cell.note not in (None, cell.seen_note):
                cells.append(cell)
    return cells[:MOST_CELLS]


def _seen(text: str | None) -> dict[str, str] | None:
    """The texts that the page showed; None where it does not say."""
    if text is None:
        return None
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(seen, dict):
        return None
    return {name: shown for name, shown in seen.items() if isinstance(shown, str)}


def enter_values(
    *, access: Access, cells: Sequence[SentCell], unit_ids: Collection[int] | None = None
) -> list[Answer]:
    """Save each cell, or say why not; an empty one takes its value back.

    A cell that somebody changed since the page was made is not saved, and both are told. unit_ids:
    of the page; None: wherever the access may record. The number of statements does not depend on
    that of the cells.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _entered(access, cells, unit_ids)
        except Overtaken:
            continue
    return _entered(access, cells, unit_ids)


@transaction.atomic
def _entered(
    access: Access, cells: Sequence[SentCell], unit_ids: Collection[int] | None
) -> list[Answer]:
    # Before any value is locked: who closes a period waits for this lock, and others for them.
    lock_closings(access.organization.pk)
    places = _places(access, cells, unit_ids)
    slots = Slots(access, list(places.values()))
    of = {cell.name: _slot(slots, places, cell) for cell in cells}
    known = [slot for slot in of.values() if slot]
    standing = _standing(known)
    decisions = [
        Decision(cell, slot, standing.get(slot.key) if slot else None)
        for cell in cells
        for slot in [of[cell.name]]
    ]
    for decision in decisions:
        _decide(access, decision)
    _record(access, [decision for decision in decisions if decision.row])
    _take_back(access, [decision for decision in decisions if decision.is_taken_back])
    told = told_of(access, known)
    return [_answer(access, decision, told) for decision in decisions]


def _answer(access: Access, decision: Decision, told: Told) -> Answer:
    sent, slot = decision.sent, decision.slot
    return Answer(
        name=sent.name,
        state=decision.state,
        wrong=decision.wrong,
        before=decision.before,
        cell=cell_of(access, slot, told) if slot else None,
        read_as=_read_as(decision),
    )


def _read_as(decision: Decision) -> str:
    if decision.state != "saved" or not decision.row or not AMBIGUOUS.fullmatch(decision.sent.text):
        return ""
    return f"{decision.row.value:.12g}"


def _places(
    access: Access, cells: Sequence[SentCell], unit_ids: Collection[int] | None
) -> dict[tuple[str, str], Assignment]:
    """By the codes of unit and KPI, where the access may record of what was sent."""
    codes = {tuple(cell.name.split(SEPARATOR)[:2]) for cell in cells}
    found = live_assignments(access.organization).filter(
        unit__code__in={unit for unit, _ in codes}, kpi__code__in={kpi for _, kpi in codes}
    )
    return {
        (assignment.unit.code, assignment.kpi.code): assignment
        for assignment in found.select_related("kpi", "unit")
        if (unit_ids is None or assignment.unit_id in unit_ids)
        and access.sees(assignment.unit_id)
        and access.can(Action.RECORD_VALUES, assignment.unit_id)
    }


def _slot(
    slots: Slots, places: Mapping[tuple[str, str], Assignment], cell: SentCell
) -> Slot | None:
    """The slot that the cell names; None where there is none."""
    unit, kpi, start = cell.name.split(SEPARATOR)
    assignment = places.get((unit, kpi))
    if assignment is None:
        return None
    try:
        period = slots.calendar.parse(start, Frequency(assignment.kpi.frequency))
    except InvalidPeriod:
        return None
    if period.start.isoformat() != start:
        return None
    return slots.slot(assignment, slots.column(period))


def _standing(slots: Sequence[Slot]) -> dict[tuple[int, dt.date], Measurement]:
    """The values of the slots, locked in the order in which all writers take them."""
    rows = (
        Measurement.objects.filter(
            assignment_id__in={slot.assignment.pk for slot in slots},
            period_start__in={slot.start for slot in slots},
        )
        .select_related("user", "token")
        .order_by("assignment_id", "period_start")
        .select_for_update(of=("self",))
    )
    of = {slot.assignment.pk: slot.assignment for slot in slots}
    standing = {}
    for row in rows:
        row.assignment = of[row.assignment_id]
        standing[row.assignment_id, row.period_start] = row
    return standing


# --- What is to become of a cell


def _decide(access: Access, decision: Decision) -> None:
    sent, slot, standing = decision.sent, decision.slot, decision.standing
    barred = _barred(access, slot)
    if barred or slot is None:
        decision.refuse(barred)
        return
    if not sent.text:
        _decide_empty(access, decision)
        return
    try:
        value = _value(decision, slot)
    except InvalidNumber as refusal:
        decision.refuse(f"{refusal}.")
        return
    if standing and standing.value == value and sent.note in (None, standing.note):
        return
    if _is_stale(decision):
        decision.refuse(_stale_text(access, decision), "stale")
        return
    decision.state = "saved"
    decision.row = RowToRecord(
        kpi=slot.assignment.kpi.code,
        unit=slot.assignment.unit.code,
        period=slot.label,
        value=value,
        note=sent.note,
    )


def _value(decision: Decision, slot: Slot) -> float:
    """What was typed; the standing value where its text is still there, which may be rounded."""
    if decision.standing and decision.sent.text == decision.before[0]:
        return decision.standing.value
    return typed_value(slot.assignment.kpi, decision.sent.text)


def _decide_empty(access: Access, decision: Decision) -> None:
    """An empty cell takes its value back."""
    if decision.standing is None:
        if decision.sent.note:
            decision.refuse(NOTE_ALONE)
    elif _is_stale(decision):
        decision.refuse(_stale_text(access, decision), "stale")
    else:
        decision.state, decision.is_taken_back = "saved", True


def _barred(access: Access, slot: Slot | None) -> str:
    """Why nothing is typed there; "" where something is."""
    if slot is None:
        return NOT_HERE
    if not slot.is_measured:
        return NOT_THEN
    if slot.follows:
        why = FOLLOWS[slot.follows]
        return f"{why[0].upper()}{why[1:]}."
    return f"{closed_about(access, slot)}." if slot.closing else ""


def _is_stale(decision: Decision) -> bool:
    """Whether something else stands than the page had shown."""
    sent = decision.sent
    value, note = decision.before
    is_note_changed = sent.note not in (None, note) and sent.seen_note not in (None, note)
    return sent.seen not in (None, value) or is_note_changed


def _stale_text(access: Access, decision: Decision) -> str:
    if decision.standing is None:
        return f"Somebody took the value back meanwhile. {KEEP}"
    now, note = decision.before
    who = recorded_text(decision.standing, access.organization)
    noted = f", with the note “{note[:LONGEST_TEXT]}”" if decision.sent.note and note else ""
    return f"Meanwhile it says {now}{noted}, {who}. {KEEP}"


# --- Storing


def _record(access: Access, decisions: Sequence[Decision]) -> None:
    """Raises Overtaken where a value appeared that nobody has been told of."""
    rows = [decision.row for decision in decisions if decision.row]
    if not rows:
        return
    done = record_measurements(access=access, rows=rows, is_atomic=False)
    for refusal in done.rejected:
        row, decision = rows[refusal.index], decisions[refusal.index]
        name = decision.slot.assignment.kpi.name if decision.slot else row.kpi
        decision.refuse(refusal.detail.replace(f'"{row.kpi}"', name))
    new = [d for d in decisions if d.state == "saved" and d.standing is None]
    if done.created != len(new):
        raise Overtaken


def _take_back(access: Access, decisions: Sequence[Decision]) -> None:
    standing = [decision.standing for decision in decisions if decision.standing]
    refused = delete_measurements(access=access, measurements=standing) if standing else {}
    for decision in decisions:
        if decision.standing and decision.standing.pk in refused:
            decision.refuse(refused[decision.standing.pk].detail)


def undo_fields(saved: Sequence[Answer]) -> dict[str, str]:
    """What is sent to let everything stand again as it was before."""
    fields, seen = {}, {}
    for answer in saved:
        note = f"{answer.name}{NOTE}"
        fields[answer.name], fields[note] = answer.before
        if answer.cell:
            seen[answer.name], seen[note] = answer.cell.text, answer.cell.note
    return fields | {"seen": json.dumps(seen)}
