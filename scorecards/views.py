"""Pages: one function each, fetching and authorising in one call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access, user_access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, organization_href

from .selectors.board import board as board_of
from .selectors.board import breadcrumbs
from .selectors.board_data import active_scorecard, board_data
from .selectors.finding import search_results
from .selectors.kpi_pages import kpi_lines, kpi_page, visible_assignments, visible_kpi
from .selectors.overview import organization_overview, unit_links
from .selectors.trace import trace as trace_of
from .selectors.viewing import default_period, period_choice, viewed_period


def member_page(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Sign in first; an organization in which the reader has no role does not exist for them."""

    @require_safe
    @login_required
    @wraps(page)
    def wrapped(request: HttpRequest, organization: str, **codes: str) -> HttpResponse:
        access = user_access(request.user, organization)  # type: ignore[arg-type]
        if access is None:
            raise Http404
        return page(request, access, **codes)

    return wrapped


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the only organization, or a choice of them."""
    organizations = list(Organization.objects.of_user(request.user).order_by("name"))
    if len(organizations) == 1:
        return redirect(organization_href(organizations[0].code))
    template = "choose" if organizations else "no_organization"
    return render(request, f"organizations/{template}.html", {"organizations": organizations})


@member_page
def organization(request: HttpRequest, access: Access) -> HttpResponse:
    period = _period(request, access)
    overview = organization_overview(access, period)
    return render(
        request,
        "scorecards/organization.html",
        _shell(request, access, "scorecards") | {"overview": overview, "period": overview.period},
    )


@member_page
def unit(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """A unit's front page is its board."""
    return redirect(board_href(access.organization.code, _unit(access, unit).code))


@member_page
def board(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The board of a unit; for htmx only the part of it that was asked for."""
    node = _unit(access, unit)
    period = _period(request, access)
    context = _shell(request, access, "scorecards") | _board_context(request, access, node, period)
    if "scorecard" not in context:
        return render(request, "scorecards/no_scorecard.html", context)
    return render(request, _board_template(request), context)


@member_page
def kpi_list(request: HttpRequest, access: Access) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {"kpis": kpi_lines(access, query), "q": query}
    return render(request, "scorecards/kpi_list.html", _shell(request, access, "kpis") | context)


@member_page
def kpi(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    found = visible_kpi(access, kpi)
    assignments = visible_assignments(access, found) if found else []
    wanted = request.GET.get("unit")
    selected = next((a for a in assignments if wanted in (None, a.unit.code)), None)
    if found is None or selected is None:
        raise Http404
    address = f"{request.scheme}://{request.get_host()}"
    page = kpi_page(access, found, assignments, selected, _period(request, access), address)
    context = {"kpi": page, "breadcrumbs": page.breadcrumbs}
    return render(request, "scorecards/kpi.html", _shell(request, access, "kpis") | context)


@member_page
def search(request: HttpRequest, access: Access) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {"groups": search_results(access, query), "q": query}
    return render(request, "scorecards/search.html", _shell(request, access, "") | context)


def _shell(request: HttpRequest, access: Access, nav: str) -> dict[str, Any]:
    """What every page of an organization needs."""
    return {
        "organization": access.organization,
        "organizations": list(Organization.objects.of_user(request.user).order_by("name")),
        "nav": nav,
        "switcher": unit_links(access, request.GET.get("period")),
        "role": _role_text(access),
        "breadcrumbs": (),
    }


def _role_text(access: Access) -> str:
    """The reader's roles, for the account menu: "Manager of EMEA"."""
    return ", ".join(
        f"{role.capitalize()} of {access.tree.by_id[unit_id].name}"
        for unit_id, role in access.roles.items()
        if unit_id in access.tree.by_id
    )


def _unit(access: Access, code: str) -> UnitNode:
    node = access.visible_unit(code)
    if node is None:
        raise Http404
    return node


def _period(request: HttpRequest, access: Access) -> Period:
    """The period in the address; one that cannot be read shows the default, and says so."""
    text = request.GET.get("period")
    try:
        return viewed_period(access.organization, text)
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        return default_period(access.organization)


def _board_context(
    request: HttpRequest, access: Access, node: UnitNode, period: Period
) -> dict[str, Any]:
    organization = access.organization
    choice = period_choice(
        organization, period, lambda label: board_href(organization.code, node.code, label)
    )
    context: dict[str, Any] = {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": breadcrumbs(access, node, choice.label),
        "period": choice,
    }
    scorecard = active_scorecard(node)
    if scorecard is None:
        return context
    context["scorecard"] = scorecard
    data = board_data(access, node, scorecard, period)
    if data is not None:
        context["board"] = board_of(data)
        key = request.GET.get("trace")
        context["trace"] = trace_of(data, key) if key else None
    return context


def _board_template(request: HttpRequest) -> str:
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    fragments = {"board": "scorecards/_board.html", "trace": "scorecards/_trace.html"}
    return fragments.get(target or "", "scorecards/board.html")
