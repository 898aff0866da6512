"""Declaring that the process behind a KPI was changed on purpose, and taking that back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.periods import Frequency, InvalidPeriod
from kpis.models import Assignment, ProcessChange
from kpis.services.process_changes import (
    declare_process_change,
    restore_process_change,
    take_back_process_change,
)
from organizations.access import Access, Action
from organizations.services.structure import StaleVersion
from scorecards.links import kpi_href, process_changes_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.kpis.history import kpi_history, own_periods
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi
from scorecards.selectors.kpis.signal_panel import NOTHING_TYPED, Typed, signal_panel
from scorecards.selectors.kpis.told import told
from scorecards.selectors.shapes import Link

from .notices import say_with_undo
from .sent import whole_number
from .shell import member_form, shell

LONGEST_PERIOD = 40
GONE = "This change was taken back or declared anew meanwhile. Look at what stands now."


@member_form
def process_changes(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """The changes declared at a unit with the form by itself; posted: declare, take back, undo."""
    assignment = _assignment(request, access, kpi)
    if request.method != "POST":
        return _page(request, access, assignment, NOTHING_TYPED, 200)
    typed = _typed(request)
    deed = DEEDS.get(request.POST.get("do", ""), _declare)
    try:
        deed(request, access, assignment)
    except StaleVersion:
        return _page(request, access, assignment, _with(typed, {"general": GONE}), 409)
    except ValidationError as refusal:
        return _page(request, access, assignment, _with(typed, _problems(refusal)), 422)
    return redirect(_back(request, access, assignment) + "#signals")


def _declare(request: HttpRequest, access: Access, assignment: Assignment) -> None:
    calendar, text = access.organization.calendar, _typed(request).period
    try:
        period = calendar.parse(text, Frequency(assignment.kpi.frequency))
    except InvalidPeriod as refusal:
        raise ValidationError({"period": f"{refusal}."}) from None
    declare_process_change(
        assignment=assignment,
        day=period.start,
        note=request.POST.get("note", ""),
        by=access.user,
    )
    messages.success(request, f"Declared: limits and forecast begin anew from {text} on.")


def _take_back(request: HttpRequest, access: Access, assignment: Assignment) -> None:
    change = _named(request, assignment)
    if change is None or change.deleted_at is not None:
        raise ValidationError(GONE)
    version = whole_number(request.POST.get("version", ""))
    take_back_process_change(change=change, by=access.user, version=version)
    about = {"do": "restore", "number": str(change.pk), "unit": assignment.unit.code}
    action = process_changes_href(access.organization.code, assignment.kpi.code)
    say_with_undo(request, "Taken back.", action, about | {"viewed": _viewed(request)})


def _restore(request: HttpRequest, access: Access, assignment: Assignment) -> None:
    change = _named(request, assignment)
    if change is None:
        raise ValidationError(GONE)
    restore_process_change(change=change, by=access.user)
    messages.success(request, "It stands again.")


DEEDS = {"take_back": _take_back, "restore": _restore}


def _named(request: HttpRequest, assignment: Assignment) -> ProcessChange | None:
    """The change of that number, of this KPI at this unit alone."""
    number = whole_number(request.POST.get("number", ""))
    return ProcessChange.objects.filter(pk=number, assignment=assignment).first()


def _assignment(request: HttpRequest, access: Access, code: str) -> Assignment:
    """Where the KPI is measured and the reader may declare; 403 where they only see it."""
    kpi = visible_kpi(access, code)
    wanted = request.POST.get("unit") or request.GET.get("unit") or None
    seen = visible_assignments(access, kpi, wanted) if kpi else []
    if not seen:
        raise Http404
    for assignment in seen:
        if access.can(Action.EDIT_STRUCTURE, assignment.unit_id):
            return assignment
    raise PermissionDenied


def _typed(request: HttpRequest) -> Typed:
    period, note = request.POST.get("period", ""), request.POST.get("note", "")
    return Typed(period.strip()[:LONGEST_PERIOD], note[:1000])


def _with(typed: Typed, problems: dict[str, str]) -> Typed:
    return Typed(typed.period, typed.note, problems)


def _problems(refusal: ValidationError) -> dict[str, str]:
    """By field of the form; what belongs to none is general."""
    if not hasattr(refusal, "error_dict"):
        return {"general": " ".join(refusal.messages)}
    return {
        name if name in ("period", "note") else "general": " ".join(texts)
        for name, texts in refusal.message_dict.items()
    }


def _viewed(request: HttpRequest) -> str:
    """The period of the page that the form stands on."""
    return (request.POST.get("viewed") or request.GET.get("viewed", ""))[:LONGEST_PERIOD]


def _back(request: HttpRequest, access: Access, assignment: Assignment) -> str:
    code, unit = access.organization.code, assignment.unit.code
    return kpi_href(code, assignment.kpi.code, unit, _viewed(request))


def _page(
    request: HttpRequest, access: Access, assignment: Assignment, typed: Typed, status: int
) -> HttpResponse:
    periods = own_periods(access.organization, Frequency(assignment.kpi.frequency))
    history = kpi_history(access.organization, assignment, periods)
    line = breadcrumbs(access, access.tree.by_id[assignment.unit_id], _viewed(request))
    back = _back(request, access, assignment)
    context: dict[str, Any] = {
        "panel": signal_panel(access, told(history), _viewed(request), is_past=False, typed=typed),
        "kpi_name": assignment.kpi.name,
        "unit_name": assignment.unit.name,
        "kpi_href": back,
        "breadcrumbs": (*line, Link(assignment.kpi.name, back), Link("Process changes", None)),
    }
    page = shell(request, access, "kpis") | context
    return render(request, "scorecards/process_changes.html", page, status=status)
