"""The pages about one target, one year's split and the roll-over, as they are shown."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from calculations.aggregation import TimeRule
from calculations.display import NOTHING
from calculations.periods import Frequency, Period
from calculations.target_planning import RedFlagBasis, proposed_red_flag
from kpis.models import KPI, RANGE, Assignment, Target
from kpis.selectors.held_targets import TargetValues
from kpis.selectors.series import SIGNS
from scorecards.links import target_href, targets_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.formats import number_text
from scorecards.selectors.shapes import Link
from scorecards.selectors.typed_values import entry_text
from scorecards.selectors.viewing import NOUNS

from .cells import field_name, grid_periods, is_measured, target_note, target_text
from .planning import Planning, recent_values

POINT_LABELS = {
    "target": ("Target", "scores 100"),
    "red_flag": ("Red flag", "scores 50; worse is critical"),
    "floor": (
        "Floor",
        "scores 0; left empty, as far beyond the red flag as that is from the target",
    ),
    "stretch": ("Stretch", "scores 150; left empty, as far beyond the target"),
    "baseline": ("Baseline", "where progress is counted from"),
}
RANGE_LABELS = {
    "red_low": ("Lower red flag", "scores 50"),
    "target_low": ("From", "scores 100"),
    "target_high": ("To", "scores 100"),
    "red_high": ("Upper red flag", "scores 50"),
}
SPLIT_RULES = {
    TimeRule.SUM: "The parts add up to the year's target.",
    TimeRule.MEAN: "The mean of the parts is the year's target.",
    TimeRule.LAST: "The last value counts, so every part has the year's target.",
    TimeRule.MIN: "The lowest value counts, so every part has the year's target.",
    TimeRule.MAX: "The highest value counts, so every part has the year's target.",
}
BASES = {
    RedFlagBasis.RECENT: "your worse quarter of the last 12 {periods}",
    RedFlagBasis.RANGE: "a tenth of the KPI's natural range away from the target",
    RedFlagBasis.TARGET: "a tenth away from the target",
}


@dataclass(frozen=True)
class FigureField:
    name: str
    label: str
    hint: str
    text: str
    shown: str
    wrong: str = ""


@dataclass(frozen=True)
class Proposal:
    """A red flag to take with one click."""

    text: str  # as it is typed
    shown: str
    basis: str


@dataclass(frozen=True)
class TargetDetails:
    """All figures of the target that holds in one period."""

    kpi_name: str
    unit_of_measure: str
    period: str
    periods: tuple[Link, ...]
    fields: tuple[FigureField, ...]
    holds: str  # since when, or from where; "" where nothing does
    is_own: bool
    has_curve: bool
    closed: str
    proposal: Proposal | None
    grid_href: str


def figure_names(kpi: KPI) -> tuple[str, ...]:
    """The figures that a target of the KPI has."""
    if kpi.direction == KPI.Direction.RANGE:
        return RANGE
    return ("target",) if kpi.value_kind == KPI.ValueKind.YES_NO else tuple(POINT_LABELS)


def target_details(
    planning: Planning,
    assignment: Assignment,
    period: Period,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> TargetDetails:
    kpi = assignment.kpi
    own = planning.held.at(assignment.pk, period.start)
    above = None if own else planning.inherited(assignment, period.start)
    holding = own or (above[1] if above else None)
    fields = _fields(kpi, holding, typed or {}, wrong or {})
    since = planning.calendar.period(period.frequency, holding.valid_from) if holding else None
    holds = f"since {planning.calendar.label(since)}" if since else ""
    return TargetDetails(
        kpi_name=kpi.name,
        unit_of_measure=kpi.unit_of_measure,
        period=planning.calendar.label(period),
        periods=_periods(planning, assignment, period),
        fields=fields,
        holds=f"{holds}, from {above[0]}" if above else holds,
        is_own=own is not None and own.valid_from == period.start,
        has_curve=holding is not None and holding.curve is not None,
        closed=planning.closed_text(period),
        proposal=_proposal(planning, assignment, period, holding),
        grid_href=targets_href(
            planning.access.organization.code, planning.unit.code, planning.year_label
        ),
    )


def _fields(
    kpi: KPI, holding: Target | None, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> tuple[FigureField, ...]:
    labels = RANGE_LABELS | POINT_LABELS
    fields = []
    for name in figure_names(kpi):
        value = getattr(holding, name) if holding else None
        text = typed.get(name, entry_text(kpi, value))
        shown = number_text(kpi, value)
        fields.append(FigureField(name, *labels[name], text, shown, wrong.get(name, "")))
    return tuple(fields)


def _periods(planning: Planning, assignment: Assignment, period: Period) -> tuple[Link, ...]:
    organization, unit = planning.access.organization.code, planning.unit.code
    links = []
    for one, _ in grid_periods(planning, assignment):
        label = planning.calendar.label(one)
        href = target_href(organization, unit, assignment.kpi.code, label)
        if is_measured(planning, assignment, one):
            links.append(Link(label, href, "current" if one == period else ""))
    return tuple(links)


def _proposal(
    planning: Planning, assignment: Assignment, period: Period, holding: Target | None
) -> Proposal | None:
    """A red flag where only a target is given, with what it was taken from."""
    kpi = assignment.kpi
    if holding is None or holding.target is None or holding.red_flag is not None:
        return None
    if kpi.value_kind != KPI.ValueKind.NUMBER or not planning.can_edit:
        return None
    found = proposed_red_flag(
        holding.target,
        SIGNS[KPI.Direction(kpi.direction)],
        recent_values(planning, assignment, period),
        math.nan if kpi.natural_minimum is None else kpi.natural_minimum,
        math.nan if kpi.natural_maximum is None else kpi.natural_maximum,
    )
    if found is None:
        return None
    basis = BASES[found.basis].format(periods=f"{NOUNS[kpi.frequency].lower()}s")
    text = entry_text(kpi, found.value)
    return Proposal(text, text, basis)


# --- Plans


class PlannedCell(Protocol):
    """What a plan (`kpis.services.target_plans`) says of one period."""

    @property
    def assignment(self) -> Assignment: ...
    @property
    def period(self) -> Period: ...
    @property
    def old(self) -> TargetValues | None: ...
    @property
    def new(self) -> TargetValues | None: ...
    @property
    def refusal(self) -> str: ...
    @property
    def is_change(self) -> bool: ...


@dataclass(frozen=True)
class PlanLine:
    """What one period would want instead of what holds there."""

    kpi: str
    period: str
    old: str
    new: str
    note: str  # the other points of the new target
    refusal: str
    is_change: bool


def plan_lines(planning: Planning, plan: Iterable[PlannedCell]) -> list[PlanLine]:
    return [
        PlanLine(
            kpi=cell.assignment.kpi.name,
            period=planning.calendar.label(cell.period),
            old=_values_text(cell.assignment.kpi, cell.old),
            new=_values_text(cell.assignment.kpi, cell.new),
            note=_values_note(cell.assignment.kpi, cell.new),
            refusal=cell.refusal,
            is_change=cell.is_change,
        )
        for cell in plan
    ]


@dataclass(frozen=True)
class PartLine:
    """One part of a split year: what holds there, and the field for what shall."""

    name: str  # of the field
    period: str
    now: str
    text: str
    note: str  # the other points that go with it
    closed: str
    wrong: str


def part_lines(
    planning: Planning,
    assignment: Assignment,
    plan: Iterable[PlannedCell],
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
) -> list[PartLine]:
    kpi = assignment.kpi
    new = {cell.period: cell.new for cell in plan}
    lines = []
    for period in planning.calendar.parts(planning.year, Frequency(kpi.frequency)):
        name = field_name(assignment, period)
        holding = planning.held.at(assignment.pk, period.start)
        values = new.get(period)
        lines.append(
            PartLine(
                name=name,
                period=planning.calendar.label(period),
                now=target_text(kpi, holding) if holding else NOTHING,
                text=typed.get(name, entry_text(kpi, values["target"]) if values else ""),
                note=_values_note(kpi, values),
                closed=planning.closed_text(period),
                wrong=wrong.get(name, ""),
            )
        )
    return lines


def texts_by_hand(planning: Planning, assignment: Assignment) -> dict[str, str]:
    """By field, the parts of the year as they hold now, to be changed by hand."""
    texts = {}
    frequency = Frequency(assignment.kpi.frequency)
    for period in planning.calendar.parts(planning.year, frequency):
        holding = planning.held.at(assignment.pk, period.start)
        text = entry_text(assignment.kpi, holding.target) if holding else ""
        texts[field_name(assignment, period)] = text
    return texts


def _values_text(kpi: KPI, values: TargetValues | None) -> str:
    return target_text(kpi, Target(**values)) if values else NOTHING


def _values_note(kpi: KPI, values: TargetValues | None) -> str:
    return target_note(kpi, Target(**values)) if values else ""


def planning_crumbs(planning: Planning, *more: Link) -> Sequence[Link]:
    """The line of sight, then the targets' pages."""
    code = planning.access.organization.code
    href = targets_href(code, planning.unit.code, planning.year_label)
    here = Link(f"Targets {planning.year_label}", href)
    return (*breadcrumbs(planning.access, planning.unit, None), here, *more)
