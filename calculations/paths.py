"""Ways through directed graphs."""

from collections.abc import Hashable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def shortest_path(edges: Iterable[tuple[Node, Node]], start: Node, goal: Node) -> list[Node]:
    """The fewest steps from one node to another, both included; empty: there is no way.

    Of several the one whose edges come first. From a node to itself: the node alone.

    >>> shortest_path([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")], "a", "d")
    ['a', 'c', 'd']
    >>> shortest_path([("a", "b")], "b", "a")
    []
    >>> shortest_path([("a", "a")], "a", "a")
    ['a']
    """
    following: dict[Node, list[Node]] = {}
    for before, after in edges:
        following.setdefault(before, []).append(after)
    came_from: dict[Node, Node] = {start: start}
    waiting = [start]
    while waiting and goal not in came_from:
        reached = [(at, after) for at in waiting for after in following.get(at, ())]
        waiting = []
        for at, after in reached:
            if after not in came_from:
                came_from[after] = at
                waiting.append(after)
    if goal not in came_from:
        return []
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]


def has_circle(edges: Iterable[tuple[Node, Node]]) -> bool:
    """Whether some way leads back to where it began.

    >>> has_circle([("a", "b"), ("b", "c"), ("a", "c")]), has_circle([("a", "b"), ("b", "a")])
    (False, True)
    """
    graph = TopologicalSorter[Node]()
    for before, after in edges:
        graph.add(after, before)
    try:
        graph.prepare()
    except CycleError:
        return True
    return False
