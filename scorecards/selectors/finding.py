"""Search: units, objectives, initiatives and KPIs by name or code."""

from django.db.models import Q

from kpis.models import KPI
from organizations.access import Access
from scorecards.links import board_href, initiative_href, kpi_href
from scorecards.models import Initiative, Objective, Scorecard

from .shapes import Link

MOST = 30


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
        for node, _ in access.tree.depth_first()
        if access.sees(node.id) and all(w in f"{node.name} {node.code}".lower() for w in words)
    ][:MOST]


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
