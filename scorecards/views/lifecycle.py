"""The scorecards of a unit: which there are, and activating, archiving and duplicating them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from organizations.access import Access, Action
from organizations.models import Unit
from organizations.selectors import UnitNode
from organizations.services.structure import StaleVersion
from scorecards.links import editor_href, scorecards_href
from scorecards.models import Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.boards.shown import edited_scorecard
from scorecards.selectors.lifecycle.deeds import deed_page, deed_periods, running_scorecard
from scorecards.selectors.lifecycle.duplicate import TypedCopy, copy_page
from scorecards.selectors.lifecycle.lines import all_scorecard_lines, scorecard_lines, state_text
from scorecards.services.duplicating import delete_draft, duplicate_scorecard, restore_draft
from scorecards.services.editions import activate_scorecard
from scorecards.services.lifecycle import (
    archive_scorecard,
    bring_back_scorecard,
    replace_scorecard,
    undo_replacement,
    withdraw_scorecard,
)

from .notices import say_with_undo
from .shell import member_action, member_form, member_page, shell, unit_of

PAGE_LENGTH = 100
# In which state a scorecard is activated or archived.
DEED_STATES = {"activate": Scorecard.State.DRAFT, "archive": Scorecard.State.ACTIVE}
NO_PERIOD = "Choose one of these periods: others are closed, or another scorecard holds then."


@member_page
def all_scorecards(request: HttpRequest, access: Access) -> HttpResponse:
    """The scorecards of all units that the reader sees."""
    lines = Paginator(all_scorecard_lines(access), PAGE_LENGTH)
    page = lines.get_page(request.GET.get("page"))
    context = shell(request, access, "scorecards") | {"page": page}
    return render(request, "scorecards/all_scorecards.html", context)


@member_page
def scorecards(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The scorecards that a unit has, had and will have."""
    return _list(request, access, unit_of(access, unit), 200)


@member_form
def activate(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """From when on a draft shall hold, and what that means."""
    return _deed(request, access, unit, "activate", _activated)


@member_form
def archive(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Until when a scorecard shall hold, and what that means."""
    return _deed(request, access, unit, "archive", _archived)


@member_form
def duplicate(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """A draft with the structure of a scorecard, for the same unit or another."""
    node = _editable(access, unit)
    said = request.POST.dict() if request.method == "POST" else request.GET.dict()
    scorecard = _named(access, node, said.get("scorecard", ""))
    if request.method == "POST":
        said = {"unit": "", "name": ""} | said
    typed = TypedCopy.of(access, node, scorecard, said)
    if request.method == "POST" and not typed.problems:
        try:
            return _duplicated(request, access, scorecard, typed)
        except ValidationError as refusal:
            typed = typed.refused(refusal)
    page = copy_page(access, node, scorecard, typed)
    context = shell(request, access, "scorecards") | {"page": page}
    context["breadcrumbs"] = page.breadcrumbs
    status = 422 if request.method == "POST" else 200
    return render(request, "scorecards/scorecard_copy.html", context, status=status)


@member_action
def deed(request: HttpRequest, access: Access, unit: str, deed: str) -> HttpResponse:
    """What needs no page of its own: bringing back, making a draft again, deleting, restoring."""
    if deed not in DEEDS:
        raise Http404
    node = _editable(access, unit)
    try:
        DEEDS[deed](request, access, node)
    except StaleVersion as stale:
        _say_meanwhile(request, access, stale)
        return _list(request, access, node, 409)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return _list(request, access, node, 422)
    return redirect(scorecards_href(access.organization.code, node.code))


def _list(request: HttpRequest, access: Access, node: UnitNode, status: int) -> HttpResponse:
    context = shell(request, access, "scorecards") | {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": breadcrumbs(access, node, None),
        "scorecards": scorecard_lines(access, node),
        "may_edit": access.can(Action.EDIT_STRUCTURE, node.id),
    }
    return render(request, "scorecards/scorecards.html", context, status=status)


def _editable(access: Access, code: str) -> UnitNode:
    node = unit_of(access, code)
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    return node


def _named(access: Access, node: UnitNode, code: str) -> Scorecard:
    """The one that is named, else the unit's active one."""
    scorecard = edited_scorecard(access, node, code)
    if scorecard is None:
        raise Http404
    return scorecard


# --- Activating and archiving, from a period on


def _deed(
    request: HttpRequest, access: Access, unit: str, deed: str, done: Callable[..., None]
) -> HttpResponse:
    node = _editable(access, unit)
    said = request.POST if request.method == "POST" else request.GET
    scorecard = _named(access, node, said.get("scorecard", ""))
    label = said.get("valid_from", "")
    if request.method != "POST":
        if scorecard.status != DEED_STATES[deed]:
            messages.warning(request, f"“{scorecard}” is {scorecard.status}.")
            return redirect(scorecards_href(access.organization.code, node.code))
        return _deed_page(request, access, node, scorecard, deed, 200, label=label)
    try:
        done(request, access, node, scorecard, _day(access, node, scorecard, deed, label))
    except StaleVersion as stale:
        now = _named(access, node, scorecard.code)
        about: dict[str, Any] = {"label": label, "meanwhile": _meanwhile(access, stale)}
        return _deed_page(request, access, node, now, deed, 409, **about)
    except ValidationError as refusal:
        about = {"label": label, "problem": " ".join(refusal.messages)}
        return _deed_page(request, access, node, scorecard, deed, 422, **about)
    return redirect(scorecards_href(access.organization.code, node.code))


def _deed_page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    scorecard: Scorecard,
    deed: str,
    status: int,
    **said: Any,
) -> HttpResponse:
    page = deed_page(access, node, scorecard, deed, **said)
    context = shell(request, access, "scorecards") | {"page": page}
    context["breadcrumbs"] = page.breadcrumbs
    part = getattr(request, "htmx", None) and request.htmx.target == "means"  # type: ignore[attr-defined]
    template = "_scorecard_means" if part else "scorecard_deed"
    return render(request, f"scorecards/{template}.html", context, status=status)


def _day(access: Access, node: UnitNode, scorecard: Scorecard, deed: str, label: str) -> dt.date:
    running = running_scorecard(node, scorecard) if deed == "activate" else None
    period = deed_periods(access, node, scorecard, running).get(label)
    if period is None:
        raise ValidationError(NO_PERIOD)
    return period.start


def _activated(
    request: HttpRequest, access: Access, node: UnitNode, draft: Scorecard, day: dt.date
) -> None:
    """The draft, in the place of the running one where there is one that the writer has seen."""
    running = running_scorecard(node, draft)
    version = _version(request)
    about = {"valid_from": day, "by": access.user, "version": version}
    undo = {"scorecard": draft.code}
    if running is None:
        activate_scorecard(scorecard=draft, **about)  # type: ignore[arg-type]
    else:
        if running.version != _number(request.POST.get("replaces_version", "")):
            raise StaleVersion(running)
        replace_scorecard(running=running, draft=draft, **about)  # type: ignore[arg-type]
        undo |= {"replaced": running.code}
    label = access.organization.calendar.label(_shortest(access, day))
    said = f"“{draft}” holds from {label} on."
    _say(request, access, node, said, "withdraw", draft, undo)


def _archived(
    request: HttpRequest, access: Access, node: UnitNode, scorecard: Scorecard, day: dt.date
) -> None:
    version = _version(request)
    archive_scorecard(scorecard=scorecard, ends_on=day, by=access.user, version=version)
    last = access.organization.calendar.label(_shortest(access, day - dt.timedelta(days=1)))
    said = f"“{scorecard}” is archived: {last} is its last period."
    _say(request, access, node, said, "bring-back", scorecard, {"scorecard": scorecard.code})


def _shortest(access: Access, day: dt.date) -> Any:
    organization = access.organization
    return organization.calendar.period(organization.frequencies[0], day)


# --- Deeds without a page of their own


def _bring_back(request: HttpRequest, access: Access, node: UnitNode) -> None:
    scorecard = _named(access, node, request.POST.get("scorecard", ""))
    bring_back_scorecard(scorecard=scorecard, by=access.user, version=_version(request))
    messages.success(request, f"“{scorecard}” holds on, as if it had not been archived.")


def _withdraw(request: HttpRequest, access: Access, node: UnitNode) -> None:
    scorecard = _named(access, node, request.POST.get("scorecard", ""))
    about: dict[str, Any] = {"by": access.user, "version": _version(request)}
    if code := request.POST.get("replaced", ""):
        replaced = _named(access, node, code)
        undo_replacement(draft=scorecard, replaced=replaced, **about)
        messages.success(request, f"“{scorecard}” is a draft again, and “{replaced}” holds on.")
        return
    withdraw_scorecard(scorecard=scorecard, **about)
    messages.success(request, f"“{scorecard}” is a draft again.")


def _delete(request: HttpRequest, access: Access, node: UnitNode) -> None:
    scorecard = _named(access, node, request.POST.get("scorecard", ""))
    moment = delete_draft(scorecard=scorecard, by=access.user, version=_version(request))
    undo = {"scorecard": scorecard.code, "removed_at": moment.isoformat()}
    address = reverse("scorecard-deed", args=[access.organization.code, node.code, "restore"])
    say_with_undo(request, f"“{scorecard}” is deleted.", address, undo)


def _restore(request: HttpRequest, access: Access, node: UnitNode) -> None:
    moment = _moment(request.POST.get("removed_at", ""))
    code = request.POST.get("scorecard", "").replace("\x00", "")
    gone = Scorecard.objects.filter(unit_id=node.id, code=code, deleted_at=moment)
    scorecard = gone.select_related("organization").first() if moment else None
    if scorecard is None:
        raise ValidationError("This draft was not deleted then, or it is back already.")
    restore_draft(scorecard=scorecard, removed_at=moment, by=access.user)  # type: ignore[arg-type]
    messages.success(request, f"“{scorecard}” is back.")


DEEDS: dict[str, Callable[[HttpRequest, Access, UnitNode], None]] = {
    "bring-back": _bring_back,
    "withdraw": _withdraw,
    "delete": _delete,
    "restore": _restore,
}


def _duplicated(
    request: HttpRequest, access: Access, scorecard: Scorecard, typed: TypedCopy
) -> HttpResponse:
    """The draft is made, and opened where it is edited."""
    assert typed.unit is not None
    draft = duplicate_scorecard(
        scorecard=scorecard,
        unit=Unit.objects.get(pk=typed.unit.id),
        code=typed.code,
        name=typed.name,
        by=access.user,
        counts_at={pk for pk in access.tree.by_id if access.can(Action.EDIT_STRUCTURE, pk)},
    )
    code, unit = access.organization.code, typed.unit.code
    address = reverse("scorecard-deed", args=[code, unit, "delete"])
    undo = {"scorecard": draft.code, "version": str(draft.version)}
    say_with_undo(request, f"“{draft}” is a draft now. Change it, then activate it.", address, undo)
    return redirect(editor_href(code, unit, scorecard=draft.code))


def _say(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    said: str,
    deed: str,
    scorecard: Scorecard,
    fields: dict[str, str],
) -> None:
    """With the way back, for as long as nobody changes the scorecard."""
    address = reverse("scorecard-deed", args=[access.organization.code, node.code, deed])
    say_with_undo(request, said, address, fields | {"version": str(scorecard.version)})


def _meanwhile(access: Access, stale: StaleVersion) -> str:
    row = Scorecard.objects.get(pk=stale.current.pk)
    state = state_text(access.organization, row)
    return f"“{row}” was changed meanwhile. It now says: {state}. Look again, then decide."


def _say_meanwhile(request: HttpRequest, access: Access, stale: StaleVersion) -> None:
    messages.warning(request, _meanwhile(access, stale))


def _version(request: HttpRequest) -> int:
    """A form without a version has seen none: it is refused as stale."""
    return _number(request.POST.get("version", ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
