"""One value as it was typed: recorded, corrected, restated or taken back."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from calculations.numerals import InvalidNumber
from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import KPI, Assignment, Measurement
from kpis.services.measurements import delete_measurement, record_measurements
from kpis.services.refusals import Refusal, Refused
from kpis.services.resolution import RowToRecord
from organizations.access import Access, Action
from scorecards.selectors.kpis.value_forms import closing_at, value_choices
from scorecards.selectors.typed_values import entry_text, typed_value

FIELDS = ("period", "value", "note", "reason")
GENERAL = "general"  # where a refusal belongs to no field
LONGEST_VALUE = 100


@transaction.atomic
def record_typed_value(*, access: Access, assignment: Assignment, typed: Mapping[str, str]) -> str:
    """Store the value that was typed; what to say of it.

    Raises ValidationError with a sentence for each field at fault.
    """
    period, value = _read(access, assignment, typed)
    before = _standing(assignment, period)
    label = access.organization.calendar.label(period)
    row = RowToRecord(
        kpi=assignment.kpi.code,
        unit=assignment.unit.code,
        period=label,
        value=value,
        note=typed.get("note", "").strip(),
        reason=typed.get("reason"),
    )
    done = record_measurements(access=access, rows=[row], is_atomic=True)
    if done.rejected:
        raise _refused(access, assignment, label, done.rejected[0])
    now = with_unit(assignment.kpi, value)
    if done.unchanged:
        return f"Nothing was changed: {label} says {now} already."
    if before and before.value == value:
        return f"Changed the note of {label}."
    is_closed = closing_at(access, assignment, period) is not None
    if before is None:
        return f"{'Restated' if is_closed else 'Recorded'} {now} for {label}."
    was = entry_text(assignment.kpi, before.value)
    return f"{'Restated' if is_closed else 'Corrected'} {label} from {was} to {now}."


@transaction.atomic
def take_back_value(
    *, access: Access, assignment: Assignment, typed: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Delete the value of the period that was typed.

    Returns what to say of it, and what is typed for it to stand again. Raises ValidationError with
    a sentence for each field at fault.
    """
    try:
        period = _period(access, assignment, typed)
    except InvalidPeriod as refusal:
        raise ValidationError({"period": f"{refusal}."}) from None
    label = access.organization.calendar.label(period)
    measurement = _standing(assignment, period)
    if measurement is None:
        raise ValidationError({"period": f"{label} has no value that could be taken back."})
    try:
        delete_measurement(access=access, measurement=measurement, reason=typed.get("reason"))
    except Refused as refused:
        raise _refused(access, assignment, label, refused) from None
    again = {
        "period": label,
        "value": entry_text(assignment.kpi, measurement.value),
        "note": measurement.note,
    }
    return f"Took back {with_unit(assignment.kpi, measurement.value)} for {label}.", again


def with_unit(kpi: KPI, value: float) -> str:
    return f"{entry_text(kpi, value)} {kpi.unit_of_measure}".strip()


def _read(access: Access, assignment: Assignment, typed: Mapping[str, str]) -> tuple[Period, float]:
    """The period and the value, or everything that is wrong with both."""
    problems = {}
    try:
        period = _period(access, assignment, typed)
    except InvalidPeriod as refusal:
        problems["period"] = f"{refusal}."
    try:
        value = _value(assignment.kpi, typed.get("value", "").strip())
    except InvalidNumber as refusal:
        problems["value"] = f"{refusal}."
    if problems:
        raise ValidationError(problems)
    return period, value


def _period(access: Access, assignment: Assignment, typed: Mapping[str, str]) -> Period:
    text = typed.get("period", "").strip()
    if not text:
        raise InvalidPeriod("Choose a period")
    return access.organization.calendar.parse(text, Frequency(assignment.kpi.frequency))


def _value(kpi: KPI, text: str) -> float:
    if not text:
        written = "Choose" if value_choices(kpi) else "Write"
        raise InvalidNumber(f"{written} a value, or take back the one that stands")
    return typed_value(kpi, text[: LONGEST_VALUE + 1])


def _standing(assignment: Assignment, period: Period) -> Measurement | None:
    return Measurement.objects.filter(assignment=assignment, period_start=period.start).first()


def _refused(
    access: Access, assignment: Assignment, label: str, refusal: Refusal | Refused
) -> ValidationError:
    """The refusal beside its field; a missing reason beside the field that takes it."""
    detail = refusal.detail
    if refusal.code in ("period_closed", "not_permitted"):
        if access.can(Action.RESTATE, assignment.unit_id):
            return ValidationError({"reason": detail})
        sentence = f"{label} is closed: only a manager may restate it, or open it again."
        return ValidationError({"period": sentence})
    return ValidationError({refusal.field if refusal.field in FIELDS else GENERAL: detail})
