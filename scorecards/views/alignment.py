"""How a unit's objectives hang together with those above and beneath."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import alignment_href
from scorecards.selectors.alignment.above import TypedAbove, alignment_above, typed_above
from scorecards.selectors.alignment.gaps import alignment_gaps
from scorecards.selectors.alignment.matrix import alignment_matrix, chosen_source
from scorecards.selectors.alignment.matrix_table import matrix_table
from scorecards.selectors.alignment.page import VIEWS, alignment_head
from scorecards.selectors.alignment.tree import alignment_tree, tree_level
from scorecards.selectors.imports.rights import may_use_files
from scorecards.selectors.structure.periods import current_period
from scorecards.services.cascading import hand_down

from .cascade import say_undoable, told, undone
from .data import as_file
from .sent import whole_number
from .shell import member_form, period_of, shell, unit_of


@member_form
def alignment(request: HttpRequest, access: Access, unit: str) -> HttpResponseBase:
    """Matrix, tree and gaps for whoever sees the unit; its managers choose what it supports."""
    node = unit_of(access, unit)
    if request.method == "POST":
        return _posted(request, access, node)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else next(iter(VIEWS))
    period = period_of(request, access)
    if view == "tree" and "beneath" in request.GET:
        level = tree_level(access, node, period)
        about = {"level": level, "organization": access.organization}
        return render(request, "scorecards/_alignment_level.html", about)
    if view == "matrix" and request.GET.get("form") in ("csv", "xlsx"):
        return _matrix_file(request, access, node)
    return _page(request, access, node, view, period)


def _page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    view: str,
    period: Period,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    of = chosen_source(access, node, request.GET.get("of", ""))
    head = alignment_head(access, node, view, period, of.code if of.id != node.id else None)
    label = head.period.label
    shown: dict[str, Any] = {"head": head, "breadcrumbs": head.breadcrumbs}
    if view == "matrix":
        shown["matrix"] = alignment_matrix(access, node, of, label)
        shown["may_export"] = may_use_files(access)
        code = access.organization.code
        shown["export_href"] = alignment_href(code, node.code, view="matrix", of=of.code)
    elif view == "tree":
        shown["tree"] = alignment_tree(access, node, period)
        if skip := whole_number(request.GET.get("skip", "")):
            shown["more"] = tree_level(access, node, period, skip)
    elif view == "gaps":
        shown["gaps"] = alignment_gaps(access, node, label)
    else:
        shown["above"] = alignment_above(access, node, label, more.get("typed"))
    context = shell(request, access, "scorecards") | shown
    return render(request, "scorecards/alignment.html", context, status=status)


def _matrix_file(request: HttpRequest, access: Access, node: UnitNode) -> HttpResponseBase:
    """The matrix for those who may take files out."""
    if not may_use_files(access):
        raise PermissionDenied
    of = chosen_source(access, node, request.GET.get("of", ""))
    table = matrix_table(alignment_matrix(access, node, of, ""))
    return as_file(access, "alignment", [table], is_spreadsheet=request.GET["form"] == "xlsx")


def _posted(request: HttpRequest, access: Access, node: UnitNode) -> HttpResponse:
    """The objectives above that the unit chooses to support, as context, in one step."""
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    here = alignment_href(access.organization.code, node.code, view="above")
    if request.POST.get("do") == "undo":
        return undone(request, access, here)
    typed = typed_above(access, node, request.POST.dict())
    if not typed.wishes:
        status = 409 if typed.is_stale else 422
        return _again(request, access, node, typed, status)
    try:
        handed = hand_down(
            organization=access.organization,
            wishes=typed.wishes,
            valid_from=current_period(access.organization).start,
            by=access.user,
        )
    except ValidationError as refusal:
        refused = TypedAbove(typed.chosen, problem=" ".join(refusal.messages))
        return _again(request, access, node, refused, 422)
    say_undoable(request, f"{node.name} chose what it supports: {told(handed)}.", here, handed)
    return redirect(here)


def _again(
    request: HttpRequest, access: Access, node: UnitNode, typed: TypedAbove, status: int
) -> HttpResponse:
    period = period_of(request, access)
    return _page(request, access, node, "above", period, status, typed=typed)
