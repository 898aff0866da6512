"""Rows that say what stands already: unchanged, also where nothing may be written.

So a file that was taken out comes in as it is, with its values of closed periods, of units where
the reader only reads, and of KPIs that are computed by now. It tells nothing new: only what the
reader sees is looked at.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calculations.periods import Frequency, InvalidPeriod
from kpis.models import Measurement
from kpis.selectors.measurements import live_assignments
from kpis.services.refusals import Refusal
from kpis.services.resolution import RowToRecord
from kpis.services.storage import StoredRow
from organizations.access import Access

from .value_rows import FileValue

AT_ONCE = 5000  # assignments in one statement
Key = tuple[int, str]
# A row refused for one of these may still say what stands.
BARRED = {"period_closed", "not_permitted", "computed", "rolled_up", "not_assigned"}


def standing_values(
    access: Access, keys: Iterable[Key], *, locks: bool = False
) -> dict[Key, tuple[float, str]]:
    """The value and note in each place that has one, by a statement for thousands of places.

    A place is an assignment's id and the first day of a period, as ISO has it.
    """
    wanted = set(keys)
    if not wanted:
        return {}
    starts = [dt.date.fromisoformat(start) for _, start in wanted]
    ids = sorted({assignment_id for assignment_id, _ in wanted})
    found = {}
    for first in range(0, len(ids), AT_ONCE):
        standing = Measurement.objects.filter(
            organization=access.organization,
            assignment_id__in=ids[first : first + AT_ONCE],
            period_start__range=(min(starts), max(starts)),
        ).order_by("assignment_id", "period_start")
        if locks:
            standing = standing.select_for_update()
        for pk, start, value, note in standing.values_list(
            "assignment_id", "period_start", "value", "note"
        ):
            key = pk, start.isoformat()
            if key in wanted:
                found[key] = value, note
    return found


@dataclass(frozen=True)
class Said:
    """A refused row that says what stands."""

    index: int
    stored: StoredRow
    before: tuple[float, str]


def said_already(
    access: Access, values: Sequence[FileValue], refusals: Sequence[Refusal]
) -> list[Said]:
    """Those of the refused rows that say what stands in a place that the reader sees."""
    rows = _placed(access, values, [r.index for r in refusals if r.code in BARRED])
    standing = standing_values(access, [row[:2] for row in rows.values()])
    return [
        Said(index, row, standing[row[:2]])
        for index, row in rows.items()
        if row[:2] in standing and _is_said(row, standing[row[:2]])
    ]


def _is_said(row: StoredRow, standing: tuple[float, str]) -> bool:
    value, note = standing
    return row.value == value and row.note in (None, note)


def _placed(
    access: Access, values: Sequence[FileValue], indices: Sequence[int]
) -> dict[int, StoredRow]:
    """The rows with the assignments and periods that they mean, as far as they mean one."""
    records = {index: values[index].record for index in indices}
    rows = {index: row for index, row in records.items() if isinstance(row, RowToRecord)}
    if not rows:
        return {}
    places = _places(access, {row.kpi for row in rows.values()})
    read: dict[tuple[str, str], str] = {}
    found = {}
    for index, row in rows.items():
        place = places.get((row.kpi, row.unit or ""))
        if place is None:
            continue
        assignment_id, frequency = place
        key = row.period, frequency
        if key not in read:
            read[key] = _start(access, row.period, frequency)
        if read[key]:
            found[index] = StoredRow(assignment_id, read[key], float(row.value), row.note)
    return found


def _places(access: Access, kpis: set[str]) -> Mapping[tuple[str, str], tuple[int, str]]:
    """By the codes of KPI and unit; under no unit where there is only one."""
    rows = live_assignments(access.organization).filter(
        kpi__code__in=kpis, unit_id__in=access.visible_unit_ids
    )
    found: dict[tuple[str, str], tuple[int, str]] = {}
    alone: dict[str, list[tuple[int, str]]] = {}
    for pk, kpi, unit, frequency in rows.values_list(
        "pk", "kpi__code", "unit__code", "kpi__frequency"
    ):
        found[kpi, unit] = pk, frequency
        alone.setdefault(kpi, []).append((pk, frequency))
    return found | {(kpi, ""): each[0] for kpi, each in alone.items() if len(each) == 1}


def _start(access: Access, text: str, frequency: str) -> str:
    """The first day of the period; "" where the text names none."""
    try:
        return access.organization.calendar.parse(text, Frequency(frequency)).start.isoformat()
    except InvalidPeriod:
        return ""
