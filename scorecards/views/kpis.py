"""The library of KPIs and the page of each."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from kpis.models import KPI
from organizations.access import Access
from scorecards.links import kpi_edit_href, kpis_href
from scorecards.selectors.kpis.definition import kpi_definition
from scorecards.selectors.kpis.forms import may_change, may_define, measured_unit_ids
from scorecards.selectors.kpis.library import asked_library, library_page
from scorecards.selectors.kpis.pages import kpi_page, visible_kpi
from scorecards.selectors.kpis.places import AskedKpi, seen_places
from scorecards.selectors.kpis.used import kpi_uses
from scorecards.selectors.public.links import home_href, may_publish, public_sign
from scorecards.selectors.sources.feeding import feeding_sources

from .sent import whole_number
from .shell import member_page, moment_of, period_of, shell

LONGEST_WORDS = 100


def kpi_of(access: Access, code: str) -> KPI:
    """The KPI, if it is measured at a unit that the reader sees, or nowhere."""
    found = None if "\x00" in code else visible_kpi(access, code)
    unit_ids = measured_unit_ids(access, found) if found else []
    if found is None or (unit_ids and not any(map(access.sees, unit_ids))):
        raise Http404
    return found


@member_page
def kpi_list(request: HttpRequest, access: Access) -> HttpResponse:
    """The library, or what of it the address asks for."""
    asked = asked_library(request.GET.dict(), whole_number(request.GET.get("page", "")))
    page = library_page(access, asked, may_define=may_define(access))
    if getattr(request, "htmx", None) and request.htmx.target == "library":  # type: ignore[attr-defined]
        context = {"page": page, "organization": access.organization}
        answer = render(request, "scorecards/_kpi_table.html", context)
        answer["HX-Push-Url"] = kpis_href(access.organization.code, **asked.said)
        return answer
    context = shell(request, access, "kpis") | {"page": page}
    return render(request, "scorecards/kpi_list.html", context)


@member_page
def kpi(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    found = visible_kpi(access, kpi)
    places = seen_places(access, found) if found else {}
    wanted = request.GET.get("unit")
    units = (access.tree.by_id[unit_id] for unit_id in places)
    selected = next((node for node in units if wanted in (None, node.code)), None)
    if found is None or selected is None:
        raise Http404
    address = f"{request.scheme}://{request.get_host()}"
    as_of = moment_of(request, access)
    period = period_of(request, access, as_of)
    asked = _asked(request)
    page = kpi_page(access, found, places, selected, period, address, as_of, asked)
    context = {"kpi": page, "breadcrumbs": page.breadcrumbs, "period": page.period}
    context |= _definition(access, found, selected.code, page.period_label)
    if as_of is None and may_publish(access, selected):
        context["share_href"] = home_href(access, selected.code, found)
        context["public"] = public_sign(access, selected, found)
    return render(request, "scorecards/kpi.html", shell(request, access, "kpis", as_of) | context)


def _asked(request: HttpRequest) -> AskedKpi:
    words = request.GET.get("q", "").replace("\x00", "")[:LONGEST_WORDS]
    page = whole_number(request.GET.get("page", ""))
    return AskedKpi(request.GET.get("edit", ""), words, page)


def _definition(access: Access, kpi: KPI, unit: str, period: str) -> dict[str, Any]:
    """What its values follow from, what uses it, and where to change it for those who may."""
    unit_ids = measured_unit_ids(access, kpi)
    may = may_change(access, unit_ids)
    return {
        "definition": kpi_definition(access, kpi, unit),
        "edit_href": kpi_edit_href(access.organization.code, kpi.code, unit, period) if may else "",
        "uses": kpi_uses(access, kpi, unit_ids),
        "sources": feeding_sources(access, kpi, unit),
    }
