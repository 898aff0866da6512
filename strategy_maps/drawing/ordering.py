"""The order of nodes within their rows, so that few links cross."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise

SWEEPS = 8
MANY = 80  # of so many keys fewer orders are tried: a large map is still drawn at once
# How often neighbours are compared in a sweep: whoever draws a map that nobody can read any more
# keeps no process for minutes.
EFFORT = 8000
# A theme whose nodes stand apart in a row is as bad as one crossing.
SPLIT = 1.0
# How much a node follows those of its theme in the next row, where a link counts 1.
MATE = 0.5
# One as far from such a one as a row is wide is as bad as so many crossings.
APART = 1.5

Row = tuple[str, ...]
Rows = tuple[Row, ...]


@dataclass(frozen=True)
class Layers:
    """Rows from top to bottom, and the links between neighbouring rows.

    links: (key in the upper row, key in the lower row). fixed: by key, the share of the width
    where somebody put a node: such nodes keep their order. themes: by key, of nodes that have one.
    """

    rows: Rows
    links: tuple[tuple[str, str], ...]
    fixed: Mapping[str, float] = field(default_factory=dict)
    themes: Mapping[str, str] = field(default_factory=dict)
    bends: frozenset[str] = frozenset()

    @cached_property
    def mates(self) -> tuple[tuple[str, str], ...]:
        """Nodes of one theme in neighbouring rows: the upper and the lower one."""
        return tuple(
            (upper, lower)
            for above, beneath in pairwise(self.rows)
            for upper in above
            for lower in beneath
            if upper in self.themes and self.themes[upper] == self.themes.get(lower)
        )


def crossings(rows: Rows, links: Sequence[tuple[str, str]]) -> int:
    """How many pairs of links between neighbouring rows cross.

    >>> crossings((("a", "b"), ("c", "d")), [("a", "d"), ("b", "c")])
    1
    >>> crossings((("b", "a"), ("c", "d")), [("a", "d"), ("b", "c")])
    0
    """
    place = _places(rows)
    level = {key: index for index, row in enumerate(rows) for key in row}
    between: list[list[tuple[int, int]]] = [[] for _ in rows]
    for upper, lower in links:
        between[level[upper]].append((place[upper], place[lower]))
    return sum(_inversions([lower for _, lower in sorted(pairs)]) for pairs in between)


def splits(rows: Rows, themes: Mapping[str, str], bends: frozenset[str] = frozenset()) -> int:
    """How often nodes of one theme stand apart within a row.

    >>> splits((("a", "b", "c"),), {"a": "safe", "c": "safe"})
    1
    """
    total = 0
    for row in rows:
        runs = [theme for theme, _ in groupby(themes.get(k, "") for k in row if k not in bends)]
        named = [theme for theme in runs if theme]
        total += len(named) - len(set(named))
    return total


def ordered(layers: Layers) -> Rows:
    """The rows with their keys in an order that crosses least, of those that were tried.

    Never more crossings than in the order that was given.
    """
    links, rows = layers.links, tuple(_by_hand(row, layers.fixed) for row in layers.rows)
    most = crossings(rows, links)
    best, least = rows, _cost(rows, layers)
    for start in _starts(rows):
        for tried in _sweeps(tuple(_by_hand(row, layers.fixed) for row in start), layers):
            cost = _cost(tried, layers)
            if cost < least and crossings(tried, links) <= most:
                best, least = tried, cost
    return best


def _starts(rows: Rows) -> Iterator[Rows]:
    """The given order, and others that differ much from it."""
    yield rows
    yield tuple(row[::-1] for row in rows)
    if sum(map(len, rows)) > MANY:
        return
    yield tuple((*row[::2], *row[1::2]) for row in rows)
    yield tuple(row[index % 2 :: 2] + row[1 - index % 2 :: 2] for index, row in enumerate(rows))
    yield tuple(row[::-1] if index % 2 else row for index, row in enumerate(rows))
    yield tuple(row[len(row) // 2 :] + row[: len(row) // 2] for row in rows)


def _cost(rows: Rows, layers: Layers) -> float:
    apart = SPLIT * splits(rows, layers.themes, layers.bends) + APART * _distances(rows, layers)
    return crossings(rows, layers.links) + apart


def _distances(rows: Rows, layers: Layers) -> float:
    """How far nodes of one theme stand from each other in neighbouring rows, in widths."""
    where = {key: share for row in rows for key, share in _shares(row, layers.fixed).items()}
    return sum(abs(where[a] - where[b]) for a, b in layers.mates)


def _inversions(places: Sequence[int]) -> int:
    """Pairs of which the earlier is greater."""
    seen: list[int] = []
    total = 0
    for place in places:
        total += len(seen) - bisect_right(seen, place)
        insort(seen, place)
    return total


def _places(rows: Rows) -> dict[str, int]:
    return {key: index for row in rows for index, key in enumerate(row)}


def _shares(row: Row, fixed: Mapping[str, float]) -> dict[str, float]:
    """Where each key of a row stands, as a share of the width."""
    return {key: fixed.get(key, (index + 0.5) / len(row)) for index, key in enumerate(row)}


def _by_hand(row: Row, fixed: Mapping[str, float]) -> Row:
    """The row, with what was placed by hand at its share of the width."""
    shares = _shares(row, fixed)
    return tuple(sorted(row, key=lambda key: shares[key]))


# --- Sweeping: each row follows its neighbours, then pairs that cross change places


def _sweeps(rows: Rows, layers: Layers) -> Iterator[Rows]:
    """Orders that follow from each other, downwards and upwards in turn."""
    neighbours = _neighbours(layers.links)
    mates = _neighbours(layers.mates)
    for sweep in range(SWEEPS):
        order = list(rows)
        indices = range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows)))
        for index in indices:
            sides = _sides(neighbours, sweep), _sides(mates, sweep)
            order[index] = _followed(order, index, sides, layers.fixed)
        rows = _switched(tuple(order), neighbours, layers)
        yield rows


Sides = Sequence[Mapping[str, list[str]]]
Neighbours = tuple[Mapping[str, list[str]], Mapping[str, list[str]]]


def _neighbours(links: Sequence[tuple[str, str]]) -> Neighbours:
    """By key: what it is linked to in the row above, and in the row beneath."""
    upper: dict[str, list[str]] = {}
    lower: dict[str, list[str]] = {}
    for above, beneath in links:
        upper.setdefault(beneath, []).append(above)
        lower.setdefault(above, []).append(beneath)
    return upper, lower


def _sides(neighbours: Neighbours, sweep: int) -> Sides:
    """The first sweeps look to one side, by which an order spreads; the others to both."""
    return neighbours if sweep > 3 else (neighbours[sweep % 2],)


def _followed(
    rows: Sequence[Row], index: int, sides: tuple[Sides, Sides], fixed: Mapping[str, float]
) -> Row:
    """The row in the order of the middles of what its keys are linked to, and of their themes."""
    around = [row for at, row in enumerate(rows) if abs(at - index) == 1]
    where = {key: share for row in around for key, share in _shares(row, fixed).items()}
    own = _shares(rows[index], fixed)

    def wanted(key: str) -> float:
        if key in fixed:
            return own[key]
        total = weights = 0.0
        for weight, found in zip((1.0, MATE), sides, strict=True):
            linked = [where[other] for side in found for other in side.get(key, ())]
            total, weights = total + weight * sum(linked), weights + weight * len(linked)
        return total / weights if weights else own[key]

    return tuple(sorted(rows[index], key=wanted))


def _switched(rows: Rows, neighbours: Neighbours, layers: Layers) -> Rows:
    """Neighbours in a row change places wherever that costs less, as long as effort is left."""
    order = [list(row) for row in rows]
    place = _places(rows)
    gained = True
    for _ in range(EFFORT // max(len(place), 1)):
        if not gained:
            break
        gained = False
        for row in order:
            for index in range(len(row) - 1):
                left, right = row[index], row[index + 1]
                if left in layers.fixed and right in layers.fixed:
                    continue
                if _gain(row, index, neighbours, place, layers) > 0:
                    row[index], row[index + 1] = right, left
                    place[left], place[right] = index + 1, index
                    gained = True
    return tuple(tuple(row) for row in order)


def _gain(
    row: Sequence[str],
    index: int,
    neighbours: Neighbours,
    place: Mapping[str, int],
    layers: Layers,
) -> float:
    """What is saved where the two at the index change places."""
    left, right = row[index], row[index + 1]
    saved = 0.0
    for side in neighbours:
        ours = [place[other] for other in side.get(left, ())]
        theirs = [place[other] for other in side.get(right, ())]
        saved += sum((a > b) - (a < b) for a in ours for b in theirs)
    themes = layers.themes
    # A line, or one of the same theme, parts nobody.
    if not layers.bends & {left, right} and themes.get(left) != themes.get(right):
        turned = (*row[:index], right, left, *row[index + 2 :])
        before = splits((tuple(row),), themes, layers.bends)
        saved += SPLIT * (before - splits((turned,), themes, layers.bends))
    return saved
