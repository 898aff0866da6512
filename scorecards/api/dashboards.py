"""Dashboards over HTTP: what they are made of, and what their panels show."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.access import Access, Action
from organizations.models import Unit
from organizations.services.locks import lock_organization
from scorecards.api_errors import Problem
from scorecards.models import MOST_PANELS, Dashboard, Panel
from scorecards.selectors.dashboards.default import default_panels
from scorecards.selectors.dashboards.kinds import KINDS
from scorecards.selectors.dashboards.reading import (
    is_own,
    may_change,
    may_keep,
    owner_text,
    panels_of,
    visible_dashboard,
    visible_dashboards,
)
from scorecards.selectors.dashboards.shapes import PanelPlan
from scorecards.selectors.kpis.pages import visible_kpi
from scorecards.services.dashboards import (
    LONGEST_TEXT,
    add_dashboard,
    change_dashboard,
    delete_dashboard,
)

from .base import OrganizationView
from .deeds.bodies import deed_body, refused, wrong
from .listing import PAGING, listed_query
from .matching import require_match, tagged
from .records.resources import READ, WRITE
from .schema import Listing, Parameter, described
from .shapes import Code, one_of

IN_PATH = {"dashboard": Parameter("Code of a dashboard.", example="monday_morning")}

Kind = Literal[
    "kpi_trend", "kpi_units", "score_trend", "perspectives", "initiatives", "heat_map", "text"
]
Title = Annotated[str, Meta(max_length=200)]
Setting = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class SentPanel(msgspec.Struct, forbid_unknown_fields=True):
    """A panel as it shall be. number: of one that is there; without one it is new.

    settings: codes of what the kind asks for (`kpi`, `unit`), or its `text`; left out, those of the
    panel that is there stay. width: in columns of twelve.
    """

    kind: Kind
    settings: dict[str, Setting] | None = None
    title: Title = ""
    width: Literal[3, 4, 6, 8, 12] = 6
    height: Literal[1, 2, 3] = 2
    number: Annotated[int, Meta(ge=1, le=32767)] | None = None


Panels = Annotated[list[SentPanel], Meta(max_length=MOST_PANELS)]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["Monday morning"])]


class NewDashboard(msgspec.Struct, forbid_unknown_fields=True):
    """A dashboard of a unit, or without one the reader's own. Its code is made of its name."""

    name: Name
    unit: Annotated[str, Meta(max_length=50, examples=["sales"])] | None = None
    is_shared: bool = False
    panels: Panels = []


class ChangedDashboard(msgspec.Struct, forbid_unknown_fields=True):
    """All of a dashboard as it shall be, the panels in their order."""

    name: Name
    is_shared: bool
    panels: Panels


class PanelAnswer(TypedDict):
    """A panel. settings: empty where what it shows is not there or not the reader's to see."""

    number: int
    kind: Annotated[str, one_of(*Panel.Kind.values)]
    title: str
    width: int
    height: int
    settings: dict[str, str]


class DashboardAnswer(TypedDict):
    """A dashboard with its panels in their order. unit: null for a person's own."""

    code: Code
    name: str
    unit: Code | None
    owner: str
    is_own: bool
    is_shared: bool
    panels: list[PanelAnswer]


class UnitDashboardAnswer(TypedDict):
    """The panels of a dashboard that nobody put together."""

    panels: list[PanelAnswer]


class DashboardsView(OrganizationView):
    """The dashboards that the reader may open."""

    http_method_names = ["get", "head", "post"]
    scopes = {"get": READ, "post": WRITE}
    parameters = {"get": PAGING}

    @described(Listing(DashboardAnswer))
    def get(self, request: Request, organization: str) -> Response:
        """The reader's own, those of units that they see, and what others share."""
        rows = visible_dashboards(self.access).prefetch_related("panels")
        page = listed_query(
            request, rows, key=("code", "pk"), answer=lambda row: _answer(self.access, row)
        )
        return Response(page)

    @described(
        DashboardAnswer,
        body=NewDashboard,
        status=201,
        is_tagged=True,
        problems=("invalid_body", "not_permitted", "conflict"),
    )
    def post(self, request: Request, organization: str) -> Response:
        """Put together a dashboard."""
        sent = deed_body(request, NewDashboard)
        unit = self._unit(sent.unit) if sent.unit is not None else None
        if unit is None and not may_keep(self.access):
            raise Problem("not_permitted", "A dashboard without a unit is a person’s own.")
        try:
            row = add_dashboard(
                organization=self.access.organization,
                name=sent.name.strip(),
                owner=None if unit else self.access.user,
                unit=unit,
                is_shared=sent.is_shared,
                panels=_plans(self.access, sent.panels, {}),
                by=self.access.user,
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        address = reverse("api-dashboard", args=[organization, row.code])
        return tagged(_answer(self.access, row), 201, address)

    def _unit(self, code: str) -> Unit:
        node = self.access.visible_unit(code)
        if node is None:
            raise wrong("unit", "unknown_reference", "There is no such unit.")
        if not self.access.can(Action.EDIT_STRUCTURE, node.id):
            raise Problem("not_permitted")
        unit: Unit = Unit.objects.select_related("organization").get(pk=node.id)
        return unit


class DashboardView(OrganizationView):
    """One dashboard."""

    http_method_names = ["get", "head", "put", "delete"]
    scopes = {"get": READ, "put": WRITE, "delete": WRITE}

    @described(DashboardAnswer, is_tagged=True, parameters=IN_PATH)
    def get(self, request: Request, organization: str, dashboard: str) -> Response:
        """What it is made of."""
        return tagged(_answer(self.access, _standing(self.access, dashboard)))

    @described(
        DashboardAnswer,
        body=ChangedDashboard,
        is_tagged=True,
        is_guarded=True,
        parameters=IN_PATH,
        problems=("invalid_body", "not_permitted"),
    )
    @transaction.atomic
    def put(self, request: Request, organization: str, dashboard: str) -> Response:
        """Let it be as sent: panels that are left out are removed."""
        row = self._changeable(request, dashboard)
        sent = deed_body(request, ChangedDashboard)
        stored = {plan.number: plan for plan in panels_of(row)}
        try:
            change_dashboard(
                dashboard=row,
                name=sent.name.strip(),
                is_shared=sent.is_shared,
                panels=_plans(self.access, sent.panels, stored),
                by=self.access.user,
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        return tagged(_answer(self.access, _standing(self.access, dashboard)))

    @described(status=204, is_guarded=True, parameters=IN_PATH, problems=("not_permitted",))
    @transaction.atomic
    def delete(self, request: Request, organization: str, dashboard: str) -> Response:
        """Delete it with its panels; its page offers the way back."""
        row = self._changeable(request, dashboard)
        delete_dashboard(dashboard=row, by=self.access.user)
        return Response(status=204)

    def _changeable(self, request: Request, code: str) -> Dashboard:
        """Under the lock that keeps it from changing, if it is as the sender has read it."""
        lock_organization(self.access.organization.pk)
        row = _standing(self.access, code)
        if not may_change(self.access, row):
            raise Problem("not_permitted")
        require_match(request, _answer(self.access, row))
        return row


class UnitDashboardView(OrganizationView):
    """The dashboard that a unit has without putting one together."""

    scopes = {"get": READ}

    @described(UnitDashboardAnswer)
    def get(self, request: Request, organization: str, unit: str) -> Response:
        """Its panels, made of the unit's scorecard; empty where it has none."""
        node = self.visible_unit(unit)
        plans = default_panels(self.access, node)
        return Response({"panels": [_panel(self.access, plan) for plan in plans]})


def _standing(access: Access, code: str) -> Dashboard:
    row = visible_dashboard(access, code)
    if row is None:
        raise Problem("not_found")
    return row


# --- What is sent


def _plans(
    access: Access, sent: Sequence[SentPanel], stored: dict[int, PanelPlan]
) -> list[PanelPlan]:
    return [
        PanelPlan(
            kind=each.kind,
            settings=_settings(access, str(place), each, stored),
            title=each.title,
            width=each.width,
            height=each.height,
            number=each.number or 0,
        )
        for place, each in enumerate(sent)
    ]


def _settings(
    access: Access, place: str, sent: SentPanel, stored: dict[int, PanelPlan]
) -> dict[str, str]:
    """What the kind asks for, found as far as the sender sees it."""
    before = stored.get(sent.number or 0)
    if sent.number is not None and before is None:
        said = "There is no such panel."
        raise wrong("panels", "unknown_reference", said, place, "number")
    if sent.settings is None and before is not None and before.kind == sent.kind:
        return dict(before.settings)
    settings, asks = sent.settings or {}, KINDS[sent.kind].asks
    for name in sorted({*settings, *asks}):
        code, said = _problem(access, asks, name, settings.get(name, ""))
        if code:
            raise wrong("panels", code, said, place, "settings", name)
    return settings


def _problem(access: Access, asks: tuple[str, ...], name: str, text: str) -> tuple[str, str]:
    """Code and sentence of what is wrong with a setting; ("", "") where nothing is."""
    if name not in asks:
        return "unknown_field", f"This kind asks for {' and '.join(asks)}."
    if not text.strip():
        return "missing_field", f"{name} is missing."
    if not _is_known(access, name, text):
        return "unknown_reference", f"There is no such {name}."
    return "", ""


def _is_known(access: Access, name: str, code: Any) -> bool:
    if name == "unit":
        return access.visible_unit(code) is not None
    return name != "kpi" or visible_kpi(access, code) is not None


# --- What is answered


def _answer(access: Access, row: Dashboard) -> DashboardAnswer:
    return {
        "code": row.code,
        "name": row.name,
        "unit": row.unit.code if row.unit else None,
        "owner": owner_text(row),
        "is_own": is_own(access, row),
        "is_shared": row.is_shared,
        "panels": [_panel(access, plan) for plan in panels_of(row)],
    }


def _panel(access: Access, plan: PanelPlan) -> PanelAnswer:
    unit = plan.settings.get("unit")
    is_seen = unit is None or access.visible_unit(unit) is not None
    return {
        "number": plan.number,
        "kind": plan.kind,
        "title": plan.title,
        "width": plan.width,
        "height": plan.height,
        "settings": dict(plan.settings) if is_seen else {},
    }
