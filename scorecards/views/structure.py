"""The structure of a unit's scorecard: what counts how much, since when; and changing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from organizations.services.structure import StaleVersion
from scorecards.links import editor_href, structure_href
from scorecards.models import Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.boards.board_data import active_scorecard
from scorecards.selectors.boards.shown import named_scorecard
from scorecards.selectors.editions.reading import content_at, current_starts
from scorecards.selectors.structure.form import TypedStructure, typed_structure
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.selectors.structure.page import changes_text, structure_page
from scorecards.selectors.structure.periods import first_open_day, offered_periods
from scorecards.services.structure import NodeChange, change_structure

from .shell import member_form, shell, unit_of

NO_PERIOD = "Choose one of these periods."


@member_form
def structure(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Everybody who sees the unit reads its structure; those who may edit it also post here."""
    node = unit_of(access, unit)
    if request.method == "POST" and not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    named = request.GET.get("scorecard", "")
    scorecard = named_scorecard(access, node, named) if named else active_scorecard(node)
    if scorecard is None and named:
        raise Http404
    if scorecard is not None and scorecard.status == Scorecard.State.DRAFT:
        return redirect(editor_href(access.organization.code, node.code, scorecard=named))
    if scorecard is None:
        context = {"unit_name": node.name, "breadcrumbs": breadcrumbs(access, node, None)}
        shown = shell(request, access, "scorecards") | context
        return render(request, "scorecards/no_scorecard.html", shown)
    if request.method == "POST":
        return _posted(request, access, node, scorecard)
    label = request.GET.get("valid_from", "")
    return _page(request, access, node, scorecard, 200, label=label)


def _page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    scorecard: Scorecard,
    status: int,
    **said: Any,
) -> HttpResponse:
    page = structure_page(access, node, scorecard, **said)
    asks_for_part = getattr(request, "htmx", None) and request.htmx.target == "consequences"  # type: ignore[attr-defined]
    if asks_for_part:
        return render(request, "scorecards/structure_consequences.html", {"page": page})
    context = shell(request, access, "scorecards") | {"page": page, "breadcrumbs": page.breadcrumbs}
    return render(request, "scorecards/structure.html", context, status=status)


def _posted(
    request: HttpRequest, access: Access, node: UnitNode, scorecard: Scorecard
) -> HttpResponse:
    """Saved, or the page again with what was typed, saying what is wrong and where."""
    typed = typed_structure(structure_nodes(scorecard), request.POST)
    label = request.POST.get("valid_from", "")
    said: dict[str, Any] = {"label": label, "typed": typed, "problems": typed.problems}
    if "look" in request.POST:
        return _page(request, access, node, scorecard, 200, **said)
    try:
        text = _saved(access, node, scorecard, typed, label)
    except StaleVersion:
        return _page(request, access, node, scorecard, 409, **said)
    except ValidationError as refusal:
        said["problems"] = refused_fields(refusal)
        return _page(request, access, node, scorecard, 422, **said)
    messages.success(request, text)
    return redirect(structure_href(access.organization.code, node.code))


def _saved(
    access: Access, node: UnitNode, scorecard: Scorecard, typed: TypedStructure, label: str
) -> str:
    """Save and publish from that period on; what to say of it."""
    open_from = first_open_day(access, node)
    offered = offered_periods(access.organization, current_starts(scorecard), open_from)
    period = offered.get(label)
    if period is None or typed.problems:
        missing = {} if period else {"valid_from": NO_PERIOD}
        raise ValidationError({**typed.problems, **missing})
    before = content_at(scorecard, period.start)
    edition = change_structure(
        scorecard=scorecard,
        changes={
            key: NodeChange(typed.versions[key], values) for key, values in typed.values.items()
        },
        valid_from=period.start,
        by=access.user,
    )
    if edition is None:
        return f"Nothing differs from the structure valid from {label}."
    changes = changes_text(access, before, content_at(scorecard, period.start))
    return f"Valid from {label}: {changes or 'the structure as it stands'}."


def refused_fields(refusal: ValidationError) -> dict[str, str]:
    """What is wrong by field; what belongs to none by the empty name."""
    if not hasattr(refusal, "error_dict"):
        return {"": " ".join(refusal.messages)}
    return {name: " ".join(texts) for name, texts in refusal.message_dict.items()}
