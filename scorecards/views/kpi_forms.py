"""Defining a KPI and changing its definition, with a look at what its formula yields."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.models import KPI
from kpis.services.library import FIGURE_FIELDS
from organizations.access import Access
from organizations.models import Unit
from organizations.services.structure import StaleVersion
from scorecards.selectors.kpis.forms import (
    CameFrom,
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
from scorecards.selectors.kpis.pages import visible_kpi
from scorecards.selectors.kpis.texts import (
    KpiTexts,
    kpi_values,
    stored_texts,
    suggested_code,
    typed_kpi,
)
from scorecards.services.kpi_definitions import change_kpi_at, define_kpi_at

from .shell import member_action, member_form, shell

NO_UNIT = "Choose units of this list: you may let KPIs be measured there."
LONGEST_VERSION = 9  # digits
LONGEST_CODE = 50


@member_form
def create(request: HttpRequest, access: Access) -> HttpResponse:
    """A new KPI, for those who may edit structure at any unit."""
    if not may_define(access):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, access, None, Typed(stored_texts(KPI())))
    typed = _typed(request)
    if "check" in request.POST:
        return _page(request, access, None, typed)
    try:
        kpi = _defined(access, typed.texts)
    except ValidationError as refusal:
        return _refused(request, access, None, typed, refusal)
    messages.success(request, saved_text(access, kpi, figures_differ=True, is_new=True))
    return redirect(home_href(access, kpi, measured_unit_ids(access, kpi)))


@member_form
def edit(request: HttpRequest, access: Access, kpi: str) -> HttpResponse:
    """The definition, for those who may edit structure wherever it is measured."""
    found = _visible(access, kpi)
    unit_ids = measured_unit_ids(access, found)
    if not may_change(access, unit_ids):
        return _forbidden(request, access, found)
    if request.method != "POST":
        return _page(request, access, found, Typed(stored_texts(found)))
    typed = _typed(request)
    if "check" in request.POST:
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
    if not may_define(access):
        raise PermissionDenied
    code = request.POST.get("kpi", "")
    found = _visible(access, code) if code else None
    if found and not may_change(access, measured_unit_ids(access, found)):
        raise PermissionDenied
    shown = _preview(access, found, _typed(request))
    context = {"preview": shown, "organization": access.organization}
    return render(request, "scorecards/_formula_preview.html", context)


# --- What was sent


def _typed(request: HttpRequest) -> Typed:
    return Typed(typed_kpi(request.POST), unit=request.POST.get("preview_unit", ""))


def _version(request: HttpRequest) -> int:
    """The version that the form was filled in for; 0, which no row has, where it says none."""
    text = request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION
    return int(text) if is_number else 0


def _visible(access: Access, code: str) -> KPI:
    """The KPI, if it is measured at a unit that the reader sees, or nowhere."""
    found = None if "\x00" in code else visible_kpi(access, code)
    unit_ids = measured_unit_ids(access, found) if found else []
    if found is None or (unit_ids and not any(map(access.sees, unit_ids))):
        raise Http404
    return found


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


def _defined(access: Access, texts: KpiTexts) -> KPI:
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
    return define_kpi_at(organization=access.organization, code=code, units=units, fields=fields)


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


def _home_href(request: HttpRequest, access: Access, kpi: KPI) -> str:
    return home_href(access, kpi, measured_unit_ids(access, kpi), _came_from(request))


def _preview(access: Access, kpi: KPI | None, typed: Typed) -> Preview | None:
    draft = draft_kpi(access, kpi, typed.texts)
    units = _chosen_units(access, kpi, typed.texts)
    return formula_preview(access, draft, units, typed.unit)


def _page(
    request: HttpRequest, access: Access, kpi: KPI | None, typed: Typed, status: int = 200
) -> HttpResponse:
    form = kpi_form(access, kpi, typed, _preview(access, kpi, typed), _came_from(request))
    context = {"form": form, "preview": form.preview, "breadcrumbs": form.breadcrumbs}
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/kpi_form.html", context, status=status)


def _refused(
    request: HttpRequest, access: Access, kpi: KPI | None, typed: Typed, refusal: ValidationError
) -> HttpResponse:
    problems = refused_problems(refusal)
    return _page(request, access, kpi, Typed(typed.texts, problems, unit=typed.unit), 422)


def _forbidden(request: HttpRequest, access: Access, kpi: KPI) -> HttpResponse:
    """The KPI may be read, but not changed by this reader: why, and who may."""
    context = {"kpi_name": kpi.name, "kpi_href": _home_href(request, access, kpi)}
    context = shell(request, access, "kpis") | context
    return render(request, "scorecards/kpi_form_forbidden.html", context, status=403)
