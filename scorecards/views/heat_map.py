"""Units against perspectives, objectives or one KPI, in one period."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import organization_href
from scorecards.selectors.heat_map.asking import first_unit
from scorecards.selectors.heat_map.map import heat_map as map_of
from scorecards.selectors.heat_map.page import AskedHeatMap, heat_map_page
from scorecards.selectors.heat_map.shapes import PERSPECTIVES
from scorecards.selectors.heat_map.table import heat_map_table
from scorecards.selectors.imports.rights import may_use_files

from .data import as_file
from .sent import whole_number
from .shell import member_page, period_of, shell, unit_of

MOST_ROWS = 10_000  # in a file


@member_page
def heat_map(request: HttpRequest, access: Access) -> HttpResponseBase:
    """Which units do well in what, and where to look closer."""
    code = request.GET.get("unit")
    node = unit_of(access, code) if code else first_unit(access)
    if node is None:
        return redirect(organization_href(access.organization.code))
    if request.GET.get("form") in ("csv", "xlsx"):
        return _file(request, access, node)
    page = heat_map_page(access, node, _asked(request), period_of(request, access))
    if page is None:
        raise Http404
    shown = {"page": page, "period": page.period, "breadcrumbs": page.breadcrumbs}
    context = shell(request, access, "scorecards") | shown
    return render(request, "scorecards/heat_map.html", context)


def _asked(request: HttpRequest) -> AskedHeatMap:
    said = request.GET
    return AskedHeatMap(
        of=said.get("of") or PERSPECTIVES,
        scope=said.get("scope", ""),
        sort=said.get("sort", ""),
        page=whole_number(said.get("page", "")),
    )


def _file(request: HttpRequest, access: Access, node: UnitNode) -> HttpResponseBase:
    """The whole of it for those who may take files out."""
    if not may_use_files(access):
        raise PermissionDenied
    asked, period = _asked(request), period_of(request, access)
    found = map_of(
        access, node, asked.of, period, scope=asked.scope, sort=asked.sort, length=MOST_ROWS
    )
    if found is None:
        raise Http404
    table = heat_map_table(found, access.organization, period)
    return as_file(access, "heat-map", [table], is_spreadsheet=request.GET["form"] == "xlsx")
