"""One value of a KPI at a unit, typed on its page: recorded, corrected, restated, taken back."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.models import Assignment
from organizations.access import Access, Action
from scorecards.links import kpi_href, kpi_values_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi
from scorecards.selectors.kpis.value_forms import Asked, offered_form
from scorecards.selectors.shapes import Link
from scorecards.services.value_entry import FIELDS, record_typed_value, take_back_value

from .notices import say_with_undo, undone_reason
from .shell import member_form, shell

LONGEST_PERIOD = 40


@member_form
def values(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """The form by itself, and the address that it is sent to."""
    assignment = _assignment(request, access, kpi)
    if request.method != "POST":
        return _page(request, access, assignment, {})
    enter = _take_back if request.POST.get("do") == "take_back" else _record
    try:
        enter(request, access, assignment)
    except ValidationError as refusal:
        problems = {name: " ".join(texts) for name, texts in refusal.message_dict.items()}
        return _page(request, access, assignment, problems)
    return redirect(_back(request, access, assignment))


def _record(request: HttpRequest, access: Access, assignment: Assignment) -> None:
    typed = request.POST.dict()
    said = record_typed_value(access=access, assignment=assignment, typed=typed)
    messages.success(request, said)


def _take_back(request: HttpRequest, access: Access, assignment: Assignment) -> None:
    typed = request.POST.dict()
    said, again = take_back_value(access=access, assignment=assignment, typed=typed)
    about = {
        "unit": assignment.unit.code,
        "viewed": _viewed(request),
        "reason": undone_reason(typed.get("reason", "")),
    }
    action = kpi_values_href(access.organization.code, assignment.kpi.code)
    say_with_undo(request, said, action, about | again)


def _assignment(request: HttpRequest, access: Access, code: str) -> Assignment:
    """Where the KPI is measured, of those that the reader sees; by default where they record."""
    kpi = visible_kpi(access, code)
    wanted = request.POST.get("unit") or request.GET.get("unit") or None
    seen = visible_assignments(access, kpi, wanted) if kpi else []
    if not seen:
        raise Http404
    for assignment in seen:
        if access.can(Action.RECORD_VALUES, assignment.unit_id):
            return assignment
    raise PermissionDenied


def _typed(request: HttpRequest) -> Mapping[str, str]:
    """What was typed: all that was sent, or what an unsent form says beyond what it had shown."""
    asked = request.POST if request.method == "POST" else request.GET
    typed = {name: asked.get(name, "") for name in FIELDS if name in asked}
    if request.method == "POST":
        return typed
    return {name: text for name, text in typed.items() if text != asked.get(f"shown_{name}", "")}


def _viewed(request: HttpRequest) -> str:
    """The period of the page that the form stands on."""
    return (request.POST.get("viewed") or request.GET.get("viewed", ""))[:LONGEST_PERIOD]


def _back(request: HttpRequest, access: Access, assignment: Assignment) -> str:
    code, unit = access.organization.code, assignment.unit.code
    return kpi_href(code, assignment.kpi.code, unit, _viewed(request))


def _page(
    request: HttpRequest, access: Access, assignment: Assignment, problems: Mapping[str, str]
) -> HttpResponse:
    viewed = _viewed(request)
    line = breadcrumbs(access, access.tree.by_id[assignment.unit_id], viewed)
    kpi = Link(assignment.kpi.name, _back(request, access, assignment))
    context = {
        "form": offered_form(access, assignment, Asked(_typed(request), viewed, problems)),
        "kpi_name": assignment.kpi.name,
        "unit_name": assignment.unit.name,
        "breadcrumbs": (*line, kpi, Link("Value", None)),
    }
    status = 422 if problems else 200
    page = shell(request, access, "kpis") | context
    return render(request, "scorecards/value_form.html", page, status=status)
