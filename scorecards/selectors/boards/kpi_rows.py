"""The row of a KPI on a board, and the figures that other pages show of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from calculations.aggregation import TimeRule
from calculations.figures import Figures
from calculations.periods import Frequency
from calculations.polylines import polyline_points
from calculations.scoring import Status, statuses
from calculations.targets import TargetKind
from kpis.models import KPI
from kpis.selectors.series import Facts
from organizations.models import Organization
from scorecards.models import Assessment, KpiLink
from scorecards.selectors.formats import (
    age_text,
    figure,
    number_text,
    plain,
    recorded_on,
    recorded_text,
    scored,
    share_text,
    signed_figure,
    target_figure,
    variance_figure,
)
from scorecards.selectors.scoring.assessments import assessed_score
from scorecards.selectors.shapes import Figure, Polyline, Score, Trend
from scorecards.selectors.viewing import NOUNS, TREND_LENGTH, Viewing

from .board_data import BoardData, kpi_page_href, trace_href
from .marks import cell_marks
from .row_signals import RowSignal
from .shapes import KpiRow

NO_SIGNAL = RowSignal("", "")
VIEWED, LAST_YEAR, YEAR_TO_DATE = TREND_LENGTH - 1, TREND_LENGTH, TREND_LENGTH + 1


class Figured(Protocol):
    """KPIs (rows) through the spans of a viewed period, of a board or of anything else."""

    @property
    def viewing(self) -> Viewing: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def figures(self) -> Figures: ...


@dataclass(frozen=True)
class CellView:
    """One KPI in one span, as people read it."""

    actual: Figure
    target: Figure
    variance: Figure
    score: Score
    polyline: Polyline
    marks: tuple[str, ...]


def cell_view(
    organization: Organization, facts: Facts, figures: Figures, row: int, column: int
) -> CellView:
    """The figures of a KPI (a row) in a span (a column)."""
    kpi = facts.assignments[row].kpi
    kind = int(figures.kinds[row, column])
    points = figures.points[row, column].tolist()
    x, y = figures.x[row, column].tolist(), figures.y[row, column].tolist()
    value = float(figures.values[row, column])
    score, coverage = figures.scores[row, column], figures.coverage[row, column]
    status = statuses([score], [coverage], organization.minimum_coverage)[0]
    has_target = not math.isnan(x[0])
    target = target_figure(kpi, kind, points, x, y) if has_target else Figure(None, "–")
    boundary = [] if target.value is None else [target.value]
    return CellView(
        actual=figure(kpi, value, *boundary),
        target=target,
        variance=variance_figure(kpi, kind, value, points, target),
        score=scored(score, coverage, int(status), organization),
        polyline=Polyline(tuple(polyline_points(x, y))),
        marks=cell_marks(facts, figures, row, column, has_target=has_target),
    )


def board_cell(data: BoardData, kpi: KPI, row: int) -> CellView:
    """The KPI in the viewed period; what is said of it stands in place of its score."""
    cell = cell_view(data.organization, data.facts, data.figures, row, VIEWED)
    said = data.assessment(Assessment.Node.KPI, kpi.code)
    return replace(cell, score=assessed_score(data.organization, cell.score, said))


def kpi_row(data: BoardData, objective_code: str, link: KpiLink, share: float) -> KpiRow | None:
    """The row of a linked KPI; None where it is no longer measured at the unit."""
    row = data.rows.get(link.kpi)
    if row is None:
        return None
    assignment = data.facts.assignments[row]
    kpi, organization = assignment.kpi, data.organization
    cell = board_cell(data, kpi, row)
    newest = data.newest.get(row)
    change, change_text, is_improvement = kpi_change(data, kpi, row)
    signal = data.signals.get(row, NO_SIGNAL)
    return KpiRow(
        code=kpi.code,
        name=kpi.name,
        href=kpi_page_href(data, kpi.code),
        timing=kpi.timing,
        direction=kpi.direction,
        unit_of_measure=kpi.unit_of_measure,
        weight=link.weight,
        weight_share=share,
        weight_text=share_text(share),
        trend=kpi_trend(data, kpi, row, cell),
        actual=cell.actual,
        target=cell.target,
        variance=cell.variance,
        last_year=_last_year(data, kpi, row),
        year_to_date=figure(kpi, float(data.figures.values[row, YEAR_TO_DATE])),
        polyline=cell.polyline,
        score=cell.score,
        change=change,
        change_text=change_text,
        is_improvement=is_improvement,
        owner=assignment.owner_name,
        age_text=age_text(newest.recorded_at, data.now) if newest else "",
        recorded_text=recorded_text(newest, organization) if newest else "",
        marks=cell.marks + (("corrected",) if row in data.corrected else ()),
        trace_href=trace_href(data, f"kpi:{objective_code}:{kpi.code}"),
        recorded_on=recorded_on(newest, organization) if newest else "",
        signal=signal.tone,
        signal_text=signal.text,
    )


def _last_year(data: BoardData, kpi: KPI, row: int) -> Figure:
    is_part = _is_part_of_period(data, kpi)
    return figure(kpi, None if is_part else float(data.figures.values[row, LAST_YEAR]))


def kpi_trend(data: Figured, kpi: KPI, row: int, cell: CellView) -> Trend:
    values = [plain(value) for value in data.figures.values[row, :TREND_LENGTH].tolist()]
    targets = _trend_targets(data.figures, row)
    return Trend(
        values=tuple(values),
        targets=targets,
        status=cell.score.status,
        label=_trend_label(data, kpi, values, cell),
    )


def _trend_targets(figures: Figures, row: int) -> tuple[float | None, ...]:
    """The target's single number through the trend; empty where it has none, as ranges do."""
    points = figures.points[row, :TREND_LENGTH, 2]
    is_threshold = figures.kinds[row, :TREND_LENGTH] == TargetKind.THRESHOLD
    if not is_threshold.all() or np.isnan(points).all():
        return ()
    return tuple(plain(point) for point in points.tolist())


def _trend_label(data: Figured, kpi: KPI, values: Sequence[float | None], cell: CellView) -> str:
    noun = NOUNS[data.viewing.period.frequency].lower()
    first = next((number_text(kpi, value) for value in values if value is not None), None)
    if first is None:
        return f"{kpi.name}: no values in 12 {noun}s to {data.viewing.label}"
    unit = f" {kpi.unit_of_measure}" if kpi.unit_of_measure else ""
    return (
        f"{kpi.name}, 12 {noun}s to {data.viewing.label}:"
        f" from {first} to {cell.actual.text}{unit}, target {cell.target.text}"
    )


def kpi_change(data: Figured, kpi: KPI, row: int) -> tuple[str, str, bool | None]:
    """Up, down or flat since the period before, with the difference, and whether it is better.

    Empty where either is missing, and where the figure grows while the period runs.
    """
    if _is_part_of_period(data, kpi):
        return "", "", None
    before, now = data.figures.values[row, VIEWED - 1 : VIEWED + 1].tolist()
    if math.isnan(before) or math.isnan(now):
        return "", "", None
    difference = signed_figure(kpi, now - before)
    previous = data.viewing.calendar.label(data.viewing.trend[-2])
    text = f"{difference.text} since {previous}"
    if now == before:
        return "flat", f"unchanged since {previous}", None
    score_before, score_now = data.figures.scores[row, VIEWED - 1 : VIEWED + 1].tolist()
    is_better = _is_better(kpi, now - before, score_now - score_before)
    return ("up" if now > before else "down"), text, is_better


def _is_part_of_period(data: Figured, kpi: KPI) -> bool:
    """Whether the figure grows while the period runs, so that no whole period compares with it."""
    period = data.viewing.period
    is_running = data.facts.today < data.viewing.calendar.end(period)
    is_finer = Frequency(kpi.frequency).is_finer_than(period.frequency)
    return is_running and is_finer and kpi.time_rule in (TimeRule.SUM, TimeRule.MIN, TimeRule.MAX)


def _is_better(kpi: KPI, difference: float, score_difference: float) -> bool | None:
    if kpi.direction == KPI.Direction.RANGE:
        return None if math.isnan(score_difference) else score_difference > 0
    return (difference > 0) == (kpi.direction == KPI.Direction.HIGHER)


def no_score(organization: Organization) -> Score:
    """What stands where nothing was computed yet."""
    return scored(None, None, Status.NO_DATA, organization)
