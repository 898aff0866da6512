"""The library of KPIs and the page of each."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from organizations.access import Access
from scorecards.selectors.kpi_pages import kpi_lines, kpi_page, visible_assignments, visible_kpi

from .shell import member_page, moment_of, period_of, shell


@member_page
def kpi_list(request: HttpRequest, access: Access) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {"kpis": kpi_lines(access, query), "q": query}
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
    page = kpi_page(access, found, assignments, selected, period, address, as_of)
    context = {"kpi": page, "breadcrumbs": page.breadcrumbs, "period": page.period}
    return render(request, "scorecards/kpi.html", shell(request, access, "kpis", as_of) | context)
