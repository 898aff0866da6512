"""Targets over time: the year's grid, one target's figures, a year split, a year rolled over."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import Assignment
from kpis.services.target_plans import Plan, apply_plan
from organizations.access import Access
from scorecards.links import target_href, targets_href
from scorecards.selectors.shapes import Link
from scorecards.selectors.targets.cells import field_name, grid_periods
from scorecards.selectors.targets.grid import can_be_split, target_grid
from scorecards.selectors.targets.pages import figure_names, planning_crumbs, target_details
from scorecards.selectors.targets.planning import Planning, planning
from scorecards.services.target_entry import (
    LONGEST_REASON,
    SentTargets,
    sent_figures,
    sent_grid,
    sent_removal,
    sent_restoration,
)

from .notices import say_with_undo, undone_reason
from .shell import member_form, shell, unit_of
from .target_forms import YearForm, roll_over_form, split_form

# What is done with a target as it is, without figures that are typed.
WHOLE = {"remove": sent_removal, "restore": sent_restoration}


@member_form
def targets(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The grid of the year's targets."""
    planned = _planning(request, access, unit)
    if request.method != "POST":
        return _grid_page(request, planned)
    _require_edit(planned)
    reason = _reason(request)
    sent = sent_grid(planned, request.POST, reason)
    wrong = sent.wrong or _stored(request, sent.plan, reason)
    if wrong:
        return _grid_page(request, planned, replace(sent, wrong=wrong))
    return redirect(_grid_href(planned))


@member_form
def target(request: HttpRequest, access: Access, unit: str, kpi: str) -> HttpResponse:
    """All figures of the target that holds in a period."""
    planned, period = _period_planning(request, access, unit, kpi)
    assignment = _assignment(planned, kpi)
    if request.method != "POST":
        return _details_page(request, planned, assignment, period)
    _require_edit(planned)
    reason = _reason(request)
    sent = _sent_details(request, planned, assignment, period, reason)
    is_removal = request.POST.get("do") == "remove"
    undo = _details_href(planned, assignment, period) if is_removal else ""
    if sent.wrong or not _is_stored(request, sent.plan, reason, undo):
        return _details_page(request, planned, assignment, period, sent)
    return redirect(_grid_href(planned))


@member_form
def split(request: HttpRequest, access: Access, unit: str, kpi: str) -> HttpResponse:
    """A year's target, split over its periods."""
    planned = _planning(request, access, unit)
    assignment = _assignment(planned, kpi)
    _require_edit(planned)
    if not can_be_split(assignment):
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    form = split_form(planned, assignment, asked, reason=_sent_reason(request))
    if _is_saved(request, form):
        return redirect(_grid_href(planned))
    return _page(request, planned, "split", form.context, assignment.kpi.name)


@member_form
def roll_over(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The year's targets, times a factor, for the next year."""
    planned = _planning(request, access, unit)
    _require_edit(planned)
    asked = request.POST if request.method == "POST" else request.GET
    form = roll_over_form(
        planned, asked.get("factor"), asked.getlist("kpi"), reason=_sent_reason(request)
    )
    if _is_saved(request, form):
        return redirect(targets_href(access.organization.code, unit, form.context["next_year"]))
    return _page(request, planned, "roll_over", form.context, "Roll over")


# --- What all of them share


def _planning(request: HttpRequest, access: Access, unit: str) -> Planning:
    """The unit and the year in the address; a year that cannot be read shows the running one."""
    node = unit_of(access, unit)
    calendar = access.organization.calendar
    text = request.GET.get("year")
    try:
        year = calendar.parse(text, Frequency.YEAR) if text else None
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        year = None
    running = calendar.period(Frequency.YEAR, access.organization.today())
    return planning(access, node, year or running)


def _assignment(planned: Planning, kpi: str) -> Assignment:
    found = planned.assignment(kpi)
    if found is None:
        raise Http404
    return found


def _require_edit(planned: Planning) -> None:
    if not planned.can_edit:
        raise PermissionDenied


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]


def _sent_reason(request: HttpRequest) -> str | None:
    """None while a form only shows what it would do."""
    return _reason(request) if request.method == "POST" else None


def _is_saved(request: HttpRequest, form: YearForm) -> bool:
    """Whether the form was sent and its plan could be stored."""
    if request.method != "POST" or form.plan is None:
        return False
    return _is_stored(request, form.plan, _reason(request))


def _grid_href(planned: Planning) -> str:
    return targets_href(planned.access.organization.code, planned.unit.code, planned.year_label)


def _details_href(planned: Planning, assignment: Assignment, period: Period) -> str:
    organization, unit = planned.access.organization.code, planned.unit.code
    return target_href(organization, unit, assignment.kpi.code, planned.calendar.label(period))


def _is_stored(request: HttpRequest, plan: Plan, reason: str, undo: str = "") -> bool:
    """Whether the plan could be stored; says what was done, or what stands against it."""
    refusals = _stored(request, plan, reason, undo)
    for refusal in dict.fromkeys(refusals.values()):
        messages.error(request, refusal)
    return not refusals


def _stored(request: HttpRequest, plan: Plan, reason: str, undo: str = "") -> dict[str, str]:
    """Store the plan and say so, or answer why not, by the names of the fields.

    undo: where a target that is removed by it can be restored.
    """
    try:
        count = apply_plan(plan=plan, by=request.user, reason=reason or None)  # type: ignore[arg-type]
    except ValidationError as problem:
        return _by_field(problem, plan)
    if undo and count:
        fields = {"do": "restore", "reason": undone_reason(reason)}
        say_with_undo(request, "Removed the target: the one before goes on.", undo, fields)
        return {}
    said = "1 target" if count == 1 else f"{count} targets"
    messages.success(request, f"Saved {said}." if count else "Nothing was changed.")
    return {}


def _by_field(problem: ValidationError, plan: Plan) -> dict[str, str]:
    """What storing refused, by field; under "" what belongs to no field."""
    names: dict[Any, str] = {
        (cell.assignment.pk, cell.period.start): field_name(cell.assignment, cell.period)
        for cell in plan
    }
    if not hasattr(problem, "error_dict"):
        return {"": " ".join(problem.messages)}
    return {
        names.get(cell, ""): " ".join(text for error in errors for text in error.messages)
        for cell, errors in problem.error_dict.items()
    }


def _page(
    request: HttpRequest, planned: Planning, name: str, context: dict[str, Any], title: str = ""
) -> HttpResponse:
    more = (Link(title, None),) if title else ()
    about = {
        "unit_name": planned.unit.name,
        "unit_code": planned.unit.code,
        "year": planned.year_label,
        "grid_href": _grid_href(planned),
        "can_edit": planned.can_edit,
        "breadcrumbs": planning_crumbs(planned, *more),
        "reason": _reason(request),
    }
    template = f"scorecards/targets_{name}.html" if name else "scorecards/targets.html"
    return render(request, template, shell(request, planned.access, "scorecards") | about | context)


def _grid_page(
    request: HttpRequest, planned: Planning, sent: SentTargets | None = None
) -> HttpResponse:
    sent = sent or SentTargets()
    is_restating = bool(request.GET.get("restate")) and planned.can_restate
    grid = target_grid(planned, is_restating=is_restating, typed=sent.typed, wrong=sent.wrong)
    about = {"grid": grid, "n_wrong": len(sent.wrong), "problem": sent.wrong.get("", "")}
    return _page(request, planned, "", about)


# --- One target


def _period_planning(
    request: HttpRequest, access: Access, unit: str, kpi: str
) -> tuple[Planning, Period]:
    """The own period in the address, and its year; the first of the running year by default."""
    planned = _planning(request, access, unit)
    assignment = _assignment(planned, kpi)
    text = request.GET.get("period")
    periods = [period for period, _ in grid_periods(planned, assignment)]
    if not text:
        return planned, periods[0]
    calendar = planned.calendar
    try:
        period = calendar.parse(text, Frequency(assignment.kpi.frequency))
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        return planned, periods[0]
    year = calendar.containing(period, Frequency.YEAR)
    return (planned if year == planned.year else planning(access, planned.unit, year)), period


def _sent_details(
    request: HttpRequest, planned: Planning, assignment: Assignment, period: Period, reason: str
) -> SentTargets:
    if request.POST.get("do") in WHOLE:
        return WHOLE[request.POST["do"]](planned, assignment, period, reason)
    posted = {**request.POST.dict()}
    if posted.get("take"):
        posted["red_flag"] = posted["take"]
    names = figure_names(assignment.kpi)
    return sent_figures(planned, assignment, period, posted, names, reason)


def _details_page(
    request: HttpRequest,
    planned: Planning,
    assignment: Assignment,
    period: Period,
    sent: SentTargets | None = None,
) -> HttpResponse:
    sent = sent or SentTargets()
    details = target_details(planned, assignment, period, sent.typed, sent.wrong)
    context = {"details": details, "problem": sent.wrong.get("", "")}
    return _page(request, planned, "details", context, assignment.kpi.name)
