"""The scores of scorecards for some periods, computed in arrays from what is stored."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import orjson

from calculations.arrays import DayArray, FloatArray, IntArray, floats
from calculations.figures import Figures, Span
from calculations.periods import Frequency, Period
from calculations.rollup import ROLL_UP_RULES, RollUp, roll_up, status_counts
from calculations.scoring import ASSESSED_SCORES, Status, status_codes, statuses
from kpis.models import Assignment
from kpis.selectors.places import assignments_at
from kpis.selectors.series import Facts, kpi_facts
from organizations.models import Organization
from organizations.statements import as_date, fetched, in_periods
from scorecards.models import (
    Assessment,
    EditionContent,
    ObjectiveNode,
    PerspectiveNode,
)
from scorecards.selectors.editions.reading import contents, editions_at, with_contributors

from .assessments import assessed_statuses
from .layout import Key, Layout, NodeKey, kpi_links, layouts
from .sheet_contents import Column, ComputedSheet, Scored, sheets_of

Node = Assessment.Node
# By kind of node, the mid-band score that was said of each row in each period, else nan.
SaidScores = dict[str, FloatArray]
NOT_STORED = 0  # the id of an edition that is only thought of
Table = TypeVar("Table", FloatArray, DayArray)


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


def drafted(
    organization: Organization,
    periods: Sequence[Period],
    scorecard_id: int,
    content: EditionContent,
) -> list[ComputedSheet]:
    """The sheets that a scorecard without editions would have with that structure."""
    editions = [{scorecard_id: NOT_STORED} for _ in periods]
    by_edition = {NOT_STORED: content}
    return scored_sheets(_facts_of(organization, periods, editions, by_edition, None))


def sheet_facts(
    organization: Organization,
    periods: Sequence[Period],
    scorecard_ids: Collection[int],
    as_of: dt.datetime | None = None,
) -> SheetFacts:
    """Everything that is read, by a fixed number of statements."""
    if as_of is not None:
        scorecard_ids = with_contributors(organization, scorecard_ids)
    ends = [organization.calendar.end(period) for period in periods]
    editions = editions_at(scorecard_ids, ends, as_of)
    by_edition = contents({pk for valid in editions for pk in valid.values()})
    return _facts_of(organization, periods, editions, by_edition, as_of)


def _facts_of(
    organization: Organization,
    periods: Sequence[Period],
    editions: Sequence[dict[int, int]],
    by_edition: dict[int, EditionContent],
    as_of: dt.datetime | None,
) -> SheetFacts:
    """editions: for each period, by scorecard, the id of the valid one."""
    spans = [Span(p.start, organization.calendar.end(p), p.frequency) for p in periods]
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
    """The arithmetic: the figures of all periods, then the roll-up of all that share a layout."""
    figures = given.facts.figures(given.spans)
    places: dict[int, list[int]] = defaultdict(list)
    for place, layout in enumerate(given.layouts.values()):
        places[id(layout)].append(place)
    return [
        sheet for columns in places.values() for sheet in _alike_sheets(given, figures, columns)
    ]


def _alike_sheets(
    given: SheetFacts, figures: Figures, columns: list[int]
) -> Iterator[ComputedSheet]:
    """The sheets of periods that share one layout; columns: their places among all periods."""
    periods = [list(given.layouts)[column] for column in columns]
    layout = given.layouts[periods[0]]
    minimum_coverage = given.minimum_coverage
    said = _said_scores(layout, [given.assessed.get(period, {}) for period in periods])
    kpis = _scored_kpis(figures, columns, layout.cells, minimum_coverage)
    _assess(kpis, said.get(Node.KPI))
    outside = _outside(layout, [given.outside.get(period, {}) for period in periods])
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
    values = _of_links(figures.values, columns, layout.cells)
    turns_on = _of_links(figures.turns_on, columns, layout.cells, np.datetime64("NaT"))
    kinds = kpis, objectives, perspectives, scorecards
    for place, period in enumerate(periods):
        column = Column(period, values[:, place], turns_on[:, place].tolist())
        yield from sheets_of(layout, column, *(scored.at(place) for scored in kinds))


def _said_scores(layout: Layout, assessed: Sequence[Mapping[NodeKey, Status]]) -> SaidScores:
    sizes = {
        Node.KPI: len(layout.links),
        Node.OBJECTIVE: len(layout.objectives),
        Node.PERSPECTIVE: len(layout.perspectives),
        Node.SCORECARD: len(layout.scorecards),
    }
    said: SaidScores = {}
    for column, of_period in enumerate(assessed):
        for key, status in of_period.items():
            kind = Node(key[1])
            scores = said.setdefault(kind, np.full((sizes[kind], len(assessed)), np.nan))
            scores[layout.rows.get(key, []), column] = ASSESSED_SCORES[status]
    return said


def _assess(scored: Scored, said: FloatArray | None) -> None:
    """Put what was said in the place of what was computed; coverages stay."""
    if said is None:
        return
    is_said = ~np.isnan(said)
    cells = zip(*(axis.tolist() for axis in np.nonzero(is_said)), strict=True)
    replaced = scored.scores[is_said].tolist()
    scored.computed = dict(zip(cells, replaced, strict=True))
    scored.scores = np.where(is_said, said, scored.scores)
    scored.statuses = np.where(is_said, status_codes(said), scored.statuses)


UNITS_OF = "SELECT id, unit_id FROM scorecards_scorecard WHERE id {scorecards}"


def _assignments(
    organization: Organization, linked: set[tuple[int, int]]
) -> tuple[list[Assignment], dict[tuple[int, int], int]]:
    """The assignments behind (scorecard id, KPI id), each at its scorecard's unit, and their rows.

    A KPI that is assigned nowhere has the row after all others.
    """
    units = dict(fetched(UNITS_OF, scorecards={pk for pk, _ in linked}))
    wanted = {(units[pk], kpi) for pk, kpi in linked}
    found = assignments_at(organization, {unit for unit, _ in wanted}, {kpi for _, kpi in wanted})
    assignments = [a for a in found if (a.unit_id, a.kpi_id) in wanted]
    place = {(a.unit_id, a.kpi_id): row for row, a in enumerate(assignments)}
    nowhere = -1  # the row appended after all others
    return assignments, {(pk, kpi): place.get((units[pk], kpi), nowhere) for pk, kpi in linked}


SHEETS = """
SELECT frequency, period_start, scorecard_id, detail FROM scorecards_scoresheet
WHERE scorecard_id {scorecards} AND """


def _outside_scores(
    laid_out: dict[Period, Layout],
) -> dict[Period, dict[Key, tuple[float | None, float | None]]]:
    """By period, score and coverage of contributing objectives of scorecards not laid out."""
    wanted = {pk for layout in laid_out.values() for pk, _ in layout.outside}
    scores: dict[Period, dict[Key, tuple[float | None, float | None]]] = {p: {} for p in laid_out}
    in_these, parameters = in_periods(laid_out)
    for frequency, start, pk, detail in fetched(SHEETS + in_these, scorecards=wanted, **parameters):
        period = Period(Frequency(frequency), as_date(start))
        # A sheet that is being computed must not lend what it said before.
        if pk not in laid_out[period].contents:
            for code, node in orjson.loads(detail).get("objectives", {}).items():
                scores[period][pk, code] = node["score"], node["coverage"]
    return scores


def _outside(
    layout: Layout, scores: Sequence[Mapping[Key, tuple[float | None, float | None]]]
) -> FloatArray:
    """Scores and coverages of contributions from outside: (n, n_periods, 2), nan = missing."""
    known = [[of_period.get(key, (None, None)) for of_period in scores] for key in layout.outside]
    return np.array(known, np.float64).reshape(len(known), len(scores), 2)


def _of_links(table: Table, columns: list[int], cells: IntArray, missing: object = np.nan) -> Table:
    """Figures of the KPI links: (n_links, n_periods); of KPIs assigned nowhere, missing."""
    nowhere = np.full((1, len(columns)), missing, dtype=table.dtype)
    return np.concatenate([table[:, columns], nowhere])[cells]


def _scored_kpis(
    figures: Figures, columns: list[int], cells: IntArray, minimum_coverage: float
) -> Scored:
    """The KPI links; those to KPIs assigned nowhere have no data."""
    scores = _of_links(figures.scores, columns, cells)
    coverages = _of_links(figures.coverage, columns, cells)
    return Scored(scores, coverages, statuses(scores, coverages, minimum_coverage))


def _scored_objectives(
    layout: Layout,
    kpis: Scored,
    outside: FloatArray,
    minimum_coverage: float,
    said: FloatArray | None,
) -> Scored:
    """Objectives from their KPIs and contributions, lowest scorecards first.

    Those that were assessed so contribute what was said of them.
    """
    n_kpis, n_periods = kpis.scores.shape
    missing = np.full((len(layout.objectives), n_periods), np.nan)
    computed = missing.copy()
    scores = np.concatenate([kpis.scores, missing, outside[..., 0]])
    coverages = np.concatenate([kpis.coverages, missing, outside[..., 1]])
    counts = np.zeros((*missing.shape, len(Status)), np.int64)
    mine = slice(n_kpis, n_kpis + len(missing))
    for pool in layout.pools:
        rolled = _rolled_up(
            scores[pool.children], coverages[pool.children], pool.weights, pool.groups, pool.nodes
        )
        computed[pool.rows] = rolled.scores
        scores[mine][pool.rows] = _said_over(rolled.scores, said, pool.rows)
        coverages[mine][pool.rows] = rolled.coverages
        # Contributions are counted where they come from.
        is_kpi = pool.children < n_kpis
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
    rolled = _rolled_up(children.scores, children.coverages, weights, groups, nodes)
    counts = np.zeros((len(nodes), *children.counts.shape[1:]), dtype=np.int64)
    np.add.at(counts, groups, children.counts)
    codes = statuses(rolled.scores, rolled.coverages, minimum_coverage)
    return Scored(rolled.scores, rolled.coverages, codes, counts)


def _rolled_up(
    scores: FloatArray,
    coverages: FloatArray,
    weights: FloatArray,
    groups: IntArray,
    nodes: Sequence[ObjectiveNode | PerspectiveNode | EditionContent],
) -> RollUp:
    return roll_up(
        scores,
        coverages,
        weights,
        groups,
        len(nodes),
        [ROLL_UP_RULES.index(node.rule) for node in nodes],
        [node.is_capped for node in nodes],
    )
