"""P7: scores of KPIs rolled up to scorecards, against adding up the very same numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray, IntArray
from calculations.rollup import roll_up

from .measuring import Contender, Count, Finding, Ratio, Sample, timed_rounds

SEED = 20260107
PERIODS = 24
# KPIs of an objective, objectives of a perspective, perspectives of a scorecard: 32 KPIs.
CHILDREN = (2, 4, 4)
KPIS = 32
MISSING = 0.1
# Loops in plain Python would take minutes: they do this part of the scorecards.
LOOPS_SHARE = 100

Rolled = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Level:
    """Which children count in which parent, and what they weigh."""

    weights: FloatArray
    groups: IntArray
    rules: IntArray
    capped: IntArray


@dataclass(frozen=True)
class Scorecards:
    """Scores and coverages of all KPIs, (scorecards · KPIs, periods), and the levels above."""

    scores: FloatArray
    coverages: FloatArray
    levels: tuple[Level, ...]

    def rolled_up(self) -> Rolled:
        """Scores and coverages of the scorecards, level by level, all periods at once."""
        scores, coverages = self.scores, self.coverages
        for level in self.levels:
            rolled = roll_up(
                scores,
                coverages,
                level.weights,
                level.groups,
                level.rules.size,
                level.rules,
                level.capped,
            )
            scores, coverages = rolled.scores, rolled.coverages
        return scores, coverages

    def first(self, n: int) -> "Scorecards":
        """Only that many scorecards."""
        of_kpis = slice(0, n * KPIS)
        levels, n_children = [], n * KPIS
        for level, size in zip(self.levels, CHILDREN, strict=True):
            children, n_children = n_children, n_children // size
            levels.append(
                Level(
                    level.weights[:children],
                    level.groups[:children],
                    level.rules[:n_children],
                    level.capped[:n_children],
                )
            )
        return Scorecards(self.scores[of_kpis], self.coverages[of_kpis], tuple(levels))


def made_scorecards(n: int) -> Scorecards:
    """Random ones, always the same; a tenth of the scores is missing."""
    random = np.random.default_rng(SEED)
    n_children = n * KPIS
    shape = n_children, PERIODS
    is_missing = random.random(shape) < MISSING
    scores = np.where(is_missing, np.nan, random.uniform(0, 150, shape))
    coverages = np.where(is_missing, 0.0, random.random(shape))
    levels = []
    for size in CHILDREN:
        parents = n_children // size
        levels.append(
            Level(
                random.integers(1, 5, n_children).astype(np.float64),
                np.repeat(np.arange(parents), size),
                np.zeros(parents, dtype=np.int64),
                np.zeros(parents, dtype=np.bool_),
            )
        )
        n_children = parents
    return Scorecards(scores, coverages, tuple(levels))


def roll_up_findings(n: int, rounds: int) -> Iterator[Finding]:
    """All levels and periods; the floor only reads and adds the KPIs' scores and coverages."""
    made = made_scorecards(n)
    few = made.first(max(1, n // LOOPS_SHARE))
    samples = timed_rounds(
        [
            Contender("roll-up", {"run": made.rolled_up}),
            Contender("sum", {"both": _summing(made.scores, made.coverages)}),
            Contender("sum of scores", {"run": _summing(made.scores)}),
            Contender("loops", {"run": lambda: looped(few)}),
        ],
        rounds,
    )
    rolled, both = samples["roll-up", "run"], samples["sum", "both"]
    what = f"roll-up of {n:,} scorecards × {KPIS} KPIs × {PERIODS} periods"
    yield Ratio("P7", what, rolled, both, "numpy.sum, same bytes", 20)
    yield Ratio("", "the same", rolled, samples["sum of scores", "run"], "numpy.sum of scores")
    share = few.scores.size / made.scores.size
    loops = Sample(tuple(seconds / share for seconds in samples["loops", "run"].seconds))
    yield Ratio("", "loops control, the same", loops, both, "numpy.sum, same bytes")
    yield Count(
        "P7",
        "differences of few scorecards alone, rolled up by loops, from the same among all",
        _differences(looped(few), made.rolled_up()),
        goal=0,
        detail=f"({PERIODS * few.levels[-1].rules.size:,} scorecard periods)",
    )


def _summing(*arrays: FloatArray) -> Callable[[], object]:
    return lambda: [array.sum() for array in arrays]


def _differences(few: Rolled, many: Rolled) -> int:
    """Scores and coverages that are not the same to the last bit, as far as both go."""
    return sum(
        int((~((a == b[: len(a)]) | (np.isnan(a) & np.isnan(b[: len(a)])))).sum())
        for a, b in zip(few, many, strict=True)
    )


def looped(made: Scorecards) -> Rolled:
    """The CONTROL: one child after the other, in plain Python; only weighted means."""
    periods = [
        _looped_period(scores.tolist(), coverages.tolist(), made.levels)
        for scores, coverages in zip(made.scores.T, made.coverages.T, strict=True)
    ]
    scores, coverages = zip(*periods, strict=True)
    return np.array(scores).T, np.array(coverages).T


def _looped_period(
    scores: list[float], coverages: list[float], levels: Sequence[Level]
) -> tuple[list[float], list[float]]:
    for level in levels:
        weights, groups = level.weights.tolist(), level.groups.tolist()
        scores = _looped_means(scores, weights, groups, level.rules.size)
        coverages = _looped_means(coverages, weights, groups, level.rules.size)
    return scores, coverages


def _looped_means(
    values: list[float], weights: list[float], groups: list[int], n_groups: int
) -> list[float]:
    totals, counted = [0.0] * n_groups, [0.0] * n_groups
    for value, weight, group in zip(values, weights, groups, strict=True):
        if value == value:  # noqa: PLR0124  # nan is not
            totals[group] += weight * value
            counted[group] += weight
    return [t / c if c else np.nan for t, c in zip(totals, counted, strict=True)]
