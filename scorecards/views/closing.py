"""The page on which the periods of a unit are closed and opened again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.periods import Frequency, InvalidPeriod, Period
from organizations.access import Access, Action
from organizations.models import ClosedPeriod, Unit
from organizations.selectors import UnitNode
from scorecards.links import closing_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.closing.pages import closing_page
from scorecards.selectors.viewing import NOUNS
from scorecards.services.closing import close_period, reopen_period

from .shell import member_form, shell, unit_of


@member_form
def closing(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Which periods are closed; for managers the buttons that close and reopen."""
    node = unit_of(access, unit)
    problems = _done(request, access, node) if request.method == "POST" else {}
    if request.method == "POST" and not problems:
        return redirect(_chosen_href(request, access, node))
    context = shell(request, access, "scorecards") | {
        "unit": node,
        "breadcrumbs": breadcrumbs(access, node, None),
        "may_close": access.can(Action.RESTATE, node.id),
        "page": closing_page(access, node, _chosen(request, access)),
        "problems": problems,
        "typed": request.POST,
    }
    return render(request, "scorecards/closing.html", context, status=422 if problems else 200)


def _chosen(request: HttpRequest, access: Access) -> Period | None:
    """The period in the form or the address; one that cannot be read chooses none, and says so."""
    text = request.POST.get("period") or request.GET.get("period")
    if not text:
        return None
    try:
        return access.organization.calendar.parse_label(text)
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        return None


def _chosen_href(request: HttpRequest, access: Access, node: UnitNode) -> str:
    return closing_href(access.organization.code, node.code, request.POST.get("period"))


def _done(request: HttpRequest, access: Access, node: UnitNode) -> dict[str, str]:
    """Do what the form asks for; why it could not be done, by the field at fault."""
    if not access.can(Action.RESTATE, node.id):
        raise PermissionDenied
    period = _chosen(request, access)
    if period is None:
        return {"period": "Choose a period."}
    reopens = request.POST.get("action") == "reopen"
    try:
        told = (_reopened if reopens else _closed)(request, access, node, period)
    except ValidationError as refusal:
        return {"reason" if reopens else "note": " ".join(refusal.messages)}
    messages.success(request, told)
    return {}


def _closed(request: HttpRequest, access: Access, node: UnitNode, period: Period) -> str:
    unit = Unit.objects.select_related("organization").get(pk=node.id)
    note = request.POST.get("note", "")
    made = close_period(unit=unit, period=period, by=access.user, note=note, told_to=access)
    label = access.organization.calendar.label(period)
    kept = made.sheets.values_list("scorecard_id", "frequency")
    return f"{label} is closed for {node.name}. {_kept_text(period, list(kept))}"


def _kept_text(period: Period, kept: list[tuple[int, str]]) -> str:
    """Which scorecards stay as they stand, in which periods; kept: one row for each report."""
    if not kept:
        return "No unit here has a scorecard to report."
    count = len({scorecard for scorecard, _ in kept})
    whose = (
        "The scorecard of 1 unit stays" if count == 1 else f"The scorecards of {count} units stay"
    )
    shorter = {Frequency(frequency) for _, frequency in kept} - {period.frequency}
    parts = " and ".join(PLURALS[each] for each in sorted(shorter, key=lambda each: -each.rank))
    noun = NOUNS[period.frequency].lower()
    when = f"for the {noun} and its {parts}" if parts else f"for the {noun}"
    return f"{whose} as reported, {when}."


def _reopened(request: HttpRequest, access: Access, node: UnitNode, period: Period) -> str:
    standing: Any = ClosedPeriod.objects.standing().filter(
        unit_id=node.id, frequency=period.frequency, period_start=period.start
    )
    found = standing.select_related("organization").first()
    label = access.organization.calendar.label(period)
    if found is None:
        raise ValidationError(f"{label} is not closed here: there is nothing to open.")
    reason = request.POST.get("reason", "")
    reopen_period(closing=found, by=access.user, reason=reason, told_to=access)
    return f"{label} is open again for {node.name}. What was reported is kept."
