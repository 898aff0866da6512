"""A causal link: what is expected, what the figures say of it, and changing or removing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from organizations.services.structure import StaleVersion
from scorecards.models import Scorecard
from scorecards.selectors.shapes import Link
from scorecards.views.notices import say_with_undo
from scorecards.views.sent import refused_fields, whole_number
from scorecards.views.shell import member_form, shell, unit_of
from strategy_maps.links import map_edit_href, map_href
from strategy_maps.models import CausalLink
from strategy_maps.selectors.evidence.told import evidence_section
from strategy_maps.selectors.link_form import (
    Typed,
    beside_current,
    link_form,
    link_values,
    texts_of,
    typed_texts,
)
from strategy_maps.selectors.map import map_link
from strategy_maps.selectors.page import map_breadcrumbs, map_line
from strategy_maps.services.evidence import refresh_evidence
from strategy_maps.services.links import change_link, remove_link

from .editing import is_for, link_address, panel_answer
from .maps import map_scorecard, shown_period


@member_form
def link(request: HttpRequest, access: Access, unit: str, cause: str, effect: str) -> HttpResponse:
    """Everybody who sees the unit reads it; those who may edit its scorecard also post here."""
    node = unit_of(access, unit)
    named = request.GET.get("scorecard", "")
    scorecard = map_scorecard(access, node, shown_period(request, access, node), named)
    row = _row(scorecard, cause, effect)
    if request.method != "POST":
        return _page(request, access, node, row, Typed(texts_of(row)))
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    typed = typed_texts(request.POST.dict(), texts_of(row))
    version = whole_number(request.POST.get("version", ""))
    if request.POST.get("do") == "test":
        return _tested(request, access, row)
    try:
        _done(request, access, row, typed, version)
    except StaleVersion:
        current = _row(scorecard, cause, effect)
        beside = beside_current(current, typed, version)
        return _page(request, access, node, current, beside, 409)
    except ValidationError as refusal:
        wrong = Typed(typed, refused_fields(refusal))
        return _page(request, access, node, row, wrong, 422)
    return redirect(_map_edit(request, access, node, cause))


def _row(scorecard: Scorecard | None, cause: str, effect: str) -> CausalLink:
    """The live link between objectives that stand; 404 where there is none."""
    rows = CausalLink.objects.live().filter(
        cause__scorecard=scorecard, cause__deleted_at=None, effect__deleted_at=None
    )
    others = ("cause__scorecard__unit", "effect", "cause_kpi", "effect_kpi", "evidence")
    named = rows.filter(cause__code=cause, effect__code=effect)
    row: CausalLink | None = named.select_related(*others).first()
    if scorecard is None or row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    row: CausalLink,
    typed: Typed,
    status: int = 200,
) -> HttpResponse:
    shown = map_link(row)
    scorecard = row.cause.scorecard
    is_open = scorecard.status != Scorecard.State.ARCHIVED
    context: dict[str, Any] = {
        "link": shown,
        "line": map_line(access, node.code, shown, _kept(request)),
        "cause": row.cause,
        "effect": row.effect,
        "form": link_form(scorecard, typed, row.version),
        "may_edit": is_open and access.can(Action.EDIT_STRUCTURE, node.id),
        "action": link_address(request, access, scorecard, row),
        "close_href": _map_edit(request, access, node, row.cause.code),
        "map_href": map_href(access.organization.code, node.code, **_kept(request)),
        "organization": access.organization,
        "unit": node,
    }
    if is_for(request, "panel") or is_for(request, "map-work"):
        return panel_answer(request, "strategy_maps/_link_panel.html", context, status)
    context["evidence"] = evidence_section(scorecard, row)
    crumbs = (*map_breadcrumbs(access, node, None), Link("Causal link", None))
    context |= shell(request, access, "map") | {"breadcrumbs": crumbs}
    return render(request, "strategy_maps/link.html", context, status=status)


def _done(
    request: HttpRequest, access: Access, row: CausalLink, typed: dict[str, str], version: int
) -> None:
    """Save or remove, and say so with a way back."""
    do = request.POST.get("do")
    if do not in ("save", "remove"):
        raise ValidationError("Choose what to do.")
    if do == "remove":
        remove_link(link=row, by=access.user, version=version)
        undo = {"do": "restore", "cause": row.cause.code, "effect": row.effect.code}
        node = access.tree.by_id[row.cause.scorecard.unit_id]
        said = f"“{row.cause}” leads to “{row.effect}” no more."
        say_with_undo(request, said, _map_edit(request, access, node, ""), undo)
        return
    before = texts_of(row)
    values = link_values(row.cause.scorecard, typed)
    saved = change_link(link=row, by=access.user, version=version, **values)
    if saved.version == row.version:
        messages.info(request, "Nothing was changed.")
        return
    undo = {"do": "save", "version": str(saved.version), **before}
    action = link_address(request, access, row.cause.scorecard, row)
    say_with_undo(request, f"“{row.cause}” → “{row.effect}” is saved.", action, undo)


def _tested(request: HttpRequest, access: Access, row: CausalLink) -> HttpResponse:
    """Look at the figures of all the scorecard's links now."""
    scorecard = row.cause.scorecard
    refresh_evidence(scorecard=scorecard)
    messages.success(request, "The scorecard's links are tested with the data as they are now.")
    return redirect(link_address(request, access, scorecard, row))


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("period", "scorecard")}


def _map_edit(request: HttpRequest, access: Access, node: UnitNode, of: str) -> str:
    return map_edit_href(access.organization.code, node.code, of=of, **_kept(request))
