"""The grid of a unit's targets: KPIs by the periods of a fiscal year, as its page shows it."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calculations.aggregation import TIME_RULES, TimeRule, aggregate_targets
from calculations.arrays import indices
from calculations.figures import Span
from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment
from kpis.selectors.series import kpi_facts
from scorecards.links import (
    kpi_href,
    target_href,
    target_roll_over_href,
    target_split_href,
    targets_href,
)
from scorecards.selectors.formats import number_text
from scorecards.selectors.viewing import NOUNS

from .cells import GridCell, as_sent, is_measured, lacks_red_flag, target_cells
from .planning import Planning

EVERY = {
    "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
    "half": "half-yearly", "year": "yearly",
}  # fmt: skip
NO_NUMBERS = (None, None, None)
YEAR_RULES = {"sum": "sum", "last": "last", "mean": "mean", "min": "mean", "max": "mean"}


@dataclass(frozen=True)
class GridRow:
    code: str
    name: str
    href: str
    unit_of_measure: str
    every: str
    cells: tuple[GridCell, ...]
    total: str
    total_note: str  # over how many periods, where some have no target
    rule: str  # how the year's target follows: sum, mean, last
    last_year: str
    lacks_red_flag: bool
    details_href: str
    split_href: str


@dataclass(frozen=True)
class GridGroup:
    perspective: str
    objective: str
    rows: tuple[GridRow, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether something in it was refused."""
        return any(cell.wrong for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class GridColumn:
    text: str  # "Mar"
    label: str  # "2026-03"


@dataclass(frozen=True)
class TargetGrid:
    year: str
    last_year: str
    next_year: str
    href: str
    previous_href: str
    next_href: str
    roll_over_href: str
    columns: tuple[GridColumn, ...]
    groups: tuple[GridGroup, ...]
    can_edit: bool
    has_closed: bool
    is_restating: bool
    restate_href: str  # "" where the reader may not, or need not
    goes_on: bool  # a target of the year holds into the next
    has_inherited: bool
    seen: str = field(repr=False)  # JSON of the fields' texts, to know what was changed


def target_grid(
    planning: Planning,
    *,
    is_restating: bool = False,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> TargetGrid:
    """The year's targets; typed and wrong: what was sent and refused, by field."""
    last_years, totals = _last_years(planning), year_targets(planning)
    seen: dict[str, str] = {}
    groups = []
    for group in planning.groups:
        rows = []
        for assignment in group.assignments:
            cells = target_cells(planning, assignment, is_restating=is_restating)
            seen |= {cell.name: cell.text for cell in cells if cell.is_field}
            cells = [as_sent(cell, typed or {}, wrong or {}) for cell in cells]
            texts = (totals[assignment.pk], last_years[assignment.pk])
            rows.append(_row(planning, assignment, cells, *texts))
        groups.append(GridGroup(group.perspective, group.objective, tuple(rows)))
    return _grid(planning, tuple(groups), is_restating, json.dumps(seen))


def _grid(
    planning: Planning, groups: tuple[GridGroup, ...], is_restating: bool, seen: str
) -> TargetGrid:
    calendar, organization = planning.calendar, planning.access.organization.code
    unit, year = planning.unit.code, planning.year_label
    before, after = (calendar.label(calendar.shift(planning.year, n)) for n in (-1, 1))
    cells = [cell for group in groups for row in group.rows for cell in row.cells]
    has_closed = any(cell.is_closed for cell in cells)
    may_restate = has_closed and planning.can_restate and not is_restating
    return TargetGrid(
        year=year,
        last_year=before,
        next_year=after,
        href=targets_href(organization, unit, year),
        previous_href=targets_href(organization, unit, before),
        next_href=targets_href(organization, unit, after),
        roll_over_href=target_roll_over_href(organization, unit, year),
        columns=_columns(planning),
        groups=groups,
        can_edit=planning.can_edit,
        has_closed=has_closed,
        is_restating=is_restating,
        restate_href=targets_href(organization, unit, year, restate="1") if may_restate else "",
        goes_on=any(planning.goes_on(assignment) for assignment in planning.assignments),
        has_inherited=any(cell.kind == "inherited" for cell in cells),
        seen=seen,
    )


def _columns(planning: Planning) -> tuple[GridColumn, ...]:
    calendar = planning.calendar
    form = "%b" if calendar.fiscal_month == 1 else "%b %y"
    return tuple(
        GridColumn(format(month.start, form), calendar.label(month))
        for month in calendar.parts(planning.year, Frequency.MONTH)
    )


def _row(
    planning: Planning,
    assignment: Assignment,
    cells: Sequence[GridCell],
    total: tuple[str, str],
    last_year: str,
) -> GridRow:
    kpi, organization = assignment.kpi, planning.access.organization.code
    unit, year = planning.unit.code, planning.year_label
    first = next((cell.label for cell in cells if cell.kind == "own"), cells[0].label)
    rows = planning.held.by_assignment.get(assignment.pk, [])
    end = planning.calendar.end(planning.year)
    in_year = [row for row in rows if planning.year.start <= row.valid_from < end]
    return GridRow(
        code=kpi.code,
        name=kpi.name,
        href=kpi_href(organization, kpi.code, unit),
        unit_of_measure=kpi.unit_of_measure,
        every=EVERY[kpi.frequency],
        cells=tuple(cells),
        total=total[0],
        total_note=total[1],
        rule=YEAR_RULES[kpi.time_rule],
        last_year=last_year,
        lacks_red_flag=any(lacks_red_flag(kpi, row) for row in in_year),
        details_href=target_href(organization, unit, kpi.code, first),
        split_href=target_split_href(organization, unit, kpi.code, year)
        if can_be_split(assignment)
        else "",
    )


def can_be_split(assignment: Assignment) -> bool:
    """Whether the year of a KPI has parts and its target is one number."""
    kpi = assignment.kpi
    is_plain = kpi.value_kind == KPI.ValueKind.NUMBER and kpi.direction != KPI.Direction.RANGE
    return is_plain and kpi.frequency != Frequency.YEAR


# --- The year


def year_targets(planning: Planning) -> dict[int, tuple[str, str]]:
    """By assignment, the target of the whole year, aggregated like the values.

    As text, and over how many periods where some have none.
    """
    points, groups = [], []
    for number, assignment in enumerate(planning.assignments):
        for part in planning.calendar.parts(planning.year, Frequency(assignment.kpi.frequency)):
            points.append(_numbers(planning, assignment, part))
            groups.append(number)
    rules = [TIME_RULES.index(TimeRule(a.kpi.time_rule)) for a in planning.assignments]
    if not points:
        return {}
    nothing = np.full(len(points), math.nan)
    years = aggregate_targets(
        np.array(points, dtype=np.float64), nothing, indices(groups), indices(rules)
    ).tolist()
    known = Counter(n for n, row in zip(groups, points, strict=True) if row != NO_NUMBERS)
    parts = Counter(groups)
    return {
        assignment.pk: (
            _total_text(assignment.kpi, *years[number]),
            _partial_text(assignment.kpi, known[number], parts[number]),
        )
        for number, assignment in enumerate(planning.assignments)
    }


def _partial_text(kpi: KPI, known: int, parts: int) -> str:
    return f"{known} of {parts} {NOUNS[kpi.frequency].lower()}s" if 0 < known < parts else ""


def _numbers(planning: Planning, assignment: Assignment, part: Period) -> tuple[float | None, ...]:
    """Target, or the ends of a range; None where not given or not within the assignment."""
    target = planning.held.at(assignment.pk, part.start)
    if target is None:
        above = planning.inherited(assignment, part.start)
        target = above[1] if above else None
    if target is None or not is_measured(planning, assignment, part):
        return NO_NUMBERS
    return target.target, target.target_low, target.target_high


def _total_text(kpi: KPI, target: float, low: float, high: float) -> str:
    if math.isnan(low):
        return number_text(kpi, target)
    return f"{number_text(kpi, low)}–{number_text(kpi, high)}"


def _last_years(planning: Planning) -> dict[int, str]:
    """By assignment, last year's actual as text; a fixed number of statements for all."""
    before = planning.calendar.shift(planning.year, -1)
    span = Span(before.start, planning.calendar.end(before), Frequency.YEAR)
    assignments = planning.assignments
    if not assignments:
        return {}
    figures = kpi_facts(planning.access.organization, assignments, [span]).figures([span])
    values = figures.values[: len(assignments), 0].tolist()
    return {a.pk: number_text(a.kpi, v) for a, v in zip(assignments, values, strict=True)}
