"""The fields of the target grid: what holds in each period, since when, and from where."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment, Target
from scorecards.links import target_href
from scorecards.selectors.formats import number_text
from scorecards.selectors.typed_values import entry_text

from .planning import Planning

TRACKS = 12  # columns of months, which longer periods span
SEPARATOR = "."


@dataclass(frozen=True)
class GridCell:
    """One period of a KPI. kind: own (begins here), held (goes on), inherited, none."""

    name: str  # of the form's field
    label: str  # "2026-03"
    tracks: int
    kind: str
    text: str  # what stands in the field: the own target
    shown: str  # what holds here, also without an own target
    note: str  # the other points, and since when or from where
    is_field: bool
    is_closed: bool
    href: str  # where all its figures are
    wrong: str = ""


def target_cells(
    planning: Planning,
    assignment: Assignment,
    *,
    is_restating: bool,
) -> list[GridCell]:
    """The KPI's fields of the year, in order."""
    return [
        _cell(planning, assignment, period, tracks, is_restating)
        for period, tracks in grid_periods(planning, assignment)
    ]


def as_sent(cell: GridCell, typed: Mapping[str, str], wrong: Mapping[str, str]) -> GridCell:
    """The cell with what was sent for it, and why that was refused."""
    text = typed.get(cell.name, cell.text)
    return replace(cell, text=text, wrong=wrong.get(cell.name, ""))


def field_name(assignment: Assignment, period: Period) -> str:
    return f"{assignment.kpi.code}{SEPARATOR}{period.start.isoformat()}"


def grid_periods(planning: Planning, assignment: Assignment) -> list[tuple[Period, int]]:
    """The periods that the KPI's fields stand for, each with the number of columns it spans.

    A KPI with periods shorter than a month has a field for each month, which stands for the first
    of them: what begins there holds through the month.
    """
    frequency = Frequency(assignment.kpi.frequency)
    calendar = planning.calendar
    if not frequency.is_finer_than(Frequency.MONTH):
        parts = calendar.parts(planning.year, frequency)
        return [(part, TRACKS // len(parts)) for part in parts]
    months = calendar.parts(planning.year, Frequency.MONTH)
    return [(calendar.parts(month, frequency)[0], 1) for month in months]


def is_measured(planning: Planning, assignment: Assignment, period: Period) -> bool:
    """Whether the period lies within the days of the assignment."""
    starts, ends = assignment.starts_on, assignment.ends_on
    return (not starts or planning.calendar.end(period) > starts) and (
        not ends or period.start < ends
    )


def target_text(kpi: KPI, target: Target) -> str:
    """The wanted value of a stored target: a number, a range, or that it is a curve."""
    if target.curve is not None:
        return "curve"
    if target.target_low is not None:
        low, high = number_text(kpi, target.target_low), number_text(kpi, target.target_high)
        return f"{low}–{high}"
    return number_text(kpi, target.target)


def target_note(kpi: KPI, target: Target) -> str:
    """The other points in one line: "floor 60 · red flag 80 · stretch 120"."""
    points = (
        ("baseline", target.baseline), ("floor", target.floor), ("red flag", target.red_flag),
        ("stretch", target.stretch), ("red flags", target.red_low), ("and", target.red_high),
    )  # fmt: skip
    given = [f"{name} {number_text(kpi, point)}" for name, point in points if point is not None]
    if lacks_red_flag(kpi, target):
        given.append("no red flag: 100 where met, else 0")
    return " · ".join(given)


def lacks_red_flag(kpi: KPI, target: Target) -> bool:
    is_number = kpi.value_kind == KPI.ValueKind.NUMBER
    return is_number and target.target is not None and target.red_flag is None


def _cell(
    planning: Planning, assignment: Assignment, period: Period, tracks: int, is_restating: bool
) -> GridCell:
    kpi = assignment.kpi
    label = planning.calendar.label(period)
    kind, target, about = _holding(planning, assignment, period)
    closed = planning.closed_text(period)
    is_open = planning.can_edit and (not closed or is_restating)
    notes = [label, about, target_note(kpi, target) if target else "", closed]
    return GridCell(
        name=field_name(assignment, period),
        label=label,
        tracks=tracks,
        kind=kind,
        text=entry_text(kpi, target.target) if target and kind == "own" else "",
        shown=target_text(kpi, target) if target else "",
        note=" · ".join(note for note in notes if note),
        is_field=is_open and is_measured(planning, assignment, period) and _is_plain(kpi, target),
        is_closed=bool(closed),
        href=target_href(planning.access.organization.code, planning.unit.code, kpi.code, label),
    )


def _is_plain(kpi: KPI, target: Target | None) -> bool:
    """Whether one number says it: ranges and curves have a page of their own."""
    return kpi.direction != KPI.Direction.RANGE and (target is None or target.target is not None)


def _holding(
    planning: Planning, assignment: Assignment, period: Period
) -> tuple[str, Target | None, str]:
    """What holds in the period: its kind, the target, and where that comes from."""
    target = planning.held.at(assignment.pk, period.start)
    if target is None:
        above = planning.inherited(assignment, period.start)
        return ("inherited", above[1], f"from {above[0]}") if above else ("none", None, "")
    if target.valid_from == period.start:
        return "own", target, _within_month(planning, assignment, period)
    calendar = planning.calendar
    since = calendar.label(calendar.period(period.frequency, target.valid_from))
    return "held", target, f"since {since}" + _within_month(planning, assignment, period)


def _within_month(planning: Planning, assignment: Assignment, period: Period) -> str:
    """For days and weeks: that a month's field does not tell of all of its targets."""
    if not period.frequency.is_finer_than(Frequency.MONTH):
        return ""
    month = planning.calendar.containing(period, Frequency.MONTH)
    changes = planning.held.begins_between(
        assignment.pk, period.start, planning.calendar.end(month)
    )
    return "changes within the month" if changes else ""
