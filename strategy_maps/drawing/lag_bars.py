"""Associations as bars about a middle line: one beneath the other, they are the lag profile."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LagBar:
    """A bar from the middle to the association, whose axis goes from -1 to 1."""

    width: int
    height: int
    middle: float
    x: float
    length: float
    sign: str  # which way it points


def lag_bar(association: float, *, width: int = 160, height: int = 12) -> LagBar:
    """The bar of one lag.

    >>> lag_bar(-0.5).x, lag_bar(-0.5).length, lag_bar(1).x, lag_bar(0).length
    (40.0, 40.0, 80.0, 0.5)
    """
    middle = width / 2
    length = max(round(abs(association) * middle, 1), 0.5)
    is_negative = association < 0
    x = middle - length if is_negative else middle
    return LagBar(width, height, middle, x, length, "negative" if is_negative else "positive")
