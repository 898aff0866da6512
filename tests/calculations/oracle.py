"""The arithmetic of figures said once more: slow, one number at a time, in plain Python loops.

Written from the methods, not from `calculations`, so that the two can be compared. Missing is None.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from calculations.aggregation import TimeRule
from calculations.formulas.evaluation import Reason
from calculations.formulas.expressions import (
    Expression,
    Input,
    Window,
    WindowKind,
    inputs,
    required_inputs,
)
from calculations.periods import Calendar, Frequency, Period
from calculations.series import NOWHERE, Series, Span, TargetRow
from calculations.units import UnitRule
from tests.calculations.oracle_joint import Meeting
from tests.calculations.test_formula_laws import scalar

F = TypeVar("F", bound=Callable[..., Any])
Windows = tuple[tuple[Window, Frequency], ...]
Allowed = Callable[[int, dt.date], bool]
MONTHS = {Frequency.MONTH: 1, Frequency.QUARTER: 3, Frequency.HALF: 6, Frequency.YEAR: 12}
DAYS = {Frequency.DAY: 1, Frequency.WEEK: 7}


def remembered(method: F) -> F:
    """Keep what a method of a World said, because much is asked again and again."""

    @wraps(method)
    def asked(self: "World", *arguments: Any) -> Any:
        key = (method.__name__, *arguments)
        if key not in self.memory:
            self.memory[key] = method(self, *arguments)
        return self.memory[key]

    return cast(F, asked)


def everything(number: int, start: dt.date) -> bool:
    return True


@dataclass(frozen=True)
class Part:
    """One own period of a series, and what is known in it."""

    start: dt.date
    value: float | None
    is_carried: bool
    is_due: bool
    due_on: dt.date

    @property
    def is_recorded(self) -> bool:
        return self.value is not None and not self.is_carried

    @property
    def is_expected(self) -> bool:
        return self.is_due or self.is_recorded

    @property
    def is_known(self) -> bool:
        return self.value is not None and self.is_expected


@dataclass
class Cell:
    """The figures of one series in one span."""

    value: float | None = None
    known: int = 0
    due: int = 0
    is_carried: bool = False
    units_known: int = 0
    units_due: int = 0
    turns_on: dt.date | None = None
    reason: int = 0
    present: set[dt.date] | None = None  # own periods that a formula used; None = no saying which

    @property
    def enters(self) -> bool:
        return self.value is not None and not self.is_carried


@dataclass(frozen=True)
class Atom:
    """An input of a formula, or of a formula among its inputs."""

    windows: Windows
    number: int
    is_required: bool


@dataclass(frozen=True)
class World:
    """Series with their recorded values (by series and first day) and targets, as of today."""

    calendar: Calendar
    series: Sequence[Series]
    values: Mapping[tuple[int, dt.date], float]
    targets: Sequence[TargetRow]
    today: dt.date
    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    # Time

    @remembered
    def periods(self, span: Span, frequency: Frequency) -> list[Period]:
        """The periods that belong to the span, weeks by their Thursdays; or the one around it."""
        if span.frequency.rank < frequency.rank:
            viewed = Period(span.frequency, span.first)
            return [self.calendar.period(frequency, self.calendar.anchor(viewed))]
        found = []
        period = self.calendar.shift(self.calendar.period(frequency, span.first), -1)
        while period.start < span.end:
            if span.first <= self.calendar.anchor(period) and self.decided(period) <= span.end:
                found.append(period)
            period = self.calendar.shift(period, 1)
        return found

    def decided(self, period: Period) -> dt.date:
        """The day from which on it belongs to what lies before: a week's Friday, or its end."""
        if period.frequency is Frequency.WEEK:
            return self.calendar.anchor(period) + dt.timedelta(days=1)
        return self.calendar.end(period)

    def last_period(self, span: Span, frequency: Frequency) -> Period:
        """The last one that is over when the span is; or the one around the span."""
        if span.frequency.rank < frequency.rank:
            return self.periods(span, frequency)[0]
        period = self.calendar.period(frequency, span.end)
        while self.decided(period) > span.end:
            period = self.calendar.shift(period, -1)
        return period

    @remembered
    def own_periods(self, number: int, span: Span) -> list[Period]:
        """Those in which the KPI is measured at the unit."""
        one = self.series[number]
        return [
            period
            for period in self.periods(span, one.frequency)
            if (one.starts_on is None or self.calendar.end(period) > one.starts_on)
            and (one.ends_on is None or period.start < one.ends_on)
        ]

    @remembered
    def parts(self, number: int, span: Span) -> list[Part]:
        one = self.series[number]
        periods = self.own_periods(number, span)
        may_carry = one.time_rule is TimeRule.LAST or len(periods) == 1
        found = []
        for period in periods:
            value, is_carried = self.values.get((number, period.start)), False
            if value is None and may_carry:
                value = self.lent(number, period)
                is_carried = value is not None
            due_on = self.calendar.end(period) + dt.timedelta(days=one.grace_days)
            found.append(Part(period.start, value, is_carried, due_on <= self.today, due_on))
        return found

    def lent(self, number: int, period: Period) -> float | None:
        one = self.series[number]
        for back in range(1, one.carry_forward + 1):
            earlier = self.calendar.shift(period, -back)
            if one.starts_on is not None and self.calendar.end(earlier) <= one.starts_on:
                return None
            if (number, earlier.start) in self.values:
                return self.values[number, earlier.start]
        return None

    def measured(self, number: int, span: Span, allowed: Allowed) -> Cell:
        cell = Cell()
        used = []
        for part in self.parts(number, span):
            cell.due += part.is_expected
            if not part.is_expected:
                cell.turns_on = earliest(cell.turns_on, part.due_on)
            if part.value is not None and allowed(number, part.start):
                used.append(part)
                cell.known += part.is_known
        cell.value = over_time([part.value for part in used], self.series[number].time_rule)
        cell.is_carried = bool(used) and not any(part.is_recorded for part in used)
        return cell

    # Units

    @remembered
    def cell(self, number: int, span: Span, allowed: Allowed = everything) -> Cell:
        one = self.series[number]
        if one.children:
            found = self.rolled_up(number, span, allowed)
        elif one.formula is not None:
            found = self.computed(number, span)
        else:
            return self.measured(number, span, allowed)
        return found if self.own_periods(number, span) else Cell()

    def rolled_up(self, number: int, span: Span, allowed: Allowed) -> Cell:
        one = self.series[number]
        if one.replacement != NOWHERE:
            own = self.cell(one.replacement, span, allowed)
            if own.value is not None:
                return own
        cell, total, weight_of_all = Cell(), 0.0, 0.0
        for child, weight in self.weighed(number, span, allowed):
            beneath = self.cell(child, span, allowed)
            cell.due += beneath.due
            cell.units_due += bool(weight or beneath.due)
            cell.turns_on = earliest(cell.turns_on, beneath.turns_on)
            if weight and beneath.value is not None:
                cell.known += beneath.known
                cell.units_known += 1
                total += weight * beneath.value
                weight_of_all += weight
        if weight_of_all:
            cell.value = total if one.unit_rule is UnitRule.SUM else total / weight_of_all
        return cell

    @remembered
    def weighed(
        self, number: int, span: Span, allowed: Allowed = everything
    ) -> list[tuple[int, float]]:
        """The children, each with the weight with which it enters; 0 where it does not."""
        one = self.series[number]
        found = []
        for place, child in enumerate(one.children):
            weight = 1.0
            if one.weights:
                by = one.weights[place]
                weight = 0.0 if by == NOWHERE else max(self.cell(by, span).value or 0.0, 0.0)
            found.append((child, weight if self.cell(child, span, allowed).enters else 0.0))
        return found

    def is_replaced(self, number: int, span: Span) -> bool:
        own = self.series[number].replacement
        return own != NOWHERE and self.cell(own, span).value is not None

    # Formulas

    def computed(self, number: int, span: Span) -> Cell:
        one = self.series[number]
        if span.frequency.rank < one.frequency.rank:
            around = self.periods(span, one.frequency)[0]
            span = Span(around.start, self.calendar.end(around), one.frequency)
        by_windows: dict[Windows, dict[int, bool]] = {}
        for atom in self.atoms(number, (), is_required=True):
            of_windows = by_windows.setdefault(atom.windows, {})
            of_windows[atom.number] = of_windows.get(atom.number, False) or atom.is_required
        cells: dict[tuple[Windows, int], Cell] = {}
        meetings: dict[Windows, Meeting] = {}
        for windows, atoms in by_windows.items():
            seen = span
            for window, frequency in windows:
                seen = self.windowed(seen, window, frequency)
            meetings[windows] = Meeting(self, atoms, seen)
            for at in atoms:
                cells[windows, at] = self.cell(at, seen, meetings[windows].allows)
        known = {key: cell.value for key, cell in cells.items()}
        value, reason = self.evaluated(number, (), known)
        fresh = {
            key: None if cell.is_carried and not key[0] else cell.value
            for key, cell in cells.items()
        }
        cell = Cell(value=value, reason=reason)
        cell.is_carried = value is not None and self.evaluated(number, (), fresh)[0] != value
        self.count(number, cell, meetings)
        return cell

    def atoms(self, number: int, windows: Windows, *, is_required: bool) -> Iterator[Atom]:
        one = self.series[number]
        assert one.formula is not None
        made_of = dict(one.inputs)
        for each in inputs(one.formula):
            at = made_of[each.code]
            if at == NOWHERE:
                continue
            beneath = self.series[at]
            seen = (*windows, (each.window, beneath.frequency)) if each.window else windows
            needed = is_required and each in required_inputs(one.formula)
            if beneath.formula is not None and not beneath.children:
                yield from self.atoms(at, seen, is_required=needed)
            else:
                yield Atom(seen, at, needed)

    def evaluated(
        self, number: int, windows: Windows, known: Mapping[tuple[Windows, int], float | None]
    ) -> tuple[float | None, int]:
        one = self.series[number]
        assert one.formula is not None
        made_of, values, reasons = dict(one.inputs), {}, {}
        for each in inputs(one.formula):
            at = made_of[each.code]
            if at == NOWHERE:
                continue
            beneath = self.series[at]
            seen = (*windows, (each.window, beneath.frequency)) if each.window else windows
            if beneath.formula is not None and not beneath.children:
                value, reasons[each] = self.evaluated(at, seen, known)
            else:
                value = known[seen, at]
            values[each] = math.nan if value is None else value
        return explained(one.formula, values, reasons)

    @remembered
    def leaves(self, number: int) -> set[int]:
        """The series beneath in which values are recorded."""
        one = self.series[number]
        if one.children:
            beneath = [*one.children, *([one.replacement] if one.replacement != NOWHERE else [])]
            return {leaf for child in beneath for leaf in self.leaves(child)}
        return set() if one.formula is not None else {number}

    def count(self, number: int, cell: Cell, meetings: Mapping[Windows, Meeting]) -> None:
        """Count the joint parts seen through no window; those of all where there are none."""
        has_plain = () in meetings and meetings[()].has_parts
        own = self.series[number].frequency
        for windows, meeting in meetings.items():
            if has_plain and windows:
                continue
            expected, waiting = meeting.expected_and_waiting()
            complete = [joint for joint in expected if meeting.is_complete(joint)]
            cell.due += len(expected)
            cell.known += len(complete) if cell.value is not None else 0
            for joint in waiting:
                last = max(part.due_on for parts in meeting.decisive(joint) for part in parts)
                cell.turns_on = earliest(cell.turns_on, last)
            if has_plain:
                cell.present = {self.around(joint.period, own) for joint in complete}

    def around(self, period: Period, frequency: Frequency) -> dt.date:
        return self.calendar.period(frequency, self.calendar.anchor(period)).start

    # Windows

    def windowed(self, span: Span, window: Window, frequency: Frequency) -> Span:
        if window.kind is WindowKind.YTD:
            day = self.calendar.anchor(Period(span.frequency, span.first))
            return Span(self.calendar.fiscal_year_start(day), span.end, Frequency.YEAR)
        if window.kind is WindowKind.ROLLING:
            last = self.last_period(span, frequency)
            first = self.calendar.shift(last, 1 - window.count)
            coarser = max(frequency, span.frequency, key=lambda each: each.rank)
            return Span(first.start, self.calendar.end(last), coarser)
        return Span(
            self.moved(span.first, span.frequency, window.count),
            self.moved(span.end, span.frequency, window.count),
            span.frequency,
        )

    def moved(self, day: dt.date, frequency: Frequency, count: int) -> dt.date:
        """The day so many periods earlier; a 29 February that is none ends where February does."""
        if frequency in DAYS:
            return day - dt.timedelta(days=DAYS[frequency] * count)
        months = day.year * 12 + day.month - 1 - MONTHS[frequency] * count
        for earlier in (day.day, 28):
            try:
                moved = dt.date(months // 12, months % 12 + 1, earlier)
            except ValueError:
                continue
            return moved + dt.timedelta(days=1) if earlier != day.day else moved
        raise AssertionError(day)


def explained(
    expression: Expression, values: Mapping[Input, float], reasons: Mapping[Input, int]
) -> tuple[float | None, int]:
    """The value, or why it is missing: the reason of a formula among the inputs if it has one."""
    value, reason = scalar(expression, values)
    if not reason:
        return value, 0
    if reason == Reason.MISSING_INPUT:
        for one, beneath in reasons.items():
            if beneath > Reason.MISSING_INPUT and math.isnan(values[one]):
                return None, beneath
    return None, int(reason)


def over_time(values: Sequence[float | None], rule: TimeRule) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if rule is TimeRule.SUM:
        return sum(known)
    if rule is TimeRule.MEAN:
        return sum(known) / len(known)
    if rule is TimeRule.LAST:
        return known[-1]
    return min(known) if rule is TimeRule.MIN else max(known)


def earliest(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    days = [day for day in (one, other) if day is not None]
    return min(days, default=None)
