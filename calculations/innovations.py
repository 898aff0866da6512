"""What is new in each period of two series: their changes, freed of what goes on by itself.

Two series that both grow, swing with the seasons or wander look related without being so (G. Yule,
1926; C. Granger and P. Newbold, 1974). Hence changes instead of levels; then out goes how they
bend, how they swing with the year, how their spread grows; then what the cause's own past foretells
(G. Box and G. Jenkins: prewhitening, the same filter for both, so that the lag stays where it is).
Missing values are left out, never zero.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from calculations.arrays import BoolArray, FloatArray, floats

MOST_ORDERS = 6
FARTHEST = 4.0  # standard deviations, told by the median distance, that a change goes at most
BENDS_FROM = 36  # known changes from which a curve is taken out of them, not only a line
SEASON_RATIO = 2.0  # how much more than chance the places in the year must tell


@dataclass(frozen=True, slots=True)
class Innovations:
    """(m,) ranks of what is new from each period to the next, about 0; 0 where it is missing.

    basis: (m, q) orthonormal columns that were taken out: line or curve, and seasons.
    """

    values: FloatArray
    is_known: BoolArray
    basis: FloatArray

    def freed(self, rows: FloatArray) -> FloatArray:
        """The rows (..., m) without what the basis tells of them."""
        return freed(rows, self.basis)


def joint_innovations(
    cause: ArrayLike, effect: ArrayLike, season: int = 1
) -> tuple[Innovations, Innovations]:
    """Of two aligned series of n levels each, nan = missing; m = n - 1.

    season: periods in a year, 1 where the year has only one. What swings with the year in either
    series is taken out of both; the filter is that of the cause's own past.

    >>> cause, effect = joint_innovations([0, 1, 3, 4, 8, 8, 9], [5, 6, 4, 3, 9, 9, 5])
    >>> bool(abs(cause.values.sum()) < 1e-9), int(cause.is_known.sum())
    (True, 6)
    """
    levels = floats(cause), floats(effect)
    changes = [_tamed(np.diff(each)) for each in levels]
    length = season if any(_has_season(each, season) for each in (*levels, *changes)) else 1
    (cause_changes, cause_basis), (effect_changes, effect_basis) = (
        _steady(each, length) for each in changes
    )
    past = _autoregression(cause_changes, int((~np.isnan(changes[0])).sum()))
    return (
        _ranked(_filtered(cause_changes, past), ~np.isnan(changes[0]), cause_basis),
        _ranked(_filtered(effect_changes, past), ~np.isnan(changes[1]), effect_basis),
    )


def freed(rows: FloatArray, basis: FloatArray) -> FloatArray:
    """Rows (..., m) without what orthonormal columns (m, q) tell of them; missing places hold 0."""
    found: FloatArray = rows - (rows @ basis) @ basis.T
    return found


def _tamed(changes: FloatArray) -> FloatArray:
    """The changes with leaps cut, so that one of them does not bend the line through all.

    >>> float(_tamed(np.array([1.0, -1, 2, -2, 1, 900]))[-1].round(1))
    9.9
    """
    known = changes[~np.isnan(changes)]
    middle = float(np.median(known)) if known.size else 0.0
    spread = 1.4826 * float(np.median(np.abs(known - middle))) if known.size else 0.0
    if spread == 0:
        return changes
    found: FloatArray = np.clip(changes, middle - FARTHEST * spread, middle + FARTHEST * spread)
    return found


def _has_season(values: FloatArray, season: int) -> bool:
    """Whether places in the year tell twice as much of the series as chance would (F ratio)."""
    is_known = ~np.isnan(values)
    if season == 1 or is_known.sum() < 2 * season:
        return False
    plain, seasonal = _basis(is_known.tobytes(), 1), _basis(is_known.tobytes(), season)
    row = np.where(is_known, values, 0.0)
    without, within = (float((freed(row, each) ** 2).sum()) for each in (plain, seasonal))
    more, left = seasonal.shape[1] - plain.shape[1], is_known.sum() - seasonal.shape[1]
    if within <= 1e-12 * without:
        return without > 0
    return bool((without - within) / more > SEASON_RATIO * within / left)


def _steady(changes: FloatArray, season: int) -> tuple[FloatArray, FloatArray]:
    """The changes about their curve and season, of one spread throughout; 0 where missing."""
    is_known = ~np.isnan(changes)
    basis = _basis(is_known.tobytes(), season)
    row = freed(np.where(is_known, changes, 0.0), basis)
    return freed(row / _spread(row, is_known), basis), basis


def _spread(row: FloatArray, is_known: BoolArray) -> FloatArray:
    """How large changes are at each place: a line through the logarithms of their sizes."""
    sizes = np.abs(row[is_known])
    spread = np.ones(row.size)
    typical = float(np.median(sizes)) if sizes.size else 0.0
    if typical > 0:
        basis = _basis(is_known.tobytes(), 1)[:, :2]
        logarithms = np.zeros(row.size)
        logarithms[is_known] = np.log(np.maximum(sizes / typical, 0.1))
        spread = np.exp(logarithms - freed(logarithms, basis))
    return spread


@lru_cache(maxsize=64)
def _basis(known: bytes, season: int) -> FloatArray:
    """Orthonormal columns of a line or curve through the known places, and of the seasons."""
    is_known = np.frombuffer(known, dtype=bool)
    places = np.arange(is_known.size)
    degree = 2 if is_known.sum() >= BENDS_FROM else 1
    across = np.linspace(-1, 1, is_known.size)
    columns = [across**power for power in range(degree + 1)]
    if season > 1:
        columns += [(places % season == each).astype(float) for each in range(season)]
    found: list[FloatArray] = []
    for column in columns:  # in this order, so that the first two are the line's
        rest = np.where(is_known, column, 0.0)
        for _ in range(2):  # twice is enough (W. Kahan, B. Parlett)
            for other in found:
                rest = rest - (rest @ other) * other
        norm = float(np.sqrt(rest @ rest))
        if norm > 1e-6:
            found.append(rest / norm)
    return np.array(found).reshape(-1, is_known.size).T


def _autoregression(row: FloatArray, count: int) -> FloatArray:
    """How the row follows from its past: the order that Akaike's criterion (AICc) prefers.

    By the recursion of Levinson and Durbin.
    """
    most = min(MOST_ORDERS, count // 4)
    shared = [float(row[: row.size - lag] @ row[lag:]) for lag in range(most + 1)]
    left = shared[0]
    if left <= 0:
        return np.zeros(0)
    found = best = np.zeros(0)
    lowest = count * np.log(left)
    for order in range(1, most + 1):
        last = (shared[order] - float(found @ shared[order - 1 : 0 : -1])) / left
        found = np.append(found - last * found[::-1], last)
        left *= 1 - last * last
        if left <= 1e-12 * shared[0]:
            break
        costs = 2 * order + 2 * order * (order + 1) / max(count - order - 1, 1)
        if (criterion := count * np.log(left) + costs) < lowest:
            lowest, best = criterion, found
    return best


def _filtered(row: FloatArray, past: FloatArray) -> FloatArray:
    """Without what its past foretells; a missing past foretells nothing."""
    found = row.copy()
    for lag, weight in enumerate(past.tolist(), start=1):
        found[lag:] -= weight * row[:-lag]
    return found


def _ranked(row: FloatArray, is_known: BoolArray, basis: FloatArray) -> Innovations:
    """By ranks, so that one leap does not outweigh the rest; equals share theirs."""
    values = np.zeros(row.size)
    if is_known.any():
        _, places, counts = np.unique(
            row[is_known].round(9), return_inverse=True, return_counts=True
        )
        ranks = np.cumsum(counts) - (counts - 1) / 2
        values[is_known] = ranks[places] - (is_known.sum() + 1) / 2
    return Innovations(values, is_known, basis)
