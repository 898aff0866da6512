"""The KPIs that somebody answers for: how they are, and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calculations.figures import Figures
from calculations.periods import Period
from kpis.models import KPI, Assignment
from kpis.selectors.series import Facts, kpi_facts
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import Assessment
from scorecards.selectors.boards.kpi_rows import (
    NO_SIGNAL,
    VIEWED,
    cell_view,
    kpi_change,
    kpi_trend,
)
from scorecards.selectors.boards.restatements import score_beside
from scorecards.selectors.boards.row_signals import (
    RowSignal,
    row_signals,
    signal_windows,
    window_spans,
)
from scorecards.selectors.boards.shapes import KpiRow
from scorecards.selectors.closing.reported import figure_beside
from scorecards.selectors.scoring.assessments import assessed_score
from scorecards.selectors.viewing import Viewing

from .shapes import MyKpi, Ways
from .standing import Standing
from .ways import LineOfSight

NEEDS = ("critical", "below_target", "insufficient_data", "no_data", "on_target")


@dataclass(frozen=True)
class KpiFigures:
    """KPIs (rows, in their order) through the spans of a period."""

    access: Access
    viewing: Viewing
    facts: Facts
    figures: Figures
    signals: dict[int, RowSignal]


def measured_in(
    access: Access, assignments: Sequence[Assignment], period: Period
) -> list[Assignment]:
    """Those that are measured on some day of the period."""
    end = access.organization.calendar.end(period)
    return [
        each
        for each in assignments
        if (not each.starts_on or each.starts_on < end)
        and (not each.ends_on or each.ends_on > period.start)
    ]


def kpi_figures(access: Access, assignments: Sequence[Assignment], period: Period) -> KpiFigures:
    """By as many statements for many as for one."""
    viewing = Viewing(access.organization.calendar, period)
    units = {each.unit_id for each in assignments}
    tree = access.tree
    # A unit with very many beneath it is too slow for signals; the largest one tells.
    largest = max(units, key=lambda pk: sum(1 for _ in tree.beneath(pk)), default=None)
    windows = (
        signal_windows(access, tree.by_id[largest], assignments, viewing)
        if largest is not None
        else {}
    )
    spans = [*viewing.spans, *window_spans(windows, viewing)]
    facts = kpi_facts(access.organization, assignments, spans)
    return KpiFigures(
        access=access,
        viewing=viewing,
        facts=facts,
        figures=facts.figures(viewing.spans),
        signals=row_signals(facts, windows, viewing),
    )


def my_kpis(read: KpiFigures, standing: Standing, sight: LineOfSight) -> tuple[MyKpi, ...]:
    """What needs attention first, then by name."""
    rows = [_kpi(read, standing, sight, row) for row in range(read.facts.n_requested)]
    return tuple(sorted(rows, key=lambda row: NEEDS.index(row.score.status)))


def _kpi(read: KpiFigures, standing: Standing, sight: LineOfSight, row: int) -> MyKpi:
    """The KPI as on the board of its unit, where it is on it."""
    assignment = read.facts.assignments[row]
    scorecard = standing.scorecards.get(assignment.unit_id)
    key = (scorecard.pk if scorecard else 0, assignment.kpi.code)
    up = sight.of_kpi(assignment)
    now = _computed(read, standing, row, standing.said.get((key[0], "kpi", key[1])), up)
    reported = standing.reported_kpis.get(key)
    if reported is None:
        return now
    return _as_reported(now, reported, is_restated=key[0] in standing.restated)


def _computed(
    read: KpiFigures, standing: Standing, row: int, said: Assessment | None, up: Ways
) -> MyKpi:
    """From what stands now; what is said of it stands in place of its score."""
    organization, assignment = read.access.organization, read.facts.assignments[row]
    kpi, unit = assignment.kpi, read.access.tree.by_id[assignment.unit_id]
    cell = cell_view(organization, read.facts, read.figures, row, VIEWED)
    cell = replace(cell, score=assessed_score(organization, cell.score, said))
    change, change_text, is_improvement = kpi_change(read, kpi, row)
    signal = read.signals.get(row, NO_SIGNAL)
    return MyKpi(
        code=kpi.code,
        name=kpi.name,
        href=kpi_href(organization.code, kpi.code, unit.code, read.viewing.label),
        unit=unit.code,
        unit_name=unit.name,
        unit_of_measure=kpi.unit_of_measure,
        trend=kpi_trend(read, kpi, row, cell),
        actual=cell.actual,
        target=cell.target,
        score=cell.score,
        change=change,
        change_text=change_text,
        is_improvement=is_improvement,
        marks=cell.marks,
        signal=signal.tone,
        signal_text=signal.text,
        trace_href=_trace_href(read, standing, kpi, unit),
        up=up,
    )


def _as_reported(now: MyKpi, reported: KpiRow, *, is_restated: bool) -> MyKpi:
    """What the board of a closed period shows, with what was restated since beside it."""
    then = replace(
        now,
        trend=reported.trend,
        actual=reported.actual,
        target=reported.target,
        score=reported.score,
        change=reported.change,
        change_text=reported.change_text,
        is_improvement=reported.is_improvement,
        marks=reported.marks,
        signal=reported.signal,
        signal_text=reported.signal_text,
    )
    if not is_restated:
        return then
    return replace(
        then,
        actual=figure_beside(then.actual, now.actual),
        target=figure_beside(then.target, now.target),
        score=score_beside(then.score, now.score),
    )


def _trace_href(read: KpiFigures, standing: Standing, kpi: KPI, unit: UnitNode) -> str:
    """Why the score is what it is, on the board of its unit."""
    counted = standing.counted.get((unit.id, kpi.pk))
    if not counted:
        return ""
    trace = f"kpi:{counted[0].key[1]}:{kpi.code}"
    return board_href(read.access.organization.code, unit.code, standing.label, trace)
