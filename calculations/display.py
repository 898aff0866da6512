"""Numbers as people read them: rounded, but never to where their status would look different."""

import math
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from calculations.arrays import TOLERANCE
from calculations.polylines import RED_FLAG_SCORE, TARGET_SCORE

NOTHING = "–"
"""What stands where there is no number: an en dash, never a zero."""

# Enough digits for any double with all its decimals, so that quantizing cannot fail.
_CONTEXT = Context(prec=700)


def rounded_within(
    value: float, decimals: int, boundaries: Iterable[float], *, sign: int = 1
) -> float:
    """The value rounded, except that one short of a boundary stays short of it.

    sign: 1 where values below a boundary fall short of it, -1 where values above it do. Halves
    round away from zero. nan stays nan.

    >>> rounded_within(99.96, 1, [50, 100]), rounded_within(100.04, 1, [50, 100])
    (99.9, 100.0)
    >>> rounded_within(3.04, 1, [3], sign=-1)
    3.1
    """
    return float(_rounded(value, decimals, boundaries, sign)) if math.isfinite(value) else value


def display_score(score: float | None) -> str:
    """A score with one decimal, never rounded across 50 or 100.

    >>> [display_score(score) for score in (49.96, 99.96, 100.04, None)]
    ['49.9', '99.9', '100.0', '–']
    """
    return display_number(score, 1, RED_FLAG_SCORE, TARGET_SCORE)


def display_number(value: float | None, decimals: int, *boundaries: float, sign: int = 1) -> str:
    """A number with its decimals, not shown on a boundary that it misses, such as its target.

    sign: 1 where higher is better, -1 where lower is.

    >>> display_number(99.96, 1, 100), display_number(99.96, 1)
    ('99.9', '100.0')
    >>> display_number(-0.04, 1)
    '0.0'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return format(_rounded(value, decimals, boundaries, sign), "f")


def _rounded(value: float, decimals: int, boundaries: Iterable[float], sign: int) -> Decimal:
    nearest = _quantized(value, decimals, ROUND_HALF_UP)
    missed = [boundary for boundary in boundaries if _misses(value, boundary, sign)]
    if not any(sign * nearest >= sign * _exact(boundary) for boundary in missed):
        return nearest
    return _quantized(value, decimals, ROUND_FLOOR if sign > 0 else ROUND_CEILING)


def _misses(value: float, boundary: float, sign: int) -> bool:
    """Not `reaches`, because a page has thousands of single numbers; false for a nan boundary."""
    return sign * value < sign * boundary - TOLERANCE * max(1.0, abs(boundary))


def _exact(value: float) -> Decimal:
    """The shortest decimal number that reads back as the value: 2.675 is meant as 2.675."""
    return Decimal(repr(float(value)))


def _quantized(value: float, decimals: int, rounding: str) -> Decimal:
    rounded = _exact(value).quantize(Decimal(1).scaleb(-decimals), rounding, _CONTEXT)
    return abs(rounded) if rounded.is_zero() else rounded
