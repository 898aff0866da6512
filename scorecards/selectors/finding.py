"""Search: units, objectives, initiatives and KPIs by name or code; and units to go to."""

from dataclasses import dataclass

from django.db.models import Q

from kpis.models import KPI
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, initiative_href, kpi_href
from scorecards.models import Initiative, Objective, Scorecard

from .shapes import Link

MOST = 30
MOST_UNITS = 60


@dataclass(frozen=True)
class UnitLink:
    """A unit to go to; above: the units on the line to it, where the list is no tree."""

    name: str
    depth: int
    href: str
    above: str = ""


@dataclass(frozen=True)
class UnitLinks:
    """The first units to go to, and how many more there are."""

    links: tuple[UnitLink, ...]
    more: int


def unit_links(
    access: Access, query: str = "", period: str | None = None, as_of: str | None = None
) -> UnitLinks:
    """The units with all words of the query in name or code, or the upper levels of the tree.

    Only what the reader sees, depth first; period and as_of: what the boards' addresses keep.
    """
    words = query.lower().split()
    found = _units_with(access, words) if words else _upper_levels(access)
    shown = tuple(
        UnitLink(
            node.name,
            0 if words else depth,
            board_href(access.organization.code, node.code, period, as_of=as_of),
            _above(access, node) if words else "",
        )
        for node, depth in found[:MOST_UNITS]
    )
    total = len(found) if words else len(access.visible_unit_ids)
    return UnitLinks(shown, total - len(shown))


def _units_with(access: Access, words: list[str]) -> list[tuple[UnitNode, int]]:
    return [
        (node, depth)
        for node, depth in access.tree.depth_first()
        if access.sees(node.id) and all(w in f"{node.name} {node.code}".lower() for w in words)
    ]


def _upper_levels(access: Access) -> list[tuple[UnitNode, int]]:
    """As many whole levels of the tree as there is room for, the first two in any case."""
    seen = [(node, depth) for node, depth in access.tree.depth_first() if access.sees(node.id)]
    level = max((depth for _, depth in seen), default=0)
    while level > 1 and sum(depth <= level for _, depth in seen) > MOST_UNITS:
        level -= 1
    return [(node, depth) for node, depth in seen if depth <= level]


def _above(access: Access, node: UnitNode) -> str:
    line = access.tree.line(node.id)[:-1]
    return " › ".join(above.name for above in line if access.sees(above.id))


def search_results(access: Access, query: str) -> list[tuple[str, list[Link]]]:
    """Groups of hits that the reader may see, each at most 30; nothing for an empty query."""
    words = query.lower().split()
    if not words:
        return []
    groups = [
        ("Units", _units(access, words)),
        ("Objectives", _objectives(access, words)),
        ("Initiatives", _initiatives(access, words)),
        ("KPIs", _kpis(access, words)),
    ]
    return [(title, links) for title, links in groups if links]


def _units(access: Access, words: list[str]) -> list[Link]:
    return [
        Link(node.name, board_href(access.organization.code, node.code), node.kind)
        for node, _ in _units_with(access, words)[:MOST]
    ]


def _objectives(access: Access, words: list[str]) -> list[Link]:
    found = Objective.objects.live().filter(
        _has_all(words),
        organization=access.organization,
        scorecard__status=Scorecard.State.ACTIVE,
        scorecard__unit_id__in=access.visible_unit_ids,
    )
    rows = found.order_by("name").values_list("code", "name", "scorecard__unit_id")[:MOST]
    return [
        Link(
            name,
            board_href(
                access.organization.code,
                access.tree.by_id[unit_id].code,
                trace=f"objective:{code}",
            ),
            access.tree.by_id[unit_id].name,
        )
        for code, name, unit_id in rows
    ]


def _initiatives(access: Access, words: list[str]) -> list[Link]:
    found = Initiative.objects.live().filter(
        _has_all(words),
        organization=access.organization,
        unit_id__in=access.visible_unit_ids,
    )
    rows = found.order_by("name").values_list("code", "name", "unit_id")[:MOST]
    return [
        Link(name, initiative_href(access.organization.code, code), access.tree.by_id[unit_id].name)
        for code, name, unit_id in rows
    ]


def _kpis(access: Access, words: list[str]) -> list[Link]:
    found = KPI.objects.live().filter(
        _has_all(words),
        organization=access.organization,
        assignments__deleted_at=None,
        assignments__unit_id__in=access.visible_unit_ids,
    )
    rows = found.order_by("name").values_list("code", "name", "unit_of_measure").distinct()[:MOST]
    return [Link(name, kpi_href(access.organization.code, code), unit) for code, name, unit in rows]


def _has_all(words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition &= Q(name__icontains=word) | Q(code__icontains=word)
    return condition
