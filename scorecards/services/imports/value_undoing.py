"""Taking back what an import of values did, except where somebody said something else since."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from calculations.periods import Frequency
from kpis.models import Assignment, Measurement
from kpis.services.measurements import delete_measurements, record_measurements
from kpis.services.resolution import RowToRecord
from organizations.access import Access, Action
from organizations.services.locks import lock_closings

from .shapes import Undone

AT_ONCE = 5000
UNDONE = "Undone: the import was taken back"
MEANWHILE = "somebody changed it meanwhile, so it stays"
GONE = "it is not measured there any more"
NOT_YOURS = "you may not record values there"


class Effect(NamedTuple):
    """One value that an import wrote; old None: there was none. restated: of a closed period."""

    assignment_id: int
    start: str
    old: float | None
    old_note: str
    new: float
    new_note: str
    restated: bool

    @property
    def key(self) -> tuple[int, str]:
        return self.assignment_id, self.start


@transaction.atomic
def undo_values(access: Access, effect: Mapping[str, Any]) -> Undone:
    """Let the values stand as they stood before, each unless somebody changed it since."""
    lock_closings(access.organization.pk)
    effects = [Effect(*row) for row in effect["values"]]
    places = _places(access, effects)
    standing = _standing(access, effects, places)
    left: list[tuple[Effect, str]] = []
    to_delete: list[tuple[Effect, Measurement]] = []
    to_correct: list[Effect] = []
    for each in effects:
        now = standing.get(each.key)
        reason = _obstacle(access, each, places.get(each.assignment_id), now)
        if reason:
            left.append((each, reason))
        elif each.old is None and now is not None:
            to_delete.append((each, now))
        elif each.old is not None:
            to_correct.append(each)
    left += _deleted(access, to_delete)
    left += _corrected(access, places, to_correct)
    return Undone(len(effects) - len(left), [_said(access, places, *each) for each in left])


def _places(access: Access, effects: Sequence[Effect]) -> dict[int, Assignment]:
    """Where the values are measured, as far as that still stands."""
    ids = sorted({each.assignment_id for each in effects})
    found: dict[int, Assignment] = {}
    for first in range(0, len(ids), AT_ONCE):
        rows = Assignment.objects.filter(
            organization=access.organization, pk__in=ids[first : first + AT_ONCE]
        )
        found |= {row.pk: row for row in rows.select_related("kpi", "unit")}
    return found


def _standing(
    access: Access, effects: Sequence[Effect], places: Mapping[int, Assignment]
) -> dict[tuple[int, str], Measurement]:
    """The values as they stand now, locked in the order in which all writers take them."""
    wanted = {each.key for each in effects}
    starts = [dt.date.fromisoformat(each.start) for each in effects]
    ids = sorted(places)
    found = {}
    for first in range(0, len(ids), AT_ONCE):
        rows = Measurement.objects.filter(
            assignment_id__in=ids[first : first + AT_ONCE],
            period_start__range=(min(starts), max(starts)),
        ).order_by("assignment_id", "period_start")
        for row in rows.select_for_update():
            key = row.assignment_id, row.period_start.isoformat()
            if key in wanted:
                row.assignment = places[row.assignment_id]
                found[key] = row
    return found


def _obstacle(
    access: Access, each: Effect, place: Assignment | None, now: Measurement | None
) -> str:
    """Why it is left as it is; "" where it can be taken back."""
    if place is None or place.deleted_at or place.kpi.deleted_at or place.unit.deleted_at:
        return GONE
    if now is None:
        return MEANWHILE
    if (now.value, now.note) != (each.new, each.new_note):
        return MEANWHILE
    may = access.sees(place.unit_id) and access.can(Action.RECORD_VALUES, place.unit_id)
    return "" if may else NOT_YOURS


def _deleted(
    access: Access, rows: Sequence[tuple[Effect, Measurement]]
) -> Iterator[tuple[Effect, str]]:
    refused = delete_measurements(access=access, measurements=[row for _, row in rows])
    for each, row in rows:
        if row.pk in refused:
            yield each, refused[row.pk].detail


def _corrected(
    access: Access, places: Mapping[int, Assignment], effects: Sequence[Effect]
) -> Iterator[tuple[Effect, str]]:
    rows = [_row(access, places[each.assignment_id], each) for each in effects]
    done = record_measurements(access=access, rows=rows, is_atomic=False)
    for refusal in done.rejected:
        yield effects[refusal.index], refusal.detail


def _row(access: Access, place: Assignment, each: Effect) -> RowToRecord:
    return RowToRecord(
        kpi=place.kpi.code,
        unit=place.unit.code,
        period=_label(access, place, each.start),
        value=each.old if each.old is not None else each.new,
        note=each.old_note,
        reason=UNDONE if each.restated else None,
    )


def _label(access: Access, place: Assignment, start: str) -> str:
    calendar = access.organization.calendar
    day = dt.date.fromisoformat(start)
    return calendar.label(calendar.period(Frequency(place.kpi.frequency), day))


def _said(access: Access, places: Mapping[int, Assignment], each: Effect, reason: str) -> str:
    """What was left and why, as far as the reader may know of it."""
    place = places.get(each.assignment_id)
    if place is None or not access.sees(place.unit_id):
        return f"A value that you do not see: {reason}"
    return f"{place.kpi.name} · {place.unit.name} · {_label(access, place, each.start)}: {reason}"
