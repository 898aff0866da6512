"""Values of a KPI as they are typed: what stands in a field, and what it says when it is sent."""

from calculations.display import display_number
from calculations.numerals import InvalidNumber, parsed_number
from kpis.models import KPI

from .formats import grouped, number_text

YES = {"yes", "y", "true", "1", "1.0"}
NO = {"no", "n", "false", "0", "0.0"}
MOST_DECIMALS = 9


def typed_value(kpi: KPI, text: str) -> float:
    """The value that the text says, as the KPI's kind has it. Raises InvalidNumber."""
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        return _yes_or_no(text.strip().lower())
    if kpi.value_kind == KPI.ValueKind.GRADED:
        return _grade(kpi, text.strip())
    return parsed_number(text, kpi.decimals, kpi.unit_of_measure)


def _yes_or_no(text: str) -> float:
    if text in YES | NO:
        return float(text in YES)
    raise InvalidNumber("Write yes or no")


def _grade(kpi: KPI, text: str) -> float:
    for label, value in kpi.grades or []:
        if str(label).casefold() == text.casefold():
            return float(value)
    raise InvalidNumber("Write one of " + ", ".join(str(label) for label, _ in kpi.grades or []))


def entry_text(kpi: KPI, value: float | None) -> str:
    """What stands in the field of a value: all its decimals, "" where there is none."""
    if value is None:
        return ""
    if kpi.value_kind != KPI.ValueKind.NUMBER:
        return number_text(kpi, value)
    for decimals in range(kpi.decimals, MOST_DECIMALS):
        digits = display_number(value, decimals)
        if float(digits) == value:
            return grouped(digits)
    return grouped(display_number(value, MOST_DECIMALS))
