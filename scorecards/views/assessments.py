"""Assessing a node of a board, and letting its computed score stand again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Assessment, Scorecard
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.viewing import Viewing, default_period, viewed_period
from scorecards.services.assessments import assess, remove_assessment

from .boards import board_context
from .notices import say_with_undo
from .shell import member_action, shell, unit_of


class NodeForm(forms.Form):
    """Which node in which period; `trace` is the key of the trace to come back to."""

    node = forms.ChoiceField(choices=Assessment.Node.choices)
    code = forms.CharField(required=False, max_length=50)
    period = forms.CharField(max_length=20)
    trace = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, organization: Organization, **about: Any) -> None:
        super().__init__(*args, **about)
        self.organization = organization

    def clean_period(self) -> Period:
        try:
            return viewed_period(self.organization, self.cleaned_data["period"])
        except InvalidPeriod as refusal:
            raise ValidationError(f"{refusal}.") from None


class AssessmentForm(NodeForm):
    status = forms.ChoiceField(
        choices=Assessment.Verdict.choices,
        error_messages={"required": "Choose the status that you stand for."},
    )
    reason = forms.CharField(
        max_length=1000,
        error_messages={"required": "Say why: it stands beside the score wherever it shows."},
    )


@member_action
def create(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Say how a node does in one period."""
    node, scorecard = _assessable(request, access, unit)
    form = AssessmentForm(request.POST, organization=access.organization)
    if form.is_valid() and _assessed(request, scorecard, form):
        messages.success(request, "Assessed. The scores above follow.")
        return redirect(_back(access, node, form))
    return _board(request, access, node, form)


@member_action
def remove(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Let the computed score stand again."""
    node, scorecard = _assessable(request, access, unit)
    form = NodeForm(request.POST, organization=access.organization)
    removed = _removed(request, scorecard, form) if form.is_valid() else None
    if removed:
        action = reverse("assessments", args=[access.organization.code, node.code])
        fields = {name: form.data.get(name, "") for name in form.fields}
        said = {"status": removed.status, "reason": removed.reason}
        say_with_undo(request, "Removed. The computed score stands again.", action, fields | said)
        return redirect(_back(access, node, form))
    return _board(request, access, node, form)


def _assessable(request: HttpRequest, access: Access, code: str) -> tuple[UnitNode, Scorecard]:
    """The unit and its scorecard of the period, for those who may say how it does."""
    node = unit_of(access, code)
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    try:
        period = viewed_period(access.organization, request.POST.get("period"))
    except InvalidPeriod:
        period = default_period(access.organization)
    scorecard = shown_scorecard(access, node, period)
    if scorecard is None:
        raise Http404
    return node, scorecard


def _assessed(request: HttpRequest, scorecard: Scorecard, form: AssessmentForm) -> bool:
    said = {name: form.cleaned_data[name] for name in ("node", "code", "period")}
    about = {name: form.cleaned_data[name] for name in ("status", "reason")}
    try:
        assess(scorecard=scorecard, by=request.user, **said, **about)  # type: ignore[arg-type]
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return False
    return True


def _removed(request: HttpRequest, scorecard: Scorecard, form: NodeForm) -> Assessment | None:
    """The assessment that was removed; None where the form now says why it could not be."""
    period: Period = form.cleaned_data["period"]
    standing = Assessment.objects.standing().filter(
        scorecard=scorecard,
        node=form.cleaned_data["node"],
        code=form.cleaned_data["code"],
        frequency=period.frequency,
        period_start=period.start,
    )
    try:
        assessment = standing.select_related("scorecard__organization").get()
        remove_assessment(assessment=assessment, by=request.user)  # type: ignore[arg-type]
        return assessment
    except Assessment.DoesNotExist:
        form.add_error(None, "There is no such assessment any more: the computed score stands.")
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    return None


def _back(access: Access, node: UnitNode, form: NodeForm) -> str:
    """The board as it was left, with the same trace open."""
    label = access.organization.calendar.label(form.cleaned_data["period"])
    key = form.cleaned_data["trace"]
    return board_href(access.organization.code, node.code, label, key)


def _board(request: HttpRequest, access: Access, node: UnitNode, form: NodeForm) -> HttpResponse:
    """The board again, with what was typed and what is wrong with it."""
    organization = access.organization
    period = form.cleaned_data.get("period") or default_period(organization)
    viewing = Viewing(organization.calendar, period)
    key = form.cleaned_data.get("trace") or "scorecard"
    context = shell(request, access, "scorecards") | board_context(access, node, viewing, key)
    context["assessment_form"] = form
    return render(request, "scorecards/board.html", context, status=422)
