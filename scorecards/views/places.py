"""Where a KPI is measured: assigning it to units, changing, ending and taking that back."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.models import KPI, Assignment
from kpis.services.library import (
    assign_kpi_at,
    change_assignment,
    remove_assignment,
    restore_assignment,
)
from organizations.access import Access, Action
from organizations.models import Person, Unit
from organizations.selectors import UnitNode
from organizations.services.structure import InUse, StaleVersion
from scorecards.links import kpi_places_href
from scorecards.selectors.administration.choices import having_words, person_options
from scorecards.selectors.kpis.forms import may_define
from scorecards.selectors.places.page import PlacesAsked, places_page
from scorecards.selectors.places.texts import FIELDS, place_texts, place_values
from scorecards.services.using import seen_in_use

from .kpis import kpi_of
from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_form, shell, unit_of

LONGEST_WORDS = 100
MOST_UNITS = 200  # assigned at once
AS_MADE = 1  # the version of a row that nobody has changed
MOST_NAMED = 6
FIGURES = ("measurement ", "target ")  # as `live_users` names them


@member_form
def places(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """Everybody who sees the KPI reads it; those who manage a unit change it there."""
    found = kpi_of(access, kpi)
    if request.method == "POST":
        if not may_define(access):
            raise PermissionDenied
        return _posted(request, access, found)
    if request.GET.get("suggest") == "responsible":
        return _people(request, access)
    return _page(request, access, found, _asked(request))


def _asked(request: HttpRequest) -> PlacesAsked:
    words = {name: request.GET.get(name, "").replace("\x00", "") for name in ("q", "find")}
    return PlacesAsked(
        words=words["q"][:LONGEST_WORDS],
        find=words["find"][:LONGEST_WORDS],
        page=whole_number(request.GET.get("page", "")),
        unit=request.GET.get("edit", ""),
        chosen=tuple(request.GET.getlist("units")[:MOST_UNITS]),
    )


def _page(
    request: HttpRequest, access: Access, kpi: KPI, asked: PlacesAsked, status: int = 200
) -> HttpResponse:
    page = places_page(access, kpi, asked)
    context: dict[str, Any] = {"page": page, "breadcrumbs": page.breadcrumbs}
    target = getattr(request, "htmx", None) and request.htmx.target  # type: ignore[attr-defined]
    parts = {"places": "scorecards/_places_list.html", "offers": "scorecards/_places_offers.html"}
    if target in parts:
        context |= {"organization": access.organization}
        return render(request, parts[target], context, status=status)
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/places.html", context, status=status)


def _people(request: HttpRequest, access: Access) -> HttpResponse:
    """Choices for the person, where there are too many for a list."""
    people = Person.objects.live().filter(organization=access.organization)
    words = request.GET.get("responsible", "")[:LONGEST_WORDS]
    options, _ = person_options(people.filter(having_words(words)))
    return render(request, "scorecards/_suggestions.html", {"options": options})


# --- Changing


def _posted(request: HttpRequest, access: Access, kpi: KPI) -> HttpResponse:
    """What was asked for, or the page again with what was typed and what is wrong."""
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    asked = PlacesAsked(unit=request.POST.get("unit", ""), chosen=_codes(request), typed=typed)
    do = DEEDS.get(request.POST.get("do", ""))
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        do(request, access, kpi)
    except StaleVersion as stale:
        return _page(request, access, kpi, _beside(asked, stale.current), 409)
    except InUse as used:
        problems = _used(seen_in_use(access, used))
        return _page(request, access, kpi, replace(asked, typed=None, problems=problems), 409)
    except ValidationError as refusal:
        return _page(request, access, kpi, replace(asked, problems=refused_fields(refusal)), 422)
    return redirect(kpi_places_href(access.organization.code, kpi.code))


def _used(used: InUse) -> dict[str, str]:
    """What stands against removing a place: who counts it by name, and that figures stand there."""
    figures = [each for each in used.users if each.startswith(FIGURES)]
    said = [f"{each[:1].upper()}{each[1:]} uses it." for each in used.users if each not in figures]
    if used.n_hidden:
        said.append("Others that you do not see use it.")
    if figures:
        said.append("Values or targets stand here.")
    return {"": " ".join([*said[:MOST_NAMED], "Let it end instead: what stands here stays."])}


def _beside(asked: PlacesAsked, current: Any) -> PlacesAsked:
    """What was typed, beside what somebody else has saved meanwhile."""
    now, typed = place_texts(current), asked.typed or {}
    other = {name: now[name] or "nothing" for name in FIELDS if typed.get(name, "") != now[name]}
    said = "Nothing is saved yet: somebody else has changed this place. Look at both, save again."
    return replace(asked, meanwhile=other, problems={"": said})


def _codes(request: HttpRequest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(request.POST.getlist("units")))[:MOST_UNITS]


def _assign(request: HttpRequest, access: Access, kpi: KPI) -> None:
    nodes = [_managed(access, code) for code in _codes(request)]
    problems: dict[str, Any] = {} if nodes else {"units": "Choose a unit."}
    values: dict[str, Any] = {}
    try:
        values = place_values(access, kpi, request.POST.dict())
    except ValidationError as refusal:
        problems |= refusal.message_dict
    if problems:
        raise ValidationError(problems)
    units = list(Unit.objects.live().filter(pk__in=[node.id for node in nodes]).order_by("pk"))
    rows = assign_kpi_at(kpi=kpi, units=units, **values)
    codes = ",".join(access.tree.by_id[row.unit_id].code for row in rows)
    where = nodes[0].name if len(nodes) == 1 else f"{len(nodes)} units"
    _say(request, access, kpi, f"Measured at {where}.", {"do": "take_back", "units": codes})


def _change(request: HttpRequest, access: Access, kpi: KPI) -> None:
    row = _place(request, access, kpi)
    values = place_values(access, kpi, request.POST.dict())
    _save(request, access, row, values, f"{row.unit} is saved.")


def _end(request: HttpRequest, access: Access, kpi: KPI) -> None:
    """From today on it is not measured there; what was, stays."""
    row, today = _place(request, access, kpi), access.organization.today()
    if row.starts_on and row.starts_on >= today:
        raise ValidationError({"ends_on": "It has not begun yet: remove it instead."})
    said = f"“{kpi.name}” is no longer measured at {row.unit}. Its values stay."
    _save(request, access, row, {"ends_on": today}, said)


def _save(
    request: HttpRequest, access: Access, row: Assignment, values: dict[str, Any], said: str
) -> None:
    before, kpi, node = place_texts(row), row.kpi, access.tree.by_id[row.unit_id]
    version = whole_number(request.POST.get("version", ""))
    saved = change_assignment(assignment=row, by=access.user, version=version, **values)
    if saved.version == version:
        messages.info(request, f"Nothing was changed at {node.name}.")
        return
    undo = {"do": "change", "unit": node.code, "version": str(saved.version), **before}
    _say(request, access, kpi, said, undo)


def _remove(request: HttpRequest, access: Access, kpi: KPI) -> None:
    row = _place(request, access, kpi)
    version = whole_number(request.POST.get("version", ""))
    remove_assignment(assignment=row, by=access.user, version=version)
    node = access.tree.by_id[row.unit_id]
    said = f"“{kpi.name}” is not measured at {node.name} after all."
    _say(request, access, kpi, said, {"do": "restore", "unit": node.code})


def _restore(request: HttpRequest, access: Access, kpi: KPI) -> None:
    """The place at that unit that was removed last."""
    node = _managed(access, request.POST.get("unit", ""))
    gone = Assignment.objects.filter(kpi=kpi, unit_id=node.id).exclude(deleted_at=None)
    row = gone.order_by("-deleted_at").first()
    if row is None:
        raise Http404
    restore_assignment(assignment=row, by=access.user)
    messages.success(request, f"“{kpi.name}” is measured at {node.name} again.")


def _take_back(request: HttpRequest, access: Access, kpi: KPI) -> None:
    """Undo of assigning: all of the units, or none where somebody has changed one since."""
    codes = request.POST.get("units", "").split(",")[:MOST_UNITS]
    nodes = [_managed(access, code) for code in codes]
    rows = Assignment.objects.live().filter(kpi=kpi, unit_id__in=[node.id for node in nodes])
    with transaction.atomic():
        for row in rows.select_related("kpi__organization").order_by("pk"):
            remove_assignment(assignment=row, by=access.user, version=AS_MADE)
    messages.success(request, f"“{kpi.name}” is not measured there after all.")


DEEDS = {
    "assign": _assign,
    "change": _change,
    "end": _end,
    "remove": _remove,
    "restore": _restore,
    "take_back": _take_back,
}


# --- What deeds share


def _managed(access: Access, code: str) -> UnitNode:
    """A unit whose structure the reader may edit."""
    node = unit_of(access, code)
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    return node


def _place(request: HttpRequest, access: Access, kpi: KPI) -> Assignment:
    """The place that the form tells of."""
    node = _managed(access, request.POST.get("unit", ""))
    rows = Assignment.objects.live().filter(kpi=kpi, unit_id=node.id)
    row: Assignment | None = rows.select_related("kpi__organization", "unit", "responsible").first()
    if row is None:
        raise Http404
    return row


def _say(request: HttpRequest, access: Access, kpi: KPI, said: str, undo: dict[str, str]) -> None:
    say_with_undo(request, said, kpi_places_href(access.organization.code, kpi.code), undo)
