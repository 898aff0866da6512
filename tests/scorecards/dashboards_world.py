"""A world with values and with dashboards to look at."""

from typing import Any

from organizations.access import Access, user_access
from scorecards.models import Dashboard
from scorecards.selectors.dashboards.shapes import PanelPlan
from scorecards.selectors.dashboards.showing import shown_panel
from scorecards.selectors.viewing import Viewing
from scorecards.services.dashboards import add_dashboard
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from tests.worlds import World

Q1 = "2026-Q1"
NOTE = PanelPlan("text", {"text": "Well done.\n\nGo on."}, "Praise", 12, 1)
TREND = PanelPlan("kpi_trend", {"kpi": "revenue", "unit": "sales"})


def measured(world: World) -> None:
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90})
        world.record("revenue", "emea", {f"2026-{month}-01": 700})
    world.record("nps", "sales", {"2026-01-01": 30})
    add_initiative(unit=world.units["sales"], code="crm", name="One file", status="running")
    refresh_scores(organization_id=world.organization.pk)


def access_of(world: World, name: str) -> Access:
    found = user_access(world.users[name], "acme")
    assert found is not None
    return found


def of_sales(world: World, *panels: PanelPlan) -> Dashboard:
    return add_dashboard(
        organization=world.organization, name="Of Sales", unit=world.units["sales"], panels=panels
    )


def of(world: World, name: str, *panels: PanelPlan, is_shared: bool = False) -> Dashboard:
    return add_dashboard(
        organization=world.organization,
        name=f"Of {name}",
        owner=world.users[name],
        is_shared=is_shared,
        panels=panels,
    )


def told(world: World, name: str, plan: PanelPlan, period: str = Q1) -> Any:
    calendar = world.organization.calendar
    viewing = Viewing(calendar, calendar.parse_label(period))
    return shown_panel(access_of(world, name), viewing, plan).told
