"""From the codes of pushed rows to what is stored, with a reason for each row refused.

A fixed number of statements for any number of rows: one finds the assignments, one the closed
periods; two more tell unknown codes from KPIs that are not assigned, where a row was refused, and
one more finds units beneath, where a KPI is rolled up.
"""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import KPI, VALUE_LIMIT
from organizations.access import Access, Action
from organizations.models import Organization

from .closed import ClosedPlaces, checked_reason, checked_text
from .places import Place, Places
from .refusals import Refusal, Refused, is_code
from .storage import StoredRow

__all__ = ["Refusal", "Refused", "RowToRecord", "is_code", "resolved_rows"]


class RowToRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One pushed row. `value` is a number, or the label of a grade for a graded KPI.

    reason: why a value of a closed period is changed after all.
    """

    kpi: str
    period: str
    value: float | str
    unit: str | None = None
    note: str | None = None
    reason: str | None = None


def resolved_rows(
    access: Access,
    rows: Sequence[RowToRecord | Refusal],
    lines: Sequence[int] | None = None,
) -> tuple[list[StoredRow], list[Refusal]]:
    """The rows that may be stored, and a refusal for each of the others.

    A refusal among the rows stands for one that could not even be read. lines: where each row
    stands in its body, counted from 1; refusals then name lines instead of places from 0.
    """
    checks = _Checks(access, [row for row in rows if isinstance(row, RowToRecord)])
    numbers = range(len(rows)) if lines is None else lines
    accepted: list[StoredRow] = []
    refusals: list[Refusal] = []
    first: dict[tuple[int, str], int] = {}
    for number, row in zip(numbers, rows, strict=True):
        try:
            if isinstance(row, Refusal):
                raise Refused(row.code, row.detail, row.field)
            stored = checks.stored(row)
            earlier = first.setdefault(stored[:2], number)
            if earlier != number:
                raise Refused(
                    "duplicate_row",
                    f"{'Row' if lines is None else 'Line'} {earlier} of this body is for the same"
                    " KPI, unit and period already.",
                )
        except Refused as refused:
            refusals.append(refused.at(number))
        else:
            accepted.append(stored)
    return accepted, refusals


class _Checks:
    """All that a row must pass."""

    def __init__(self, access: Access, rows: Sequence[RowToRecord]) -> None:
        self.access = access
        self.places = Places(access, rows)
        self.periods = _Periods(access.organization)
        self.closed = ClosedPlaces(access.organization, lambda: access.tree)

    def stored(self, row: RowToRecord) -> StoredRow:
        place = self.places.find(row)
        period, end, start = self.periods.find(row.period, place)
        if place.may_follow:
            self.places.check_takes_values(place, period.start, end)
        value = _value(row, place)
        note = None if row.note is None else checked_text(row.note, "note")
        reason = None if row.reason is None else checked_reason(row.reason)
        if self.closed.closings:
            reason = restating_reason(self.access, self.closed, place.unit_id, period, reason)
        else:
            reason = None
        return StoredRow(place.assignment_id, start, value, note, reason)


def restating_reason(
    access: Access, closed: ClosedPlaces, unit_id: int, period: Period, reason: str | None
) -> str | None:
    """The reason where the period is closed at the unit, none where it is open.

    Raises Refused where a closed period has no reason, or the access may not restate it.
    """
    closing = closed.covering(unit_id, period)
    if closing is None:
        return None
    if reason is None:
        raise Refused("period_closed", closed.sentence(closing, access.sees), "period")
    if not access.can(Action.RESTATE, unit_id):
        raise Refused(
            "not_permitted",
            "The period is closed, and you may not restate its values at that unit; a manager may.",
            "reason",
        )
    return reason


class _Periods:
    """Reads periods, each (frequency, text) once."""

    def __init__(self, organization: Organization) -> None:
        self.calendar, self.today = organization.calendar, organization.today()
        self.read: dict[tuple[str, str], tuple[Period, dt.date, str] | Refused] = {}

    def find(self, text: str, place: Place) -> tuple[Period, dt.date, str]:
        """The period, the day after its last, and its start as text; within the place's days."""
        key = (place.frequency, text)
        known = self.read.get(key)
        if known is None:
            known = self.read[key] = self._parsed(text, Frequency(place.frequency))
        if isinstance(known, Refused):
            raise known
        period, end, _ = known
        if (place.starts_on and end <= place.starts_on) or (
            place.ends_on and period.start >= place.ends_on
        ):
            raise Refused(
                "not_assigned",
                f'"{place.kpi}" is not measured at "{place.unit}" in that period.',
                "period",
            )
        return known

    def _parsed(self, text: str, frequency: Frequency) -> tuple[Period, dt.date, str] | Refused:
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
        return period, self.calendar.end(period), period.start.isoformat()


def _value(row: RowToRecord, place: Place) -> float:
    value = _graded(row.value, place) if place.value_kind == KPI.ValueKind.GRADED else row.value
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise Refused("not_a_number", _not_a_number(value), "value")
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


def _not_a_number(value: Any) -> str:
    said = "The value must be a finite number"
    if not isinstance(value, str):
        return f"{said}."
    try:
        float(value)
    except ValueError:
        return f"{said}, with a decimal point and nothing for thousands."
    return f"{said}, without quotes."


def _graded(value: Any, place: Place) -> float:
    """The value of a grade, named by its label or by the value itself."""
    for label, grade in place.grades or []:
        if value in (label, grade):
            return float(grade)
    labels = ", ".join(str(label) for label, _ in place.grades or [])
    raise Refused("unknown_grade", f'"{place.kpi}" takes one of the grades {labels}.', "value")
