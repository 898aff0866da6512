"""The panels of a dashboard: adding, changing, sizing, moving and removing one of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.services.structure import StaleVersion
from scorecards.links import dashboard_href, panel_href
from scorecards.models import Dashboard, Panel
from scorecards.selectors.administration.choices import suggested
from scorecards.selectors.dashboards.forms import (
    Sent,
    kpi_suggestions,
    new_panel_texts,
    panel_form,
    planned_panel,
    stored_panel,
    their_panel,
)
from scorecards.selectors.dashboards.page import breadcrumbs_of
from scorecards.selectors.dashboards.reading import may_change, visible_dashboard
from scorecards.services.dashboards import (
    add_panel,
    change_panel,
    move_panel,
    remove_panel,
    restore_panel,
    size_panel,
)

from .dashboard_forms import LONGEST_WORDS, changeable
from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_action, member_form, shell


@member_form
def create(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """A new panel: first its kind, then what that asks for."""
    row = changeable(access, dashboard)
    if "suggest" in request.GET:
        return _suggestions(request, access)
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        return _page(request, access, row, None, kind, Sent(new_panel_texts(row)))
    texts = request.POST.dict()
    kind = texts.get("kind", "")
    try:
        plan = planned_panel(access, kind, texts)
        number = add_panel(dashboard=row, plan=plan, by=access.user)
    except ValidationError as refusal:
        return _page(request, access, row, None, kind, Sent(texts, refused_fields(refusal)), 422)
    messages.success(request, "The panel is added.")
    return _back(access, row, number)


@member_form
def edit(request: HttpRequest, access: Access, dashboard: str, panel: int) -> HttpResponse:
    """What a panel shows, its title and its size."""
    row, standing = _changeable(access, dashboard, panel)
    if request.method != "POST":
        return _page(
            request, access, row, standing, standing.kind, Sent(stored_panel(access, standing))
        )
    texts = request.POST.dict()
    try:
        plan = planned_panel(access, standing.kind, texts)
        version = whole_number(texts.get("version", ""))
        change_panel(dashboard=row, number=panel, version=version, plan=plan, by=access.user)
    except StaleVersion:
        row, current = _changeable(access, dashboard, panel)
        sent = Sent(texts, theirs=their_panel(access, current, texts), is_stale=True)
        return _page(request, access, row, current, current.kind, sent, 409)
    except ValidationError as refusal:
        sent = Sent(texts, refused_fields(refusal))
        return _page(request, access, row, standing, standing.kind, sent, 422)
    messages.success(request, "The panel is saved.")
    return _back(access, row, panel)


@member_action
def arrange(request: HttpRequest, access: Access, dashboard: str, panel: int) -> HttpResponse:
    """Make a panel wider or taller, move it, or remove it, which can be taken back."""
    row, standing = _changeable(access, dashboard, panel)
    deed = {"size": _size, "move": _move, "remove": _remove}.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("Choose what to do.")
        deed(request, access, row, standing)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return _back(access, row, panel)


@member_action
def restore(request: HttpRequest, access: Access, dashboard: str, panel: int) -> HttpResponse:
    """Take a removal back."""
    row = _opened(access, dashboard)
    if not may_change(access, row):
        _standing(row, panel)  # what was removed is there for nobody else
        raise PermissionDenied
    if not row.panels.filter(number=panel).exists():
        raise Http404
    try:
        restore_panel(dashboard=row, number=panel, by=access.user)
        messages.success(request, "The panel stands again.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return _back(access, row, panel)


def _size(request: HttpRequest, access: Access, row: Dashboard, panel: Panel) -> None:
    sizes = {name: whole_number(request.POST.get(name, "")) for name in ("width", "height")}
    size_panel(dashboard=row, number=panel.number, **sizes, by=access.user)


def _move(request: HttpRequest, access: Access, row: Dashboard, panel: Panel) -> None:
    """By one place up or down, or to the place that is named, from 0."""
    to = request.POST.get("to", "")
    order = list(row.panels.filter(deleted_at=None).values_list("number", flat=True))
    place = order.index(panel.number)
    place = {"up": max(place - 1, 0), "down": place + 1}.get(to, whole_number(to))
    move_panel(dashboard=row, number=panel.number, place=place, by=access.user)


def _remove(request: HttpRequest, access: Access, row: Dashboard, panel: Panel) -> None:
    remove_panel(dashboard=row, number=panel.number, by=access.user)
    again = panel_href("panel-restore", access.organization.code, row.code, panel.number)
    say_with_undo(request, "The panel is removed.", again, {})


def _changeable(access: Access, code: str, number: int) -> tuple[Dashboard, Panel]:
    """404 where there is no such panel for the reader, 403 where it is not theirs to change."""
    row = _opened(access, code)
    standing = _standing(row, number)
    if not may_change(access, row):
        raise PermissionDenied
    return row, standing


def _opened(access: Access, code: str) -> Dashboard:
    row = visible_dashboard(access, code)
    if row is None:
        raise Http404
    return row


def _standing(row: Dashboard, number: int) -> Panel:
    found: Panel | None = row.panels.filter(number=number, deleted_at=None).first()
    if found is None:
        raise Http404
    return found


def _back(access: Access, row: Dashboard, number: int) -> HttpResponse:
    """To the dashboard, at the panel."""
    return redirect(f"{dashboard_href(access.organization.code, row.code)}#panel-{number}")


def _suggestions(request: HttpRequest, access: Access) -> HttpResponse:
    """KPIs or units by the words that are typed, where their list would be too long."""
    if "kpi" in request.GET:
        options = kpi_suggestions(access, request.GET["kpi"][:LONGEST_WORDS])
    else:
        words = request.GET.get("unit", "")[:LONGEST_WORDS]
        options = suggested(words, (n for n in access.tree.by_id.values() if access.sees(n.id)))
    return render(request, "scorecards/_suggestions.html", {"options": tuple(options)})


def _page(
    request: HttpRequest,
    access: Access,
    row: Dashboard,
    panel: Panel | None,
    kind: str,
    sent: Sent,
    status: int = 200,
) -> HttpResponse:
    form = panel_form(access, row, panel, kind, sent)
    context = shell(request, access, "scorecards") | {"form": form}
    title = "Edit panel" if panel else "New panel"
    context["breadcrumbs"] = breadcrumbs_of(access, row.name, title, href=form.dashboard_href)
    return render(request, "scorecards/panel_form.html", context, status=status)
