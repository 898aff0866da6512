"""Themes as outlines around their nodes: one rounded shape over the rows, where that can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .frame import Box
from .ordering import Row
from .routing import Point
from .told import ToldTheme

PADDING = 9.0
RADIUS = 12.0


@dataclass(frozen=True)
class Outline:
    """A theme's shape, and where its name stands."""

    code: str
    name: str
    path: str
    label: Point


def outlines(
    themes: Sequence[ToldTheme],
    rows: Sequence[Row],
    nodes: Mapping[str, Box],
    theme_of: Mapping[str, str],
) -> tuple[Outline, ...]:
    """The outline of every theme that has nodes.

    In each row it goes around neighbours of one theme; from row to row it joins the widest of
    them. What stands apart has an outline of its own, under the same name.
    """
    found = []
    for theme in themes:
        runs = [_runs(row, nodes, theme_of, theme.code) for row in rows]
        joined = [max(boxes, key=lambda box: box.width) if boxes else None for boxes in runs]
        shapes = _joined(joined)
        shapes += [[box] for boxes in runs for box in boxes if box not in joined]
        found += [_outline(theme, shape) for shape in shapes]
    return tuple(found)


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


def _joined(boxes: Sequence[Box | None]) -> list[list[Box]]:
    """Boxes of rows that follow each other and lie above each other, together."""
    shapes: list[list[Box]] = []
    for before, box in pairwise([None, *boxes]):
        if box is None:
            continue
        if before is not None and before.x < box.right - 60 and box.x < before.right - 60:
            shapes[-1].append(box)
        else:
            shapes.append([box])
    return shapes


def _outline(theme: ToldTheme, shape: Sequence[Box]) -> Outline:
    top = shape[0]
    label = (round(top.x + RADIUS, 1), round(top.y - 5, 1))
    return Outline(theme.code, theme.name, rounded(_corners(shape)), label)


def _corners(shape: Sequence[Box]) -> list[Point]:
    """Around the boxes, clockwise from the top left; half-way between two they change width."""
    first, last = shape[0], shape[-1]
    right: list[Point] = [(first.right, first.y)]
    left: list[Point] = [(first.x, first.y)]
    for upper, lower in pairwise(shape):
        half = (upper.bottom + lower.y) / 2
        for side, before, after in ((right, upper.right, lower.right), (left, upper.x, lower.x)):
            if abs(before - after) > 0.5:
                side += [(before, half), (after, half)]
    right.append((last.right, last.bottom))
    left.append((last.x, last.bottom))
    return [*right, *reversed(left)]


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
