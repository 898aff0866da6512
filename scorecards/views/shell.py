"""What every page of an organization shares: who may come in, and what stands around it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access, Action, user_access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import switcher_href
from scorecards.selectors.history.rights import may_read_all
from scorecards.selectors.viewing import (
    AsOf,
    InvalidMoment,
    asked_moment,
    default_period,
    viewed_period,
)

Page = Callable[..., HttpResponseBase]


def member_page(page: Page) -> Page:
    """Sign in first; an organization in which the reader has no role does not exist for them."""
    return require_safe(_for_members(page))


def member_form(page: Page) -> Page:
    """As `member_page`, for a page that is also posted to."""
    return require_http_methods(["GET", "HEAD", "POST"])(_for_members(page))


def member_action(page: Page) -> Page:
    """As `member_page`, for an address that is only posted to."""
    return require_POST(_for_members(page))


def _for_members(page: Page) -> Page:
    @login_required
    @wraps(page)
    def wrapped(request: HttpRequest, organization: str, **codes: str) -> HttpResponseBase:
        access = user_access(request.user, organization)  # type: ignore[arg-type]
        if access is None:
            raise Http404
        return page(request, access, **codes)

    return wrapped


def shell(
    request: HttpRequest, access: Access, nav: str, as_of: AsOf | None = None
) -> dict[str, Any]:
    """What every page of an organization needs; as_of: the moment that its links keep."""
    return {
        "organization": access.organization,
        "organizations": list(Organization.objects.of_user(request.user).order_by("name")),
        "nav": nav,
        "switcher_href": switcher_href(
            access.organization.code, request.GET.get("period"), as_of.text if as_of else None
        ),
        "role": _role_text(access),
        "settings_pages": settings_pages(access),
        "may_record": _may_record(access),
        "may_see_changes": may_read_all(access),
        "breadcrumbs": (),
    }


def settings_pages(access: Access) -> tuple[str, ...]:
    """Which pages of the settings the reader may open, by the names of their addresses.

    The organization's own are for administrators of its root unit; those of units and of people
    are for administrators of any unit; tokens of their own are for everybody.
    """
    own = [unit_id for unit_id in access.roles if access.can(Action.ADMINISTER, unit_id)]
    if not own:
        return ("tokens",)
    is_root = any(node.id in own for node in access.tree.children(None))
    pages = ("units", "people", "tokens")
    return ("settings", *pages) if is_root else pages


def _may_record(access: Access) -> bool:
    """Whether there is a unit where the reader may record values."""
    return any(
        access.sees(unit_id) and access.can(Action.RECORD_VALUES, unit_id)
        for unit_id in access.roles
    )


def _role_text(access: Access) -> str:
    """The reader's roles, for the account menu: "Manager of EMEA"."""
    return ", ".join(
        f"{role.capitalize()} of {access.tree.by_id[unit_id].name}"
        for unit_id, role in access.roles.items()
        if unit_id in access.tree.by_id
    )


def unit_of(access: Access, code: str) -> UnitNode:
    node = access.visible_unit(code)
    if node is None:
        raise Http404
    return node


def period_of(request: HttpRequest, access: Access, as_of: AsOf | None = None) -> Period:
    """The period in the address; one that cannot be read shows the default, and says so."""
    text = request.GET.get("period")
    try:
        return viewed_period(access.organization, text, as_of)
    except InvalidPeriod as refusal:
        messages.warning(request, f"{refusal}.")
        return default_period(access.organization, as_of)


def moment_of(request: HttpRequest, access: Access) -> AsOf | None:
    """The moment in the address; one that cannot be read or is to come shows now, and says so."""
    try:
        return asked_moment(access.organization, request.GET.get("as_of"))
    except InvalidMoment as refusal:
        messages.warning(request, f"{refusal}. This page shows what stands now.")
        return None
