"""The strategy map as it is edited: every deed is saved at once, and most can be undone."""

import math
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Objective, Scorecard
from scorecards.views.notices import say_with_undo
from scorecards.views.sent import refused_fields
from scorecards.views.shell import member_form, shell, unit_of
from strategy_maps.drawing.picture import Picture, picture
from strategy_maps.drawing.telling import told_map
from strategy_maps.links import map_edit_href, map_href, map_link_href
from strategy_maps.models import CausalLink, Position
from strategy_maps.selectors.link_form import (
    Typed,
    link_values,
    new_texts,
    scorecard_objective,
    typed_texts,
)
from strategy_maps.selectors.page import MapPage, map_page
from strategy_maps.selectors.panel import edit_panel
from strategy_maps.services.links import add_link, restore_link
from strategy_maps.services.places import place_objective, unplace_objective

from .maps import map_scorecard, no_scorecard, shown_period

LONGEST_CODE = 60
NO_PLACE = "Write a place from 0 (left) to 100 (right)."


@member_form
def edit(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """For those who may edit the unit's scorecard; for htmx only the part that was asked for."""
    node = unit_of(access, unit)
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    period = shown_period(request, access, node)
    named = request.GET.get("scorecard", "")
    scorecard = map_scorecard(access, node, period, named)
    if scorecard is None:
        context = shell(request, access, "map") | no_scorecard(access, node)
        return render(request, "scorecards/no_scorecard.html", context)
    if scorecard.status == Scorecard.State.ARCHIVED and request.method != "POST":
        return redirect(map_href(access.organization.code, node.code, **_kept(request)))
    if request.method == "POST":
        return _posted(request, access, node, scorecard)
    return edit_page(request, access, node, scorecard, Typed(new_texts(cause=_chosen(request))))


def _posted(
    request: HttpRequest, access: Access, node: UnitNode, scorecard: Scorecard
) -> HttpResponse:
    """Done, or the page again with what was typed and what is wrong with it."""
    do = DEEDS.get(request.POST.get("do", ""))
    texts = typed_texts(request.POST.dict(), new_texts())
    texts |= {"place": request.POST["place"]} if "place" in request.POST else {}
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        of = do(request, access, scorecard)
    except ValidationError as refusal:
        typed = Typed(texts, refused_fields(refusal))
        return edit_page(request, access, node, scorecard, typed, 422)
    return redirect(map_edit_href(access.organization.code, node.code, of=of, **_kept(request)))


def edit_page(
    request: HttpRequest,
    access: Access,
    node: UnitNode,
    scorecard: Scorecard,
    typed: Typed,
    status: int = 200,
) -> HttpResponse:
    period = shown_period(request, access, node)
    page = map_page(access, node, scorecard, period, request.GET.get("scorecard", ""))
    chosen = typed.texts["cause"] or request.POST.get("objective", "") or _chosen(request)
    context: dict[str, Any] = {
        "page": page,
        "panel": edit_panel(access, page, scorecard, chosen, typed),
        "organization": access.organization,
    }
    if is_for(request, "panel") or (status != 200 and is_for(request, "map-work")):
        return panel_answer(request, "strategy_maps/_edit_panel.html", context, status)
    context["picture"] = edited_picture(access, page)
    if is_for(request, "map-work"):
        return render(request, "strategy_maps/_edit_work.html", context, status=status)
    context |= shell(request, access, "map") | {"breadcrumbs": page.breadcrumbs}
    return render(request, "strategy_maps/edit.html", context, status=status)


def is_for(request: HttpRequest, part: str) -> bool:
    """Whether only that part of the page is asked for."""
    return bool(getattr(request, "htmx", None)) and request.htmx.target == part  # type: ignore[attr-defined]


def panel_answer(
    request: HttpRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    """The panel alone, also where the whole was to change but something is wrong."""
    answer = render(request, template, context, status=status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#panel", "outerHTML"
    return answer


def edited_picture(access: Access, page: MapPage) -> Picture:
    """The picture whose objectives and links lead to what is edited of them."""
    code, shown = access.organization.code, page.map
    about = {"period": shown.period_label, "scorecard": page.scorecard}

    def node_href(objective: str) -> str:
        return map_edit_href(code, shown.unit_code, of=objective, **about)

    def link_href(cause: str, effect: str) -> str:
        return map_link_href(code, shown.unit_code, cause, effect, **about)

    return picture(told_map(shown, node_href, link_href))


def _chosen(request: HttpRequest) -> str:
    """The objective in the address."""
    return request.GET.get("of", "")[:LONGEST_CODE]


def _kept(request: HttpRequest) -> dict[str, str]:
    """What the address says of the period and the scorecard."""
    return {name: request.GET.get(name, "") for name in ("period", "scorecard")}


# --- Deeds; each answers with the code of the objective that stays chosen


def _add(request: HttpRequest, access: Access, scorecard: Scorecard) -> str:
    texts = typed_texts(request.POST.dict(), new_texts())
    ends = {
        name: scorecard_objective(scorecard, texts[name][:LONGEST_CODE], name)
        for name in ("cause", "effect")
    }
    link = add_link(**ends, by=access.user, **link_values(scorecard, texts))
    said = f"“{link.cause}” leads to “{link.effect}” now."
    action = link_address(request, access, scorecard, link)
    say_with_undo(request, said, action, {"do": "remove", "version": str(link.version)})
    return texts["cause"]


def link_address(
    request: HttpRequest, access: Access, scorecard: Scorecard, link: CausalLink
) -> str:
    unit = access.tree.by_id[scorecard.unit_id]
    ends = (link.cause.code, link.effect.code)
    return map_link_href(access.organization.code, unit.code, *ends, **_kept(request))


def _place(request: HttpRequest, access: Access, scorecard: Scorecard) -> str:
    """place: in percent, as people type it; x: as a share, as the picture sends it."""
    objective = _objective(request, scorecard)
    before = Position.objects.filter(objective=objective).first()
    place_objective(objective=objective, x=_share(request))
    undo = {"do": "unplace", "objective": objective.code}
    if before is not None:
        undo |= {"do": "place", "x": f"{before.x:.6f}"}
    action = _here(request, access, scorecard)
    say_with_undo(request, f"“{objective}” is put there.", action, undo)
    return str(objective.code)


def _unplace(request: HttpRequest, access: Access, scorecard: Scorecard) -> str:
    objective = _objective(request, scorecard)
    before = Position.objects.filter(objective=objective).first()
    unplace_objective(objective=objective)
    said = f"The drawing chooses where “{objective}” stands."
    if before is None:
        messages.success(request, said)
        return str(objective.code)
    undo = {"do": "place", "objective": objective.code, "x": f"{before.x:.6f}"}
    say_with_undo(request, said, _here(request, access, scorecard), undo)
    return str(objective.code)


def _restore(request: HttpRequest, access: Access, scorecard: Scorecard) -> str:
    """The link between those two that was removed last."""
    codes = {end: request.POST.get(end, "")[:LONGEST_CODE] for end in ("cause", "effect")}
    if "\x00" in "".join(codes.values()):
        raise Http404
    rows = CausalLink.objects.filter(
        cause__scorecard=scorecard, cause__code=codes["cause"], effect__code=codes["effect"]
    )
    removed = rows.exclude(deleted_at=None).select_related("cause", "effect")
    link = removed.order_by("-deleted_at", "-pk").first()
    if link is None:
        raise Http404
    restore_link(link=link, by=access.user)
    messages.success(request, f"“{link.cause}” leads to “{link.effect}” again.")
    return codes["cause"]


def _objective(request: HttpRequest, scorecard: Scorecard) -> Objective:
    return scorecard_objective(
        scorecard, request.POST.get("objective", "")[:LONGEST_CODE], "objective"
    )


def _share(request: HttpRequest) -> float:
    """The place that was sent; raises ValidationError where it is none."""
    text, most = request.POST.get("x", ""), 1.0
    if "place" in request.POST:
        text, most = request.POST["place"], 100.0
    try:
        share = float(text) / most if len(text) < 20 and text.isascii() else math.nan
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValidationError({"place": NO_PLACE})
    return share


def _here(request: HttpRequest, access: Access, scorecard: Scorecard) -> str:
    unit = access.tree.by_id[scorecard.unit_id]
    return map_edit_href(access.organization.code, unit.code, **_kept(request))


DEEDS: dict[str, Callable[[HttpRequest, Access, Scorecard], str]] = {
    "add": _add,
    "place": _place,
    "unplace": _unplace,
    "restore": _restore,
}
