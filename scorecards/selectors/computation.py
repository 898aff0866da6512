"""The scores of scorecards for some periods, computed in arrays from what is stored."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calculations.arrays import DayArray, FloatArray, IntArray, floats
from calculations.figures import Figures, Span
from calculations.periods import Frequency, Period
from calculations.rollup import ROLL_UP_RULES, RollUp, roll_up, status_counts
from calculations.scoring import statuses
from kpis.models import Assignment
from kpis.selectors.series import Facts, kpi_facts
from organizations.models import Organization
from scorecards.models import (
    EditionContent,
    ObjectiveNode,
    PerspectiveNode,
    Scorecard,
    ScoreSheet,
)

from .editions import contents, editions_at
from .layout import Cells, Key, Layout, kpi_links, layouts


@dataclass(frozen=True)
class ComputedSheet:
    """What a sheet should say; `fields` are the values of its columns."""

    scorecard_id: int
    period: Period
    fields: dict[str, Any]


@dataclass(frozen=True)
class SheetFacts:
    """All that the sheets of some scorecards for some periods follow from."""

    layouts: dict[Period, Layout]  # periods with the same editions share one
    facts: Facts
    spans: list[Span]  # of the periods, in their order
    cells: Cells
    outside: dict[Period, dict[Key, tuple[float | None, float | None]]]
    minimum_coverage: float


@dataclass
class Scored:
    """Scores, coverages, statuses (n,) and counts beneath (n, 5) of one kind of node."""

    scores: FloatArray
    coverages: FloatArray
    statuses: IntArray
    counts: IntArray = field(default_factory=lambda: np.zeros((0, 5), dtype=np.int64))


@dataclass(frozen=True)
class Column:
    """One period's column of the figures."""

    period: Period
    cells: Cells
    values: FloatArray  # the last: of KPIs assigned nowhere
    turns_on: DayArray


def computed_sheets(
    organization: Organization, periods: Sequence[Period], scorecard_ids: Collection[int]
) -> list[ComputedSheet]:
    """The sheets of the scorecards for the periods, from what is stored as it stands.

    Contributions of scorecards that are not among the given come from their stored sheets. A
    scorecard whose structure begins later than a period has no sheet for it.
    """
    return scored_sheets(sheet_facts(organization, periods, scorecard_ids))


def sheet_facts(
    organization: Organization, periods: Sequence[Period], scorecard_ids: Collection[int]
) -> SheetFacts:
    """Everything that is read, by a fixed number of statements."""
    spans = [Span(p.start, organization.calendar.end(p), p.frequency) for p in periods]
    editions = editions_at(scorecard_ids, [span.end for span in spans])
    by_edition = contents({pk for valid in editions for pk in valid.values()})
    linked = {
        (scorecard, link.kpi)
        for valid in editions
        for scorecard, edition in valid.items()
        for link in kpi_links(by_edition[edition])
    }
    assignments, cells = _assignments(organization, linked)
    laid_out = layouts(periods, editions, by_edition, cells, len(assignments))
    return SheetFacts(
        layouts=laid_out,
        facts=kpi_facts(organization, assignments, spans),
        spans=spans,
        cells=cells,
        outside=_outside_scores(laid_out),
        minimum_coverage=organization.minimum_coverage,
    )


def scored_sheets(given: SheetFacts) -> list[ComputedSheet]:
    """The arithmetic: the figures of all periods at once, then each period's roll-up."""
    figures = given.facts.figures(given.spans)
    return [
        sheet
        for column, (period, layout) in enumerate(given.layouts.items())
        for sheet in _period_sheets(given, figures, column, period, layout)
    ]


def _period_sheets(
    given: SheetFacts, figures: Figures, column: int, period: Period, layout: Layout
) -> list[ComputedSheet]:
    minimum_coverage = given.minimum_coverage
    kpis = _scored_kpis(figures, column, minimum_coverage)
    objectives = _scored_objectives(layout, kpis, given.outside[period], minimum_coverage)
    perspectives = _scored_parents(
        objectives,
        floats([node.weight for _, node in layout.objectives]),
        layout.perspective_of_objective,
        [node for _, node in layout.perspectives],
        minimum_coverage,
    )
    scorecards = _scored_parents(
        perspectives,
        floats([node.weight for _, node in layout.perspectives]),
        layout.scorecard_of_perspective,
        [layout.contents[pk] for pk in layout.scorecards],
        minimum_coverage,
    )
    values, turns_on = figures.values[:, column], figures.turns_on[:, column]
    of_period = Column(period, given.cells, np.append(values, np.nan), turns_on)
    return _sheets(layout, of_period, kpis, objectives, perspectives, scorecards)


def _assignments(
    organization: Organization, linked: set[tuple[int, int]]
) -> tuple[list[Assignment], dict[tuple[int, int], int]]:
    """The assignments behind (scorecard id, KPI id), each at its scorecard's unit, and their rows.

    A KPI that is assigned nowhere has the row after all others.
    """
    units = dict(
        Scorecard.objects.filter(pk__in={pk for pk, _ in linked}).values_list("pk", "unit_id")
    )
    found = (
        Assignment.objects.live()
        .filter(
            organization=organization,
            unit_id__in=set(units.values()),
            kpi_id__in={kpi for _, kpi in linked},
        )
        .select_related("kpi")
        .order_by("pk")
    )
    wanted = {(units[pk], kpi) for pk, kpi in linked}
    assignments = [a for a in found if (a.unit_id, a.kpi_id) in wanted]
    place = {(a.unit_id, a.kpi_id): row for row, a in enumerate(assignments)}
    nowhere = len(assignments)
    return assignments, {(pk, kpi): place.get((units[pk], kpi), nowhere) for pk, kpi in linked}


def _outside_scores(
    laid_out: dict[Period, Layout],
) -> dict[Period, dict[Key, tuple[float | None, float | None]]]:
    """By period, score and coverage of contributing objectives of scorecards not laid out."""
    wanted = {pk for layout in laid_out.values() for pk, _ in layout.outside}
    sheets = (
        ScoreSheet.objects.filter(scorecard_id__in=wanted)
        .in_periods(laid_out)
        .values_list("frequency", "period_start", "scorecard_id", "detail")
    )
    scores: dict[Period, dict[Key, tuple[float | None, float | None]]] = {p: {} for p in laid_out}
    for frequency, start, pk, detail in sheets:
        period = Period(Frequency(frequency), start)
        # A sheet that is being computed must not lend what it said before.
        if pk not in laid_out[period].contents:
            for code, node in detail.get("objectives", {}).items():
                scores[period][pk, code] = node["score"], node["coverage"]
    return scores


def _scored_kpis(figures: Figures, column: int, minimum_coverage: float) -> Scored:
    """The KPIs in one period, and after them a row without data for KPIs assigned nowhere."""
    scores = np.append(figures.scores[:, column], np.nan)
    coverages = np.append(figures.coverage[:, column], np.nan)
    return Scored(scores, coverages, statuses(scores, coverages, minimum_coverage))


def _scored_objectives(
    layout: Layout,
    kpis: Scored,
    outside: dict[Key, tuple[float | None, float | None]],
    minimum_coverage: float,
) -> Scored:
    """Objectives from their KPIs and contributions, lowest scorecards first."""
    n = len(layout.objectives)
    missing = np.full(n, np.nan)
    # Missing scores are None there and nan here.
    known = np.array([outside.get(key, (None, None)) for key in layout.outside], np.float64)
    scores = np.concatenate([kpis.scores, missing, known.reshape(-1, 2)[:, 0]])
    coverages = np.concatenate([kpis.coverages, missing, known.reshape(-1, 2)[:, 1]])
    counts = np.zeros((n, 5), np.int64)
    mine = slice(kpis.scores.size, kpis.scores.size + n)
    for pool in layout.pools:
        children = Scored(scores[pool.children], coverages[pool.children], np.zeros(0, np.int64))
        children.statuses = statuses(children.scores, children.coverages, minimum_coverage)
        rolled = _rolled_up(children, pool.weights, pool.groups, pool.nodes)
        scores[mine][pool.rows] = rolled.scores
        coverages[mine][pool.rows] = rolled.coverages
        # Contributions are counted where they come from.
        is_kpi = pool.children < kpis.scores.size
        own, groups = children.statuses[is_kpi], pool.groups[is_kpi]
        counts[pool.rows] = status_counts(own, groups, pool.rows.size)
    codes = statuses(scores[mine], coverages[mine], minimum_coverage)
    return Scored(scores[mine], coverages[mine], codes, counts)


def _scored_parents(
    children: Scored,
    weights: FloatArray,
    groups: IntArray,
    nodes: Sequence[PerspectiveNode | EditionContent],
    minimum_coverage: float,
) -> Scored:
    """Perspectives from objectives, or scorecards from perspectives; counts add up."""
    rolled = _rolled_up(children, weights, groups, nodes)
    counts = np.zeros((len(nodes), 5), dtype=np.int64)
    np.add.at(counts, groups, children.counts)
    codes = statuses(rolled.scores, rolled.coverages, minimum_coverage)
    return Scored(rolled.scores, rolled.coverages, codes, counts)


def _rolled_up(
    children: Scored,
    weights: FloatArray,
    groups: IntArray,
    nodes: Sequence[ObjectiveNode | PerspectiveNode | EditionContent],
) -> RollUp:
    return roll_up(
        children.scores,
        children.coverages,
        weights,
        groups,
        len(nodes),
        [ROLL_UP_RULES.index(node.rule) for node in nodes],
        [node.is_capped for node in nodes],
    )


def _sheets(
    layout: Layout,
    column: Column,
    kpis: Scored,
    objectives: Scored,
    perspectives: Scored,
    scorecards: Scored,
) -> list[ComputedSheet]:
    details: dict[int, dict[str, dict[str, Any]]] = {
        pk: {"perspectives": {}, "objectives": {}, "kpis": {}} for pk in layout.scorecards
    }
    for row, (pk, perspective) in enumerate(layout.perspectives):
        details[pk]["perspectives"][perspective.code] = _node(perspectives, row)
    for row, (pk, objective) in enumerate(layout.objectives):
        details[pk]["objectives"][objective.code] = _node(objectives, row)
        for link in objective.kpis:
            details[pk]["kpis"][link.code] = _kpi(column, kpis, column.cells[pk, link.kpi])
    turning = _turning_days(layout, column)
    names = ("critical", "below_target", "on_target", "no_data", "insufficient_data")
    return [
        ComputedSheet(
            scorecard_id=pk,
            period=column.period,
            fields={
                "edition_id": layout.editions[pk],
                "score": _plain(scorecards.scores[row]),
                "coverage": _plain(scorecards.coverages[row]),
                "status": int(scorecards.statuses[row]),
                **dict(zip(names, scorecards.counts[row].tolist(), strict=True)),
                "detail": details[pk],
                "turns_stale_on": turning.get(pk),
            },
        )
        for row, pk in enumerate(layout.scorecards)
    ]


def _node(scored: Scored, row: int) -> dict[str, Any]:
    return {
        "score": _plain(scored.scores[row]),
        "coverage": _plain(scored.coverages[row]),
        "status": int(scored.statuses[row]),
        "counts": scored.counts[row].tolist(),
    }


def _kpi(column: Column, kpis: Scored, cell: int) -> dict[str, Any]:
    return {
        "score": _plain(kpis.scores[cell]),
        "coverage": _plain(kpis.coverages[cell]),
        "status": int(kpis.statuses[cell]),
        "value": _plain(column.values[cell]),
    }


def _turning_days(layout: Layout, column: Column) -> dict[int, dt.date]:
    """By scorecard, the first day on which a missing value of it becomes due."""
    days: dict[int, dt.date] = {}
    turns_on = [*column.turns_on.tolist(), None]
    for pk, objective in layout.objectives:
        for link in objective.kpis:
            day = turns_on[column.cells[pk, link.kpi]]
            if day is not None:
                days[pk] = min(day, days.get(pk, day))
    return days


def _plain(number: float) -> float | None:
    """For columns and JSON: missing is null there."""
    return None if np.isnan(number) else float(number)
