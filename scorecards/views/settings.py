"""The settings of an organization, for those who administer it as a whole."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.models import Organization
from organizations.services.structure import StaleVersion
from scorecards.selectors.settings.page import changed_phrases, settings_page
from scorecards.selectors.settings.texts import (
    TypedSettings,
    beside_current,
    checked_settings,
    stored_texts,
    typed_settings,
)
from scorecards.services.settings import COMPUTED, change_settings

from .shell import member_form, settings_pages, shell
from .structure import refused_fields

LONGEST_VERSION = 9  # digits
AGAIN = "All scores are being computed again."


@member_form
def settings(request: HttpRequest, access: Access) -> HttpResponse:
    if "settings" not in settings_pages(access):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, access)
    typed = typed_settings(request.POST)
    version = _version(request.POST.get("version", ""))
    try:
        said = _saved(access, typed, version)
    except StaleVersion as stale:
        current: Organization = stale.current  # type: ignore[assignment]
        return _page(request, access, beside_current(current, typed, version), 409)
    except ValidationError as refusal:
        return _page(request, access, TypedSettings(typed.texts, refused_fields(refusal)), 422)
    messages.success(request, said)
    return redirect(request.path)


def _version(text: str) -> int:
    """The version that the form was filled in for; 0, which no row has, where it says none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION
    return int(text) if is_number else 0


def _saved(access: Access, typed: TypedSettings, version: int) -> str:
    """Save the settings; what to say of it."""
    before = access.organization
    after = change_settings(
        organization=before, by=access.user, version=version, **checked_settings(typed)
    )
    phrases = changed_phrases(before, after)
    if not phrases:
        return "Nothing was changed."
    was, now = stored_texts(before), stored_texts(after)
    is_computed = any(was[name] != now[name] for name in COMPUTED)
    return f"Saved. {'; '.join(phrases)}. {AGAIN if is_computed else ''}".strip()


def _page(
    request: HttpRequest, access: Access, typed: TypedSettings | None = None, status: int = 200
) -> HttpResponse:
    organization = access.organization
    if typed is not None and typed.saved_by:
        organization = Organization.objects.get(pk=organization.pk)
    context = {"page": settings_page(organization, typed)}
    shown = shell(request, access, "settings") | context
    return render(request, "scorecards/settings.html", shown, status=status)
