"""The scores of scorecards for one period, computed in arrays from what is stored."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calculations.arrays import FloatArray, IntArray, floats, indices
from calculations.figures import Figures, Span
from calculations.periods import Period
from calculations.rollup import ROLL_UP_RULES, RollUp, roll_up, status_counts
from calculations.scoring import statuses
from kpis.models import Assignment
from kpis.selectors.series import kpi_facts
from organizations.models import Organization
from scorecards.models import (
    EditionContent,
    ObjectiveNode,
    PerspectiveNode,
    Scorecard,
    ScoreSheet,
)

from .editions import contents, valid_editions


@dataclass(frozen=True)
class ComputedSheet:
    """What a sheet should say; `fields` are the values of its columns."""

    scorecard_id: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """Scorecards of one period laid out in rows, so that all can be computed at once."""

    editions: dict[int, int]  # scorecard id → edition id
    contents: dict[int, EditionContent]  # by scorecard id
    assignments: list[Assignment]
    cell_of: dict[tuple[int, int], int]  # (scorecard id, KPI id) → place in assignments
    objectives: list[tuple[int, ObjectiveNode]]
    objective_row: dict[tuple[int, str], int]
    perspectives: list[tuple[int, PerspectiveNode]]
    perspective_of_objective: IntArray
    scorecards: list[int]
    scorecard_of_perspective: IntArray


@dataclass
class Scored:
    """Scores, coverages, statuses (n,) and counts beneath (n, 5) of one kind of node."""

    scores: FloatArray
    coverages: FloatArray
    statuses: IntArray
    counts: IntArray = field(default_factory=lambda: np.zeros((0, 5), dtype=np.int64))


def computed_sheets(
    organization: Organization, period: Period, scorecard_ids: Sequence[int]
) -> list[ComputedSheet]:
    """The sheets of the scorecards for the period, from values, targets and editions as they stand.

    Contributions of scorecards that are not among the given come from their stored sheets. A
    scorecard whose structure begins later than the period has no sheet.
    """
    end = organization.calendar.end(period)
    layout = _layout(organization, scorecard_ids, end)
    span = Span(period.start, end, period.frequency)
    figures = kpi_facts(organization, layout.assignments, span.first, span.end).figures([span])
    kpis = _scored_kpis(figures, organization.minimum_coverage)
    outside = _outside_scores(layout, period)
    objectives = _scored_objectives(layout, kpis, outside, organization.minimum_coverage)
    perspectives = _scored_parents(
        objectives,
        floats([node.weight for _, node in layout.objectives]),
        layout.perspective_of_objective,
        [node for _, node in layout.perspectives],
        organization.minimum_coverage,
    )
    scorecards = _scored_parents(
        perspectives,
        floats([node.weight for _, node in layout.perspectives]),
        layout.scorecard_of_perspective,
        [layout.contents[pk] for pk in layout.scorecards],
        organization.minimum_coverage,
    )
    return _sheets(layout, figures, kpis, objectives, perspectives, scorecards)


def _layout(organization: Organization, scorecard_ids: Sequence[int], end: dt.date) -> Layout:
    editions = valid_editions(scorecard_ids, end)
    by_edition = contents(edition.pk for edition in editions.values())
    by_scorecard = {pk: by_edition[edition.pk] for pk, edition in sorted(editions.items())}
    perspectives = [(pk, node) for pk, c in by_scorecard.items() for node in c.perspectives]
    objectives = [(pk, node) for pk, parent in perspectives for node in parent.objectives]
    scorecards = list(by_scorecard)
    place = {pk: row for row, pk in enumerate(scorecards)}
    sizes = [len(node.objectives) for _, node in perspectives]
    assignments, cell_of = _assignments(organization, objectives)
    return Layout(
        editions={pk: edition.pk for pk, edition in editions.items()},
        contents=by_scorecard,
        assignments=assignments,
        cell_of=cell_of,
        objectives=objectives,
        objective_row={(pk, node.code): row for row, (pk, node) in enumerate(objectives)},
        perspectives=perspectives,
        perspective_of_objective=np.repeat(np.arange(len(perspectives)), indices(sizes)),
        scorecards=scorecards,
        scorecard_of_perspective=indices([place[pk] for pk, _ in perspectives]),
    )


def _assignments(
    organization: Organization, objectives: Iterable[tuple[int, ObjectiveNode]]
) -> tuple[list[Assignment], dict[tuple[int, int], int]]:
    """The assignments behind the linked KPIs, each at its scorecard's unit."""
    linked = {(pk, link.kpi) for pk, node in objectives for link in node.kpis}
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
    cells = {(pk, kpi): place.get((units[pk], kpi), -1) for pk, kpi in linked}
    return assignments, cells


def _scored_kpis(figures: Figures, minimum_coverage: float) -> Scored:
    """The KPIs of the layout, and after them a row without data for KPIs assigned nowhere."""
    scores = np.append(figures.scores[:, 0], np.nan)
    coverages = np.append(figures.coverage[:, 0], np.nan)
    return Scored(scores, coverages, statuses(scores, coverages, minimum_coverage))


def _outside_scores(
    layout: Layout, period: Period
) -> dict[tuple[int, str], tuple[float | None, float | None]]:
    """Score and coverage of contributing objectives whose scorecards are not in the layout."""
    wanted = {c.scorecard for _, node in layout.objectives for c in node.contributions}
    sheets = ScoreSheet.objects.filter(
        scorecard_id__in=wanted - layout.contents.keys(),
        frequency=period.frequency,
        period_start=period.start,
    ).values_list("scorecard_id", "detail")
    return {
        (pk, code): (node["score"], node["coverage"])
        for pk, detail in sheets
        for code, node in detail.get("objectives", {}).items()
    }


def _scored_objectives(
    layout: Layout,
    kpis: Scored,
    outside: dict[tuple[int, str], tuple[float | None, float | None]],
    minimum_coverage: float,
) -> Scored:
    """Objectives from their KPIs and contributions, lowest scorecards first."""
    n = len(layout.objectives)
    result = Scored(
        np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64), np.zeros((n, 5), np.int64)
    )
    levels = _levels(layout)
    for level in sorted(set(levels.values())):
        rows = [r for r, (pk, _) in enumerate(layout.objectives) if levels[pk] == level]
        _score_rows(rows, layout, kpis, result, outside, minimum_coverage)
    return result


def _levels(layout: Layout) -> dict[int, int]:
    """0 for scorecards without contributions from others in the layout, then one above those."""
    beneath = {
        pk: {
            c.scorecard
            for perspective in content.perspectives
            for node in perspective.objectives
            for c in node.contributions
            if c.scorecard in layout.contents
        }
        for pk, content in layout.contents.items()
    }
    levels: dict[int, int] = {}

    def level(pk: int) -> int:
        if pk not in levels:
            levels[pk] = 1 + max((level(lower) for lower in beneath[pk]), default=-1)
        return levels[pk]

    for pk in beneath:
        level(pk)
    return levels


def _score_rows(
    rows: list[int],
    layout: Layout,
    kpis: Scored,
    objectives: Scored,
    outside: dict[tuple[int, str], tuple[float | None, float | None]],
    minimum_coverage: float,
) -> None:
    """Fill in the given objectives from pools whose members are computed already."""
    scores: list[float | None] = []
    coverages: list[float | None] = []
    weights: list[float] = []
    groups: list[int] = []
    for group, row in enumerate(rows):
        pk, node = layout.objectives[row]
        for link in node.kpis:
            cell = layout.cell_of[pk, link.kpi]
            scores.append(kpis.scores[cell])
            coverages.append(kpis.coverages[cell])
        for contribution in node.contributions:
            key = (contribution.scorecard, contribution.objective)
            lower = layout.objective_row.get(key)
            known = outside.get(key, (None, None))
            scores.append(known[0] if lower is None else objectives.scores[lower])
            coverages.append(known[1] if lower is None else objectives.coverages[lower])
        weights += [link.weight for link in node.kpis]
        weights += [contribution.weight for contribution in node.contributions]
        groups += [group] * (len(node.kpis) + len(node.contributions))
    nodes = [layout.objectives[row][1] for row in rows]
    children = Scored(
        np.array(scores, np.float64), np.array(coverages, np.float64), np.zeros(0, np.int64)
    )
    children.statuses = statuses(children.scores, children.coverages, minimum_coverage)
    rolled = _rolled_up(children, floats(weights), indices(groups), nodes)
    objectives.scores[rows] = rolled.scores
    objectives.coverages[rows] = rolled.coverages
    objectives.statuses[rows] = statuses(rolled.scores, rolled.coverages, minimum_coverage)
    objectives.counts[rows] = status_counts(children.statuses, indices(groups), len(rows))


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
    figures: Figures,
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
            details[pk]["kpis"][link.code] = _kpi(figures, kpis, layout.cell_of[pk, link.kpi])
    turning = _turning_days(layout, figures)
    names = ("critical", "below_target", "on_target", "no_data", "insufficient_data")
    return [
        ComputedSheet(
            scorecard_id=pk,
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


def _kpi(figures: Figures, kpis: Scored, cell: int) -> dict[str, Any]:
    value = figures.values[cell, 0] if cell >= 0 else np.nan
    return {
        "score": _plain(kpis.scores[cell]),
        "coverage": _plain(kpis.coverages[cell]),
        "status": int(kpis.statuses[cell]),
        "value": _plain(value),
    }


def _turning_days(layout: Layout, figures: Figures) -> dict[int, dt.date]:
    """By scorecard, the first day on which a missing value of it becomes due."""
    days: dict[int, dt.date] = {}
    for (pk, _), cell in layout.cell_of.items():
        day = figures.turns_on[cell, 0].item() if cell >= 0 else None
        if day is not None:
            days[pk] = min(day, days.get(pk, day))
    return days


def _plain(number: float) -> float | None:
    """For columns and JSON: missing is null there."""
    return None if np.isnan(number) else float(number)
