"""The strategy map as a file: SVG to go on drawing with, PNG to paste anywhere, PDF to print."""

from django.http import Http404, HttpRequest, HttpResponse

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.printing.setting import NoTurn, Unprintable
from scorecards.selectors.viewing import Viewing
from scorecards.views.printing import as_pdf, not_made
from scorecards.views.shell import member_page, unit_of
from strategy_maps.drawing.files import svg_file
from strategy_maps.drawing.picture import Picture
from strategy_maps.drawing.printing import printed_map
from strategy_maps.drawing.raster import png_file
from strategy_maps.selectors.page import MapPage, map_page

from .maps import map_scorecard, shown_period, shown_picture


@member_page
def as_svg(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The picture in light colours, with its style in it."""
    drawn = svg_file(_picture(request, access, unit))
    return _file(drawn.encode(), "image/svg+xml", f"{unit}-map.svg")


@member_page
def as_png(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    drawn = _picture(request, access, unit)
    try:
        content = png_file(svg_file(drawn), drawn.file_box)
    except (NoTurn, Unprintable):
        return not_made(request, access)
    return _file(content, "image/png", f"{unit}-map.png")


@member_page
def as_printed(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The picture on one sheet, and its hypotheses behind it."""
    node, page = _page(request, access, unit)
    named = page.scorecard
    period = shown_period(request, access, node)
    viewing = Viewing(access.organization.calendar, period, scorecard=named)
    section = printed_map(access, page, node, viewing)
    return as_pdf(request, access, page.title, (section,), unit, "map", viewing.label)


def _picture(request: HttpRequest, access: Access, unit: str) -> Picture:
    _, page = _page(request, access, unit)
    return shown_picture(access, page)


def _page(request: HttpRequest, access: Access, unit: str) -> tuple[UnitNode, MapPage]:
    """The map that the address names, or 404."""
    node = unit_of(access, unit)
    period = shown_period(request, access, node)
    named = request.GET.get("scorecard", "")
    scorecard = map_scorecard(access, node, period, named)
    if scorecard is None:
        raise Http404
    return node, map_page(access, node, scorecard, period, named)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
