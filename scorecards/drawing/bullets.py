"""A value against its target, over its bands."""

from dataclasses import dataclass

from scorecards.selectors.shapes import Polyline

from .bands import bands_of, value_scale
from .scales import STRETCH, TARGET, Band, Scale


@dataclass(frozen=True)
class Bullet:
    """A value against its target, over the bands in which it would be red, amber or green.

    overflow: "low" or "high" where the value lies so far outside that it is pinned to the edge.
    """

    width: int
    height: int
    bands: tuple[Band, ...]
    bar: float | None  # length from the left edge; None where there is no value
    target: float | None
    overflow: str
    label: str


def bullet(
    polyline: Polyline,
    actual: float | None,
    target: float | None,
    *,
    label: str = "",
    width: int = 112,
    height: int = 12,
) -> Bullet:
    """A KPI's value on the axis of its values, from the least to the greatest of its polyline.

    The bands change where the polyline crosses 50 and 100. Without a polyline (no target) there is
    nothing to compare with: no bands, no bar.
    """
    if not polyline.points:
        return Bullet(width, height, (), None, None, "", label)
    axis = value_scale(polyline, actual, 0, width)
    return Bullet(
        width=width,
        height=height,
        bands=tuple(bands_of(polyline.points, axis)),
        bar=None if actual is None else axis.at(actual),
        target=None if target is None else _mark(axis, target),
        overflow=_overflow(axis, actual),
        label=label,
    )


def score_bullet(
    value: float | None, *, label: str = "", width: int = 112, height: int = 12
) -> Bullet:
    """A rolled-up score on the axis of scores, 0 to 150, with its target mark at 100."""
    return bullet(
        Polyline(((0.0, 0.0), (STRETCH, STRETCH))),
        value,
        TARGET,
        label=label,
        width=width,
        height=height,
    )


def _mark(axis: Scale, value: float) -> float:
    """The left side of a mark two pixels wide, whole also at the ends of the axis."""
    return min(max(axis.at(value) - 1, axis.start), axis.end - 2)


def _overflow(axis: Scale, value: float | None) -> str:
    if value is None or axis.low <= value <= axis.high:
        return ""
    return "low" if value < axis.low else "high"
