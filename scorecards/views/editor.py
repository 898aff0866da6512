"""The board edited in place: every row saves itself; whatever else is done is posted here, too."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.models import Person, Unit
from organizations.selectors import UnitNode
from organizations.services.structure import StaleVersion
from scorecards.links import board_href, editor_href, with_query
from scorecards.models import Scorecard
from scorecards.selectors.administration.choices import having_words, person_options
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.boards.shown import edited_scorecard
from scorecards.selectors.editions.reading import content_at
from scorecards.selectors.editor.page import (
    NO_PERIOD,
    NOTHING_SAID,
    Asked,
    Said,
    answered_rows,
    editor_nodes,
    editor_page,
    here_href,
    offered,
    weighed_rows,
)
from scorecards.selectors.editor.shapes import Done
from scorecards.selectors.editor.typed import Typed, typed_rows
from scorecards.selectors.starters import may_start_from
from scorecards.selectors.structure.page import changes_text
from scorecards.selectors.structure.periods import current_period
from scorecards.services.adding import begin_scorecard
from scorecards.services.structure import NodeChange, change_structure

from .editor_deeds import DEEDS, Editing, place_of
from .notices import say_with_undo
from .sent import refused_fields
from .shell import member_form, shell, unit_of

LONGEST = 400  # characters of what the address may ask for
# Rows that other rows name: after a change of theirs all is drawn again.
NAMED_ELSEWHERE = ("scorecard", "theme.")
STALE = "Somebody else saved this meanwhile. What they saved stands beside what you typed."
ARCHIVED = "An archived scorecard stays as it was. Duplicate it to go on from it."


@member_form
def editor(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """For those who may edit structure at the unit; for scripts, only the part that changed."""
    node = unit_of(access, unit)
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    asked = _asked(request)
    scorecard = edited_scorecard(access, node, asked.scorecard)
    if scorecard is None:
        return _without(request, access, node, asked)
    if scorecard.status == Scorecard.State.ARCHIVED:
        messages.info(request, ARCHIVED)
        board = board_href(access.organization.code, node.code)
        return redirect(with_query(board, scorecard=scorecard.code))
    if request.method == "POST":
        return _posted(request, access, node, scorecard, asked)
    if "suggest" in request.GET:
        return _people(request, access)
    return _page(request, access, node, scorecard, asked)


def _people(request: HttpRequest, access: Access) -> HttpResponse:
    """Owners to choose, where there are too many for a list, by the words that are typed."""
    field = next((name for name in request.GET if name.endswith(".owner")), "")
    words = request.GET.get(field, "")[:LONGEST]
    people = Person.objects.live().filter(organization=access.organization)
    options, _ = person_options(people.filter(having_words(words)))
    return render(request, "scorecards/_suggestions.html", {"options": options})


def _asked(request: HttpRequest) -> Asked:
    said = {name: request.GET.get(name, "") for name in ("valid_from", "open", "scorecard")}
    find = request.POST.get("find") or request.GET.get("find", "")
    texts = {**said, "find": find}
    return Asked(**{name: text.replace("\x00", "")[:LONGEST] for name, text in texts.items()})


# --- Where there is none yet


def _without(request: HttpRequest, access: Access, node: UnitNode, asked: Asked) -> HttpResponse:
    if asked.scorecard:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "begin":
        begin_scorecard(unit=Unit.objects.get(pk=node.id), by=access.user)
        messages.success(request, "Here is a draft: give it objectives, then activate it.")
        return redirect(editor_href(access.organization.code, node.code))
    context = {
        "unit_name": node.name,
        "unit_code": node.code,
        "breadcrumbs": breadcrumbs(access, node, None),
        "may_edit": True,
        "may_start_from": may_start_from(access, node.id),
    }
    shown = shell(request, access, "scorecards") | context
    status = 422 if request.method == "POST" else 200
    return render(request, "scorecards/no_scorecard.html", shown, status=status)


# --- What was sent


def _posted(
    request: HttpRequest, access: Access, node: UnitNode, scorecard: Scorecard, asked: Asked
) -> HttpResponse:
    do = request.POST.get("do", "save")
    try:
        valid_from = _valid_from(access, node, scorecard, asked)
    except ValidationError as refusal:
        said = Said(problems=refused_fields(refusal), done=Done(problem=NO_PERIOD))
        return _answer(request, access, node, scorecard, asked, said, 422)
    editing = Editing(access, node, scorecard, asked, request.POST, valid_from)
    said, status = _saved(editing) if do not in DEEDS else _done(editing, do)
    if said.done.open is not None:
        asked = replace(asked, open=said.done.open)
    return _answer(request, access, node, scorecard, asked, said, status)


def _valid_from(
    access: Access, node: UnitNode, scorecard: Scorecard, asked: Asked
) -> dt.date | None:
    """The first day of the chosen period; None for a draft. Raises ValidationError."""
    periods = offered(access, node, scorecard)
    if not periods:
        return None
    running = access.organization.calendar.label(current_period(access.organization))
    period = periods.get(asked.valid_from or running)
    if period is None:
        raise ValidationError({"valid_from": NO_PERIOD})
    return period.start


def _saved(editing: Editing) -> tuple[Said, int]:
    """The rows that were sent, stored; or what was typed, with what is wrong with it."""
    scorecard = editing.scorecard
    typed = typed_rows(scorecard, editor_nodes(scorecard), editing.posted)
    try:
        if typed.problems:
            raise ValidationError(dict(typed.problems))
        return Said(done=Done(said=_stored(editing, typed))), 200
    except StaleVersion:
        return Said(typed=typed, done=Done(problem=STALE)), 409
    except ValidationError as refusal:
        problems = refused_fields(refusal)
        why = problems.get("") or next(iter(problems.values()))
        return Said(typed, _in_roll_up(problems), done=Done(problem=f"Not saved. {why}")), 422


def _in_roll_up(problems: dict[str, str]) -> dict[str, str]:
    """The rule and the cap are one field of the page."""
    ends = {"rule": "roll_up", "is_capped": "roll_up"}
    return {
        ".".join([*head, ends.get(last, last)]): why
        for name, why in problems.items()
        for *head, last in (name.split("."),)
    }


def _stored(editing: Editing, typed: Typed) -> str:
    """Save what differs and publish it from the period on; what to say of it."""
    if not typed.values:
        return ""
    scorecard, start = editing.scorecard, editing.valid_from
    before = content_at(scorecard, start) if start else None
    edition = change_structure(
        scorecard=scorecard,
        changes={
            key: NodeChange(typed.versions[key], values) for key, values in typed.values.items()
        },
        valid_from=start,
        by=editing.access.user,
    )
    if edition is None or start is None:
        return "Saved."
    changes = changes_text(editing.access, before, content_at(scorecard, start))
    return f"Saved, valid from {editing.label}: {changes or 'the structure as it stands'}."


def _done(editing: Editing, do: str) -> tuple[Said, int]:
    """The deed, or why it was not done, beside where it was asked for."""
    try:
        return Said(done=DEEDS[do](editing)), 200
    except StaleVersion as stale:
        why, status = f"“{stale.current}” was changed meanwhile. Look at it first.", 409
    except ValidationError as refusal:
        why, status = " ".join(refused_fields(refusal).values()), 422
    place = place_of(do, editing.posted)
    if not place:
        return Said(done=Done(problem=why)), status
    typed = editing.posted.get("name") or editing.posted.get("weight", "")
    added, done = {place: typed[:LONGEST]}, Done(problem=why, focus=place)
    return Said(problems={place: why}, added=added, done=done), status


# --- Answering


def _answer(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    scorecard: Scorecard,
    asked: Asked,
    said: Said,
    status: int,
) -> HttpResponse:
    if getattr(request, "htmx", None) or status != 200:
        return _page(request, access, node, scorecard, asked, said, status)
    here, done = here_href(access, node, asked), said.done
    if done.removed_at:
        say_with_undo(request, done.said, here, undo_fields(done))
        return redirect(here)
    if done.said:
        messages.success(request, done.said)
    place = done.focus.removeprefix("handle.")
    return redirect(f"{here}#{place}" if place else here)


def undo_fields(done: Done) -> dict[str, str]:
    return {"do": "restore", "moment": done.removed_at}


def _page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    scorecard: Scorecard,
    asked: Asked,
    said: Said = NOTHING_SAID,
    status: int = 200,
) -> HttpResponse:
    page = editor_page(access, node, scorecard, asked, said)
    context: dict[str, Any] = {"page": page, "organization": access.organization}
    if said.done.removed_at:
        context["undo"] = undo_fields(said.done)
    template = _template(request)
    if template == "scorecards/_editor_saved.html":
        keys = {name.removesuffix(".version") for name in request.POST if ".version" in name}
        context |= {"rows": answered_rows(page, keys), "weighed": weighed_rows(page, keys)}
    if not getattr(request, "htmx", None):
        context = shell(request, access, "scorecards") | context | {"breadcrumbs": page.breadcrumbs}
    return render(request, template, context, status=status)


def _template(request: HttpRequest) -> str:
    """The whole page, or the part of it that a script asked for."""
    if not getattr(request, "htmx", None):
        return "scorecards/editor.html"
    if request.method != "POST":
        parts = {"panel": "scorecards/_editor_panel.html", "found": "scorecards/_editor_found.html"}
        return parts.get(request.htmx.target or "", "scorecards/_editor.html")  # type: ignore[attr-defined]
    is_whole = any(name.startswith(NAMED_ELSEWHERE) for name in request.POST)
    if request.POST.get("do", "save") in DEEDS or is_whole:
        return "scorecards/_editor.html"
    return "scorecards/_editor_saved.html"
