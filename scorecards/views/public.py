"""What anybody reads who has its address."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from scorecards.models import PublicLink
from scorecards.selectors.public.board import public_board
from scorecards.selectors.public.chart import public_chart
from scorecards.selectors.public.kinds import joined_public
from scorecards.selectors.public.links import link_of

# By kind: what reads it, and the page that shows it; each names what it shows by its kind. Those
# of packages above announce themselves.
PAGES: dict[str, tuple[Callable[[PublicLink], Any], str]] = {
    PublicLink.Kind.BOARD: (public_board, "scorecards/public_board.html"),
    PublicLink.Kind.CHART: (public_chart, "scorecards/public_chart.html"),
}
PUBLIC_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@require_safe
def public(request: HttpRequest, secret: str) -> HttpResponse:
    """What is published there; every other address answers alike.

    Nothing between keeps the answer (`PrivateByDefault`): what is revoked is gone at once.
    """
    link = link_of(secret)
    if link is None:
        raise Http404
    joined = joined_public(link.kind)
    read, template = (joined.read, joined.page) if joined else PAGES[link.kind]
    shown = read(link)
    if shown is None:
        raise Http404
    answer = render(request, template, {link.kind: shown})
    for name, value in PUBLIC_HEADERS.items():
        answer[name] = value
    return answer
