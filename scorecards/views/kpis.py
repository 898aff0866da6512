"""The library of KPIs and the page of each."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from kpis.models import KPI
from organizations.access import Access
from scorecards.links import kpi_edit_href, kpi_new_href
from scorecards.selectors.kpis.definition import kpi_definition
from scorecards.selectors.kpis.forms import may_change, may_define, measured_unit_ids
from scorecards.selectors.kpis.pages import kpi_lines, kpi_page, visible_assignments, visible_kpi

from .shell import member_page, moment_of, period_of, shell


@member_page
def kpi_list(request: HttpRequest, access: Access) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:100]
    new_href = kpi_new_href(access.organization.code) if may_define(access) else None
    context = {"kpis": kpi_lines(access, query), "q": query, "new_href": new_href}
    return render(request, "scorecards/kpi_list.html", shell(request, access, "kpis") | context)


@member_page
def kpi(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    found = visible_kpi(access, kpi)
    assignments = visible_assignments(access, found) if found else []
    wanted = request.GET.get("unit")
    selected = next((a for a in assignments if wanted in (None, a.unit.code)), None)
    if found is None or selected is None:
        raise Http404
    address = f"{request.scheme}://{request.get_host()}"
    as_of = moment_of(request, access)
    period = period_of(request, access, as_of)
    edit = request.GET.get("edit", "")
    page = kpi_page(access, found, assignments, selected, period, address, as_of, edit)
    context = {"kpi": page, "breadcrumbs": page.breadcrumbs, "period": page.period}
    context |= _definition(access, found, selected.unit.code, page.period_label)
    return render(request, "scorecards/kpi.html", shell(request, access, "kpis", as_of) | context)


def _definition(access: Access, kpi: KPI, unit: str, period: str) -> dict[str, Any]:
    """What its values follow from, and where to change that for those who may."""
    may = may_change(access, measured_unit_ids(access, kpi))
    edit_href = kpi_edit_href(access.organization.code, kpi.code, unit, period) if may else None
    return {"definition": kpi_definition(access, kpi, unit), "edit_href": edit_href}
