"""What the panels of dashboards show, over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api_errors import Problem
from scorecards.models import Panel
from scorecards.selectors.dashboards.default import default_panels
from scorecards.selectors.dashboards.reading import panels_of, visible_dashboard
from scorecards.selectors.dashboards.shapes import PanelPlan, ShownPanel
from scorecards.selectors.dashboards.showing import shown_panel
from scorecards.selectors.viewing import Viewing

from .base import OrganizationView
from .matching import tagged
from .schema import Parameter, described
from .shapes import FigureAnswer, one_of

NUMBER = {"type": "integer", "minimum": 1, "maximum": 32767}
# What a panel tells is told elsewhere to tokens that read structure alone.
OF_STRUCTURE = (Panel.Kind.INITIATIVES,)
IN_PATH = {
    "dashboard": Parameter("Code of a dashboard.", example="monday_morning"),
    "panel": Parameter("Number of a panel.", NUMBER, 1),
}


class TableAnswer(TypedDict):
    """What a panel shows as texts, in the decimals and on the scale that people read."""

    columns: list[str]
    rows: list[list[str]]
    n_names: int


class PanelDataAnswer(TypedDict):
    """What a panel shows to the reader. missing: why it shows nothing; its figure is then null.

    figure: its layout.meta.table holds the raw numbers. href: the page that tells more.
    """

    number: int
    kind: Annotated[str, one_of(*Panel.Kind.values)]
    title: str
    finding: str
    period: str
    figure: FigureAnswer | None
    table: TableAnswer
    paragraphs: list[str]
    missing: str
    href: str


class PanelDataView(OrganizationView):
    """What a panel shows to its reader."""

    scopes = {"get": ("measurements:read",)}
    parameters = {"get": ("period",)}

    def data(self, request: Request, plan: PanelPlan | None) -> Response:
        """Tagged, so that what has not changed is not sent again."""
        if plan is None:
            raise Problem("not_found")
        if plan.kind in OF_STRUCTURE:
            self._require_scope(("structure:read",))
        viewing = Viewing(self.access.organization.calendar, self.viewed_period(request))
        return tagged(_data(shown_panel(self.access, viewing, plan), viewing.label))


class DashboardPanelView(PanelDataView):
    """A panel of a dashboard."""

    @described(PanelDataAnswer, parameters=IN_PATH)
    def get(self, request: Request, organization: str, dashboard: str, panel: int) -> Response:
        """Its figure, its table and its finding, for the period or the latest that is over.

        With If-None-Match what has not changed is answered with 304.
        """
        row = visible_dashboard(self.access, dashboard)
        if row is None:
            raise Problem("not_found")
        return self.data(request, _numbered(panels_of(row), panel))


class UnitDashboardPanelView(PanelDataView):
    """A panel of the dashboard that a unit has without putting one together."""

    @described(PanelDataAnswer, parameters=IN_PATH)
    def get(self, request: Request, organization: str, unit: str, panel: int) -> Response:
        """Its figure, its table and its finding; see the unit's dashboard for the numbers."""
        node = self.visible_unit(unit)
        return self.data(request, _numbered(default_panels(self.access, node), panel))


def _numbered(plans: Sequence[PanelPlan], number: int) -> PanelPlan | None:
    return next((plan for plan in plans if plan.number == number), None)


def _data(shown: ShownPanel, period: str) -> PanelDataAnswer:
    plan, told = shown.plan, shown.told
    figure: Any = told.figure
    return {
        "number": plan.number,
        "kind": plan.kind,
        "title": shown.title,
        "finding": told.finding,
        "period": period,
        "figure": figure,
        "table": {
            "columns": list(told.table.columns),
            "rows": [list(row) for row in told.table.rows],
            "n_names": told.table.n_names,
        },
        "paragraphs": list(told.paragraphs),
        "missing": told.missing,
        "href": told.href,
    }
