"""The scores of scorecards for some periods, computed in arrays from what is stored."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray, IntArray, floats
from calculations.figures import Figures, Span
from calculations.periods import Frequency, Period
from calculations.rollup import ROLL_UP_RULES, RollUp, roll_up, status_counts
from calculations.scoring import ASSESSED_SCORES, Status, status_codes, statuses
from kpis.models import Assignment
from kpis.selectors.series import Facts, kpi_facts
from organizations.models import Organization
from scorecards.models import (
    Assessment,
    EditionContent,
    ObjectiveNode,
    PerspectiveNode,
    Scorecard,
    ScoreSheet,
)
from scorecards.selectors.editions.reading import contents, editions_at, with_contributors

from .assessments import assessed_statuses
from .layout import Key, Layout, NodeKey, kpi_links, layouts
from .sheet_contents import Column, ComputedSheet, Scored, sheets_of

Node = Assessment.Node
# By kind of node, the mid-band score that was said of each row: nan where nothing was.
SaidScores = dict[str, FloatArray]


@dataclass(frozen=True)
class SheetFacts:
    """All that the sheets of some scorecards for some periods follow from."""

    layouts: dict[Period, Layout]  # periods with the same editions share one
    facts: Facts
    spans: list[Span]  # of the periods, in their order
    outside: dict[Period, dict[Key, tuple[float | None, float | None]]]
    assessed: dict[Period, dict[NodeKey, Status]]
    minimum_coverage: float


def computed_sheets(
    organization: Organization,
    periods: Sequence[Period],
    scorecard_ids: Collection[int],
    as_of: dt.datetime | None = None,
) -> list[ComputedSheet]:
    """The sheets of the scorecards for the periods, from what is stored as it stands.

    Contributions of scorecards that are not among the given come from their stored sheets. A
    scorecard whose structure begins later than a period has no sheet for it. as_of: the sheets as
    they were at that moment, and those of all contributing scorecards with them, since stored ones
    tell only what stands.
    """
    return scored_sheets(sheet_facts(organization, periods, scorecard_ids, as_of))


def sheet_facts(
    organization: Organization,
    periods: Sequence[Period],
    scorecard_ids: Collection[int],
    as_of: dt.datetime | None = None,
) -> SheetFacts:
    """Everything that is read, by a fixed number of statements."""
    if as_of is not None:
        scorecard_ids = with_contributors(organization, scorecard_ids)
    spans = [Span(p.start, organization.calendar.end(p), p.frequency) for p in periods]
    editions = editions_at(scorecard_ids, [span.end for span in spans], as_of)
    by_edition = contents({pk for valid in editions for pk in valid.values()})
    linked = {
        (scorecard, link.kpi)
        for valid in editions
        for scorecard, edition in valid.items()
        for link in kpi_links(by_edition[edition])
    }
    assignments, cells = _assignments(organization, linked)
    laid_out = layouts(periods, editions, by_edition, cells)
    return SheetFacts(
        layouts=laid_out,
        facts=kpi_facts(organization, assignments, spans, as_of),
        spans=spans,
        outside=_outside_scores(laid_out) if as_of is None else {},
        assessed=assessed_statuses(organization, periods, as_of),
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
    said = _said_scores(layout, given.assessed.get(period, {}))
    kpis = _scored_kpis(figures, column, layout.cells, minimum_coverage)
    _assess(kpis, said.get(Node.KPI))
    outside = given.outside.get(period, {})
    objectives = _scored_objectives(
        layout, kpis, outside, minimum_coverage, said.get(Node.OBJECTIVE)
    )
    perspectives = _scored_parents(
        objectives,
        floats([node.weight for _, node in layout.objectives]),
        layout.perspective_of_objective,
        [node for _, node in layout.perspectives],
        minimum_coverage,
    )
    _assess(perspectives, said.get(Node.PERSPECTIVE))
    scorecards = _scored_parents(
        perspectives,
        floats([node.weight for _, node in layout.perspectives]),
        layout.scorecard_of_perspective,
        [layout.contents[pk] for pk in layout.scorecards],
        minimum_coverage,
    )
    _assess(scorecards, said.get(Node.SCORECARD))
    values = np.append(figures.values[:, column], np.nan)[layout.cells]
    turns_on = np.append(figures.turns_on[:, column], np.datetime64("NaT"))[layout.cells]
    of_period = Column(period, values, turns_on.tolist())
    return sheets_of(layout, of_period, kpis, objectives, perspectives, scorecards)


def _said_scores(layout: Layout, assessed: Mapping[NodeKey, Status]) -> SaidScores:
    sizes = {
        Node.KPI: len(layout.links),
        Node.OBJECTIVE: len(layout.objectives),
        Node.PERSPECTIVE: len(layout.perspectives),
        Node.SCORECARD: len(layout.scorecards),
    }
    said: SaidScores = {}
    for key, status in assessed.items():
        kind = Node(key[1])
        scores = said.setdefault(kind, np.full(sizes[kind], np.nan))
        scores[layout.rows.get(key, [])] = ASSESSED_SCORES[status]
    return said


def _assess(scored: Scored, said: FloatArray | None) -> None:
    """Put what was said in the place of what was computed; coverages stay."""
    if said is None:
        return
    is_said = ~np.isnan(said)
    rows = np.flatnonzero(is_said)
    replaced = scored.scores[rows].tolist()
    scored.computed = dict(zip(rows.tolist(), replaced, strict=True))
    scored.scores = np.where(is_said, said, scored.scores)
    scored.statuses = np.where(is_said, status_codes(said), scored.statuses)


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
    nowhere = -1  # the row appended after all others
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


def _scored_kpis(figures: Figures, column: int, cells: IntArray, minimum_coverage: float) -> Scored:
    """The KPI links in one period; those to KPIs assigned nowhere have no data."""
    scores = np.append(figures.scores[:, column], np.nan)[cells]
    coverages = np.append(figures.coverage[:, column], np.nan)[cells]
    return Scored(scores, coverages, statuses(scores, coverages, minimum_coverage))


def _scored_objectives(
    layout: Layout,
    kpis: Scored,
    outside: dict[Key, tuple[float | None, float | None]],
    minimum_coverage: float,
    said: FloatArray | None,
) -> Scored:
    """Objectives from their KPIs and contributions, lowest scorecards first.

    Those that were assessed so contribute what was said of them.
    """
    n = len(layout.objectives)
    computed = np.full(n, np.nan)
    missing = np.full(n, np.nan)
    # Missing scores are None there and nan here.
    known = np.array([outside.get(key, (None, None)) for key in layout.outside], np.float64)
    scores = np.concatenate([kpis.scores, missing, known.reshape(-1, 2)[:, 0]])
    coverages = np.concatenate([kpis.coverages, missing, known.reshape(-1, 2)[:, 1]])
    counts = np.zeros((n, 5), np.int64)
    mine = slice(kpis.scores.size, kpis.scores.size + n)
    for pool in layout.pools:
        children = Scored(scores[pool.children], coverages[pool.children], np.zeros(0, np.int64))
        rolled = _rolled_up(children, pool.weights, pool.groups, pool.nodes)
        computed[pool.rows] = rolled.scores
        scores[mine][pool.rows] = _said_over(rolled.scores, said, pool.rows)
        coverages[mine][pool.rows] = rolled.coverages
        # Contributions are counted where they come from.
        is_kpi = pool.children < kpis.scores.size
        own, groups = kpis.statuses[pool.children[is_kpi]], pool.groups[is_kpi]
        counts[pool.rows] = status_counts(own, groups, pool.rows.size)
    codes = statuses(computed, coverages[mine], minimum_coverage)
    objectives = Scored(computed, coverages[mine], codes, counts)
    _assess(objectives, said)
    return objectives


def _said_over(scores: FloatArray, said: FloatArray | None, rows: IntArray) -> FloatArray:
    return scores if said is None else np.where(np.isnan(said[rows]), scores, said[rows])


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
