"""From the codes of pushed rows to what is stored, with a reason for each row refused.

A fixed number of statements for any number of rows: one finds the assignments; two more tell
unknown codes from KPIs that are not assigned, where a row was refused.
"""

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from calculations.periods import Frequency, InvalidPeriod
from kpis.models import KPI, VALUE_LIMIT, Assignment
from organizations.access import Access, Action
from organizations.models import Organization

from .storage import StoredRow

NOTE_LENGTH = 1000
UNFOLDED = 4  # one character may be written as up to four that make it up


class RowToRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One pushed row. `value` is a number, or the label of a grade for a graded KPI."""

    kpi: str
    period: str
    value: float | str
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not stored; `field` is the part of the row at fault, "" for the whole."""

    index: int
    code: str
    detail: str
    field: str = ""


class Refused(Exception):
    """A row is wrong: the code for programs, the sentence for people."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field

    def at(self, index: int) -> Refusal:
        """The refusal of the row in that place."""
        return Refusal(index, self.code, self.detail, self.field)


class Place(NamedTuple):
    """An assignment with what checking a value needs of its KPI."""

    assignment_id: int
    kpi: str
    unit: str
    unit_id: int
    frequency: str
    value_kind: str
    grades: list[tuple[str, float]] | None
    natural_minimum: float | None
    natural_maximum: float | None
    starts_on: dt.date | None
    ends_on: dt.date | None


def resolved_rows(
    access: Access, rows: Sequence[RowToRecord | Refusal]
) -> tuple[list[StoredRow], list[Refusal]]:
    """The rows that may be stored, and a refusal for each of the others.

    A refusal among the rows stands for one that could not even be read.
    """
    places = _Places(access, [row for row in rows if isinstance(row, RowToRecord)])
    periods = _Periods(access.organization)
    accepted: list[StoredRow] = []
    refusals: list[Refusal] = []
    first_index: dict[tuple[int, str], int] = {}
    for index, row in enumerate(rows):
        if isinstance(row, Refusal):
            refusals.append(row)
            continue
        try:
            place = places.find(row)
            start = periods.start(row.period, place)
            stored = StoredRow(place.assignment_id, start, _value(row, place), _note(row.note))
            earlier = first_index.setdefault(stored[:2], index)
            if earlier != index:
                raise Refused(
                    "duplicate_row",
                    f"Row {earlier} of this body is for the same KPI, unit and period already.",
                )
        except Refused as refused:
            refusals.append(refused.at(index))
        else:
            accepted.append(stored)
    return accepted, refusals


class _Places:
    """Finds the assignment of each row among those that the access may write."""

    def __init__(self, access: Access, rows: Sequence[RowToRecord]) -> None:
        self.access = access
        # Many rows share few codes: each is looked at once.
        self.kpi_codes = {code for code in {row.kpi for row in rows} if is_code(code)}
        units = {row.unit for row in rows}
        self.unit_codes = {code for code in units if code is not None and is_code(code)}
        found = self._read(has_open_unit=any(row.unit is None for row in rows))
        self.by_codes = {(place.kpi, place.unit): place for place in found}
        self.by_kpi: dict[str, list[Place]] = {}
        for place in found:
            self.by_kpi.setdefault(place.kpi, []).append(place)
        self.refusals: dict[tuple[str, str | None], Refused] = {}
        self._known_kpis: frozenset[str] | None = None

    def _read(self, *, has_open_unit: bool) -> list[Place]:
        query = Assignment.objects.live().filter(
            organization=self.access.organization,
            kpi__deleted_at=None,
            unit__deleted_at=None,
            kpi__code__in=self.kpi_codes,
        )
        if not has_open_unit:
            query = query.filter(unit__code__in=self.unit_codes)
        fields = ["id", "kpi__code", "unit__code", "unit_id", "kpi__frequency", "kpi__value_kind"]
        fields += ["kpi__grades", "kpi__natural_minimum", "kpi__natural_maximum"]
        places = [Place(*row) for row in query.values_list(*fields, "starts_on", "ends_on")]
        sees = {unit_id: self.access.sees(unit_id) for unit_id in {p.unit_id for p in places}}
        self.may_write = {
            unit_id: self.access.can(Action.RECORD_VALUES, unit_id) for unit_id in sees
        }
        return [place for place in places if sees[place.unit_id]]

    def find(self, row: RowToRecord) -> Place:
        place = self.by_codes.get((row.kpi, row.unit)) if row.unit is not None else self._only(row)
        if place is None:
            raise self._refusal(row)
        if not self.may_write[place.unit_id]:
            raise Refused("not_permitted", f'You may not record values at "{place.unit}".', "unit")
        return place

    def _only(self, row: RowToRecord) -> Place | None:
        """Without a unit, the KPI must be measured at exactly one."""
        found = self.by_kpi.get(row.kpi, [])
        if len(found) > 1:
            named = ", ".join(place.unit for place in found[:5])
            raise Refused(
                "unit_required",
                f'"{row.kpi}" is measured at {len(found)} units ({named}…); name one of them.',
                "unit",
            )
        return found[0] if found else None

    def _refusal(self, row: RowToRecord) -> Refused:
        key = (row.kpi, row.unit)
        if key not in self.refusals:
            self.refusals[key] = self._reason(row)
        return self.refusals[key]

    def _reason(self, row: RowToRecord) -> Refused:
        if self._known_kpis is None:
            known = KPI.objects.visible_in(self.access.visible_unit_ids).filter(
                organization=self.access.organization, code__in=self.kpi_codes
            )
            self._known_kpis = frozenset(known.values_list("code", flat=True))
        if row.kpi not in self._known_kpis:
            return Refused("unknown_kpi", f"There is no KPI {_quoted(row.kpi)} here.", "kpi")
        if row.unit is not None and self.access.visible_unit(row.unit) is None:
            return Refused("unknown_unit", f"There is no unit {_quoted(row.unit)} here.", "unit")
        where = (
            f" at {_quoted(row.unit)}" if row.unit is not None else " at any unit that you may see"
        )
        return Refused(
            "not_assigned",
            f"{_quoted(row.kpi)} is not measured{where}; assign it there first.",
            "unit",
        )


class _Periods:
    """Reads periods, each (frequency, text) once."""

    def __init__(self, organization: Organization) -> None:
        self.calendar, self.today = organization.calendar, organization.today()
        self.read: dict[tuple[str, str], tuple[dt.date, dt.date, str] | Refused] = {}

    def start(self, text: str, place: Place) -> str:
        """The first day of the period in ISO form, within the assignment's days."""
        key = (place.frequency, text)
        known = self.read.get(key)
        if known is None:
            known = self.read[key] = self._parsed(text, Frequency(place.frequency))
        if isinstance(known, Refused):
            raise known
        start, end, iso = known
        if (place.starts_on and end <= place.starts_on) or (
            place.ends_on and start >= place.ends_on
        ):
            raise Refused(
                "not_assigned",
                f'"{place.kpi}" is not measured at "{place.unit}" in that period.',
                "period",
            )
        return iso

    def _parsed(self, text: str, frequency: Frequency) -> tuple[dt.date, dt.date, str] | Refused:
        try:
            period = self.calendar.parse(text, frequency)
        except InvalidPeriod as refusal:
            return Refused("invalid_period", f"{refusal}.", "period")
        if period.start > self.today:
            return Refused(
                "period_not_begun",
                f"{self.calendar.label(period)} has not begun; values are recorded from its first"
                " day on.",
                "period",
            )
        return period.start, self.calendar.end(period), period.start.isoformat()


def _value(row: RowToRecord, place: Place) -> float:
    value = _graded(row.value, place) if place.value_kind == KPI.ValueKind.GRADED else row.value
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise Refused("not_a_number", "The value must be a finite number.", "value")
    if abs(value) > VALUE_LIMIT:
        raise Refused("out_of_range", f"The value must lie within ±{VALUE_LIMIT:g}.", "value")
    if place.value_kind == KPI.ValueKind.YES_NO and value not in (0, 1):
        raise Refused("out_of_range", f'"{place.kpi}" takes 1 for yes and 0 for no.', "value")
    if place.natural_minimum is not None and value < place.natural_minimum:
        raise Refused(
            "out_of_range", f'"{place.kpi}" cannot be below {place.natural_minimum:g}.', "value"
        )
    if place.natural_maximum is not None and value > place.natural_maximum:
        raise Refused(
            "out_of_range", f'"{place.kpi}" cannot be above {place.natural_maximum:g}.', "value"
        )
    return float(value)


def _graded(value: Any, place: Place) -> float:
    """The value of a grade, named by its label or by the value itself."""
    for label, grade in place.grades or []:
        if value in (label, grade):
            return float(grade)
    labels = ", ".join(str(label) for label, _ in place.grades or [])
    raise Refused("unknown_grade", f'"{place.kpi}" takes one of the grades {labels}.', "value")


def _note(note: str | None) -> str | None:
    if note is None:
        return None
    too_long = Refused("invalid_text", f"A note has at most {NOTE_LENGTH} characters.", "note")
    # Before the text is normalized: that takes time in the square of its length at worst.
    if len(note) > UNFOLDED * NOTE_LENGTH:
        raise too_long
    if "\x00" in note or any("\ud800" <= character <= "\udfff" for character in note):
        raise Refused("invalid_text", "The note holds a character that cannot be stored.", "note")
    note = unicodedata.normalize("NFC", note)
    if len(note) > NOTE_LENGTH:
        raise too_long
    return note


def is_code(text: str) -> bool:
    """Whether the text can be a code at all; others never reach the database."""
    return len(text) <= 50 and text.isascii() and text.replace("_", "a").isalnum()


def _quoted(text: str) -> str:
    """The text as a sentence may repeat it: printable and short."""
    printable = text if text.isprintable() else ascii(text)[1:-1]
    return f'"{printable[:60]}{"…" if len(printable) > 60 else ""}"'
