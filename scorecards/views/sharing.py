"""Publishing boards, maps and charts, and the list of all that is public."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from calculations.periods import InvalidPeriod
from kpis.models import KPI
from organizations.access import Access
from organizations.models import Unit
from organizations.selectors import UnitNode
from scorecards.links import public_links_href
from scorecards.models import PublicLink
from scorecards.selectors.history.rights import may_read_all
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi
from scorecards.selectors.public.links import (
    home_href,
    links_page,
    managed_link,
    may_publish,
)
from scorecards.selectors.public.sharing import (
    Asked,
    SharingPage,
    board_period,
    board_sharing,
    chart_period,
    chart_sharing,
)
from scorecards.services.public_links import (
    publish_board,
    publish_chart,
    restore_public_link,
    revoke_public_link,
)

from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_form, shell, unit_of


@dataclass(frozen=True)
class Shared:
    """What a page publishes, and how. nav: the part of the site that it belongs to."""

    nav: str
    href: str
    page: Callable[[Asked, str], SharingPage]
    publish: Callable[[HttpRequest], PublicLink]


@member_form
def sharing(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The public addresses of a board, for managers of its unit; every deed is posted here."""
    node = unit_of(access, unit)
    require_publisher(access, node)
    shared = Shared(
        nav="scorecards",
        href=home_href(access, node.code),
        page=lambda asked, site: board_sharing(access, node, asked, site),
        publish=lambda posted: published_scorecard(posted, access, node, publish_board),
    )
    return shared_page(request, access, shared)


@member_form
def chart(request: HttpRequest, access: Access, unit: str, kpi: str) -> HttpResponse:
    """The public addresses of the chart of a KPI at a unit, as `sharing`."""
    node = unit_of(access, unit)
    found = visible_kpi(access, kpi)
    if found is None or not visible_assignments(access, found, node.code):
        raise Http404
    require_publisher(access, node)
    shared = Shared(
        nav="kpis",
        href=home_href(access, node.code, found),
        page=lambda asked, site: chart_sharing(access, node, found, asked, site),
        publish=lambda posted: _publish_chart(posted, access, node, found),
    )
    return shared_page(request, access, shared)


@member_form
def public_links(request: HttpRequest, access: Access) -> HttpResponse:
    """All public addresses of what the reader manages."""
    if not may_read_all(access):
        raise PermissionDenied
    href = public_links_href(access.organization.code)
    if request.method == "POST":
        try:
            _posted(request, access, href, {})
        except ValidationError as refusal:
            return _list(request, access, " ".join(refusal.messages), 422)
        return redirect(href)
    return _list(request, access)


def _list(
    request: HttpRequest, access: Access, problem: str = "", status: int = 200
) -> HttpResponse:
    context = shell(request, access, "")
    context |= {"page": links_page(access, _site(request)), "problem": problem}
    return render(request, "scorecards/public_links.html", context, status=status)


def require_publisher(access: Access, node: UnitNode) -> None:
    """Raises PermissionDenied."""
    if not may_publish(access, node):
        raise PermissionDenied


def shared_page(request: HttpRequest, access: Access, shared: Shared) -> HttpResponse:
    """The public addresses of one thing; every deed of them is posted here."""
    if request.method != "POST":
        return _page(request, access, shared, Asked())
    try:
        _posted(request, access, shared.href, {"publish": shared.publish})
    except ValidationError as refusal:
        asked = Asked(request.POST.dict(), refused_fields(refusal))
        return _page(request, access, shared, asked, 422)
    return redirect(shared.href)


def _page(
    request: HttpRequest, access: Access, shared: Shared, asked: Asked, status: int = 200
) -> HttpResponse:
    page = shared.page(asked, _site(request))
    context = shell(request, access, shared.nav) | {"page": page}
    context["breadcrumbs"] = page.breadcrumbs
    return render(request, "scorecards/sharing.html", context, status=status)


def _site(request: HttpRequest) -> str:
    """A public address with {secret} in place of its secret."""
    address = request.build_absolute_uri(reverse("public", args=["SECRET"]))
    return address.replace("SECRET", "{secret}")


# --- Deeds


def _posted(
    request: HttpRequest,
    access: Access,
    href: str,
    publish: dict[str, Callable[[HttpRequest], PublicLink]],
) -> None:
    """What the form asks for. Raises ValidationError."""
    do = request.POST.get("do", "")
    if do in publish:
        publish[do](request)
        messages.success(request, "It is public: whoever has the address below can read it.")
    elif do in ("revoke", "restore"):
        link = managed_link(access, request.POST.get("link", ""))
        if link is None:
            raise Http404
        DEEDS[do](request, access, link, href)
    else:
        raise ValidationError("Choose what to do.")


def _revoke(request: HttpRequest, access: Access, link: PublicLink, href: str) -> None:
    revoke_public_link(link=link, by=access.user)
    undo = {"do": "restore", "link": request.POST["link"]}
    say_with_undo(request, "The address is revoked: nothing is there any more.", href, undo)


def _restore(request: HttpRequest, access: Access, link: PublicLink, href: str) -> None:
    restore_public_link(link=link, by=access.user)
    messages.success(request, "The address works again.")


DEEDS = {"revoke": _revoke, "restore": _restore}


def published_scorecard(
    request: HttpRequest, access: Access, node: UnitNode, publish: Callable[..., PublicLink]
) -> PublicLink:
    """What is posted of a board or a map. Raises ValidationError."""
    posted = request.POST
    try:
        shows, text = posted.get("shows", ""), posted.get("period", "")
        frequency, period = board_period(access, node, shows, text)
    except InvalidPeriod as refusal:
        raise ValidationError({"period": f"{refusal}."}) from None
    unit = Unit.objects.get(pk=node.id)
    about = _days_and_smallest(request)
    return publish(unit=unit, frequency=frequency, period=period, by=access.user, **about)


def _publish_chart(request: HttpRequest, access: Access, node: UnitNode, kpi: KPI) -> PublicLink:
    posted = request.POST
    try:
        shows, text = posted.get("shows", ""), posted.get("period", "")
        period = chart_period(access, node, kpi, shows, text)
    except InvalidPeriod as refusal:
        raise ValidationError({"period": f"{refusal}."}) from None
    unit = Unit.objects.get(pk=node.id)
    about = _days_and_smallest(request)
    return publish_chart(kpi=kpi, unit=unit, period=period, by=access.user, **about)


def _days_and_smallest(request: HttpRequest) -> dict[str, Any]:
    smallest = request.POST.get("smallest", "").strip()
    return {
        "days": whole_number(request.POST.get("days", "").strip()),
        "smallest": whole_number(smallest) if smallest.isdecimal() else -1,
    }
