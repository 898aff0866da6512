"""Which dashboards a reader opens, and which of them they may change.

A person's own is theirs; shared, everybody in the organization opens it. A unit's is for everybody
who sees the unit, and its managers change it. What the panels show is asked for each reader.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from organizations.access import Access, Action
from organizations.models import User
from organizations.selectors import UnitNode
from scorecards.models import Dashboard, Panel

from .shapes import PanelPlan


def visible_dashboards(access: Access) -> QuerySet[Dashboard]:
    """Those that the reader may open. A token with a unit limit opens those of units alone."""
    seen = Q(unit_id__in=access.visible_unit_ids)
    if access.limit_id is None:
        seen |= Q(owner__isnull=False, is_shared=True)
        if access.user is not None:
            seen |= Q(owner=access.user)
    rows: QuerySet[Dashboard] = Dashboard.objects.live().filter(organization=access.organization)
    return rows.filter(seen).select_related("owner", "unit", "organization")


def visible_dashboard(access: Access, code: str) -> Dashboard | None:
    """The dashboard of that code; None alike where it does not exist or is not the reader's."""
    if "\x00" in code:  # no database could be asked for that
        return None
    return visible_dashboards(access).filter(code=code).first()


def is_own(access: Access, dashboard: Dashboard) -> bool:
    return access.user is not None and dashboard.owner_id == access.user.pk


def may_keep(access: Access) -> bool:
    """Whether the reader may keep dashboards of their own: whoever reads, but no bare token."""
    may_write = Action.EDIT_STRUCTURE in access.actions
    return access.user is not None and access.limit_id is None and may_write


def may_change(access: Access, dashboard: Dashboard) -> bool:
    """Whether it is theirs; of shared ones also administrators of the root unit."""
    if dashboard.unit_id is not None:
        return access.can(Action.EDIT_STRUCTURE, dashboard.unit_id)
    if is_own(access, dashboard):
        return may_keep(access)
    roots = access.tree.children(None)
    is_administrator = any(access.can(Action.ADMINISTER, node.id) for node in roots)
    return dashboard.is_shared and is_administrator


def managed_units(access: Access) -> list[tuple[UnitNode, int]]:
    """The units whose dashboards the reader may change, with their depth."""
    return [
        (node, depth)
        for node, depth in access.tree.depth_first()
        if access.sees(node.id) and access.can(Action.EDIT_STRUCTURE, node.id)
    ]


def unit_dashboard(access: Access, unit: UnitNode) -> Dashboard | None:
    """The first that the unit has put together."""
    return visible_dashboards(access).filter(unit_id=unit.id).order_by("pk").first()


def panels_of(dashboard: Dashboard) -> list[PanelPlan]:
    """Its panels in their order; no statement where they were read with it."""
    return plans_of(panel for panel in dashboard.panels.all() if panel.deleted_at is None)


def plans_of(panels: Iterable[Panel]) -> list[PanelPlan]:
    return [
        PanelPlan(
            kind=panel.kind,
            settings=panel.settings,
            title=panel.title,
            width=panel.width,
            height=panel.height,
            number=panel.number,
        )
        for panel in panels
    ]


def owner_text(dashboard: Dashboard) -> str:
    """Whose it is."""
    if dashboard.unit is not None:
        return str(dashboard.unit)
    owner: User | None = dashboard.owner
    return owner.name if owner and owner.name else "a member"
