"""Webhooks for administrators of the whole: other systems that are told what happens."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from organizations.access import Access
from organizations.models import Unit
from organizations.services.jobs.queue import MovedOn, retry_job
from organizations.services.structure import StaleVersion
from scorecards.links import webhook_href, webhooks_href
from scorecards.models import Webhook, WebhookDelivery
from scorecards.selectors.administration.choices import chosen_unit
from scorecards.selectors.shapes import Link
from scorecards.selectors.webhooks.page import (
    Typed,
    live_webhooks,
    webhook_form,
    webhook_page,
    webhook_rows,
)
from scorecards.services.webhooks.keeping import (
    add_webhook,
    change_webhook,
    pause_webhook,
    remove_webhook,
    renew_secret,
    restore_webhook,
    resume_webhook,
    test_webhook,
)
from scorecards.services.webhooks.secrets import opened_secret, sealed_secret

from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_form, settings_pages, shell

NOTHING = Typed()
FIELDS = ("name", "url", "unit")
LONGEST = 501  # one more than any field takes, so that too much is refused and not cut


@member_form
@never_cache
def webhooks(request: HttpRequest, access: Access) -> HttpResponse:
    """All of them, and the form of a new one."""
    _require_administrator(access)
    if request.method != "POST":
        return _list(request, access, NOTHING if "add" in request.GET else None)
    do = request.POST.get("do")
    if do == "restore":
        return _restored(request, access)
    typed = _typed(request)
    try:
        if do != "add":
            raise ValidationError("Choose what to do.")
        webhook, secret = add_webhook(
            organization=access.organization, by=access.user, **_fields(access, typed)
        )
    except ValidationError as refusal:
        return _list(request, access, replace(typed, problems=refused_fields(refusal)), 422)
    here = webhook_href(access.organization.code, webhook.code)
    _show_once(request, webhook, secret)
    return redirect(here)


@member_form
@never_cache
def webhook(request: HttpRequest, access: Access, webhook: str) -> HttpResponse:
    """One with what it was told; every change is posted here."""
    found = live_webhooks(access).filter(code=webhook).first()
    if found is None:
        raise Http404
    _require_administrator(access)
    if request.method != "POST":
        return _page(request, access, found, NOTHING, secret=_shown_once(request, found))
    do = request.POST.get("do", "")
    if do == "save":
        return _saved(request, access, found)
    try:
        if do not in DEEDS:
            raise ValidationError("Choose what to do.")
        return redirect(DEEDS[do](request, access, found))
    except StaleVersion as stale:
        typed = Typed(problems={"": f"“{stale.current}” was changed meanwhile. Look at it first."})
        return _page(request, access, _again(found), typed, status=409)
    except (ValidationError, MovedOn) as refusal:
        why = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
        return _page(request, access, found, Typed(problems={"": why}), status=422)


# A secret travels to the page that shows it once in the session, encrypted.
ONCE = "webhook_secret"


def _show_once(request: HttpRequest, found: Webhook, secret: str) -> None:
    request.session[ONCE] = [found.pk, sealed_secret(secret)]


def _shown_once(request: HttpRequest, found: Webhook) -> str:
    """The secret that was just made for it; "" the next time."""
    pk, stored = request.session.get(ONCE) or (None, "")
    if pk != found.pk:
        return ""
    del request.session[ONCE]
    return opened_secret(stored)


def _require_administrator(access: Access) -> None:
    if "settings" not in settings_pages(access):
        raise PermissionDenied


# --- Reading what was typed


def _typed(request: HttpRequest) -> Typed:
    texts = {name: request.POST.get(name, "")[:LONGEST].strip() for name in FIELDS}
    return Typed(texts, frozenset(request.POST.getlist("events")))


def _fields(access: Access, typed: Typed) -> dict[str, Any]:
    """Raises ValidationError, by field."""
    units = [node for node, _ in access.tree.depth_first() if not node.is_individual]
    node = chosen_unit(typed.texts["unit"], units, "unit")
    about = {"name": typed.texts["name"], "url": typed.texts["url"]}
    return {**about, "unit": Unit.objects.get(pk=node.id), "events": sorted(typed.events or ())}


def _saved(request: HttpRequest, access: Access, found: Webhook) -> HttpResponse:
    typed = _typed(request)
    version = whole_number(request.POST.get("version", ""))
    try:
        change_webhook(webhook=found, version=version, by=access.user, **_fields(access, typed))
    except StaleVersion as stale:
        now = stale.current
        said = f"Somebody else saved this meanwhile: “{now.name}”, {now.url}."  # type: ignore[attr-defined]
        return _page(request, access, _again(found), replace(typed, saved_by=said), status=409)
    except ValidationError as refusal:
        typed = replace(typed, problems=refused_fields(refusal))
        return _page(request, access, _again(found), typed, status=422)
    messages.success(request, "Saved.")
    return redirect(request.path)


def _again(found: Webhook) -> Webhook:
    return Webhook.objects.get(pk=found.pk)


# --- Deeds, each of which says where to go on


def _pause(request: HttpRequest, access: Access, found: Webhook) -> str:
    pause_webhook(webhook=found)
    messages.success(request, f"“{found}” is told nothing until you resume it.")
    return request.path


def _resume(request: HttpRequest, access: Access, found: Webhook) -> str:
    resume_webhook(webhook=found)
    messages.success(request, f"“{found}” is told what happens from now on.")
    return request.path


def _renew(request: HttpRequest, access: Access, found: Webhook) -> str:
    _show_once(request, found, renew_secret(webhook=found))
    return request.path


def _test(request: HttpRequest, access: Access, found: Webhook) -> str:
    test_webhook(webhook=found)
    messages.success(request, "A test is on its way: look below, in a moment again.")
    return request.path


def _repeat(request: HttpRequest, access: Access, found: Webhook) -> str:
    delivery = _delivery(request, found)
    retry_job(job=delivery.job)
    messages.success(request, "The message is on its way again.")
    return request.path


def _delivery(request: HttpRequest, found: Webhook) -> WebhookDelivery:
    try:
        code = uuid.UUID(request.POST.get("job", "")[:100])
    except ValueError:
        raise ValidationError("There is no such message.") from None
    rows = WebhookDelivery.objects.filter(webhook=found, job__code=code)
    delivery = rows.select_related("job").first()
    if delivery is None:
        raise ValidationError("There is no such message any more.")
    return delivery


def _remove(request: HttpRequest, access: Access, found: Webhook) -> str:
    version = whole_number(request.POST.get("version", ""))
    remove_webhook(webhook=found, version=version, by=access.user)
    here = webhooks_href(access.organization.code)
    fields = {"do": "restore", "webhook": found.code}
    say_with_undo(request, f"“{found}” is deleted and told nothing any more.", here, fields)
    return here


def _restored(request: HttpRequest, access: Access) -> HttpResponse:
    code = request.POST.get("webhook", "")[:LONGEST].replace("\x00", "")
    gone = Webhook.objects.filter(organization=access.organization, code=code)
    found = gone.exclude(deleted_at=None).order_by("-deleted_at").first()
    if found is None:
        raise Http404
    try:
        restore_webhook(webhook=found, by=access.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(webhooks_href(access.organization.code))
    messages.success(request, f"“{found}” is back.")
    return redirect(webhook_href(access.organization.code, found.code))


DEEDS: dict[str, Callable[[HttpRequest, Access, Webhook], str]] = {
    "pause": _pause,
    "resume": _resume,
    "renew": _renew,
    "test": _test,
    "repeat": _repeat,
    "remove": _remove,
}

# --- Answering


def _list(
    request: HttpRequest, access: Access, typed: Typed | None, status: int = 200
) -> HttpResponse:
    rows = webhook_rows(access)
    form = webhook_form(access, typed) if typed is not None else None
    context = shell(request, access, "") | {"rows": rows, "form": form}
    return render(request, "scorecards/webhooks.html", context, status=status)


def _page(
    request: HttpRequest,
    access: Access,
    found: Webhook,
    typed: Typed,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    """secret: one that was just made; it is shown on this page and never again."""
    crumbs = (Link("Webhooks", webhooks_href(access.organization.code)), Link(found.name, None))
    context = {"page": webhook_page(access, found, typed), "secret": secret, "breadcrumbs": crumbs}
    shown = shell(request, access, "") | context
    return render(request, "scorecards/webhook.html", shown, status=status)
