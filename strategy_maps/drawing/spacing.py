"""Where nodes stand within their row: near what they are linked to, and never on one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .ordering import Layers, Row, Rows

ROUNDS = 10
GAP = 22.0  # between two nodes
BEND_GAP = 11.0  # around a line that passes between nodes
BY_HAND = 1e5  # what was placed by hand gives way only where there is no other room
FOLLOWING = 0.6  # how much a node follows its links rather than an even spread


@dataclass(frozen=True)
class Room:
    """What a row has: its width, and that of a node."""

    width: float
    node: float

    def wide(self, key: str, bends: frozenset[str]) -> float:
        return 0.0 if key in bends else self.node

    def centre(self, share: float) -> float:
        """The middle of a node that was placed at that share."""
        return self.node / 2 + share * (self.width - self.node)

    def share(self, centre: float) -> float:
        free = self.width - self.node
        return min(max((centre - self.node / 2) / free, 0.0), 1.0) if free > 0 else 0.0


def spaced(rows: Rows, layers: Layers, room: Room) -> dict[str, float]:
    """The middle of each key, from the left edge of the rows.

    What was placed by hand stands there, unless two of them would cover each other: then both
    give way equally.
    """
    rows = tuple(_with_room(row, layers, room) for row in rows)
    even = {key: x for row in rows for key, x in _even(row, layers, room).items()}
    linked: dict[str, list[str]] = {key: [] for row in rows for key in row}
    for above, beneath in (*layers.links, *layers.mates):
        linked[above].append(beneath)
        linked[beneath].append(above)
    where = dict(even)
    for turn in range(ROUNDS):
        for row in rows if turn % 2 == 0 else rows[::-1]:
            wanted = {key: _wanted(key, where, even, linked[key], layers) for key in row}
            where |= _apart(row, wanted, layers, room)
    return where


def _even(row: Row, layers: Layers, room: Room) -> dict[str, float]:
    """The nodes spread evenly, lines between them; what is placed by hand where it is."""
    nodes = [key for key in row if key not in layers.bends]
    slot = room.width / max(len(nodes), 1)
    seen, wanted = 0, {}
    for key in row:
        if key in layers.bends:
            wanted[key] = min(max(seen * slot, BEND_GAP), room.width - BEND_GAP)
            continue
        wanted[key] = (seen + 0.5) * slot
        if key in layers.fixed:
            wanted[key] = room.centre(layers.fixed[key])
        seen += 1
    return _apart(row, wanted, layers, room)


def _wanted(
    key: str,
    where: Mapping[str, float],
    even: Mapping[str, float],
    linked: Sequence[str],
    layers: Layers,
) -> float:
    if key in layers.fixed or not linked:
        return even[key]
    middle = sum(where[other] for other in linked) / len(linked)
    if key in layers.bends:
        return middle
    return FOLLOWING * middle + (1 - FOLLOWING) * even[key]


# --- Keeping apart


def _apart(row: Row, wanted: Mapping[str, float], layers: Layers, room: Room) -> dict[str, float]:
    """As near to what is wanted as their widths allow, in the order of the row.

    Lines pass behind the nodes of a row that has no room for them.
    """
    needed = _steps(row, layers.bends, room)
    if _reach(row, needed, layers.bends, room) <= room.width:
        return _least_moved(row, wanted, needed, layers, room)
    nodes = tuple(key for key in row if key not in layers.bends)
    found = _least_moved(nodes, wanted, _steps(nodes, layers.bends, room), layers, room)
    return {key: found.get(key, wanted[key]) for key in row}


def _steps(row: Row, bends: frozenset[str], room: Room) -> list[float]:
    """From the middle of each key to that of the next, at least."""
    steps = []
    for left, right in pairwise(row):
        halves = (room.wide(left, bends) + room.wide(right, bends)) / 2
        steps.append(halves + (GAP if not bends & {left, right} else BEND_GAP))
    return steps


def _reach(row: Row, steps: Sequence[float], bends: frozenset[str], room: Room) -> float:
    ends = (room.wide(row[0], bends) + room.wide(row[-1], bends)) / 2 if row else 0.0
    return sum(steps) + ends


def _least_moved(
    row: Row,
    wanted: Mapping[str, float],
    steps: Sequence[float],
    layers: Layers,
    room: Room,
) -> dict[str, float]:
    """The least squares of what they move, with at least those steps between them.

    Without the steps that is a monotone regression: neighbours that would change places are
    pooled at their weighted mean.
    """
    if not row:
        return {}
    offsets = [0.0]
    for step in steps:
        offsets.append(offsets[-1] + step)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for key, offset in zip(row, offsets, strict=True):
        mean, weight, count = wanted[key] - offset, _weight(key, layers), 1
        while pools and pools[-1][0] > mean:
            other, heavier, more = pools.pop()
            mean = (mean * weight + other * heavier) / (weight + heavier)
            weight, count = weight + heavier, count + more
        pools.append((mean, weight, count))
    low = room.wide(row[0], layers.bends) / 2
    high = room.width - room.wide(row[-1], layers.bends) / 2 - offsets[-1]
    means = [min(max(mean, low), high) for mean, _, count in pools for _ in range(count)]
    return {key: mean + at for key, mean, at in zip(row, means, offsets, strict=True)}


def _weight(key: str, layers: Layers) -> float:
    if key in layers.fixed:
        return BY_HAND
    return 2.0 if key in layers.bends else 1.0


def _with_room(row: Row, layers: Layers, room: Room) -> Row:
    """The row with the nodes that fit not between two placed by hand moved to where they do."""
    by_hand = [key for key in row if key in layers.fixed]
    if not by_hand:
        return row
    edges = [
        -GAP - room.node / 2,
        *(room.centre(layers.fixed[key]) for key in by_hand),
        room.width + GAP + room.node / 2,
    ]
    stretches = _stretches(row, layers.fixed)
    holds = [
        max(int((right - left) // (room.node + GAP) - 1), 0) for left, right in pairwise(edges)
    ]
    for index, hold in enumerate(holds):
        while _nodes(stretches[index], layers.bends) > hold:
            free = [at for at, n in enumerate(holds) if _nodes(stretches[at], layers.bends) < n]
            if not free:
                break
            _pass_on(stretches, index, min(free, key=lambda at: abs(at - index)), layers.bends)
    found = list(stretches[0])
    for key, stretch in zip(by_hand, stretches[1:], strict=True):
        found += [key, *stretch]
    return tuple(found)


def _stretches(row: Row, fixed: Mapping[str, float]) -> list[list[str]]:
    """What stands before, between and after what was placed by hand."""
    stretches: list[list[str]] = [[]]
    for key in row:
        if key in fixed:
            stretches.append([])
        else:
            stretches[-1].append(key)
    return stretches


def _nodes(stretch: Sequence[str], bends: frozenset[str]) -> int:
    return sum(key not in bends for key in stretch)


def _pass_on(stretches: list[list[str]], source: int, target: int, bends: frozenset[str]) -> None:
    """Move the node that is nearest to the target's stretch over to it."""
    nodes = [key for key in stretches[source] if key not in bends]
    if target > source:
        stretches[source].remove(nodes[-1])
        stretches[target].insert(0, nodes[-1])
    else:
        stretches[source].remove(nodes[0])
        stretches[target].append(nodes[0])
