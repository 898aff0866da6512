"""The tree of units, one level at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from organizations.access import Access
from organizations.models import Unit
from organizations.selectors import UnitNode
from scorecards.links import units_href

from .rights import may_change_unit, may_hang_beneath

STEP = 200  # how many of one level are shown at first, and more with each step
MOST_FOUND = 100


@dataclass(frozen=True)
class TreeRow:
    code: str
    name: str
    kind: str
    above: str  # the line above it, where the row stands by itself
    href: str
    is_selected: bool
    may_move: bool
    may_take: bool  # whether units may be moved beneath it
    count: int  # of all beneath it that the reader sees
    toggle_href: str
    beneath: "TreeLevel | None" = None  # None while it is closed


@dataclass(frozen=True)
class TreeLevel:
    """Units beside each other; `more`: how many are not shown yet."""

    rows: tuple[TreeRow, ...]
    more: int = 0
    more_href: str = ""


@dataclass(frozen=True)
class Shown:
    """What of the tree is open: the line down to a unit, and how many of its level are shown."""

    selected: str = ""
    at: str = ""
    most: int = STEP


def tree_levels(access: Access, shown: Shown) -> TreeLevel:
    """The topmost units and the levels along the line down to the one that is open."""
    return _Tree(access, shown).level(None)


def level_beneath(access: Access, node: UnitNode, shown: Shown) -> TreeLevel:
    return _Tree(access, shown).level(node.id)


def found_units(access: Access, words: str, shown: Shown) -> TreeLevel:
    """The first units whose name or code has the words, each with the line above it."""
    wanted = words.lower().split()
    tree = _Tree(access, shown)
    found = [
        node
        for node, _ in access.tree.depth_first()
        if access.sees(node.id) and all(w in f"{node.name} {node.code}".lower() for w in wanted)
    ]
    rows = tuple(tree.row(node, above=line_text(access, node)) for node in found[:MOST_FOUND])
    return TreeLevel(rows, len(found) - len(rows))


def line_text(access: Access, node: UnitNode) -> str:
    """The names of the units above, from the topmost one down."""
    return " › ".join(each.name for each in access.line(node.id) if each != node)


def next_position(parent: Unit) -> int:
    """At the end of those beneath the parent; where none has a place of its own, by name."""
    last = Unit.objects.live().filter(parent=parent).order_by("-position").first()
    return last.position if last else 0


class _Tree:
    def __init__(self, access: Access, shown: Shown) -> None:
        self.access, self.shown = access, shown
        at = access.tree.by_code.get(shown.at or shown.selected)
        self.open = {node.id for node in access.tree.line(at.id)} if at else self._topmost()
        self.at_id = at.id if at else None
        self.counts = _counts(access)

    def _topmost(self) -> set[int]:
        return {node.id for node in self.access.tree.children(None)}

    def level(self, unit_id: int | None) -> TreeLevel:
        seen = [node for node in self._children(unit_id) if self.access.sees(node.id)]
        most = self.shown.most if unit_id in (self.at_id, None) else STEP
        kept = [node for n, node in enumerate(seen) if n < most or node.id in self.open]
        rows = tuple(self.row(node) for node in kept)
        above = self.access.tree.by_id.get(unit_id or 0)
        more_href = self._href(at=above.code, shown=str(most + STEP)) if above else ""
        return TreeLevel(rows, len(seen) - len(kept), more_href)

    def _children(self, unit_id: int | None) -> Iterable[UnitNode]:
        return self.access.tree.children(unit_id)

    def row(self, node: UnitNode, above: str = "") -> TreeRow:
        count = self.counts.get(node.id, 0)
        is_open = count > 0 and not above and node.id in self.open
        return TreeRow(
            code=node.code,
            name=node.name,
            kind=node.kind,
            above=above,
            href=self._href(unit=node.code),
            is_selected=node.code == self.shown.selected,
            may_move=node.parent_id is not None and may_change_unit(self.access, node),
            may_take=may_hang_beneath(self.access, node),
            count=count,
            toggle_href=self._toggle_href(node, is_open=is_open),
            beneath=self.level(node.id) if is_open else None,
        )

    def _toggle_href(self, node: UnitNode, *, is_open: bool) -> str:
        """Opens the level beneath; of an open one, leads back to the level of the unit itself."""
        above = self.access.tree.by_id.get(node.parent_id or 0)
        at = above.code if is_open and above else node.code
        return f"{self._href(at=at)}#unit-{node.code}"

    def _href(self, **query: str) -> str:
        return units_href(self.access.organization.code, **query)


def _counts(access: Access) -> Mapping[int, int]:
    """How many units lie beneath each one, of those that the reader sees."""
    counts: dict[int, int] = {}
    for node in access.tree.by_id.values():
        if access.sees(node.id):
            for above in access.tree.line(node.id)[:-1]:
                counts[above.id] = counts.get(above.id, 0) + 1
    return counts
