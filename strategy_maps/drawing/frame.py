"""How large everything is: the sheet, its lanes and rows, and the nodes in them."""

from dataclasses import dataclass
from functools import cached_property

from .ordering import Row
from .spacing import GAP, Room
from .texts import wrapped
from .told import ToldMap, ToldNode

FULL, NARROW = 1280.0, 860.0  # the sheet; where no lane has more than two nodes, a narrow one
NAMES = 120.0  # the column of the lanes' names
EDGE = 12.0
LANE_GAP = 10.0
TITLE_SIZE, LINE = 12.5, 16.0
FOOT = 21.0  # the line of figures beneath a node's name
ROOM_ABOVE, ROOM_BENEATH = 40.0, 34.0
BETWEEN_ROWS = 62.0
PADDING = 13.0  # beside the text of a node
MOST_LINES = 3
TWO, FEW, MANY = 2, 5, 6  # nodes beside each other: in a narrow sheet, wide, and narrow ones


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def meets(self, other: "Box") -> bool:
        """Whether they cover some of the same."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether the point lies in it."""
        return self.x < point[0] < self.right and self.y < point[1] < self.bottom

    def grown(self, by: float) -> "Box":
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True)
class Frame:
    """The sheet of one map. rows: the place of each row's lane, from top to bottom."""

    told: ToldMap
    rows: tuple[tuple[int, Row], ...]
    most: int

    @property
    def width(self) -> float:
        return NARROW if self.most == TWO else FULL

    @cached_property
    def room(self) -> Room:
        """The row that nodes stand in."""
        width = self.width - NAMES - 2 * EDGE
        most = max(self.most, 3)
        return Room(width, (width - (most - 1) * GAP) / most)

    @cached_property
    def left(self) -> float:
        return NAMES + EDGE

    @cached_property
    def lines(self) -> dict[str, tuple[str, ...]]:
        """The lines of each node's name."""
        return {node.code: self.node_lines(node) for node in self.told.nodes}

    def node_lines(self, node: ToldNode) -> tuple[str, ...]:
        return wrapped(node.name, TITLE_SIZE, self.room.node - 2 * PADDING, MOST_LINES)

    @cached_property
    def node_height(self) -> float:
        """That of the tallest node, so that all are alike."""
        most = max((len(lines) for lines in self.lines.values()), default=1)
        return 2 * 7 + max(most, 2) * LINE + FOOT - 3

    @cached_property
    def lanes(self) -> tuple[Box, ...]:
        """Each lane's band, over the whole width."""
        boxes, y = [], 0.0
        for index in range(len(self.told.lanes)):
            count = sum(lane == index for lane, _ in self.rows)
            inside = count * self.node_height + (count - 1) * BETWEEN_ROWS
            boxes.append(Box(0, y, self.width, ROOM_ABOVE + inside + ROOM_BENEATH))
            y = boxes[-1].bottom + LANE_GAP
        return tuple(boxes)

    @cached_property
    def tops(self) -> tuple[float, ...]:
        """Of each row, where its nodes begin."""
        tops = []
        for index, (lane, _) in enumerate(self.rows):
            before = sum(other == lane for other, _ in self.rows[:index])
            step = self.node_height + BETWEEN_ROWS
            tops.append(self.lanes[lane].y + ROOM_ABOVE + before * step)
        return tuple(tops)

    @property
    def height(self) -> float:
        return self.lanes[-1].bottom if self.lanes else 0.0
