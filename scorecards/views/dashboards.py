"""Dashboards: those that a reader opens, one of them, and what every unit shows of itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from scorecards.selectors.dashboards.page import (
    Looked,
    breadcrumbs_of,
    dashboard_list,
    dashboard_page,
    kept_href,
    unit_page,
)
from scorecards.selectors.dashboards.reading import visible_dashboard
from scorecards.selectors.viewing import Viewing

from .shell import member_page, period_of, shell, unit_of


@member_page
def dashboards(request: HttpRequest, access: Access) -> HttpResponse:
    context = shell(request, access, "scorecards") | {"page": dashboard_list(access)}
    return render(request, "scorecards/dashboards.html", context)


@member_page
def dashboard(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """One that somebody has put together."""
    row = visible_dashboard(access, dashboard)
    if row is None:
        raise Http404
    page = dashboard_page(_looked(request, access), row)
    context = shell(request, access, "scorecards") | {"page": page, "period": page.period}
    context["breadcrumbs"] = breadcrumbs_of(access, row.name)
    return render(request, "scorecards/dashboard.html", context)


@member_page
def unit_dashboard(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The unit's own where it has put one together, else the one made of its scorecard."""
    node = unit_of(access, unit)
    looked = _looked(request, access)
    own = kept_href(access, node, period=looked.asked, view=looked.view)
    if own:
        return redirect(own)
    page = unit_page(looked, node)
    context = shell(request, access, "scorecards") | {"page": page, "period": page.period}
    context["breadcrumbs"] = breadcrumbs_of(access, page.name)
    return render(request, "scorecards/dashboard.html", context)


def _looked(request: HttpRequest, access: Access) -> Looked:
    period = period_of(request, access)
    viewing = Viewing(access.organization.calendar, period)
    asked = viewing.label if request.GET.get("period") else None
    return Looked(access, viewing, asked, request.GET.get("view", ""))
