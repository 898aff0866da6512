"""When somebody is reminded of values: their own choice, and stopping it without signing in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from organizations.access import Access
from scorecards.models import ReminderChoice
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.reminders import LinkTooOld, rhythm_of, stopping
from scorecards.services.reminders import choose_reminders, has_mail_server

from .sent import refused_fields
from .shell import member_form, shell

Rhythm = ReminderChoice.Rhythm


@member_form
def reminders(request: HttpRequest, access: Access) -> HttpResponse:
    """The reader's own choice for this organization."""
    assert access.user is not None
    if request.method != "POST":
        return _page(request, access, rhythm_of(access.organization, access.user))
    rhythm = request.POST.get("rhythm", "")
    try:
        choose_reminders(organization=access.organization, user=access.user, rhythm=rhythm)
    except ValidationError as refusal:
        return _page(request, access, rhythm, refused_fields(refusal)["rhythm"])
    messages.success(request, "Saved.")
    return redirect(request.path)


def _page(request: HttpRequest, access: Access, rhythm: str, problem: str = "") -> HttpResponse:
    options = tuple(Option(value, label) for value, label in Rhythm.choices)
    context = {
        "rhythm": rhythm,
        "options": options,
        "problem": problem,
        "has_server": has_mail_server(),
    }
    shown = shell(request, access, "me") | context
    status = 422 if problem else 200
    return render(request, "scorecards/reminders.html", shown, status=status)


@csrf_exempt  # mail programs post here by themselves; the signed code says whose wish it is
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, stop: str) -> HttpResponse:
    """Stop the reminders of whom the link was sent to. Looking at it changes nothing."""
    try:
        found = stopping(stop)
    except LinkTooOld:
        return render(request, "scorecards/reminders_stop.html", {"is_old": True}, status=410)
    if found is None:
        raise Http404
    organization, user = found
    if request.method == "POST":
        choose_reminders(organization=organization, user=user, rhythm=Rhythm.NEVER)
    context = {"of": organization.name, "is_stopped": request.method == "POST"}
    return render(request, "scorecards/reminders_stop.html", context)
