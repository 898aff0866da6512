"""Where nodes stand within their row: near what they are linked to, and never on one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from .ordering import Layers, Row, Rows

ROUNDS = 10
GAP = 22.0  # between two nodes
BEND_GAP = 16.0  # around a line that passes between nodes
OUTSIDE = 10.0  # how far beside its row a line may pass
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

    In a row that is full lines crowd in the gaps between nodes.
    """
    needed = _steps(row, layers.bends, room)
    offsets = [0.0, *accumulate(needed)]
    low, high = _bounds(row, offsets, layers.bends, room) if row else (0.0, 0.0)
    if low <= high:
        return _least_moved(row, wanted, offsets, layers, room)
    nodes = tuple(key for key in row if key not in layers.bends)
    offsets = [0.0, *accumulate(_steps(nodes, layers.bends, room))]
    found = _least_moved(nodes, wanted, offsets, layers, room)
    return found | _between(row, found, layers.bends, room)


def _between(
    row: Row, nodes: Mapping[str, float], bends: frozenset[str], room: Room
) -> dict[str, float]:
    """Each run of lines, side by side in the gap between its neighbours or beside the last one."""
    found: dict[str, float] = {}
    left = -GAP / 2
    for is_bend, keys in groupby(row, key=lambda key: key in bends):
        run = list(keys)
        if not is_bend:
            left = nodes[run[-1]] + room.node / 2
            continue
        after = row.index(run[-1]) + 1
        right = nodes[row[after]] - room.node / 2 if after < len(row) else left + GAP
        step = (min(right, left + GAP) - left) / (len(run) + 1)
        found |= {key: left + step * (place + 1) for place, key in enumerate(run)}
    return found


def _steps(row: Row, bends: frozenset[str], room: Room) -> list[float]:
    """From the middle of each key to that of the next, at least."""
    steps = []
    for left, right in pairwise(row):
        halves = (room.wide(left, bends) + room.wide(right, bends)) / 2
        steps.append(halves + (GAP if not bends & {left, right} else BEND_GAP))
    return steps


def _least_moved(
    row: Row,
    wanted: Mapping[str, float],
    offsets: Sequence[float],
    layers: Layers,
    room: Room,
) -> dict[str, float]:
    """The least squares of what they move, at least as far apart as their offsets.

    Without the offsets that is a monotone regression: neighbours that would change places are
    pooled at their weighted mean.
    """
    if not row:
        return {}
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for key, offset in zip(row, offsets, strict=True):
        mean, weight, count = wanted[key] - offset, _weight(key, layers), 1
        while pools and pools[-1][0] > mean:
            other, heavier, more = pools.pop()
            mean = (mean * weight + other * heavier) / (weight + heavier)
            weight, count = weight + heavier, count + more
        pools.append((mean, weight, count))
    low, high = _bounds(row, offsets, layers.bends, room)
    means = [min(max(mean, low), high) for mean, _, count in pools for _ in range(count)]
    found = {key: mean + at for key, mean, at in zip(row, means, offsets, strict=True)}
    return {key: min(max(x, -OUTSIDE), room.width + OUTSIDE) for key, x in found.items()}


def _bounds(
    row: Row, offsets: Sequence[float], bends: frozenset[str], room: Room
) -> tuple[float, float]:
    """Between which the first key stands, so that all nodes are inside; lines may pass outside."""
    places = [at for key, at in zip(row, offsets, strict=True) if key not in bends]
    if not places:
        return 0.0, room.width - offsets[-1]
    return room.node / 2 - places[0], room.width - room.node / 2 - places[-1]


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
