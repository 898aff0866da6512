"""Which row a node stands in, and where links that reach further pass through rows between."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from .ordering import Layers, Row
from .told import ToldLink, ToldMap, ToldNode


def rows_of(told: ToldMap, most: int) -> tuple[tuple[int, Row], ...]:
    """The rows from top to bottom: the place of the lane, and the codes of the nodes in it.

    A lane with more nodes than fit beside each other has several rows: effects above their causes
    where there are links within the lane, else in turn. A lane without nodes has one empty row.
    """
    found: list[tuple[int, Row]] = []
    for index, lane in enumerate(told.lanes):
        nodes = [node for node in told.nodes if node.lane == lane.code]
        found += [(index, row) for row in _lane_rows(nodes, told.links, most)]
    return tuple(found)


def _lane_rows(nodes: Sequence[ToldNode], links: Sequence[ToldLink], most: int) -> list[Row]:
    count = max(-(-len(nodes) // most), 1)
    codes = [node.code for node in nodes]
    if count == 1:
        return [tuple(codes)]
    ranks = _ranks(codes, links)
    if not any(ranks.values()):
        return [tuple(codes[start::count]) for start in range(count)]
    downwards = sorted(codes, key=lambda code: -ranks[code])
    size = -(-len(codes) // count)
    return [tuple(downwards[start : start + size]) for start in range(0, len(codes), size)]


def _ranks(codes: Sequence[str], links: Sequence[ToldLink]) -> dict[str, int]:
    """How many links within the lane lead to each node, less how many lead on from it."""
    pairs = [(e.cause, e.effect) for e in links if e.cause in codes and e.effect in codes]
    depths = _depths(codes, pairs)
    heights = _depths(codes, [(effect, cause) for cause, effect in pairs])
    return {code: depths[code] - heights[code] for code in codes}


def _depths(codes: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest chain of pairs that ends at each code."""
    depths = dict.fromkeys(codes, 0)
    for _ in codes:  # no chain is longer
        before = dict(depths)
        for first, second in pairs:
            depths[second] = max(depths[second], depths[first] + 1)
        if depths == before:
            break
    return depths


# --- Links over several rows


def bend(link: ToldLink, row: int) -> str:
    """The key of the place where the link passes through a row; no code has an arrow."""
    return f"{link.cause}→{link.effect}@{row}"


def layers_of(told: ToldMap, rows: Sequence[Row]) -> Layers:
    """The rows with a place for every link that passes through them.

    Links within a row are arcs above it and keep no place.
    """
    level = {code: index for index, row in enumerate(rows) for code in row}
    filled = [list(row) for row in rows]
    links: list[tuple[str, str]] = []
    bends: set[str] = set()
    for link in told.links:
        chain = [key for _, key in chain_of(link, level)]
        for index, key in chain_of(link, level)[1:-1]:
            filled[index].append(key)
            bends.add(key)
        links += pairwise(chain)
    return Layers(
        rows=tuple(tuple(row) for row in filled),
        links=tuple(links),
        fixed={node.code: node.x for node in told.nodes if node.x is not None},
        themes={node.code: node.theme for node in told.nodes if node.theme},
        bends=frozenset(bends),
    )


def chain_of(link: ToldLink, level: Mapping[str, int]) -> list[tuple[int, str]]:
    """The rows and keys by which a link goes, from top to bottom; none within a row."""
    return list(_chain(link, level))


def _chain(link: ToldLink, level: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    ends = sorted((level[code], code) for code in (link.cause, link.effect))
    (top, upper), (bottom, lower) = ends
    if top == bottom:
        return
    yield top, upper
    for row in range(top + 1, bottom):
        yield row, bend(link, row)
    yield bottom, lower
