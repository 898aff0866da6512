"""The strategy map of a unit: the picture, what it says in words, and why each score is so."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import PublicLink, Scorecard
from scorecards.selectors.boards.shown import edited_scorecard, opening_period, shown_scorecard
from scorecards.selectors.public.links import may_publish, public_sign
from scorecards.selectors.starters import may_start_from
from scorecards.selectors.viewing import Viewing
from scorecards.views.boards import board_context
from scorecards.views.shell import member_page, period_of, shell, unit_of
from strategy_maps.drawing.picture import Picture, picture
from strategy_maps.drawing.telling import told_map
from strategy_maps.links import map_href, map_link_href
from strategy_maps.selectors.page import MapPage, map_breadcrumbs, map_page

LONGEST_KEY = 120


@member_page
def own_map(request: HttpRequest, access: Access) -> HttpResponse:
    """To the map of the reader's own unit: the highest one where they have a role."""
    own = [node for node in access.tree.by_id.values() if node.id in access.roles]
    roots = [node for node in access.tree.children(None) if access.sees(node.id)]
    seen = sorted(own, key=lambda node: len(access.tree.line(node.id))) or roots
    if not seen:
        raise Http404
    return redirect(map_href(access.organization.code, seen[0].code))


@member_page
def strategy_map_page(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The map in a period; for htmx only the trace of the score that was asked for."""
    node = unit_of(access, unit)
    named = request.GET.get("scorecard", "")
    period = shown_period(request, access, node)
    scorecard = map_scorecard(access, node, period, named)
    context = shell(request, access, "map")
    if scorecard is None:
        return render(request, "scorecards/no_scorecard.html", context | no_scorecard(access, node))
    if "trace" in request.GET:
        context |= _trace(request, access, node, period, named)
    if getattr(request, "htmx", None) and request.htmx.target == "trace":  # type: ignore[attr-defined]
        return render(request, "scorecards/_trace.html", context)
    page = map_page(access, node, scorecard, period, named)
    context |= {"page": page, "period": page.period, "breadcrumbs": page.breadcrumbs}
    context["may_publish"] = may_publish(access, node)
    context["public"] = public_sign(access, node, kind=PublicLink.Kind.MAP)
    context["picture"] = shown_picture(access, page)
    return render(request, "strategy_maps/map.html", context)


def shown_period(request: HttpRequest, access: Access, node: UnitNode) -> Period:
    """The period in the address; without one, the one that the unit's board opens with."""
    period = period_of(request, access)
    return period if request.GET.get("period") else opening_period(access, node, period)


def map_scorecard(access: Access, node: UnitNode, period: Period, named: str) -> Scorecard | None:
    """The scorecard that is named, the one that holds in the period, or one that is begun.

    Of a name that is not known there, 404.
    """
    scorecard = shown_scorecard(access, node, period, named)
    if scorecard is None and named:
        raise Http404
    if scorecard is None and access.can(Action.EDIT_STRUCTURE, node.id):
        return edited_scorecard(access, node)
    return scorecard


def no_scorecard(access: Access, node: UnitNode) -> dict[str, Any]:
    return {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": map_breadcrumbs(access, node, None),
        "may_edit": access.can(Action.EDIT_STRUCTURE, node.id),
        "may_start_from": may_start_from(access, node.id),
    }


def shown_picture(access: Access, page: MapPage) -> Picture:
    """The picture whose objectives lead to their traces, and whose links to their pages."""
    code, shown = access.organization.code, page.map
    about = {"period": shown.period_label, "scorecard": page.scorecard}

    def node_href(objective: str) -> str:
        return map_href(code, shown.unit_code, trace=f"objective:{objective}", **about)

    def link_href(cause: str, effect: str) -> str:
        return map_link_href(code, shown.unit_code, cause, effect, **about)

    return picture(told_map(shown, node_href, link_href))


def _trace(
    request: HttpRequest, access: Access, node: UnitNode, period: Period, named: str
) -> dict[str, Any]:
    """Why a score is so, as the board tells it."""
    viewing = Viewing(access.organization.calendar, period, scorecard=named)
    key = request.GET["trace"][:LONGEST_KEY].replace("\x00", "")
    found = board_context(access, node, viewing, key)
    return {"trace": found.get("trace"), "asks_why": True}
