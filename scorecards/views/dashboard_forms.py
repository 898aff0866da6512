"""Putting dashboards together: naming, sharing, adding and arranging panels, with ways back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.models import Unit
from organizations.services.structure import StaleVersion
from scorecards.links import dashboard_deed_href, dashboard_href, dashboards_href
from scorecards.models import Dashboard
from scorecards.selectors.administration.choices import suggested
from scorecards.selectors.dashboards.forms import (
    Sent,
    chosen_owner,
    dashboard_form,
    new_dashboard,
    start_panels,
    stored_dashboard,
    their_dashboard,
)
from scorecards.selectors.dashboards.page import breadcrumbs_of
from scorecards.selectors.dashboards.reading import (
    is_own,
    managed_units,
    may_change,
    may_keep,
    visible_dashboard,
)
from scorecards.services.dashboards import (
    add_dashboard,
    change_dashboard,
    delete_dashboard,
    restore_dashboard,
)

from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_action, member_form, shell

LONGEST_WORDS = 100


@member_form
def create(request: HttpRequest, access: Access) -> HttpResponse:
    """A new dashboard: the reader's own, or that of a unit that they manage."""
    if not (may_keep(access) or managed_units(access)):
        raise PermissionDenied
    if "suggest" in request.GET:
        words = request.GET.get("unit", "")[:LONGEST_WORDS]
        options = tuple(suggested(words, [node for node, _ in managed_units(access)]))
        return render(request, "scorecards/_suggestions.html", {"options": options})
    if request.method != "POST":
        return _page(request, access, None, Sent(new_dashboard(access, request.GET.dict())))
    texts = request.POST.dict()
    try:
        row = _added(access, texts)
    except ValidationError as refusal:
        return _page(request, access, None, Sent(texts, refused_fields(refusal)), 422)
    messages.success(request, f"“{row.name}” is there.")
    return redirect(dashboard_href(access.organization.code, row.code))


def _added(access: Access, texts: dict[str, str]) -> Dashboard:
    owner, node = chosen_owner(access, texts.get("unit", ""))
    unit = Unit.objects.get(pk=node.id) if node else None
    return add_dashboard(
        organization=access.organization,
        name=texts.get("name", "").strip(),
        owner=owner,
        unit=unit,
        is_shared=bool(texts.get("is_shared")),
        panels=start_panels(access, texts),
        by=access.user,
    )


@member_form
def edit(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """Its name, and whether it is shared."""
    row = changeable(access, dashboard)
    if request.method != "POST":
        return _page(request, access, row, Sent(stored_dashboard(row)))
    texts = request.POST.dict()
    try:
        change_dashboard(
            dashboard=row,
            version=whole_number(texts.get("version", "")),
            name=texts.get("name", "").strip(),
            is_shared=bool(texts.get("is_shared")),
            by=access.user,
        )
    except StaleVersion:
        current = changeable(access, dashboard)
        sent = Sent(texts, theirs=their_dashboard(current, texts), is_stale=True)
        return _page(request, access, current, sent, 409)
    except ValidationError as refusal:
        return _page(request, access, row, Sent(texts, refused_fields(refusal)), 422)
    return _after_saving(request, access, row)


def _after_saving(request: HttpRequest, access: Access, row: Dashboard) -> HttpResponse:
    """The dashboard; the list where the reader has taken it from their own sight."""
    organization = access.organization.code
    if visible_dashboard(access, row.code) is not None:
        messages.success(request, "Saved.")
        return redirect(dashboard_href(organization, row.code))
    whose = row.owner or "its owner"
    said = f"“{row.name}” is not shared any more: only {whose} sees it, and may share it again."
    messages.success(request, said)
    return redirect(dashboards_href(organization))


@member_action
def delete(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """Delete it, with a way back."""
    row, organization = changeable(access, dashboard), access.organization.code
    try:
        version = whole_number(request.POST.get("version", ""))
        delete_dashboard(dashboard=row, version=version, by=access.user)
    except StaleVersion:
        messages.error(request, f"“{row.name}” was changed meanwhile, and not deleted. Look first.")
        return redirect(dashboard_href(organization, row.code))
    again = dashboard_deed_href("dashboard-restore", organization, row.code)
    say_with_undo(request, f"“{row.name}” is deleted.", again, {})
    return redirect(dashboards_href(organization))


@member_action
def restore(request: HttpRequest, access: Access, dashboard: str) -> HttpResponse:
    """Take a deletion back."""
    row = _deleted(access, dashboard)
    try:
        restore_dashboard(dashboard=row, by=access.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(dashboards_href(access.organization.code))
    messages.success(request, f"“{row.name}” stands again.")
    return redirect(dashboard_href(access.organization.code, row.code))


def changeable(access: Access, code: str) -> Dashboard:
    """The dashboard, of those that the reader opens; 403 where it is not theirs to change."""
    row = visible_dashboard(access, code)
    if row is None:
        raise Http404
    if not may_change(access, row):
        raise PermissionDenied
    return row


def _deleted(access: Access, code: str) -> Dashboard:
    """The one of that code that was deleted last, of those that were the reader's to change."""
    rows = Dashboard.objects.filter(organization=access.organization, code=code)
    row: Dashboard | None = rows.order_by(F("deleted_at").desc(nulls_first=True), "-pk").first()
    if row is None or not _was_seen(access, row):
        raise Http404
    if not may_change(access, row):
        raise PermissionDenied
    return row


def _was_seen(access: Access, row: Dashboard) -> bool:
    if row.unit_id is not None:
        return access.sees(row.unit_id)
    return row.is_shared or is_own(access, row)


def _page(
    request: HttpRequest, access: Access, row: Dashboard | None, sent: Sent, status: int = 200
) -> HttpResponse:
    form = dashboard_form(access, row, sent)
    context = shell(request, access, "scorecards") | {"form": form}
    context["breadcrumbs"] = breadcrumbs_of(access, form.title)
    return render(request, "scorecards/dashboard_form.html", context, status=status)
