"""Themes as outlines around their nodes, row by row, and where their names stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .frame import Box
from .ordering import Row
from .routing import ARROW, Point
from .texts import text_width
from .told import ToldTheme

PADDING = 9.0
RADIUS = 12.0
SIZE, HIGH = 10.5, 14.0  # of a name's letters, and of its place


@dataclass(frozen=True)
class Outline:
    """A theme's shape, and the place on its edge where its name stands."""

    code: str
    name: str
    path: str
    label: Box

    @property
    def name_y(self) -> float:
        return round(self.label.y + 10.5, 1)


def outlines(
    themes: Sequence[ToldTheme],
    rows: Sequence[Row],
    nodes: Mapping[str, Box],
    theme_of: Mapping[str, str],
    lines: Sequence[Sequence[Point]] = (),
) -> tuple[Outline, ...]:
    """The outline of every theme that has nodes: in each row around neighbours, never over lanes.

    lines: points along the line of each link from its cause to its arrow, of which a name keeps
    clear where there is room.
    """
    found: list[Outline] = []
    for theme in themes:
        for row in rows:
            for box in _runs(row, nodes, theme_of, theme.code):
                taken = [other.label for other in found]
                label = _label(theme.name, box, lines, taken)
                found.append(Outline(theme.code, theme.name, rounded(_corners(box)), label))
    return tuple(found)


def _label(name: str, edge: Box, lines: Sequence[Sequence[Point]], taken: Sequence[Box]) -> Box:
    """The place on the edge that the fewest lines cross, arrows least of all; rather above."""
    wide = round(text_width(name, SIZE), 1)
    near = _near(edge, wide, lines)

    def hidden(box: Box) -> int:
        crossed = sum(any(box.holds(point) for point in line) for line in near)
        arrows = sum(box.grown(ARROW / 2).holds(line[-1]) for line in near)
        return crossed + 3 * arrows + 10 * sum(map(box.meets, taken))

    return min(_places(edge, wide), key=hidden)


def _near(edge: Box, wide: float, lines: Sequence[Sequence[Point]]) -> list[Sequence[Point]]:
    """The lines that come near a name on the edge; looked for once, since a full map has many."""
    width = max(edge.width, wide + 2 * RADIUS)
    reach = Box(edge.x, edge.y - HIGH / 2, width, edge.height + HIGH).grown(ARROW)
    return [line for line in lines if any(map(reach.holds, line))]


def _places(edge: Box, wide: float) -> Iterator[Box]:
    """Where a name may stand on the edge: from left to right above, then beneath."""
    room = max(edge.width - wide - 2 * RADIUS, 0.0)
    for y in (edge.y, edge.bottom):
        for share in (0.0, 1.0, 0.5, 0.25, 0.75):
            x = edge.x + RADIUS + room * share
            yield Box(round(x, 1), round(y - HIGH / 2, 1), wide, HIGH)


def _runs(row: Row, nodes: Mapping[str, Box], theme_of: Mapping[str, str], theme: str) -> list[Box]:
    """Boxes around neighbours of the theme, lines between them left aside."""
    boxes: list[Box] = []
    is_open = False
    for code in (key for key in row if key in nodes):
        if theme_of.get(code) != theme:
            is_open = False
            continue
        box = nodes[code].grown(PADDING)
        if is_open:
            first = boxes.pop()
            box = Box(first.x, first.y, box.right - first.x, box.height)
        boxes.append(box)
        is_open = True
    return boxes


def _corners(box: Box) -> list[Point]:
    """Clockwise from the top right."""
    return [(box.right, box.y), (box.right, box.bottom), (box.x, box.bottom), (box.x, box.y)]


def rounded(corners: Sequence[Point], radius: float = RADIUS) -> str:
    """A closed path through the corners, each rounded as far as its sides allow.

    >>> rounded([(40, 0), (40, 40), (0, 40), (0, 0)], 10)
    'M30 0Q40 0 40 10L40 30Q40 40 30 40L10 40Q0 40 0 30L0 10Q0 0 10 0Z'
    """
    commands: list[str] = []
    around = [corners[-1], *corners, corners[0]]
    for before, corner, after in zip(around, corners, around[2:], strict=False):
        start = _towards(corner, before, radius)
        end = _towards(corner, after, radius)
        word = "L" if commands else "M"
        commands.append(f"{word}{_text(start)}Q{_text(corner)} {_text(end)}")
    return "".join(commands) + "Z"


def _towards(corner: Point, other: Point, radius: float) -> Point:
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = abs(across) + abs(down)
    share = min(radius, length / 2) / length if length else 0.0
    return (corner[0] + across * share, corner[1] + down * share)


def _text(point: Point) -> str:
    return f"{round(point[0], 1):g} {round(point[1], 1):g}"
