"""An organization's settings and structure as one text: taken away, looked at, brought in."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.selectors import closings
from scorecards.links import organization_text_href
from scorecards.models import Scorecard
from scorecards.selectors.documents.reading import LineProblem
from scorecards.selectors.documents.writing import organization_text
from scorecards.selectors.structure.periods import offered_periods
from scorecards.services.organization_texts import (
    TextPlan,
    fingerprint,
    planned_text,
    rehearsed_text,
)
from scorecards.services.records import Applied, NotApplied, apply, packed, undo, unpacked
from scorecards.services.records.words import Group, counts_text, grouped

from .notices import say_with_undo
from .shell import member_form, member_page, settings_pages, shell

# What one request can carry; more is brought in by the command.
MOST_BYTES = 2 * 1024 * 1024
MOST_CHANGES = 2000
MOST_SHOWN = 200  # changes of a kind
TOO_LONG = (
    "A page takes a text of at most 2 MB. Ask whoever runs this installation to bring it in with"
    " manage.py import_organization."
)
TOO_MANY = (
    f"A page changes at most {MOST_CHANGES:,} records at once. Ask whoever runs this installation"
    " to bring it in with manage.py import_organization, or bring it in in parts."
)
NO_TEXT = "Choose a file, or paste a text."
MEANWHILE = "Something was changed meanwhile. This is what the text would change now: look again."
KEPT = "organization_text_undo"  # in the session: what the last text did, so that it can go back


@dataclass(frozen=True)
class Sent:
    """What the form says."""

    text: str = ""
    is_kept: bool = False
    valid_from: str = ""
    seen: str = ""
    problem: str = ""


@dataclass(frozen=True)
class TextPage:
    """The form, and beneath it what the text would change, if one was sent."""

    sent: Sent
    periods: tuple[str, ...]
    is_planned: bool = False
    problems: tuple[LineProblem, ...] = ()
    problem: str = ""
    groups: tuple[Group, ...] = ()
    counts: str = ""
    may_apply: bool = False
    seen: str = ""


@member_page
def download(request: HttpRequest, access: Access) -> HttpResponse:
    """The text as a file."""
    _require_right(access)
    name = f"{access.organization.code}.yaml"
    answer = HttpResponse(organization_text(access), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@member_form
def text(request: HttpRequest, access: Access) -> HttpResponse:
    """The form; what a text would change; and bringing it in."""
    _require_right(access)
    if request.method != "POST":
        return _page(request, access, TextPage(Sent(), _periods(access)))
    do = request.POST.get("do", "")
    if do == "undo":
        return _undo(request, access)
    sent = _sent(request)
    if sent.problem:
        page = TextPage(sent, _periods(access), problem=sent.problem)
        return _page(request, access, page, 422)
    return _apply(request, access, sent) if do == "apply" else _look(request, access, sent)


def _require_right(access: Access) -> None:
    if "settings" not in settings_pages(access):
        raise PermissionDenied


def _sent(request: HttpRequest) -> Sent:
    """A file goes before what is pasted."""
    file = request.FILES.get("file")
    said: dict[str, Any] = {
        "is_kept": "keep" in request.POST,
        "valid_from": request.POST.get("valid_from", "")[:20],
        "seen": request.POST.get("seen", ""),
    }
    if file is not None and (file.size or 0) > MOST_BYTES:
        return Sent(problem=TOO_LONG, **said)
    try:
        typed = file.read().decode("utf-8-sig") if file else request.POST.get("text", "")
    except UnicodeDecodeError:
        return Sent(problem="The file is not UTF-8; save it as UTF-8.", **said)
    if len(typed.encode(errors="replace")) > MOST_BYTES:
        return Sent(problem=TOO_LONG, **said)
    return Sent(typed, problem="" if typed.strip() else NO_TEXT, **said)


def _planned(access: Access, sent: Sent) -> TextPlan:
    return planned_text(access, sent.text, keeps=sent.is_kept, valid_from=sent.valid_from)


def _look(request: HttpRequest, access: Access, sent: Sent, problem: str = "") -> HttpResponse:
    """What the text would change; rehearsed, so that nothing comes as a surprise."""
    found = _planned(access, sent)
    seen = fingerprint(found)
    is_too_large = len(found.plan.changes) > MOST_CHANGES
    found = found if is_too_large else rehearsed_text(access, found)
    page = _plan_page(access, sent, found, problem or (TOO_MANY if is_too_large else ""), seen)
    status = 409 if problem else 200 if found.can_be_applied and not is_too_large else 422
    return _page(request, access, page, status)


def _apply(request: HttpRequest, access: Access, sent: Sent) -> HttpResponse:
    """As it was looked at, or not at all."""
    found = _planned(access, sent)
    if len(found.plan.changes) > MOST_CHANGES or not found.can_be_applied:
        return _look(request, access, sent)
    if fingerprint(found) != sent.seen:
        return _look(request, access, sent, MEANWHILE)
    try:
        applied = apply(access, found.plan)
    except NotApplied as refused:
        found = TextPlan(found.document, refused.plan)
        return _page(request, access, _plan_page(access, sent, found, "", ""), 422)
    if not applied.done:
        messages.success(request, "Nothing was changed.")
    else:
        _keep(request, access, found, applied)
    return redirect(organization_text_href(access.organization.code))


def _keep(request: HttpRequest, access: Access, found: TextPlan, applied: Applied) -> None:
    """What was done, for the undo beside it."""
    name = secrets.token_hex(8)
    start = found.plan.valid_from
    request.session[KEPT] = {
        "name": name,
        "organization": access.organization.pk,
        "valid_from": start.isoformat() if start else None,
        "done": packed(applied.done),
    }
    said = f"Brought in: {counts_text(found.plan)}."
    address = organization_text_href(access.organization.code)
    say_with_undo(request, said, address, {"do": "undo", "done": name})


def _undo(request: HttpRequest, access: Access) -> HttpResponse:
    kept = request.session.get(KEPT) or {}
    here = kept.get("organization") == access.organization.pk
    if not here or kept.get("name") != request.POST.get("done"):
        messages.error(request, "This cannot be undone any more: another text was brought in.")
        return redirect(organization_text_href(access.organization.code))
    start = kept["valid_from"] and dt.date.fromisoformat(kept["valid_from"])
    try:
        undo(access, unpacked(kept["done"]), valid_from=start)
    except NotApplied as refused:
        named = "; ".join(f"{c.title}: {c.problems[0].text}" for c in refused.plan.refused[:5])
        messages.error(request, f"Nothing was undone. {named}")
    else:
        del request.session[KEPT]
        messages.success(request, "Undone: all is as it was before the text.")
    return redirect(organization_text_href(access.organization.code))


# --- Answering


def _plan_page(access: Access, sent: Sent, found: TextPlan, problem: str, seen: str) -> TextPage:
    return TextPage(
        sent=sent,
        periods=_periods(access),
        is_planned=True,
        problems=found.problems,
        problem=problem,
        groups=tuple(grouped(found.plan, found.line_of, MOST_SHOWN)),
        counts=counts_text(found.plan),
        may_apply=bool(found.can_be_applied and found.plan.changes and problem != TOO_MANY),
        seen=seen,
    )


def _periods(access: Access) -> tuple[str, ...]:
    """From which changed scorecards may be valid: any open period since the first begins."""
    starts = Scorecard.objects.published().filter(organization=access.organization)
    days = [day for day in starts.values_list("starts_on", flat=True) if day]
    line = access.tree.children(None)[:1]
    open_from = closings(access.organization).open_from(line)
    return tuple(offered_periods(access.organization, days, open_from))


def _page(request: HttpRequest, access: Access, page: TextPage, status: int = 200) -> HttpResponse:
    context = shell(request, access, "settings") | {"page": page}
    return render(request, "scorecards/organization_text.html", context, status=status)
