"""The pages of dashboards: all that a reader opens, and one of them with its panels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.urls import reverse

from kpis.models import KPI
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import (
    dashboard_deed_href,
    dashboard_href,
    dashboard_new_href,
    dashboards_href,
    panel_href,
    unit_dashboard_href,
    with_query,
)
from scorecards.models import MOST_PANELS, Dashboard, Panel
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.shapes import Link, PeriodChoice
from scorecards.selectors.viewing import Viewing, period_choice

from .default import default_panels
from .kinds import KINDS
from .kinds.about import settings_of
from .reading import (
    is_own,
    managed_units,
    may_change,
    may_keep,
    owner_text,
    panels_of,
    unit_dashboard,
    visible_dashboards,
)
from .shapes import PanelPlan, ShownPanel
from .showing import shown_panel, shown_panels

WIDTHS = tuple(Option(str(value), str(label)) for value, label in Panel.Width.choices)
HEIGHTS = tuple(Option(str(value), str(label)) for value, label in Panel.Height.choices)
TABLES = "tables"


@dataclass(frozen=True)
class Looked:
    """Who looks, and at what of a dashboard.

    asked: the period that the address names; without one, panels follow the calendar.
    """

    access: Access
    viewing: Viewing
    asked: str | None = None
    view: str = ""


@dataclass(frozen=True)
class Addresses:
    """Of the page with a query, and of what a panel shows."""

    page: Callable[..., str]
    data: Callable[[int], str]


@dataclass(frozen=True)
class DashboardLine:
    """A dashboard in a list."""

    name: str
    href: str
    owner: str
    n_panels: int
    is_shared: bool


@dataclass(frozen=True)
class DashboardList:
    """All that a reader opens; default: those that units have without putting one together."""

    groups: tuple[tuple[str, tuple[DashboardLine, ...]], ...]
    defaults: tuple[Link, ...]
    new_href: str


@dataclass(frozen=True)
class PanelCard:
    """A panel on its page, before its data are read. data_url: "" for what needs none."""

    number: int
    kind: str
    title: str
    width: int
    height: int
    paragraphs: tuple[str, ...]
    data_url: str
    name: str  # of its downloads
    edit_href: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class DashboardPage:
    """A dashboard with its panels; code: "" for the one that a unit has without rows.

    shown: all panels as tables, where those are asked for.
    """

    code: str
    name: str
    owner: str
    said: str  # who sees it
    href: str
    period: PeriodChoice
    panels: tuple[PanelCard, ...]
    shown: tuple[ShownPanel, ...]
    is_tables: bool
    other_view_href: str
    version: int
    can_change: bool
    own_href: str  # to make one's own of it
    add_href: str
    edit_href: str
    unit_code: str
    widths: tuple[Option, ...] = WIDTHS
    heights: tuple[Option, ...] = HEIGHTS


def dashboard_list(access: Access) -> DashboardList:
    """Mine, those of units, and what others share. Two statements and those of the tree."""
    rows = list(visible_dashboards(access).order_by("name", "pk"))
    counts = _counts(access)
    groups = {
        "Mine": [row for row in rows if is_own(access, row)],
        "Of units": [row for row in rows if row.unit_id is not None],
        "Shared by others": [row for row in rows if row.owner_id and not is_own(access, row)],
    }
    code = access.organization.code
    return DashboardList(
        groups=tuple(
            (title, tuple(_line(code, row, counts) for row in found))
            for title, found in groups.items()
            if found
        ),
        defaults=_defaults(access),
        new_href=dashboard_new_href(code) if may_keep(access) or managed_units(access) else "",
    )


def _counts(access: Access) -> dict[int, int]:
    of_panels = Panel.objects.live().filter(dashboard__in=visible_dashboards(access))
    counts: dict[int, int] = {}
    for pk in of_panels.order_by().values_list("dashboard_id", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def _line(organization: str, row: Dashboard, counts: dict[int, int]) -> DashboardLine:
    href = dashboard_href(organization, row.code)
    return DashboardLine(row.name, href, owner_text(row), counts.get(row.pk, 0), row.is_shared)


def _defaults(access: Access) -> tuple[Link, ...]:
    """Of the units where the reader has a role."""
    nodes = [access.tree.by_id.get(pk) for pk in access.roles]
    code = access.organization.code
    return tuple(Link(node.name, unit_dashboard_href(code, node.code)) for node in nodes if node)


# --- One of them


def dashboard_page(looked: Looked, dashboard: Dashboard) -> DashboardPage:
    """One that somebody has put together."""
    access, plans = looked.access, panels_of(dashboard)
    code, organization = dashboard.code, access.organization.code
    page = _page(looked, plans, _addresses(dashboard_href, "api-dashboard-panel", access, code))
    can_change = may_change(access, dashboard)
    is_full = len(plans) >= MOST_PANELS
    new_href = panel_href("panel-new", organization, code)
    may_copy = may_keep(access) or bool(managed_units(access))
    return replace(
        page,
        code=code,
        name=dashboard.name,
        owner=owner_text(dashboard),
        said=_said(access, dashboard),
        version=dashboard.version,
        can_change=can_change,
        own_href=dashboard_new_href(organization, copy=code) if may_copy else "",
        add_href=new_href if can_change and not is_full else "",
        edit_href=dashboard_deed_href("dashboard-edit", organization, code) if can_change else "",
        panels=tuple(
            replace(card, edit_href=panel_href("panel", organization, code, card.number))
            if can_change
            else card
            for card in page.panels
        ),
    )


def unit_page(looked: Looked, unit: UnitNode) -> DashboardPage:
    """The dashboard that a unit has without putting one together."""
    access = looked.access
    addresses = _addresses(unit_dashboard_href, "api-unit-dashboard-panel", access, unit.code)
    page = _page(looked, default_panels(access, unit), addresses)
    may_copy = may_keep(access) or any(node.id == unit.id for node, _ in managed_units(access))
    own_href = dashboard_new_href(access.organization.code, of=unit.code)
    return replace(
        page,
        name=f"Dashboard of {unit.name}",
        owner=unit.name,
        said="Put together from the scorecard.",
        own_href=own_href if may_copy else "",
        unit_code=unit.code,
    )


def _addresses(page: Callable[..., str], data: str, access: Access, code: str) -> Addresses:
    """data: the name of the address of what a panel shows."""
    organization = access.organization.code
    return Addresses(
        page=partial(page, organization, code),
        data=lambda number: reverse(data, args=[organization, code, number]),
    )


def kept_href(access: Access, unit: UnitNode, **query: str | None) -> str:
    """Where the dashboard that the unit has put together is; "" where there is none."""
    found = unit_dashboard(access, unit)
    return dashboard_href(access.organization.code, found.code, **query) if found else ""


def _page(looked: Looked, plans: Sequence[PanelPlan], addresses: Addresses) -> DashboardPage:
    access, viewing = looked.access, looked.viewing
    is_tables = looked.view == TABLES
    view = TABLES if is_tables else None
    period = period_choice(
        access.organization,
        viewing,
        lambda label, _: addresses.page(period=label, view=view),
    )
    return DashboardPage(
        code="",
        name="",
        owner="",
        said="",
        href=addresses.page(period=looked.asked),
        # Panels tell what stands now, of every period: they ask no moment of the past.
        period=replace(period, today=""),
        panels=_cards(looked, plans, addresses),
        shown=shown_panels(access, viewing, plans) if is_tables else (),
        is_tables=is_tables,
        other_view_href=addresses.page(period=looked.asked, view=None if view else TABLES),
        version=0,
        can_change=False,
        own_href="",
        add_href="",
        edit_href="",
        unit_code="",
    )


def _said(access: Access, dashboard: Dashboard) -> str:
    if dashboard.unit_id is not None:
        return f"Of {owner_text(dashboard)}, for everybody who sees the unit."
    if not dashboard.is_shared:
        return "Yours alone."
    if is_own(access, dashboard):
        return f"Yours, shared with everybody in {access.organization.name}."
    return f"Shared by {owner_text(dashboard)}."


def _cards(
    looked: Looked, plans: Sequence[PanelPlan], addresses: Addresses
) -> tuple[PanelCard, ...]:
    names = _kpi_names(looked.access, plans)
    return tuple(
        PanelCard(
            number=plan.number,
            kind=plan.kind,
            title=plan.title or _title(looked.access, plan, names),
            width=plan.width,
            height=plan.height,
            paragraphs=shown_panel(looked.access, looked.viewing, plan).told.paragraphs
            if plan.kind == Panel.Kind.TEXT
            else (),
            data_url=""
            if plan.kind == Panel.Kind.TEXT
            else with_query(addresses.data(plan.number), period=looked.asked),
            name=f"{plan.kind}-{plan.number}",
            edit_href="",
            is_first=place == 0,
            is_last=place == len(plans) - 1,
        )
        for place, plan in enumerate(plans)
    )


def _kpi_names(access: Access, plans: Sequence[PanelPlan]) -> dict[str, str]:
    codes = {str(plan.settings["kpi"]) for plan in plans if "kpi" in plan.settings}
    rows = KPI.objects.live().filter(organization=access.organization, code__in=codes)
    return dict(rows.values_list("code", "name"))


def _title(access: Access, plan: PanelPlan, kpi_names: dict[str, str]) -> str:
    """What it shows; only its kind where the reader does not see that."""
    kind = KINDS[plan.kind]
    said = settings_of(plan.settings, kind.asks)
    unit = access.visible_unit(said["unit"]) if "unit" in said else None
    kpi = kpi_names.get(said.get("kpi", ""), "")
    if ("unit" in said and unit is None) or ("kpi" in said and not kpi):
        return kind.label
    return kind.title.format(unit=unit.name if unit else "", kpi=kpi)


def breadcrumbs_of(access: Access, *names: str, href: str | None = None) -> tuple[Link, ...]:
    """From the list to a dashboard, and to what is done with it; href: of the dashboard."""
    home = Link("Dashboards", dashboards_href(access.organization.code))
    return (home, *(Link(name, href) for name in names))
