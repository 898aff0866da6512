"""Entering values: the grid of a unit, and what somebody owes over all units."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from calculations.periods import InvalidPeriod
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.entry.due import recordable_units, values_due
from scorecards.selectors.entry.grid import entry_grid
from scorecards.selectors.entry.scores import line_scores
from scorecards.selectors.shapes import Link
from scorecards.services.grid_entry import Answer, SentCell, enter_values, sent_cells, undo_fields

from .notices import say_with_undo
from .shell import member_form, shell, unit_of

ONE_DAY = dt.timedelta(days=1)


@member_form
def entry(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The grid of a unit's values; for scripts, what became of each cell, or the scores above."""
    node = unit_of(access, unit)
    if not access.can(Action.RECORD_VALUES, node.id):
        raise PermissionDenied
    if request.method == "POST":
        return _posted(request, access, node)
    if getattr(request, "htmx", None) and request.htmx.target == "scores":  # type: ignore[attr-defined]
        context = {"scores": line_scores(access, node, request.GET.get("scores", ""))}
        return render(request, "scorecards/_entry_scores.html", context)
    return _grid_page(request, access, node)


@member_form
def due(request: HttpRequest, access: Access) -> HttpResponse:
    """What the reader is to enter, with a field for each value that is due."""
    if not recordable_units(access):
        raise PermissionDenied
    if request.method == "POST":
        return _posted(request, access)
    return _due_page(request, access)


def _posted(request: HttpRequest, access: Access, node: UnitNode | None = None) -> HttpResponse:
    """What became of each cell: as JSON, or on a page that keeps what was refused."""
    unit_ids = [node.id] if node else None
    cells = sent_cells(request.POST)
    answers = enter_values(access=access, cells=cells, unit_ids=unit_ids)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"cells": {answer.name: _told(answer) for answer in answers}})
    refused = [answer for answer in answers if answer.wrong]
    _say(request, answers)
    if not refused:
        return redirect(request.get_full_path())
    typed = _typed(cells, refused)
    wrong = {answer.name: answer.wrong for answer in refused}
    if node:
        return _grid_page(request, access, node, typed, wrong)
    return _due_page(request, access, typed, wrong)


def _told(answer: Answer) -> dict[str, Any]:
    """For scripts: what became of the cell, and what stands in it now."""
    cell = asdict(answer.cell) if answer.cell else {}
    return {**cell, "state": answer.state, "wrong": answer.wrong, "read_as": answer.read_as}


def _typed(cells: Sequence[SentCell], refused: Collection[Answer]) -> dict[str, str]:
    """What was typed into the refused cells, by field."""
    names = {answer.name for answer in refused}
    typed = {cell.name: cell.text for cell in cells if cell.name in names}
    notes = {f"{c.name}.note": c.note for c in cells if c.name in names and c.note is not None}
    return typed | notes


def _say(request: HttpRequest, answers: Sequence[Answer]) -> None:
    """What was saved, with a way back; what was refused stands beside its field."""
    saved = [answer for answer in answers if answer.state == "saved"]
    if saved:
        read = [answer.read_as for answer in saved if answer.read_as]
        said = "Saved 1 value" if len(saved) == 1 else f"Saved {len(saved)} values"
        said += f", read as {', '.join(read)}." if read else "."
        say_with_undo(request, said, request.get_full_path(), undo_fields(saved))
    elif not any(answer.wrong for answer in answers):
        messages.info(request, "Nothing was changed.")


def _grid_page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    context = {
        "unit_name": node.name,
        "unit_code": node.code,
        "grid": entry_grid(access, node, _until(request, access), typed, wrong),
        "scores": line_scores(access, node, request.GET.get("scores", "")),
        "n_wrong": len(wrong or {}),
        "breadcrumbs": (*breadcrumbs(access, node, None), Link("Values", None)),
    }
    page = shell(request, access, "me") | context
    return render(request, "scorecards/entry.html", page, status=422 if wrong else 200)


def _due_page(
    request: HttpRequest,
    access: Access,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    owed = values_due(access, typed, wrong, with_later=bool(request.GET.get("later")))
    context = {"owed": owed, "n_wrong": len(wrong or {})}
    page = shell(request, access, "me") | context
    return render(request, "scorecards/values_due.html", page, status=422 if wrong else 200)


def _until(request: HttpRequest, access: Access) -> dt.date | None:
    """The last day of the period in the address; one that cannot be read shows today's."""
    text = request.GET.get("until")
    if not text:
        return None
    calendar = access.organization.calendar
    try:
        return calendar.end(calendar.parse_label(text)) - ONE_DAY
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        return None
