"""Turning computed scores into what sheets say: the columns, and the detail beneath."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calculations.arrays import FloatArray, IntArray
from calculations.periods import Period

from .layout import Layout

# In the order of statuses.
COUNTED = ("critical", "below_target", "on_target", "no_data", "insufficient_data")


@dataclass(frozen=True)
class ComputedSheet:
    """What a sheet should say; `fields` are the values of its columns."""

    scorecard_id: int
    period: Period
    fields: dict[str, Any]


@dataclass(frozen=True)
class ScoredColumn:
    """Scores, coverages, statuses (n,) and counts beneath (n, 5) of one kind of node in a period.

    `computed` holds the scores that assessments replace, by row.
    """

    scores: FloatArray
    coverages: FloatArray
    statuses: IntArray
    counts: IntArray
    computed: dict[int, float]


@dataclass
class Scored:
    """Scores, coverages, statuses (n, n_periods), counts beneath (n, n_periods, 5) of a kind.

    KPIs have no counts. `computed` holds the scores that assessments replace, by row and column.
    """

    scores: FloatArray
    coverages: FloatArray
    statuses: IntArray
    counts: IntArray = field(default_factory=lambda: np.zeros((0, 0, 5), dtype=np.int64))
    computed: dict[tuple[int, int], float] = field(default_factory=dict)

    def at(self, column: int) -> ScoredColumn:
        """Of one period."""
        return ScoredColumn(
            self.scores[:, column],
            self.coverages[:, column],
            self.statuses[:, column],
            self.counts[:, column] if self.counts.size else self.counts,
            {row: was for (row, place), was in self.computed.items() if place == column},
        )


@dataclass(frozen=True)
class Column:
    """One period's figures of the KPI links."""

    period: Period
    values: FloatArray
    turns_on: list[dt.date | None]


def sheets_of(
    layout: Layout,
    column: Column,
    kpis: ScoredColumn,
    objectives: ScoredColumn,
    perspectives: ScoredColumn,
    scorecards: ScoredColumn,
) -> list[ComputedSheet]:
    """What the sheets of a period say."""
    details = _details(layout, column, kpis, objectives, perspectives, scorecards)
    turning = _turning_days(layout, column)
    rows = zip(
        layout.scorecards,
        _plain(scorecards.scores),
        _plain(scorecards.coverages),
        scorecards.statuses.tolist(),
        scorecards.counts.tolist(),
        strict=True,
    )
    return [
        ComputedSheet(
            scorecard_id=pk,
            period=column.period,
            fields={
                "edition_id": layout.editions[pk],
                "score": score,
                "coverage": coverage,
                "status": status,
                **dict(zip(COUNTED, counts, strict=True)),
                "detail": details[pk],
                "turns_stale_on": turning.get(pk),
            },
        )
        for pk, score, coverage, status, counts in rows
    ]


def _details(
    layout: Layout,
    column: Column,
    kpis: ScoredColumn,
    objectives: ScoredColumn,
    perspectives: ScoredColumn,
    scorecards: ScoredColumn,
) -> dict[int, dict[str, dict[str, Any]]]:
    """By scorecard, what stands beneath its score; the assessed nodes say what they replace."""
    details: dict[int, dict[str, dict[str, Any]]] = {
        pk: {"perspectives": {}, "objectives": {}, "kpis": {}} for pk in layout.scorecards
    }
    for (pk, perspective), node in zip(layout.perspectives, _nodes(perspectives), strict=True):
        details[pk]["perspectives"][perspective.code] = node
    for (pk, objective), node in zip(layout.objectives, _nodes(objectives), strict=True):
        details[pk]["objectives"][objective.code] = node
    for (pk, link), node in zip(layout.links, _kpis(kpis, column), strict=True):
        details[pk]["kpis"][link.code] = node
    for row, computed in kpis.computed.items():
        pk, link = layout.links[row]
        details[pk]["kpis"][link.code] |= _assessed(computed)
    for row, computed in objectives.computed.items():
        pk, objective = layout.objectives[row]
        details[pk]["objectives"][objective.code] |= _assessed(computed)
    for row, computed in perspectives.computed.items():
        pk, perspective = layout.perspectives[row]
        details[pk]["perspectives"][perspective.code] |= _assessed(computed)
    for row, computed in scorecards.computed.items():
        details[layout.scorecards[row]]["scorecard"] = _assessed(computed)
    return details


def _assessed(computed: float) -> dict[str, Any]:
    return {"assessed": True, "computed": None if np.isnan(computed) else float(computed)}


def _nodes(scored: ScoredColumn) -> Iterator[dict[str, Any]]:
    columns = _plain(scored.scores), _plain(scored.coverages)
    for score, coverage, status, counts in zip(
        *columns, scored.statuses.tolist(), scored.counts.tolist(), strict=True
    ):
        yield {"score": score, "coverage": coverage, "status": status, "counts": counts}


def _kpis(scored: ScoredColumn, column: Column) -> Iterator[dict[str, Any]]:
    columns = _plain(scored.scores), _plain(scored.coverages)
    for score, coverage, status, value in zip(
        *columns, scored.statuses.tolist(), _plain(column.values), strict=True
    ):
        yield {"score": score, "coverage": coverage, "status": status, "value": value}


def _turning_days(layout: Layout, column: Column) -> dict[int, dt.date]:
    """By scorecard, the first day on which a missing value of it becomes due."""
    days: dict[int, dt.date] = {}
    for (pk, _), day in zip(layout.links, column.turns_on, strict=True):
        if day is not None:
            days[pk] = min(day, days.get(pk, day))
    return days


def _plain(numbers: FloatArray) -> list[float | None]:
    """For columns and JSON: missing is null there."""
    return [None if number != number else number for number in numbers.tolist()]  # noqa: PLR0124
