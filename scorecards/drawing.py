"""Geometry of the small pictures on pages: sparklines, bullets, polylines and shares of a score.

Pure: plain numbers in, frozen rows of coordinates out, in pixels of the picture's own box with y
downwards. Every picture reads in the direction of its value axis: small values on the left, also
where lower is better; there the good band simply lies on the left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scorecards.selectors.shapes import Polyline, Score, Trend
from scorecards.selectors.traces.shapes import TraceNode

RED_FLAG, TARGET, STRETCH = 50.0, 100.0, 150.0
CRITICAL, BELOW_TARGET, ON_TARGET = "critical", "below_target", "on_target"

# How far beyond its polyline a value may lie before it is pinned to the edge, in lengths of it:
# a wild value must not squeeze the bands to nothing.
REACH = 0.25
# Room for the last dot of a sparkline, in pixels.
MARGIN = 3.5


@dataclass(frozen=True)
class Scale:
    """A linear scale from values to pixels; a range of no width maps to its middle."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value, pinned to the ends of the scale."""
        if self.high <= self.low:
            return round((self.start + self.end) / 2, 1)
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Dot:
    """A point of a picture."""

    x: float
    y: float


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


@dataclass(frozen=True)
class Band:
    """A stretch of a bar with one status."""

    x: float
    width: float
    status: str
    label: str = ""


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


@dataclass(frozen=True)
class Tick:
    """A named place on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class PolylinePicture:
    """The score of every value, with the value at hand on it."""

    width: int
    height: int
    bands: tuple[Band, ...]
    line: str
    levels: tuple[Tick, ...]  # scores on the left axis
    ticks: tuple[Tick, ...]  # values along the bottom
    left: float
    right: float
    top: float
    bottom: float
    depth: float  # from top to bottom
    point: Dot | None
    status: str
    label: str


@dataclass(frozen=True)
class Shares:
    """What each child adds to a score: pieces side by side on the axis of scores."""

    width: int
    height: int
    pieces: tuple[Band, ...]
    marks: tuple[float, ...]  # at 50 and 100
    label: str


# --- Sparklines


def sparkline(trend: Trend, *, width: int = 96, height: int = 22) -> Sparkline:
    """The trend's values as a line and its targets as a dotted one; None = a gap, not a zero.

    Both share one scale from the lowest to the highest of them. A constant series runs through the
    middle; a point without neighbours is a dot.
    """
    known = [v for v in (*trend.values, *trend.targets) if v is not None] or [0.0]
    across = Scale(0, max(len(trend.values) - 1, 0), MARGIN, width - MARGIN)
    up = Scale(min(known), max(known), height - MARGIN, MARGIN)
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
    return "".join(_run_path(run) for run in _runs(points) if len(run) > 1)


def _run_path(run: Sequence[Dot]) -> str:
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


# --- Bullets


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
    axis = _value_scale(polyline, actual, 0, width)
    return Bullet(
        width=width,
        height=height,
        bands=tuple(_bands(polyline.points, axis)),
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


def _value_scale(polyline: Polyline, actual: float | None, start: float, end: float) -> Scale:
    """From the first corner to the last, stretched a little where the value lies beyond."""
    low, high = polyline.points[0][0], polyline.points[-1][0]
    if high <= low:
        # A target alone is a single jump: show as much on both sides of it.
        distance = 0.0 if actual is None else abs(actual - low)
        half = max(abs(low) * REACH, distance * 1.2) or 1.0
        return Scale(low - half, high + half, start, end)
    slack = (high - low) * REACH
    if actual is not None:
        low, high = max(min(low, actual), low - slack), min(max(high, actual), high + slack)
    return Scale(low, high, start, end)


def _overflow(axis: Scale, value: float | None) -> str:
    if value is None or axis.low <= value <= axis.high:
        return ""
    return "low" if value < axis.low else "high"


def _bands(points: Sequence[tuple[float, float]], axis: Scale) -> Iterator[Band]:
    """Stretches of the axis in which the score stays within one status, from left to right."""
    edges = sorted({axis.low, axis.high, *_crossings(points)} | {x for x, _ in points})
    inside = [edge for edge in edges if axis.low <= edge <= axis.high]
    start, status = axis.low, ""
    for left, right in pairwise(inside):
        here = _status(_score_at(points, (left + right) / 2))
        if here != status and status:
            yield _band(axis, start, left, status)
            start = left
        status = here
    yield _band(axis, start, axis.high, status)


def _band(axis: Scale, low: float, high: float, status: str) -> Band:
    return Band(axis.at(low), round(axis.at(high) - axis.at(low), 1), status)


def _crossings(points: Sequence[tuple[float, float]]) -> Iterator[float]:
    """The values at which the polyline passes through 50 or 100."""
    for (x_0, y_0), (x_1, y_1) in pairwise(points):
        for level in (RED_FLAG, TARGET):
            if min(y_0, y_1) <= level <= max(y_0, y_1) and y_0 != y_1:
                yield x_0 + (level - y_0) / (y_1 - y_0) * (x_1 - x_0)


def _score_at(points: Sequence[tuple[float, float]], value: float) -> float:
    """The polyline's score of a value strictly between two corners, or beyond the ends."""
    if value <= points[0][0]:
        return points[0][1]
    for (x_0, y_0), (x_1, y_1) in pairwise(points):
        if x_0 <= value < x_1:
            return y_0 + (value - x_0) / (x_1 - x_0) * (y_1 - y_0)
    return points[-1][1]


def _status(score: float) -> str:
    if score < RED_FLAG:
        return CRITICAL
    return BELOW_TARGET if score < TARGET else ON_TARGET


# --- The polyline itself


def polyline_picture(
    polyline: Polyline,
    actual: float | None,
    score: Score,
    *,
    label: str = "",
    width: int = 300,
    height: int = 128,
) -> PolylinePicture | None:
    """Values along the bottom, scores upwards; None where there is no target to draw."""
    if not polyline.points:
        return None
    left, right, top, bottom = 28.0, width - 10.0, 8.0, height - 20.0
    across = _value_scale(polyline, actual, left, right)
    up = Scale(0, STRETCH, bottom, top)
    corners = (
        (across.low, polyline.points[0][1]),
        *polyline.points,
        (across.high, polyline.points[-1][1]),
    )
    has_point = actual is not None and score.value is not None
    return PolylinePicture(
        width=width,
        height=height,
        bands=tuple(_bands(polyline.points, across)),
        line=_run_path([Dot(across.at(x), up.at(y)) for x, y in dict.fromkeys(corners)]),
        levels=tuple(Tick(up.at(y), f"{y:g}") for y in (0, RED_FLAG, TARGET, STRETCH)),
        ticks=tuple(_value_ticks(polyline.points, across, width)),
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        depth=bottom - top,
        point=Dot(across.at(actual or 0), up.at(score.value or 0)) if has_point else None,
        status=score.status,
        label=label,
    )


def _value_ticks(
    points: Sequence[tuple[float, float]], across: Scale, width: int
) -> Iterator[Tick]:
    """The crossings first, then the corners, as far as their words do not run into each other."""
    taken: list[tuple[float, float]] = []
    for value in dict.fromkeys((*_crossings(points), *(x for x, _ in points))):
        text = short_number(value)
        half = 3.6 * len(text) + 3
        place = min(max(across.at(value), half), width - half)
        if all(place + half <= low or place - half >= high for low, high in taken):
            taken.append((place - half, place + half))
            yield Tick(round(place, 1), text)


def short_number(value: float) -> str:
    """A number for an axis: four digits at most, with k, M or G for the large ones.

    >>> [short_number(value) for value in (0, -2.5, 0.125, 94.0, 12_500, 3_200_000)]
    ['0', '−2.5', '0.125', '94', '12.5k', '3.2M']
    """
    size = abs(value)
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= factor:
            divisor = 1e3 if letter == "k" else factor
            return f"{value / divisor:.4g}{letter}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


# --- Shares of a score


def shares(node: TraceNode, *, width: int = 420, height: int = 18) -> Shares:
    """What each child adds to the node's score: its effective share times its score.

    The pieces end at the score itself, so that the gap to the mark at 100 is what is missing.
    Children that were left out add nothing and have no piece. Where a success is capped at 100,
    so is its piece.
    """
    axis = Scale(0, STRETCH, 0, width)
    pieces, reached = [], 0.0
    for child in node.children:
        part = _added(child, is_capped=node.is_capped)
        if part > 0:
            pieces.append(_piece(axis, reached, reached + part, child))
            reached += part
    return Shares(
        width=width,
        height=height,
        pieces=tuple(pieces),
        marks=(axis.at(RED_FLAG), axis.at(TARGET)),
        label=f"{node.name}: score {node.score.text}, made of {len(pieces)} parts",
    )


def _added(child: TraceNode, *, is_capped: bool) -> float:
    if child.score.value is None or not child.effective_share:
        return 0.0
    score = min(child.score.value, TARGET) if is_capped else child.score.value
    return child.effective_share * score


def _piece(axis: Scale, low: float, high: float, child: TraceNode) -> Band:
    # A hair of paper between neighbours keeps them apart where they share a colour.
    length = max(axis.at(high) - axis.at(low) - 1.5, 0.5)
    name = child.name or "not visible to you"
    return Band(axis.at(low), round(length, 1), child.score.status, f"{name}: {child.score.text}")
