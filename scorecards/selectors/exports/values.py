"""Recorded values as a table: one in each row, or a row for each KPI and unit."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from calculations.periods import Frequency, Period
from kpis.models import KPI, Measurement
from organizations.access import Access

from .shapes import OutCell, OutTable, Wanted

AT_ONCE = 5000
MOST_PERIODS = 190  # columns, so that the file can be brought in again
LONG = ("kpi", "unit", "period", "value", "note")
COLUMNS = (
    *("assignment__kpi__code", "assignment__unit__code", "assignment__kpi__frequency"),
    *("assignment__kpi__value_kind", "assignment__kpi__grades", "period_start", "value", "note"),
)
Slot = tuple[str, dt.date]


class TooManyPeriods(Exception):
    """A wide table would have more columns than a file is read with."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"That makes {count} columns, and a table with periods in columns has at most"
            f" {MOST_PERIODS}: choose fewer periods, one KPI, or a row for each value."
        )


def value_table(access: Access, wanted: Wanted) -> OutTable:
    """The values that the reader sees; one statement for any number of them, two if wide."""
    labels = _Labels(access)
    rows = _rows(access, wanted)
    if not wanted.is_wide:
        return OutTable("values", LONG, _long(rows, labels))
    slots = _slots(rows)
    if len(slots) > MOST_PERIODS:
        raise TooManyPeriods(len(slots))
    header = ("kpi", "unit", *(labels.of(*slot) for slot in slots))
    return OutTable("values", header, _wide(rows, slots))


def unit_ids(access: Access, code: str | None) -> frozenset[int]:
    """The unit and all beneath it, as far as the reader sees them; of None, all that they see."""
    if code is None:
        return access.visible_unit_ids
    node = access.visible_unit(code)
    if node is None:
        return frozenset()
    return frozenset(n.id for n in access.tree.beneath(node.id)) & access.visible_unit_ids


def _rows(access: Access, wanted: Wanted) -> QuerySet[Measurement]:
    place = "assignment__"
    rows = Measurement.objects.filter(
        organization=access.organization,
        **{f"{place}deleted_at": None, f"{place}kpi__deleted_at": None},
        **{f"{place}unit__deleted_at": None},
    )
    ids = unit_ids(access, wanted.unit)
    if len(ids) < len(access.tree.by_id):
        rows = rows.filter(assignment__unit_id__in=ids)
    if wanted.kpi is not None:
        rows = rows.filter(assignment__kpi__code=wanted.kpi)
    if wanted.first:
        rows = rows.filter(period_start__gte=wanted.first)
    if wanted.end:
        rows = rows.filter(period_start__lt=wanted.end)
    return rows.order_by(*COLUMNS[:2], "period_start")


def _told(rows: QuerySet[Measurement]) -> Iterator[tuple[Any, ...]]:
    return rows.values_list(*COLUMNS).iterator(chunk_size=AT_ONCE)


def _long(rows: QuerySet[Measurement], labels: "_Labels") -> Iterator[Sequence[OutCell]]:
    for kpi, unit, frequency, kind, grades, start, value, note in _told(rows):
        yield kpi, unit, labels.of(frequency, start), _value(kind, grades, value), note


def _wide(rows: QuerySet[Measurement], slots: Sequence[Slot]) -> Iterator[Sequence[OutCell]]:
    places = {slot: place for place, slot in enumerate(slots)}
    for (kpi, unit), group in groupby(_told(rows), key=lambda row: row[:2]):
        cells: list[OutCell] = [None] * len(slots)
        for _, _, frequency, kind, grades, start, value, _ in group:
            place = places.get((frequency, start))
            if place is not None:  # a period that came while the file was written
                cells[place] = _value(kind, grades, value)
        yield kpi, unit, *cells


def _slots(rows: QuerySet[Measurement]) -> list[Slot]:
    """The periods of which there are values, the shorter ones first."""
    names = ("assignment__kpi__frequency", "period_start")
    found = set(rows.order_by().values_list(*names).distinct())
    return sorted(found, key=lambda slot: (Frequency(slot[0]).rank, slot[1]))


def _value(kind: str, grades: Sequence[Sequence[Any]] | None, value: float) -> OutCell:
    """As people write it: a number, yes or no, the label of a grade."""
    if kind == KPI.ValueKind.YES_NO and value in (0, 1):
        return "yes" if value else "no"
    if kind == KPI.ValueKind.GRADED:
        return next((str(label) for label, grade in grades or () if grade == value), value)
    return value


class _Labels:
    """The labels of periods, each made once."""

    def __init__(self, access: Access) -> None:
        self.calendar = access.organization.calendar
        self.known: dict[Slot, str] = {}

    def of(self, frequency: str, start: dt.date) -> str:
        slot = frequency, start
        if slot not in self.known:
            self.known[slot] = self.calendar.label(Period(Frequency(frequency), start))
        return self.known[slot]
