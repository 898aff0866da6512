"""Laying out scorecards in rows, so that the scores of all can be computed at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray, IntArray, floats, indices
from calculations.periods import Period
from scorecards.models import (
    EditionContent,
    KpiLink,
    ObjectiveNode,
    PerspectiveNode,
)

# The id of a scorecard and the code of one of its objectives.
Key = tuple[int, str]
# (scorecard id, KPI id) → row of figures; those assigned nowhere have the row after all others.
Cells = Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Pool:
    """Objectives of one level, with all that their scores are rolled up from.

    `children` are places in the scores of KPIs, of objectives and from outside, one after the
    other; `groups` tells for each child the place in `rows` to which it counts.
    """

    rows: IntArray
    nodes: tuple[ObjectiveNode, ...]
    children: IntArray
    weights: FloatArray
    groups: IntArray


@dataclass(frozen=True)
class Layout:
    """Scorecards with the same editions laid out in rows, so that all can be computed at once."""

    editions: dict[int, int]  # scorecard id → edition id
    contents: dict[int, EditionContent]  # by scorecard id
    objectives: list[tuple[int, ObjectiveNode]]
    perspectives: list[tuple[int, PerspectiveNode]]
    perspective_of_objective: IntArray
    scorecards: list[int]
    scorecard_of_perspective: IntArray
    pools: list[Pool]  # lowest scorecards first
    outside: list[Key]  # objectives of other scorecards that contribute


def kpi_links(content: EditionContent) -> Iterator[KpiLink]:
    """Every KPI of the scorecard."""
    for perspective in content.perspectives:
        for node in perspective.objectives:
            yield from node.kpis


def layouts(
    periods: Sequence[Period],
    editions: Sequence[dict[int, int]],
    by_edition: dict[int, EditionContent],
    cells: Cells,
    n_assignments: int,
) -> dict[Period, Layout]:
    """A layout for each period; periods in which the same editions are valid share it.

    editions: for each period, by scorecard, the id of the edition; n_assignments: rows of figures.
    """
    made: dict[frozenset[tuple[int, int]], Layout] = {}
    laid_out = {}
    for period, valid in zip(periods, editions, strict=True):
        key = frozenset(valid.items())
        if key not in made:
            made[key] = _layout(valid, by_edition, cells, n_assignments)
        laid_out[period] = made[key]
    return laid_out


def _layout(
    editions: dict[int, int],
    by_edition: dict[int, EditionContent],
    cells: Cells,
    n_assignments: int,
) -> Layout:
    contents = {pk: by_edition[edition] for pk, edition in sorted(editions.items())}
    perspectives = [(pk, node) for pk, c in contents.items() for node in c.perspectives]
    objectives = [(pk, node) for pk, parent in perspectives for node in parent.objectives]
    inside = [(pk, node.code) for pk, node in objectives]
    named = {(c.scorecard, c.objective) for _, node in objectives for c in node.contributions}
    outside = sorted(named.difference(inside))
    place = {pk: row for row, pk in enumerate(contents)}
    sizes = [len(node.objectives) for _, node in perspectives]
    objective_place = {
        key: row for row, key in enumerate((*inside, *outside), start=n_assignments + 1)
    }
    return Layout(
        editions=editions,
        contents=contents,
        objectives=objectives,
        perspectives=perspectives,
        perspective_of_objective=np.repeat(np.arange(len(perspectives)), indices(sizes)),
        scorecards=list(contents),
        scorecard_of_perspective=indices([place[pk] for pk, _ in perspectives]),
        pools=_pools(objectives, _levels(contents), cells, objective_place),
        outside=outside,
    )


def _pools(
    objectives: Sequence[tuple[int, ObjectiveNode]],
    levels: Mapping[int, int],
    cells: Cells,
    objective_place: Mapping[Key, int],
) -> list[Pool]:
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, (pk, _) in enumerate(objectives):
        rows_of[levels[pk]].append(row)
    return [_pool(rows, objectives, cells, objective_place) for _, rows in sorted(rows_of.items())]


def _pool(
    rows: list[int],
    objectives: Sequence[tuple[int, ObjectiveNode]],
    cells: Cells,
    objective_place: Mapping[Key, int],
) -> Pool:
    """What the objectives in these rows are rolled up from: KPIs, then contributions."""
    children: list[int] = []
    weights: list[float] = []
    sizes: list[int] = []
    for pk, node in (objectives[row] for row in rows):
        children += [cells[pk, link.kpi] for link in node.kpis]
        children += [objective_place[c.scorecard, c.objective] for c in node.contributions]
        weights += [link.weight for link in node.kpis]
        weights += [contribution.weight for contribution in node.contributions]
        sizes.append(len(node.kpis) + len(node.contributions))
    return Pool(
        rows=indices(rows),
        nodes=tuple(objectives[row][1] for row in rows),
        children=indices(children),
        weights=floats(weights),
        groups=np.repeat(np.arange(len(rows)), indices(sizes)),
    )


def _levels(contents: dict[int, EditionContent]) -> dict[int, int]:
    """0 for scorecards without contributions from others in the layout, then one above those."""
    beneath = {
        pk: {
            c.scorecard
            for perspective in content.perspectives
            for node in perspective.objectives
            for c in node.contributions
            if c.scorecard in contents
        }
        for pk, content in contents.items()
    }
    levels: dict[int, int] = {}

    def level(pk: int) -> int:
        if pk not in levels:
            levels[pk] = 1 + max((level(lower) for lower in beneath[pk]), default=-1)
        return levels[pk]

    for pk in beneath:
        level(pk)
    return levels
