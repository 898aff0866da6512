"""The board of a unit, and the trace of each of its numbers."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Assessment, ReportedSheet, Scorecard
from scorecards.selectors.boards.board import board as board_of
from scorecards.selectors.boards.board import board_periods, breadcrumbs
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.commentaries import sayable_objectives
from scorecards.selectors.boards.shown import edited_scorecard, opening_period, shown_scorecard
from scorecards.selectors.closing.reported import (
    CURRENT,
    FIGURES,
    closed_note,
    reported_board,
    reported_sheet,
)
from scorecards.selectors.lifecycle.lines import life_line
from scorecards.selectors.public.links import may_publish, public_sign
from scorecards.selectors.scoring.layout import codes_of
from scorecards.selectors.starters import may_start_from
from scorecards.selectors.traces.trace import trace as trace_of
from scorecards.selectors.viewing import Viewing

from .shell import member_page, moment_of, period_of, shell, unit_of


@member_page
def unit(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """A unit's front page is its board."""
    return redirect(board_href(access.organization.code, unit_of(access, unit).code))


@member_page
def board(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The board of a unit; for htmx only the part of it that was asked for."""
    node = unit_of(access, unit)
    viewing = board_viewing(request, access, node)
    as_of = viewing.as_of
    context = shell(request, access, "scorecards", as_of)
    context |= board_context(access, node, viewing, request.GET.get("trace"))
    context["can_record"] = access.can(Action.RECORD_VALUES, node.id)
    may_edit = as_of is None and access.can(Action.EDIT_STRUCTURE, node.id)
    context["may_add_initiatives"] = context["may_edit"] = may_edit
    context["may_publish"] = as_of is None and may_publish(access, node)
    context["public"] = public_sign(access, node) if context["may_publish"] else None
    if "board" not in context:
        context["may_start_from"] = may_start_from(access, node.id)
    if "scorecard" not in context:
        context["draft"] = edited_scorecard(access, node) if may_edit else None
        return render(request, "scorecards/no_scorecard.html", context)
    return render(request, _board_template(request), context)


def board_viewing(request: HttpRequest, access: Access, node: UnitNode) -> Viewing:
    """Which period, moment, figures and scorecard of a unit are asked for."""
    as_of = moment_of(request, access)
    period = period_of(request, access, as_of)
    named = request.GET.get("scorecard", "").replace("\x00", "-")
    if not (named or as_of or request.GET.get("period")):
        period = opening_period(access, node, period)
    figures = request.GET.get("figures", "")
    figures = figures if figures in FIGURES else ""
    return Viewing(access.organization.calendar, period, as_of, figures, named)


def board_context(
    access: Access, node: UnitNode, viewing: Viewing, key: str | None
) -> dict[str, Any]:
    """What the page of a board shows; key: of the trace that is open."""
    may_close = {"may_close": access.can(Action.RESTATE, node.id)}
    sheet = None if viewing.as_of else reported_sheet(node, viewing.period, viewing.scorecard)
    if sheet is None or viewing.figures == CURRENT:
        return may_close | _computed(access, node, viewing, sheet, key)
    page = reported_board(access, node, viewing, sheet, key)
    return may_close | {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": page.line,
        "period": page.board.period,
        "scorecard": sheet.scorecard,
        "life": life_line(access, node, sheet.scorecard, viewing),
        "board": page.board,
        "trace": page.trace,
        "closed": page.note,
        "is_report": True,
    }


def _computed(
    access: Access,
    node: UnitNode,
    viewing: Viewing,
    sheet: ReportedSheet | None,
    key: str | None,
) -> dict[str, Any]:
    """The board from what stands now, or from what was said by a moment."""
    figures = viewing.figures if sheet else ""
    context: dict[str, Any] = {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": breadcrumbs(access, node, viewing.label, viewing.as_of_text),
        "period": board_periods(access.organization, node, viewing),
    }
    named, period = viewing.scorecard, viewing.period
    scorecard = shown_scorecard(access, node, period, named, viewing.at)
    if scorecard is None:
        if named:
            raise Http404
        return context
    context["scorecard"] = scorecard
    context["life"] = life_line(access, node, scorecard, viewing)
    data = board_data(access, node, scorecard, period, viewing.as_of, figures, named)
    if data is not None:
        context["board"] = board_of(data)
        context["trace_key"] = key
        is_draft = scorecard.status == Scorecard.State.DRAFT
        context["can_assess"] = not is_draft and can_assess(access, node, viewing, sheet)
        if viewing.as_of is None and sheet is None and not is_draft:
            codes = codes_of(data.content)[Assessment.Node.OBJECTIVE]
            context["sayable"] = sayable_objectives(access, node, scorecard, codes)
        context["trace"] = trace_of(data, key) if key else None
        context["closed"] = sheet and closed_note(access, node, viewing, sheet.closing, key)
    return context


def can_assess(
    access: Access, node: UnitNode, viewing: Viewing, sheet: ReportedSheet | None
) -> bool:
    """Whether the reader may put a status in place of a score: of what stands, in open periods."""
    is_open = viewing.as_of is None and sheet is None
    return is_open and access.can(Action.EDIT_STRUCTURE, node.id)


def _board_template(request: HttpRequest) -> str:
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    fragments = {"board": "scorecards/_board.html", "trace": "scorecards/_trace.html"}
    return fragments.get(target or "", "scorecards/board.html")
