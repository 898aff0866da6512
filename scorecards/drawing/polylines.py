"""The score of every value, drawn as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scorecards.selectors.shapes import Polyline, Score, ScoredValue

from .bands import bands_of, crossings, value_scale
from .lines import run_path
from .scales import RED_FLAG, STRETCH, TARGET, Band, Dot, Scale


@dataclass(frozen=True)
class Tick:
    """A named place on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """An earlier value on the line, with what to say of it."""

    x: float
    y: float
    status: str
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
    marks: tuple[Mark, ...] = ()
    benchmark: Tick | None = None


def polyline_picture(
    polyline: Polyline,
    actual: float | None,
    score: Score,
    *,
    label: str = "",
    width: int = 300,
    height: int = 128,
    scored: Sequence[ScoredValue] = (),
    benchmark: float | None = None,
) -> PolylinePicture | None:
    """Values along the bottom, scores upwards; None where there is no target to draw.

    scored: earlier values, drawn on the line; benchmark: a value of others, drawn across it.
    """
    if not polyline.points:
        return None
    left, right, top, bottom = 28.0, width - 10.0, 8.0, height - 20.0
    shown = [each.value for each in scored] + ([] if benchmark is None else [benchmark])
    across = _wide_enough(polyline, [actual, *shown], left, right)
    up = Scale(0, STRETCH, bottom, top)
    has_point = actual is not None and score.value is not None
    return PolylinePicture(
        width=width,
        height=height,
        bands=tuple(bands_of(polyline.points, across)),
        line=run_path(_corners(polyline, across, up)),
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
        marks=tuple(_mark(each, across, up) for each in scored),
        benchmark=None if benchmark is None else Tick(across.at(benchmark), "benchmark"),
    )


def _mark(of: ScoredValue, across: Scale, up: Scale) -> Mark:
    return Mark(across.at(of.value), up.at(of.score), of.status, of.text)


def _corners(polyline: Polyline, across: Scale, up: Scale) -> list[Dot]:
    """Those of the line, and where it leaves the picture on either side."""
    corners = (
        (across.low, polyline.points[0][1]),
        *polyline.points,
        (across.high, polyline.points[-1][1]),
    )
    return [Dot(across.at(x), up.at(y)) for x, y in dict.fromkeys(corners)]


def _wide_enough(
    polyline: Polyline, values: Sequence[float | None], left: float, right: float
) -> Scale:
    """The axis on which all of the values have their place, as far as that is sensible."""
    known = [value for value in values if value is not None]
    ends = (min(known), max(known)) if known else (None,)
    scales = [value_scale(polyline, end, left, right) for end in ends]
    return Scale(min(one.low for one in scales), max(one.high for one in scales), left, right)


def _value_ticks(
    points: Sequence[tuple[float, float]], across: Scale, width: int
) -> Iterator[Tick]:
    """The crossings first, then the corners, as far as their words do not run into each other."""
    taken: list[tuple[float, float]] = []
    for value in dict.fromkeys((*crossings(points), *(x for x, _ in points))):
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
