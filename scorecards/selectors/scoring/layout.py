"""Laying out scorecards in rows, so that the scores of all can be computed at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from calculations.arrays import FloatArray, IntArray, floats, indices
from calculations.periods import Period
from scorecards.models import (
    Assessment,
    EditionContent,
    KpiLink,
    ObjectiveNode,
    PerspectiveNode,
)

# The id of a scorecard and the code of one of its objectives.
Key = tuple[int, str]
# The id of a scorecard, the kind of one of its nodes, and the node's code: "" at the scorecard.
NodeKey = tuple[int, str, str]
# (scorecard id, KPI id) → row of figures; those assigned nowhere have the row after all others.
Cells = Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Pool:
    """Objectives of one level, with all that their scores are rolled up from.

    `children` are places in the scores of KPI links, of objectives and from outside, one after
    the other; `groups` tells for each child the place in `rows` to which it counts.
    """

    rows: IntArray
    nodes: tuple[ObjectiveNode, ...]
    children: IntArray
    weights: FloatArray
    groups: IntArray


@dataclass(frozen=True)
class Layout:
    """Scorecards with the same editions laid out in rows, so that all can be computed at once.

    `cells` are the rows of figures of the KPI links: two scorecards may link the same one.
    """

    editions: dict[int, int]  # scorecard id → edition id
    contents: dict[int, EditionContent]  # by scorecard id
    links: list[tuple[int, KpiLink]]
    cells: IntArray
    objectives: list[tuple[int, ObjectiveNode]]
    perspectives: list[tuple[int, PerspectiveNode]]
    perspective_of_objective: IntArray
    scorecards: list[int]
    scorecard_of_perspective: IntArray
    pools: list[Pool]  # lowest scorecards first
    outside: list[Key]  # objectives of other scorecards that contribute

    @cached_property
    def rows(self) -> dict[NodeKey, list[int]]:
        """The rows of every node; a KPI has one for each of its scorecard's links to it."""
        kinds: dict[str, Iterable[Key]] = {
            Assessment.Node.KPI: ((pk, link.code) for pk, link in self.links),
            Assessment.Node.OBJECTIVE: ((pk, node.code) for pk, node in self.objectives),
            Assessment.Node.PERSPECTIVE: ((pk, node.code) for pk, node in self.perspectives),
            Assessment.Node.SCORECARD: ((pk, "") for pk in self.scorecards),
        }
        rows: dict[NodeKey, list[int]] = defaultdict(list)
        for kind, keys in kinds.items():
            for row, (pk, code) in enumerate(keys):
                rows[pk, kind, code].append(row)
        return dict(rows)


def kpi_links(content: EditionContent) -> Iterator[KpiLink]:
    """Every KPI of the scorecard."""
    for perspective in content.perspectives:
        for node in perspective.objectives:
            yield from node.kpis


def codes_of(content: EditionContent) -> dict[str, set[str]]:
    """The codes of a structure's nodes, by kind."""
    objectives = [node for perspective in content.perspectives for node in perspective.objectives]
    return {
        Assessment.Node.SCORECARD: {""},
        Assessment.Node.PERSPECTIVE: {perspective.code for perspective in content.perspectives},
        Assessment.Node.OBJECTIVE: {node.code for node in objectives},
        Assessment.Node.KPI: {link.code for link in kpi_links(content)},
    }


def layouts(
    periods: Sequence[Period],
    editions: Sequence[dict[int, int]],
    by_edition: dict[int, EditionContent],
    cells: Cells,
) -> dict[Period, Layout]:
    """A layout for each period; periods in which the same editions are valid share it.

    editions: for each period, by scorecard, the id of the edition.
    """
    made: dict[frozenset[tuple[int, int]], Layout] = {}
    laid_out = {}
    for period, valid in zip(periods, editions, strict=True):
        key = frozenset(valid.items())
        if key not in made:
            made[key] = _layout(valid, by_edition, cells)
        laid_out[period] = made[key]
    return laid_out


def _layout(
    editions: dict[int, int], by_edition: dict[int, EditionContent], cells: Cells
) -> Layout:
    contents = {pk: by_edition[edition] for pk, edition in sorted(editions.items())}
    perspectives = [(pk, node) for pk, c in contents.items() for node in c.perspectives]
    objectives = [(pk, node) for pk, parent in perspectives for node in parent.objectives]
    links = [(pk, link) for pk, node in objectives for link in node.kpis]
    inside = [(pk, node.code) for pk, node in objectives]
    named = {(c.scorecard, c.objective) for _, node in objectives for c in node.contributions}
    outside = sorted(named.difference(inside))
    place = {pk: row for row, pk in enumerate(contents)}
    sizes = [len(node.objectives) for _, node in perspectives]
    objective_place = {key: row for row, key in enumerate((*inside, *outside), start=len(links))}
    return Layout(
        editions=editions,
        contents=contents,
        links=links,
        cells=indices([cells[pk, link.kpi] for pk, link in links]),
        objectives=objectives,
        perspectives=perspectives,
        perspective_of_objective=np.repeat(np.arange(len(perspectives)), indices(sizes)),
        scorecards=list(contents),
        scorecard_of_perspective=indices([place[pk] for pk, _ in perspectives]),
        pools=_pools(objectives, _levels(contents), objective_place),
        outside=outside,
    )


def _pools(
    objectives: Sequence[tuple[int, ObjectiveNode]],
    levels: Mapping[int, int],
    objective_place: Mapping[Key, int],
) -> list[Pool]:
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, (pk, _) in enumerate(objectives):
        rows_of[levels[pk]].append(row)
    # Links stand in the order of their objectives.
    first_links = [0, *accumulate(len(node.kpis) for _, node in objectives)]
    return [
        _pool(rows, objectives, first_links, objective_place) for _, rows in sorted(rows_of.items())
    ]


def _pool(
    rows: list[int],
    objectives: Sequence[tuple[int, ObjectiveNode]],
    first_links: Sequence[int],
    objective_place: Mapping[Key, int],
) -> Pool:
    """What the objectives in these rows are rolled up from: KPIs, then contributions."""
    children: list[int] = []
    weights: list[float] = []
    sizes: list[int] = []
    for row in rows:
        node = objectives[row][1]
        children += range(first_links[row], first_links[row + 1])
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
