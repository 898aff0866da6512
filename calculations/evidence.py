"""Whether the figures bear out that one thing brings about another, some periods later.

The association of two series at each lag that somebody expects, and how often as strong a one
arises by chance at any of these lags: blocks of the cause's innovations are put into other orders,
and the strongest association over all lags is compared (P. Westfall and S. Young, 1993).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, IntArray, floats
from calculations.innovations import Innovations, joint_innovations

FEWEST = 24  # periods at a lag with which it is judged at all
FEWEST_CHANGES = 18  # of which from one period to the next both changes are known
SIGNIFICANT = 0.05
PERMUTATIONS = 1999


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    CONTRADICTED = "contradicted"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class LagFigure:
    """The association at a lag, -1 to 1, None where there is too little data; n: periods."""

    lag: int
    association: float | None
    n: int


@dataclass(frozen=True, slots=True)
class LaggedEvidence:
    """lag, association, n: of the lag at which the two go together most clearly.

    p_value: how often chance brings as clear a pattern at any of the lags. All but n are None
    where no lag could be judged.
    """

    verdict: Verdict
    profile: tuple[LagFigure, ...]
    lag: int | None
    association: float | None
    p_value: float | None
    n: int


def lagged_evidence(
    cause: ArrayLike,
    effect: ArrayLike,
    lags: Iterable[int],
    *,
    is_inverse: bool = False,
    season: int = 1,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> LaggedEvidence:
    """What two aligned series of n periods say; nan = missing, left out pairwise.

    lags: in periods, those at which the effect is expected. is_inverse: more of the cause lowers
    the effect. season: periods in a year. seed: the same seed gives the same answer.

    Where a pattern is found, its sign says whether it confirms or contradicts; where none is found
    and some of the lags could not be judged, there is too little data to tell.

    >>> rises = [0, 3, 1, 2, 5, 4, 4, 9, 6, 8, 7, 3, 2, 6, 1, 0, 2, 5, 9, 8, 6, 7, 3, 1, 4, 2, 6, 5]
    >>> found = lagged_evidence(rises, [1, 2, *rises[:-2]], range(4))
    >>> found.verdict.value, found.lag, found.n, found.association > 0.9, found.p_value < 0.01
    ('confirmed', 2, 26, True, True)
    >>> lagged_evidence(rises[:20], rises[:20], [0]).verdict.value
    'too_little'
    """
    levels = floats(cause), floats(effect)
    tried = sorted(set(lags))
    counts = {lag: _pairs(~np.isnan(levels[0]), ~np.isnan(levels[1]), lag) for lag in tried}
    if max(counts.values(), default=0) < FEWEST:
        return _too_little(counts)
    both = joint_innovations(*levels, season)
    judged = [lag for lag in tried if counts[lag] >= FEWEST and _is_dense(both, lag)]
    if not judged or not all(np.any(each.freed(each.values).round(6)) for each in both):
        return _too_little(counts)
    orders = _orders(int(both[0].is_known.sum()), permutations, seed)
    return _told(_associations(both, judged, orders), judged, counts, is_inverse)


def _told(
    found: FloatArray, judged: list[int], counts: dict[int, int], is_inverse: bool
) -> LaggedEvidence:
    """found: (1 + permutations, judged lags) associations; counts: periods of all lags tried."""
    at, p_value = _clearest(found, np.sqrt([counts[lag] for lag in judged]))
    told = dict(zip(judged, found[0].tolist(), strict=True))
    association = told[judged[at]]
    return LaggedEvidence(
        verdict=_verdict(p_value, association, is_inverse, len(judged) == len(counts)),
        profile=tuple(LagFigure(lag, told.get(lag), n) for lag, n in counts.items()),
        lag=judged[at],
        association=association,
        p_value=p_value,
        n=counts[judged[at]],
    )


def _too_little(counts: dict[int, int]) -> LaggedEvidence:
    profile = tuple(LagFigure(lag, None, count) for lag, count in counts.items())
    most = max(counts.values(), default=0)
    return LaggedEvidence(Verdict.TOO_LITTLE, profile, None, None, None, most)


def _verdict(p_value: float, association: float, is_inverse: bool, is_whole: bool) -> Verdict:
    if p_value > SIGNIFICANT:
        return Verdict.NOT_CONFIRMED if is_whole else Verdict.TOO_LITTLE
    return Verdict.CONFIRMED if (association < 0) == is_inverse else Verdict.CONTRADICTED


def _pairs(cause: BoolArray, effect: BoolArray, lag: int) -> int:
    """In how many periods both are known, the effect that many later."""
    return int((cause[: max(cause.size - lag, 0)] & effect[lag:]).sum())


def _is_dense(both: tuple[Innovations, Innovations], lag: int) -> bool:
    return _pairs(both[0].is_known, both[1].is_known, lag) >= FEWEST_CHANGES


def _associations(
    both: tuple[Innovations, Innovations], lags: Iterable[int], orders: IntArray
) -> FloatArray:
    """(1 + permutations, lags): as it was, then with the cause in other orders."""
    cause, effect = both
    known = np.flatnonzero(cause.is_known)
    rows = np.zeros((len(orders) + 1, cause.values.size))
    rows[:, known] = cause.values[known][np.vstack([np.arange(known.size), orders])]
    rows = cause.freed(rows)
    row = effect.freed(effect.values)
    squares = rows * rows
    return np.column_stack([_association(rows, squares, row, cause, effect, lag) for lag in lags])


def _association(
    rows: FloatArray,
    squares: FloatArray,
    row: FloatArray,
    cause: Innovations,
    effect: Innovations,
    lag: int,
) -> FloatArray:
    """(1 + permutations,) correlations about 0 of the pairs at a lag."""
    end = row.size - lag
    own = squares[:, :end] @ effect.is_known[lag:].astype(float)
    other = float((row[lag:] ** 2) @ cause.is_known[:end])
    size = np.sqrt(own * other)
    shared = rows[:, :end] @ row[lag:]
    found: FloatArray = np.divide(shared, size, out=np.zeros_like(shared), where=size > 1e-9)
    return np.clip(found, -1, 1)


def _clearest(found: FloatArray, weights: FloatArray) -> tuple[int, float]:
    """Which lag speaks most clearly, and how often chance brings as clear a one at any lag."""
    strength = np.abs(found) * weights
    own, others = strength[0], strength[1:].max(axis=1)
    at = int(own.argmax())
    as_clear = int((others >= own[at] - 1e-9).sum())
    return at, (1 + as_clear) / (1 + len(others))


@lru_cache(maxsize=4)
def _orders(count: int, permutations: int, seed: int) -> IntArray:
    """(permutations, count): places in other orders, neighbours kept in blocks of n^(1/3).

    Each begins the circle of places somewhere else, so that blocks are not always the same.
    """
    random = np.random.default_rng(seed)
    length = max(round(count ** (1 / 3)), 1)
    places = np.arange(count)
    turned = (places + random.integers(0, count, (permutations, 1))) % count
    keys = random.random((permutations, -(-count // length)))[:, places // length]
    return np.take_along_axis(turned, np.argsort(keys, axis=1, kind="stable"), axis=1)
