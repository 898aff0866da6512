"""The whole picture: lanes, outlines of themes, lines of links, and nodes, ready to be written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .frame import (
    FEW,
    FULL,
    MANY,
    NAMES,
    PADDING,
    TITLE_SIZE,
    TWO,
    Box,
    Frame,
)
from .frame import LINE as LINE_HEIGHT
from .layering import layers_of, rows_of
from .ordering import ordered
from .outlining import Outline, outlines
from .routing import Point, Route, Sheet, routes
from .spacing import spaced
from .texts import text_width, wrapped
from .told import ToldLane, ToldLink, ToldMap, ToldNode

SMALL = 10.5
TITLE, LEGEND, MARGIN = 30.0, 26.0, 18.0  # above, beneath and around the picture, in files
BADGE = 13.0  # the width of a mark on a line


@dataclass(frozen=True)
class Line:
    """A line of text."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Lane:
    """A perspective's band with its name."""

    lane: ToldLane
    box: Box
    lines: tuple[Line, ...]
    is_even: bool


@dataclass(frozen=True)
class Node:
    """An objective's card; share: where its middle stands, as a share of the lane."""

    node: ToldNode
    box: Box
    lines: tuple[Line, ...]
    foot: float  # the line of figures
    share: float

    @property
    def text_x(self) -> float:
        return self.box.x + PADDING

    @property
    def middle(self) -> float:
        return round(self.box.middle, 1)

    @property
    def score_x(self) -> float:
        """Where the score ends."""
        return round(self.box.right - PADDING, 1)

    @property
    def shape_x(self) -> float:
        """Where the shape of the status stands: left of the score."""
        return round(self.score_x - text_width(self.node.score, 12) - 14, 1)

    @property
    def shape_y(self) -> float:
        return self.foot - 9.5

    @property
    def side_y(self) -> float:
        return self.box.y + 9

    @property
    def side_height(self) -> float:
        return self.box.height - 18


@dataclass(frozen=True)
class Mark:
    """What is said of a link on its line: whether it lowers, contradicts, and after how long."""

    box: Box
    signs: tuple[tuple[str, float], ...]
    lag: Line | None


@dataclass(frozen=True)
class Link:
    """A link's line with what is said on it."""

    link: ToldLink
    path: str
    arrow: str
    mark: Mark | None


@dataclass(frozen=True)
class Picture:
    """Everything in its place, in the units of its sheet."""

    told: ToldMap
    width: float
    height: float
    lanes: tuple[Lane, ...]
    outlines: tuple[Outline, ...]
    links: tuple[Link, ...]
    nodes: tuple[Node, ...]
    left: float  # where the middles of nodes may stand, from there
    span: float  # over that width

    @property
    def is_narrow(self) -> bool:
        return self.width < FULL

    @property
    def file_box(self) -> Box:
        """What a file shows: the picture, its title above, its legend beneath, and a margin."""
        high = TITLE + self.height + LEGEND
        return Box(-MARGIN, -TITLE - MARGIN, self.width + 2 * MARGIN, high + 2 * MARGIN)


def picture(told: ToldMap) -> Picture:
    """The map as it is drawn: the same map is always drawn the same way."""
    counts = [sum(node.lane == lane.code for node in told.nodes) for lane in told.lanes]
    most = next((n for n in (TWO, FEW) if max(counts, default=0) <= n), MANY)
    frame = Frame(told, rows_of(told, most), most)
    sheet = _sheet(frame)
    themes = {node.code: node.theme for node in told.nodes if node.theme}
    ways = routes(sheet, told.links)
    lines = [tuple(way.drawn()) for way in ways]
    shapes = outlines(told.themes, sheet.rows, sheet.nodes, themes, lines)
    return Picture(
        told=told,
        width=frame.width,
        height=frame.height,
        lanes=tuple(_lanes(frame)),
        outlines=shapes,
        links=_links(ways, sheet, shapes),
        nodes=tuple(_nodes(frame, sheet)),
        left=frame.left + frame.room.node / 2,
        span=frame.room.width - frame.room.node,
    )


def _sheet(frame: Frame) -> Sheet:
    layers = layers_of(frame.told, [row for _, row in frame.rows])
    rows = ordered(layers)
    where = spaced(rows, layers, frame.room)
    wide = frame.room.node
    nodes, bends = {}, {}
    for top, row in zip(frame.tops, rows, strict=True):
        for key in row:
            middle = frame.left + where[key]
            if key in layers.bends:
                bends[key] = round(middle, 1)
            else:
                nodes[key] = Box(round(middle - wide / 2, 1), top, wide, frame.node_height)
    return Sheet(rows, nodes, bends, frame.tops, frame.node_height)


def _lanes(frame: Frame) -> Iterator[Lane]:
    for index, (lane, box) in enumerate(zip(frame.told.lanes, frame.lanes, strict=True)):
        texts = wrapped(lane.name, 12, NAMES - 20, 4)
        lines = tuple(
            Line(text, 14, box.y + 24 + place * LINE_HEIGHT) for place, text in enumerate(texts)
        )
        yield Lane(lane, box, lines, index % 2 == 0)


def _nodes(frame: Frame, sheet: Sheet) -> Iterator[Node]:
    """By rows from the top, and from left to right, which is the order of the tab key."""
    by_code = {node.code: node for node in frame.told.nodes}
    for row in sheet.rows:
        for code in row:
            if code not in sheet.nodes:
                continue
            box = sheet.nodes[code]
            lines = tuple(
                Line(text, box.x + PADDING, box.y + 8 + TITLE_SIZE + place * LINE_HEIGHT)
                for place, text in enumerate(frame.lines[code])
            )
            share = frame.room.share(box.middle - frame.left)
            yield Node(by_code[code], box, lines, box.bottom - 10, round(share, 4))


# --- What is said of a link on its line


def _links(ways: Sequence[Route], sheet: Sheet, shapes: Sequence[Outline]) -> tuple[Link, ...]:
    """Marks keep clear of nodes, of themes' names and of each other, where there is room."""
    taken = [box.grown(2) for box in sheet.nodes.values()]
    taken += [shape.label for shape in shapes]
    found = []
    for way in ways:
        mark = _mark(way, taken)
        if mark:
            taken.append(mark.box)
        found.append(Link(way.link, way.path, way.arrow, mark))
    return tuple(found)


def _mark(way: Route, taken: Sequence[Box]) -> Mark | None:
    link = way.link
    signs = ("−" if link.is_inverse else "") + ("×" if link.verdict == "contradicted" else "")
    wide = len(signs) * BADGE + text_width(link.lag, SMALL - 1) + 4
    if not signs and not link.lag:
        return None
    places = [_around(point, wide) for point in way.points()]
    box = next((box for box in places if not any(map(box.meets, taken))), places[0])
    middle = box.y + box.height / 2
    placed = tuple(
        (sign, round(box.x + 2 + (place + 0.5) * BADGE, 1)) for place, sign in enumerate(signs)
    )
    after = box.x + 3 + len(signs) * BADGE
    lag = Line(link.lag, round(after, 1), round(middle + 3.5, 1)) if link.lag else None
    return Mark(box, placed, lag)


def _around(point: Point, width: float) -> Box:
    return Box(round(point[0] - width / 2, 1), round(point[1] - 7, 1), round(width, 1), 14)
