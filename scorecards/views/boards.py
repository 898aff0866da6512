"""The board of a unit, and the trace of each of its numbers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.selectors.board import board as board_of
from scorecards.selectors.board import breadcrumbs
from scorecards.selectors.board_data import active_scorecard, board_data
from scorecards.selectors.trace import trace as trace_of
from scorecards.selectors.viewing import period_choice

from .shell import member_page, period_of, shell, unit_of


@member_page
def unit(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """A unit's front page is its board."""
    return redirect(board_href(access.organization.code, unit_of(access, unit).code))


@member_page
def board(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The board of a unit; for htmx only the part of it that was asked for."""
    node = unit_of(access, unit)
    period = period_of(request, access)
    context = shell(request, access, "scorecards") | _board_context(request, access, node, period)
    if "scorecard" not in context:
        return render(request, "scorecards/no_scorecard.html", context)
    return render(request, _board_template(request), context)


def _board_context(
    request: HttpRequest, access: Access, node: UnitNode, period: Period
) -> dict[str, Any]:
    organization = access.organization
    choice = period_choice(
        organization, period, lambda label: board_href(organization.code, node.code, label)
    )
    context: dict[str, Any] = {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": breadcrumbs(access, node, choice.label),
        "period": choice,
    }
    scorecard = active_scorecard(node)
    if scorecard is None:
        return context
    context["scorecard"] = scorecard
    data = board_data(access, node, scorecard, period)
    if data is not None:
        context["board"] = board_of(data)
        key = request.GET.get("trace")
        context["trace"] = trace_of(data, key) if key else None
    return context


def _board_template(request: HttpRequest) -> str:
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    fragments = {"board": "scorecards/_board.html", "trace": "scorecards/_trace.html"}
    return fragments.get(target or "", "scorecards/board.html")
