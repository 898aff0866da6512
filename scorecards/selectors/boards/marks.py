"""What a reader must know of a KPI's figure: what is missing, late, carried forward, or partial."""

import numpy as np

from calculations.figures import Figures
from calculations.formulas.evaluation import Reason
from calculations.periods import Calendar, Frequency, Period
from kpis.selectors.series import Facts

PLURALS = {
    "day": "days", "week": "weeks", "month": "months", "quarter": "quarters",
    "half": "half-years", "year": "years",
}  # fmt: skip
UNITS = {
    "division": "divisions", "department": "departments", "team": "teams", "individual": "people",
}  # fmt: skip
REASONS = {
    Reason.DIVISION_BY_ZERO: "division by zero",
    Reason.NOT_FINITE: "too large to compute",
}


def cell_marks(
    facts: Facts, figures: Figures, row: int, column: int, *, has_target: bool
) -> tuple[str, ...]:
    """The marks of a series (a row) in a span (a column), the gravest first."""
    marks = [*_missing_marks(facts, figures, row, column)]
    if figures.is_carried[row, column]:
        marks.append(carried_text(facts, figures, row, column))
    reason = Reason(int(figures.reasons[row, column]))
    if reason in REASONS:
        marks.append(REASONS[reason])
    if not has_target:
        marks.append("no target")
    return tuple(marks)


def _missing_marks(facts: Facts, figures: Figures, row: int, column: int) -> list[str]:
    known, due = int(figures.known[row, column]), int(figures.due[row, column])
    if due == 0:
        return [due_text(figures, row, column)]
    if known == 0:
        return [overdue_text(figures, row, column)]
    marks = []
    units_known, units_due = figures.units_known[row, column], figures.units_due[row, column]
    if units_known < units_due:
        marks.append(f"{units_known} of {units_due} {unit_noun(facts, row)}")
    elif known < due:
        marks.append(f"{known} of {due} {part_noun(facts, row)}")
    return marks


def due_text(figures: Figures, row: int, column: int) -> str:
    """That nothing is due yet, and by when it will be."""
    day = figures.turns_on[row, column]
    if np.isnat(day):
        return "not yet due"
    return f"not yet due, due by {day - np.timedelta64(1, 'D')}"


def overdue_text(figures: Figures, row: int, column: int) -> str:
    """That something is late, and since when where the series is measured itself."""
    parts = figures.parts
    mine = (parts.cells == row * parts.n_spans + column) & parts.is_due & np.isnan(parts.values)
    is_measured = figures.layer.network.series[row].is_measured
    return f"overdue since {parts.due_on[mine].min()}" if is_measured and mine.any() else "overdue"


def row_state(figures: Figures, column: int, *, is_known: bool) -> tuple[str, str]:
    """The state of a first row's figure in a list of periods, and when it is or was due."""
    if is_known:
        return "known", ""
    if figures.is_carried[0, column]:
        return "carried", ""
    if figures.due[0, column]:
        return "missing", overdue_text(figures, 0, column)
    day = figures.turns_on[0, column]
    return "not_yet_due", "" if np.isnat(day) else f"due by {day - np.timedelta64(1, 'D')}"


def carried_text(facts: Facts, figures: Figures, row: int, column: int) -> str:
    """From which period the figure was carried forward, where the series is measured itself."""
    parts = figures.parts
    mine = parts.starts[parts.cells == row * parts.n_spans + column]
    of_series = facts.values.starts[facts.values.series == row]
    earlier = of_series[of_series < mine.min()] if mine.size else of_series
    if not earlier.size:
        return "carried forward"
    frequency = facts.series[row].frequency
    return f"carried from {period_label(facts.calendar, frequency, earlier.max())}"


def period_label(calendar: Calendar, frequency: Frequency, start: np.datetime64) -> str:
    return calendar.label(Period(frequency, start.astype(object)))


def unit_noun(facts: Facts, row: int) -> str:
    """What the units directly beneath are called together."""
    kinds = {facts.kinds.get(facts.series[child].unit, "") for child in facts.series[row].children}
    return UNITS.get(kinds.pop(), "units") if len(kinds) == 1 else "units"


def part_noun(facts: Facts, row: int) -> str:
    """What the parts of a figure are called: its own periods, unless units multiply them."""
    one = facts.series[row]
    inputs = [facts.series[number] for _, number in one.inputs if number >= 0]
    is_mixed = one.is_rolled_up or any(
        each.is_rolled_up or each.frequency != one.frequency for each in inputs
    )
    return "values" if is_mixed else PLURALS[one.frequency]
