"""Turning computed scores into what sheets say: the columns, and the detail beneath."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calculations.arrays import FloatArray, IntArray
from calculations.periods import Period

from .layout import Layout


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
    details = _details(layout, column, kpis, objectives, perspectives, scorecards)
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
    for row, (pk, perspective) in enumerate(layout.perspectives):
        details[pk]["perspectives"][perspective.code] = _node(perspectives, row)
    for row, (pk, objective) in enumerate(layout.objectives):
        details[pk]["objectives"][objective.code] = _node(objectives, row)
    for row, (pk, link) in enumerate(layout.links):
        details[pk]["kpis"][link.code] = _kpi(column, kpis, row)
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
    return {"assessed": True, "computed": _plain(computed)}


def _node(scored: ScoredColumn, row: int) -> dict[str, Any]:
    return {
        "score": _plain(scored.scores[row]),
        "coverage": _plain(scored.coverages[row]),
        "status": int(scored.statuses[row]),
        "counts": scored.counts[row].tolist(),
    }


def _kpi(column: Column, kpis: ScoredColumn, row: int) -> dict[str, Any]:
    return {
        "score": _plain(kpis.scores[row]),
        "coverage": _plain(kpis.coverages[row]),
        "status": int(kpis.statuses[row]),
        "value": _plain(column.values[row]),
    }


def _turning_days(layout: Layout, column: Column) -> dict[int, dt.date]:
    """By scorecard, the first day on which a missing value of it becomes due."""
    days: dict[int, dt.date] = {}
    for (pk, _), day in zip(layout.links, column.turns_on, strict=True):
        if day is not None:
            days[pk] = min(day, days.get(pk, day))
    return days


def _plain(number: float) -> float | None:
    """For columns and JSON: missing is null there."""
    return None if np.isnan(number) else float(number)
