"""Pages as PDF, made while their reader waits."""

import re
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from organizations.access import Access
from scorecards.printing.boards import board_section
from scorecards.printing.dashboards import panels_section
from scorecards.printing.kpis import kpi_section
from scorecards.printing.setting import NoTurn, Unprintable, page_file
from scorecards.printing.shapes import Section
from scorecards.printing.words import document
from scorecards.selectors.dashboards.reading import visible_dashboard
from scorecards.selectors.dashboards.showing import dashboard_tables, unit_tables
from scorecards.selectors.kpis.pages import visible_kpi
from scorecards.selectors.kpis.places import seen_places
from scorecards.selectors.viewing import Viewing

from .boards import board_viewing
from .shell import member_page, moment_of, period_of, shell, unit_of

TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
RETRY_AFTER = "10"  # seconds


@member_page
def board(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The board on one sheet."""
    node = unit_of(access, unit)
    viewing = board_viewing(request, access, node)
    section = board_section(access, node, viewing)
    if section is None:
        raise Http404
    return as_pdf(request, access, section.head.title, (section,), unit, "scorecard", viewing.label)


@member_page
def kpi(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """The page of a KPI at a unit."""
    found = visible_kpi(access, kpi)
    wanted = request.GET.get("unit")
    places = seen_places(access, found) if found else {}
    units = (access.tree.by_id[unit_id] for unit_id in places)
    node = next((each for each in units if wanted in (None, each.code)), None)
    if found is None or node is None:
        raise Http404
    as_of = moment_of(request, access)
    viewing = Viewing(access.organization.calendar, period_of(request, access, as_of), as_of)
    section = kpi_section(access, found, node, viewing)
    if section is None:
        raise Http404
    title = f"{found.name}, {node.name}"
    return as_pdf(request, access, title, (section,), node.code, found.code, viewing.label)


@member_page
def dashboard(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """The panels of a dashboard, as its reader sees them."""
    row = visible_dashboard(access, dashboard)
    if row is None:
        raise Http404
    viewing = Viewing(access.organization.calendar, period_of(request, access))
    shown = dashboard_tables(access, row, viewing)
    unit = access.tree.by_id[row.unit_id].name if row.unit_id else ""
    section = panels_section(access, row.name, unit, shown, viewing)
    return as_pdf(request, access, row.name, (section,), row.code, viewing.label)


@member_page
def unit_dashboard(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """What a unit shows of itself without having put anything together."""
    node = unit_of(access, unit)
    viewing = Viewing(access.organization.calendar, period_of(request, access))
    name = f"{node.name}: dashboard"
    section = panels_section(access, name, node.name, unit_tables(access, node, viewing), viewing)
    return as_pdf(request, access, name, (section,), unit, "dashboard", viewing.label)


def as_pdf(
    request: HttpRequest, access: Access, title: str, sections: Iterable[Section], *name: str
) -> HttpResponse:
    """The sections as a file whose name says what it is; 503 where it cannot be made just now."""
    try:
        content = page_file(document(access, title, sections))
    except (NoTurn, Unprintable):
        return not_made(request, access)
    parts = (access.organization.code, *name)
    return as_attachment(content, TYPES["pdf"], f"{'-'.join(parts)}.pdf")


def not_made(request: HttpRequest, access: Access) -> HttpResponse:
    """Too much is being made, or it took too long."""
    context = shell(request, access, "scorecards")
    answer = render(request, "scorecards/not_printed.html", context, status=503)
    answer["Retry-After"] = RETRY_AFTER
    return answer


def as_attachment(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep; its name holds nothing but letters, digits and the like."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{plain}"'
    return answer
