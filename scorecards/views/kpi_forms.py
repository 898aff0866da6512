"""Defining a KPI and changing its definition, with a look at what its formula yields."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.models import KPI
from kpis.services.library import FIGURE_FIELDS, delete_kpi, restore_kpi
from organizations.access import Access, Action
from organizations.models import Unit
from organizations.services.structure import InUse, StaleVersion
from scorecards.links import editor_href, kpi_restore_href, kpis_href
from scorecards.selectors.history.sight import Sight
from scorecards.selectors.kpis.forms import (
    CameFrom,
    Previews,
    Typed,
    beside_current,
    draft_kpi,
    home_href,
    kpi_form,
    may_change,
    may_define,
    measured_unit_ids,
    offered_units,
    refused_problems,
    saved_text,
    taken_codes,
)
from scorecards.selectors.kpis.formula_preview import Preview, formula_preview
from scorecards.selectors.kpis.look import LABELS, PREFIX, LookAsked, kpi_look
from scorecards.selectors.kpis.texts import (
    KpiTexts,
    copied_texts,
    kpi_values,
    stored_texts,
    suggested_code,
    typed_kpi,
)
from scorecards.selectors.kpis.used import kpi_uses
from scorecards.selectors.structure.purpose import Purpose, purpose_of
from scorecards.services.kpi_definitions import change_kpi_at, define_kpi_at, define_kpi_for

from .kpis import kpi_of
from .notices import say_with_undo
from .shell import member_action, member_form, shell, unit_of

NO_UNIT = "Choose units of this list: you may let KPIs be measured there."
LONGEST_VERSION = 9  # digits
LONGEST_CODE = 50
LOOKS = {"check", "look"}  # buttons that show what the definition means, without saving it


@member_form
def create(request: HttpRequest, access: Access) -> HttpResponse:
    """A new KPI, for those who may edit structure at any unit."""
    if not may_define(access):
        raise PermissionDenied
    purpose = _purpose(request, access)
    if request.method != "POST":
        return _page(request, access, None, Typed(_start(request, access)))
    typed = _typed(request)
    if LOOKS & request.POST.keys():
        return _page(request, access, None, typed)
    try:
        kpi = _defined(access, typed.texts, purpose)
    except ValidationError as refusal:
        return _refused(request, access, None, typed, refusal)
    messages.success(request, saved_text(access, kpi, figures_differ=True, is_new=True))
    back = _editor_href(access, purpose) if purpose else None
    return redirect(back or home_href(access, kpi, measured_unit_ids(access, kpi)))


@member_form
def edit(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """The definition, for those who may edit structure wherever it is measured."""
    found = kpi_of(access, kpi)
    unit_ids = measured_unit_ids(access, found)
    if not may_change(access, unit_ids):
        return _forbidden(request, access, found)
    if request.method != "POST":
        return _page(request, access, found, Typed(stored_texts(found)))
    typed = _typed(request)
    if LOOKS & request.POST.keys():
        return _page(request, access, found, typed)
    try:
        said = _changed(access, found, typed.texts, _version(request))
    except StaleVersion as stale:
        current = beside_current(stale.current, typed.texts, _version(request))  # type: ignore[arg-type]
        return _page(request, access, stale.current, current, 409)  # type: ignore[arg-type]
    except ValidationError as refusal:
        return _refused(request, access, found, typed, refusal)
    messages.success(request, said)
    return redirect(_home_href(request, access, found))


@member_action
def preview(request: HttpRequest, access: Access) -> HttpResponse:
    """What the formula that is being typed would yield; nothing is stored."""
    shown = _preview(access, _edited(request, access), _typed(request))
    context = {"preview": shown, "organization": access.organization}
    return render(request, "scorecards/_formula_preview.html", context)


@member_action
def look(request: HttpRequest, access: Access) -> HttpResponse:
    """What the definition that is being typed makes of values; nothing is stored."""
    kpi, typed = _edited(request, access), _typed(request)
    draft = draft_kpi(access, kpi, typed.texts)
    shown = kpi_look(access, kpi, draft, typed.look)
    context = {"look": shown, "organization": access.organization}
    return render(request, "scorecards/_kpi_look.html", context)


@member_action
def delete(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """Take an unused definition out of the library; of a used one, say what uses it."""
    found = kpi_of(access, kpi)
    if not may_change(access, measured_unit_ids(access, found)):
        return _forbidden(request, access, found)
    try:
        delete_kpi(kpi=found, by=access.user, version=_version(request))
    except InUse:
        return _used(request, access, found, 409)
    except StaleVersion as stale:
        return _used(request, access, stale.current, 409, is_stale=True)  # type: ignore[arg-type]
    action = kpi_restore_href(access.organization.code, found.code)
    say_with_undo(request, f"“{found.name}” is deleted.", action, {})
    return redirect(kpis_href(access.organization.code))


@member_action
def restore(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """Undo: the definition of that code that was deleted last stands again."""
    gone = KPI.objects.filter(organization=access.organization, code=kpi).exclude(deleted_at=None)
    found = gone.order_by("-deleted_at").select_related("organization").first()
    if found is None or not _was_seen(access, found):
        raise Http404
    if not may_define(access):
        raise PermissionDenied
    try:
        restore_kpi(kpi=found, by=access.user)
        messages.success(request, f"“{found.name}” is back.")
    except ValidationError as refusal:
        why = " ".join(refused_problems(refusal).values())
        messages.error(request, f"“{found.name}” cannot come back: {why}")
    return redirect(kpis_href(access.organization.code, found.code))


def _was_seen(access: Access, kpi: KPI) -> bool:
    """Whether the reader sees a unit where it was ever measured, if it was at all."""
    where = set(kpi.assignments.values_list("unit_id", flat=True))
    sight = Sight(access)
    return not where or any(sight.sees(unit_id) for unit_id in where)


# --- What was sent


def _edited(request: HttpRequest, access: Access) -> KPI | None:
    """The stored KPI whose form is open, None for a new one; for those who may send the form."""
    if not may_define(access):
        raise PermissionDenied
    code = request.POST.get("kpi", "")
    found = kpi_of(access, code) if code else None
    if found and not may_change(access, measured_unit_ids(access, found)):
        raise PermissionDenied
    return found


def _typed(request: HttpRequest) -> Typed:
    figures = {name: request.POST.get(PREFIX + name, "")[:LONGEST_CODE] for name in LABELS}
    asked = LookAsked(request.POST.get("look_unit", ""), figures)
    unit = request.POST.get("preview_unit", "")
    return Typed(typed_kpi(request.POST), unit=unit, look=asked)


def _start(request: HttpRequest, access: Access) -> KpiTexts:
    """What a new form begins with: nothing, or the definition of the KPI that it shall be like."""
    code = request.GET.get("like", "")
    return copied_texts(kpi_of(access, code)) if code else stored_texts(KPI())


def _purpose(request: HttpRequest, access: Access) -> Purpose | None:
    """The objective that the new KPI is for; forbidden to those who may not edit it."""
    asked = request.GET
    if "for" not in asked:
        return None
    node = unit_of(access, asked.get("unit", ""))
    if not access.can(Action.EDIT_STRUCTURE, node.id):
        raise PermissionDenied
    codes = [asked.get(name, "").replace("\x00", "") for name in ("for", "scorecard", "valid_from")]
    found = purpose_of(access, node, *codes)
    if found is None:
        raise Http404
    return found


def _version(request: HttpRequest) -> int:
    """The version that the form was filled in for; 0, which no row has, where it says none."""
    text = request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION
    return int(text) if is_number else 0


def _chosen_units(access: Access, kpi: KPI | None, texts: KpiTexts) -> list[int]:
    """The ids of the chosen units, as far as they are offered."""
    measured = measured_unit_ids(access, kpi) if kpi else []
    offered = offered_units(access, measured)
    return [node.id for node, _ in offered if node.code in texts.units]


def _checked(access: Access, kpi: KPI | None, texts: KpiTexts) -> tuple[dict[str, Any], list[Unit]]:
    """The definition and the units that were sent; raises ValidationError, by field."""
    values = kpi_values(access.organization, texts)
    unit_ids = _chosen_units(access, kpi, texts)
    problems = dict(values.problems)
    if len(unit_ids) < len(set(texts.units)):
        problems["units"] = NO_UNIT
    if problems:
        raise ValidationError(problems)
    return values.fields, list(Unit.objects.live().filter(pk__in=unit_ids).order_by("pk"))


# --- Saving


def _defined(access: Access, texts: KpiTexts, purpose: Purpose | None) -> KPI:
    taken = taken_codes(access)
    code = texts["code"] or suggested_code(texts["name"], taken)
    problems = {}
    if code in taken:
        problems["code"] = f"There is a KPI `{code}` already; choose another code."
    elif not code and texts["name"]:
        problems["code"] = "The name has no letter from a to z to make a code of; write one."
    try:
        fields, units = _checked(access, None, texts)
    except ValidationError as refusal:
        raise ValidationError({**refused_problems(refusal), **problems}) from None
    if problems:
        raise ValidationError(problems)
    if purpose is None:
        return define_kpi_at(
            organization=access.organization, code=code, units=units, fields=fields
        )
    return define_kpi_for(
        objective=purpose.objective,
        code=code,
        units=units,
        fields=fields,
        valid_from=purpose.period.start if purpose.period else None,
        by=access.user,
    )


def _changed(access: Access, kpi: KPI, texts: KpiTexts, version: int) -> str:
    """Save the definition; what to say of it."""
    fields, units = _checked(access, kpi, texts)
    before = {name: getattr(kpi, name) for name in fields}
    saved = change_kpi_at(kpi=kpi, by=access.user, version=version, units=units, fields=fields)
    altered = {name for name, value in before.items() if getattr(saved, name) != value}
    if not altered and not units:
        return f"Nothing was changed in “{kpi.name}”."
    figures_differ = bool(units or altered & FIGURE_FIELDS)
    return saved_text(access, saved, figures_differ=figures_differ, is_new=False)


# --- Answering


def _came_from(request: HttpRequest) -> CameFrom:
    asked = (request.GET.get(name, "")[:LONGEST_CODE] for name in ("unit", "period"))
    return CameFrom(*asked)


def _editor_href(access: Access, purpose: Purpose) -> str:
    """Where the scorecard is edited, with the objective in view."""
    objective, named = purpose.objective, purpose.objective.scorecard
    return editor_href(
        access.organization.code,
        purpose.unit.code,
        scorecard=None if named.status == named.State.ACTIVE else named.code,
        valid_from=purpose.period_label,
        open=f"objective.{objective.code}",
    )


def _home_href(request: HttpRequest, access: Access, kpi: KPI) -> str:
    return home_href(access, kpi, measured_unit_ids(access, kpi), _came_from(request))


def _preview(access: Access, kpi: KPI | None, typed: Typed) -> Preview | None:
    draft = draft_kpi(access, kpi, typed.texts)
    units = _chosen_units(access, kpi, typed.texts)
    return formula_preview(access, draft, units, typed.unit)


def _page(
    request: HttpRequest, access: Access, kpi: KPI | None, typed: Typed, status: int = 200
) -> HttpResponse:
    came_from, purpose = _came_from(request), None if kpi else _purpose(request, access)
    asked = typed.look if typed.look.unit else replace(typed.look, unit=came_from.unit)
    looked = kpi_look(access, kpi, draft_kpi(access, kpi, typed.texts), asked)
    previews = Previews(_preview(access, kpi, typed), looked)
    form = kpi_form(access, kpi, replace(typed, look=asked), previews, came_from)
    context: dict[str, Any] = {"form": form, "breadcrumbs": form.breadcrumbs}
    context |= {"preview": form.preview, "look": form.look, "purpose": purpose}
    if purpose:
        context["back_href"] = _editor_href(access, purpose)
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/kpi_form.html", context, status=status)


def _refused(
    request: HttpRequest, access: Access, kpi: KPI | None, typed: Typed, refusal: ValidationError
) -> HttpResponse:
    problems = refused_problems(refusal)
    return _page(request, access, kpi, replace(typed, problems=problems), 422)


def _used(
    request: HttpRequest, access: Access, kpi: KPI, status: int, *, is_stale: bool = False
) -> HttpResponse:
    """Why the KPI is not deleted: who uses it, or that it was changed meanwhile."""
    context = {
        "kpi": kpi,
        "uses": kpi_uses(access, kpi, measured_unit_ids(access, kpi)),
        "is_stale": is_stale,
    }
    context |= {"kpi_href": _home_href(request, access, kpi)}
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/kpi_in_use.html", context, status=status)


def _forbidden(request: HttpRequest, access: Access, kpi: KPI) -> HttpResponse:
    """The KPI may be read, but not changed by this reader: why, and who may."""
    context = {"kpi_name": kpi.name, "kpi_href": _home_href(request, access, kpi)}
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/kpi_form_forbidden.html", context, status=403)
