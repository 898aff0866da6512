"""Values from a table: what they would change, and recording them.

All values of a file are recorded in one transaction, in portions between which the work can be
given up: a file is in the scores as a whole, or not at all.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from calculations.periods import Frequency
from calculations.tables.csv_files import UnreadableTable
from kpis.models import Assignment
from kpis.services.measurements import record_measurements
from kpis.services.refusals import Refusal
from kpis.services.resolution import resolved_rows
from kpis.services.storage import StoredRow
from organizations.access import Access
from organizations.services.locks import lock_closings
from scorecards.selectors.imports.tables import Table
from scorecards.selectors.typed_values import entry_text

from .shapes import (
    ADDED,
    CHANGED,
    Findings,
    Outcome,
    Overtaken,
    Progress,
    RowProblem,
    Shown,
    ShownChange,
    digest_of,
)
from .standing_values import said_already, standing_values
from .value_rows import FileValue, TooManyValues, file_values, mark_of

PORTION = 5000
MOST_SHOWN = 100
EARLIER = re.compile(r"Row ([0-9]+) of this body")


@dataclass(frozen=True)
class Resolved:
    """A value that may be recorded, and what stands in its place: its value and note, or None."""

    value: FileValue
    stored: StoredRow
    before: tuple[float, str] | None

    @property
    def is_change(self) -> bool:
        return self.before is not None and self.before != self.after

    @property
    def after(self) -> tuple[float, str]:
        note = self.stored.note
        if note is None:
            note = self.before[1] if self.before else ""
        return self.stored.value, note


@dataclass(frozen=True)
class CheckedValues:
    """All values of a table: those that may be recorded, and why the others may not."""

    good: list[Resolved]
    problems: list[RowProblem]


def check_values(access: Access, table: Table, options: Mapping[str, str]) -> Findings:
    """What recording the values of the table would change; nothing is written."""
    checked = _checked(access, table, options)
    return _findings(access, table, checked)


@transaction.atomic
def apply_values(
    access: Access, table: Table, options: Mapping[str, str], shown: Shown, progress: Progress
) -> Outcome:
    """Record what the check found good, in one transaction.

    Raises Overtaken where that is not what was shown any more.
    """
    # Before any value is looked at: who closes a period waits for this lock.
    lock_closings(access.organization.pk)
    checked = _checked(access, table, options, locks=True)
    if _digest(checked) != shown.digest or (shown.is_whole and checked.problems):
        raise Overtaken
    changes = [each for each in checked.good if each.before is None or each.is_change]
    for first in range(0, len(changes), PORTION):
        progress(first, len(changes))
        _record(access, changes[first : first + PORTION])
    progress(len(changes), len(changes))
    n_added = sum(each.before is None for each in changes)
    return Outcome(n_added, len(changes) - n_added, {"values": [_effect(c) for c in changes]})


def _record(access: Access, changes: Sequence[Resolved]) -> None:
    """Raises Overtaken where something else was recorded since the look at it."""
    rows = [each.value.record for each in changes]
    done = record_measurements(access=access, rows=rows, is_atomic=True)
    n_added = sum(each.before is None for each in changes)
    if done.rejected or (done.created, done.updated) != (n_added, len(changes) - n_added):
        raise Overtaken


def _effect(change: Resolved) -> list[object]:
    old, old_note = change.before or (None, "")
    new, new_note = change.after
    stored = change.stored
    return [
        *(stored.assignment_id, stored.period_start, old, old_note, new, new_note),
        bool(stored.reason),
    ]


# --- Checking


def _checked(
    access: Access, table: Table, options: Mapping[str, str], *, locks: bool = False
) -> CheckedValues:
    try:
        values = file_values(access, table, mark_of(table, options))
    except TooManyValues as refusal:
        raise UnreadableTable(str(refusal)) from None
    accepted, refusals = resolved_rows(access, [value.record for value in values])
    said = said_already(access, values, refusals)
    refused = {refusal.index for refusal in refusals}
    fine = [value for index, value in enumerate(values) if index not in refused]
    standing = standing_values(access, [row[:2] for row in accepted], locks=locks)
    good = [
        Resolved(value, stored, standing.get(stored[:2]))
        for value, stored in zip(fine, accepted, strict=True)
    ]
    good += [Resolved(values[each.index], each.stored, each.before) for each in said]
    refused -= {each.index for each in said}
    problems = [_problem(table, values, each) for each in refusals if each.index in refused]
    return CheckedValues(good, problems)


def _problem(table: Table, values: Sequence[FileValue], refusal: Refusal) -> RowProblem:
    value = values[refusal.index]
    column = value.columns.get(refusal.field, value.column)
    if refusal.field not in value.said and refusal.field:
        column = ""
    said = value.said.get(refusal.field, "")
    text = refusal.detail
    if refusal.code == "duplicate_row":
        earlier = EARLIER.match(refusal.detail)
        row = values[int(earlier[1])].row if earlier else value.row
        text = f"Row {row} has the same KPI, unit and period. Leave one of them out."
    return RowProblem(table.sheet, value.row, column, said, text)


def _digest(checked: CheckedValues) -> str:
    """Of what would be written, over what."""
    parts = [
        (each.stored[:4], each.before)
        for each in checked.good
        if each.before is None or each.is_change
    ]
    return digest_of(parts)


# --- Telling


def _findings(access: Access, table: Table, checked: CheckedValues) -> Findings:
    added = sum(each.before is None for each in checked.good)
    changed = sum(each.is_change for each in checked.good)
    return Findings(
        added=added,
        changed=changed,
        unchanged=len(checked.good) - added - changed,
        problems=checked.problems,
        n_refused=len(checked.problems),
        changes=list(_shown(access, table, checked.good)),
        digest=_digest(checked),
    )


def _shown(access: Access, table: Table, good: Sequence[Resolved]) -> Iterator[ShownChange]:
    """The first changes; what corrects something before what is new."""
    changes = [each for each in good if each.is_change]
    changes = [*changes, *(each for each in good if each.before is None)][:MOST_SHOWN]
    places = (
        Assignment.objects.filter(pk__in={each.stored.assignment_id for each in changes})
        .select_related("kpi", "unit")
        .in_bulk()
    )
    for each in changes:
        place = places[each.stored.assignment_id]
        yield _shown_change(access, table, each, place)


def _shown_change(access: Access, table: Table, each: Resolved, place: Assignment) -> ShownChange:
    calendar = access.organization.calendar
    start = dt.date.fromisoformat(each.stored.period_start)
    label = calendar.label(calendar.period(Frequency(place.kpi.frequency), start))
    old, old_note = each.before or (None, "")
    new, new_note = each.after
    fields = []
    if old != new:
        fields.append(("Value", entry_text(place.kpi, old), entry_text(place.kpi, new)))
    if old_note != new_note:
        fields.append(("Note", old_note, new_note))
    return ShownChange(
        table.sheet,
        each.value.row,
        CHANGED if each.before else ADDED,
        f"{place.kpi.name} · {place.unit.name} · {label}",
        tuple(fields),
    )
