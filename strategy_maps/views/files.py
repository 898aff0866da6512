"""The strategy map as a file: SVG to go on drawing with, PNG to paste anywhere."""

from django.http import Http404, HttpRequest, HttpResponse

from organizations.access import Access
from scorecards.views.shell import member_page, unit_of
from strategy_maps.drawing.files import svg_file
from strategy_maps.drawing.picture import Picture
from strategy_maps.drawing.raster import png_file
from strategy_maps.selectors.page import map_page

from .maps import map_scorecard, shown_period, shown_picture


@member_page
def as_svg(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The picture in light colours, with its style in it."""
    drawn = svg_file(_picture(request, access, unit))
    return _file(drawn.encode(), "image/svg+xml", f"{unit}-map.svg")


@member_page
def as_png(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    drawn = _picture(request, access, unit)
    pixels = png_file(svg_file(drawn), drawn.file_box)
    return _file(pixels, "image/png", f"{unit}-map.png")


def _picture(request: HttpRequest, access: Access, unit: str) -> Picture:
    node = unit_of(access, unit)
    period = shown_period(request, access, node)
    named = request.GET.get("scorecard", "")
    scorecard = map_scorecard(access, node, period, named)
    if scorecard is None:
        raise Http404
    return shown_picture(access, map_page(access, node, scorecard, period, named))


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
