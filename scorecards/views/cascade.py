"""Handing an objective down to the units beneath, in one step that can be undone."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Objective
from scorecards.selectors.boards.board_data import active_scorecard
from scorecards.selectors.cascade.level import Level, cascade_level
from scorecards.selectors.cascade.page import cascade_page
from scorecards.selectors.cascade.typed import Typed, typed_cascade, untouched
from scorecards.services.cascading import Handed, hand_down, take_back

from .notices import say_with_undo
from .shell import member_form, shell, unit_of
from .structure import refused_fields

KEPT = "handed_down"  # in the session: what can be taken back, by a name of its own
MOST_KEPT = 5
NOT_KEPT = "This cannot be undone here any more: take it back by hand."


@member_form
def cascade(request: HttpRequest, access: Access, unit: str, objective: str) -> HttpResponse:
    node = unit_of(access, unit)
    row = _objective(access, node, objective)
    if not _may_edit_some(access, node):
        raise PermissionDenied
    if request.method == "POST" and request.POST.get("do") == "undo":
        return undone(request, access, request.get_full_path())
    level = _level(request, access, node, row)
    if request.method != "POST":
        return _page(request, level, untouched(level), 200)
    typed = typed_cascade(level, request.POST)
    if typed.is_stale:
        return _page(request, level, typed, 409)
    if not typed.wishes or typed.problem:
        return _page(request, level, typed, 422)
    if request.POST.get("do") != "create":
        return _page(request, level, typed, 200)
    return _handed(request, level, typed)


def _handed(request: HttpRequest, level: Level, typed: Typed) -> HttpResponse:
    """All of it created, or the page again, saying where it cannot be."""
    access = level.access
    try:
        handed = hand_down(
            organization=access.organization,
            wishes=typed.wishes,
            valid_from=level.start.start,
            by=access.user,
        )
    except ValidationError as refusal:
        return _page(request, level, typed.refused(refused_fields(refusal)), 422)
    said = f"“{level.objective.name}” is handed down: {told(handed)}."
    here = cascade_page(level, untouched(level)).here
    say_undoable(request, said, here, handed)
    return redirect(here)


def _page(request: HttpRequest, level: Level, typed: Typed, status: int) -> HttpResponse:
    seen = request.POST.get("seen", "")[:1000]
    page = cascade_page(level, typed, seen=seen, shows=status == 200 and request.method == "POST")
    context = shell(request, level.access, "scorecards")
    context |= {"page": page, "breadcrumbs": page.breadcrumbs}
    return render(request, "scorecards/cascade.html", context, status=status)


def _objective(access: Access, node: UnitNode, code: str) -> Objective:
    scorecard = active_scorecard(node)
    rows = Objective.objects.live().filter(scorecard=scorecard, code=code)
    found: Objective | None = rows.select_related("perspective").first() if scorecard else None
    if found is None:
        raise Http404
    found.organization = access.organization
    found.scorecard = scorecard  # type: ignore[assignment]
    return found


def _may_edit_some(access: Access, node: UnitNode) -> bool:
    """Here or somewhere beneath."""
    if access.can(Action.EDIT_STRUCTURE, node.id):
        return True
    return any(
        access.can(Action.EDIT_STRUCTURE, unit_id)
        and node.id in {each.id for each in access.tree.line(unit_id)}
        for unit_id in access.roles
    )


def _level(request: HttpRequest, access: Access, node: UnitNode, row: Objective) -> Level:
    said: Any = {**request.GET.dict(), **request.POST.dict()}
    asked = access.visible_unit(said.get("at", ""))
    is_beneath = asked is not None and node in access.tree.line(asked.id)
    at = asked if asked is not None and is_beneath else node
    kpi, start = said.get("kpi", ""), said.get("start", "")
    return cascade_level(access, node, row, at=at, kpi=kpi, start=start)


# --- What is said of it, and taking it back


def told(handed: Handed) -> str:
    """What was created, in one line."""
    counts = (
        (len(handed.scorecards), "draft scorecard"),
        (len(handed.objectives), "objective"),
        (len(handed.links), "KPI"),
        (len(handed.targets), "target"),
        (len(handed.alignments), "support"),
    )
    said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n]
    return ", ".join(said) or "nothing was missing"


def say_undoable(request: HttpRequest, said: str, action: str, handed: Handed) -> None:
    """Say what was done, with a button that takes it back; what it takes stays in the session."""
    if not handed.count:
        messages.success(request, said)
        return
    name = secrets.token_urlsafe(9)
    kept = dict(list(request.session.get(KEPT, {}).items())[1 - MOST_KEPT :])
    request.session[KEPT] = {**kept, name: handed.packed()}
    say_with_undo(request, said, action, {"do": "undo", "handed": name})


def undone(request: HttpRequest, access: Access, here: str) -> HttpResponse:
    kept = request.session.get(KEPT, {})
    handed = kept.get(request.POST.get("handed", ""))
    if handed is None:
        messages.error(request, NOT_KEPT)
        return redirect(here)
    nodes = [access.visible_unit(code) for code in handed["units"]]
    if not all(node and access.can(Action.EDIT_STRUCTURE, node.id) for node in nodes):
        raise PermissionDenied
    try:
        take_back(organization=access.organization, handed=handed, by=access.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(here)
    kept.pop(request.POST["handed"])
    request.session[KEPT] = kept
    messages.success(request, "Taken back: everything stands as it did before.")
    return redirect(here)
