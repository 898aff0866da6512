"""The lines of links: smooth curves that enter and leave nodes at their top and bottom edges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .frame import Box
from .layering import chain_of
from .ordering import Row
from .told import ToldLink

ARROW = 8.0
TOUCH = 1.5  # between an arrow and its node
PORT = 24.0  # between two links at one edge of a node
CORNER = 18.0  # of a node's edge that stays free at both ends
ARC, ARC_MOST, ARC_MORE = 24.0, 40.0, 0.03  # how high an arc rises, and how much more by its length
DRAWN = 24  # into so many parts a curve is taken apart to see what it crosses

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Route:
    """The curves of a link's line, from its cause to its effect; tip: where its arrow ends."""

    link: ToldLink
    curves: tuple[Curve, ...]
    tip: Point
    is_falling: bool  # its arrow points downwards

    @property
    def path(self) -> str:
        """The line as commands; between two curves it runs upright."""
        commands = ["M{:g} {:g}".format(*self.curves[0][0])]
        for start, first, second, end in self.curves:
            commands.append(f"L{start[0]:g} {start[1]:g}" if len(commands) > 1 else "")
            numbers = (*first, *second, *end)
            commands.append("C{:g} {:g} {:g} {:g} {:g} {:g}".format(*numbers))
        return "".join(commands)

    @property
    def arrow(self) -> str:
        x, y = self.tip
        rise = -ARROW if self.is_falling else ARROW
        return f"M{x:g} {y:g}l-4.5 {rise:g}h9z"

    def drawn(self) -> Iterator[Point]:
        """Points all along its line, the last of them the tip of its arrow."""
        for curve in self.curves:
            for step in range(DRAWN + 1):
                yield point_at(curve, step / DRAWN)
        yield self.tip

    def points(self) -> Iterator[Point]:
        """Places for a label: the middle of the longest curve first, then around it."""
        longest = max(self.curves, key=lambda curve: abs(curve[3][0] - curve[0][0]))
        for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78):
            yield point_at(longest, share)


def point_at(curve: Curve, share: float) -> Point:
    """The point of a cubic Bézier curve at a share of its parameter.

    >>> point_at(((0, 0), (0, 4), (8, 4), (8, 8)), 0.5)
    (4.0, 4.0)
    """
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x, y = (
        sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1)
    )
    return (x, y)


@dataclass(frozen=True)
class Sheet:
    """Where everything stands. bends: by key, where a link passes through a row."""

    rows: tuple[Row, ...]
    nodes: Mapping[str, Box]
    bends: Mapping[str, float]
    tops: tuple[float, ...]
    height: float  # of a row

    @property
    def level(self) -> dict[str, int]:
        return {key: index for index, row in enumerate(self.rows) for key in row}

    def middle(self, key: str) -> float:
        return self.nodes[key].middle if key in self.nodes else self.bends[key]


def routes(sheet: Sheet, links: Sequence[ToldLink]) -> tuple[Route, ...]:
    """The line of every link."""
    level = sheet.level
    ways = [_way(link, level) for link in links]
    ports = _ports(sheet, links, ways)
    return tuple(
        _route(sheet, link, way, ports[index, 0], ports[index, 1])
        for index, (link, way) in enumerate(zip(links, ways, strict=True))
    )


Way = list[tuple[int, str]]


def _way(link: ToldLink, level: Mapping[str, int]) -> Way:
    """The rows and keys from the cause to the effect."""
    chain = chain_of(link, level)
    if not chain:
        return [(level[link.cause], link.cause), (level[link.effect], link.effect)]
    return chain if chain[0][1] == link.cause else chain[::-1]


def _is_falling(way: Way) -> bool:
    """Whether its arrow points down: to a lower row, or as an arc above its own."""
    return way[-1][0] >= way[0][0]


def _ports(
    sheet: Sheet, links: Sequence[ToldLink], ways: Sequence[Way]
) -> dict[tuple[int, int], float]:
    """Where each end of each link meets its node: side by side in the order of their other ends."""
    edges: dict[tuple[str, bool], list[tuple[float, int, int]]] = {}
    for index, (link, way) in enumerate(zip(links, ways, strict=True)):
        starts_above = way[0][0] >= way[-1][0]
        ends_above = _is_falling(way)
        next_, last = way[1][1], way[-2][1]
        edges.setdefault((link.cause, starts_above), []).append((sheet.middle(next_), index, 0))
        edges.setdefault((link.effect, ends_above), []).append((sheet.middle(last), index, 1))
    found = {}
    for (code, _), ends in edges.items():
        box = sheet.nodes[code]
        step = min(PORT, (box.width - 2 * CORNER) / max(len(ends) - 1, 1))
        for place, (_, index, end) in enumerate(sorted(ends)):
            found[index, end] = box.middle + (place - (len(ends) - 1) / 2) * step
    return found


def _route(sheet: Sheet, link: ToldLink, way: Way, start: float, end: float) -> Route:
    falling = _is_falling(way)
    box, target = sheet.nodes[link.cause], sheet.nodes[link.effect]
    tip = (end, target.y - TOUCH if falling else target.bottom + TOUCH)
    base = (end, tip[1] - ARROW if falling else tip[1] + ARROW)
    if way[0][0] == way[-1][0]:
        rise = min(ARC + ARC_MORE * abs(end - start), ARC_MOST)
        first = (start, box.y)
        top = box.y - rise
        return Route(link, ((first, (start, top), (end, top), base),), _whole(tip), falling)
    at: Point = (start, box.bottom if falling else box.y)
    curves = []
    for row, key in way[1:-1]:
        top, bottom = sheet.tops[row], sheet.tops[row] + sheet.height
        x = sheet.bends[key]
        entry, leave = ((x, top), (x, bottom)) if falling else ((x, bottom), (x, top))
        curves.append(_curve(at, entry))
        at = leave
    curves.append(_curve(at, base))
    return Route(link, tuple(curves), _whole(tip), falling)


def _curve(start: Point, end: Point) -> Curve:
    """From one to the other, upright at both."""
    middle = (start[1] + end[1]) / 2
    return (_whole(start), _whole((start[0], middle)), _whole((end[0], middle)), _whole(end))


def _whole(point: Point) -> Point:
    return (round(point[0], 1), round(point[1], 1))
