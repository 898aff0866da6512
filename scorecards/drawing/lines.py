"""A trend as a line, and the lines of other pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scorecards.selectors.shapes import Trend

from .scales import Dot, Scale

# Room for the last dot of a sparkline, in pixels.
MARGIN = 3.5


@dataclass(frozen=True)
class Sparkline:
    """A trend as one line, broken where there is a gap."""

    width: int
    height: int
    line: str  # the path's commands; "" where there is nothing to connect
    target: str
    lone: tuple[Dot, ...]  # points with a gap on both sides
    last: Dot | None  # of the last period; None where that is missing
    status: str
    label: str


def sparkline(
    trend: Trend, *, width: int = 96, height: int = 22, ends: tuple[float, float] | None = None
) -> Sparkline:
    """The trend's values as a line and its targets as a dotted one; None = a gap, not a zero.

    Both share one scale from the lowest to the highest of them, or between the given ends, which
    several trends may share. A constant series runs through the middle; a point without
    neighbours is a dot.
    """
    known = [v for v in (*trend.values, *trend.targets) if v is not None] or [0.0]
    across = Scale(0, max(len(trend.values) - 1, 0), MARGIN, width - MARGIN)
    low, high = ends or (min(known), max(known))
    up = Scale(low, high, height - MARGIN, MARGIN)
    points = _dots(trend.values, across, up)
    last = points[-1] if points else None
    return Sparkline(
        width=width,
        height=height,
        line=_path(points),
        target=_path(_dots(trend.targets, across, up)),
        lone=tuple(run[0] for run in _runs(points) if len(run) == 1),
        last=last,
        status=trend.status if last else "no_data",
        label=trend.label,
    )


def _dots(values: Iterable[float | None], across: Scale, up: Scale) -> list[Dot | None]:
    return [
        None if value is None else Dot(across.at(index), up.at(value))
        for index, value in enumerate(values)
    ]


def _path(points: Iterable[Dot | None]) -> str:
    """Path commands that connect neighbours and jump over gaps.

    >>> _path([Dot(0, 1), Dot(2, 3), None, Dot(6, 5)])
    'M0 1L2 3'
    """
    return "".join(run_path(run) for run in _runs(points) if len(run) > 1)


def run_path(run: Sequence[Dot]) -> str:
    return "M" + "L".join(f"{dot.x:g} {dot.y:g}" for dot in _corners(run))


def _corners(run: Sequence[Dot]) -> Iterator[Dot]:
    """The points without those on a level stretch between two others: they would draw nothing."""
    for before, dot, after in zip([None, *run], run, [*run[1:], None], strict=False):
        if not (before and after and before.y == dot.y == after.y):
            yield dot


def _runs(points: Iterable[Dot | None]) -> Iterator[list[Dot]]:
    """The points between gaps."""
    run: list[Dot] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
