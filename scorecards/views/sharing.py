"""Publishing a board, and the board as anybody reads it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from calculations.periods import InvalidPeriod
from organizations.access import Access
from organizations.models import Unit
from organizations.selectors import UnitNode
from scorecards.links import sharing_href
from scorecards.selectors.public.board import link_of, public_board
from scorecards.selectors.public.sharing import (
    Asked,
    may_publish,
    sharing_page,
    shown_period,
    standing_link,
)
from scorecards.services.public_links import publish_board, revoke_public_link

from .sent import refused_fields, whole_number
from .shell import member_form, shell, unit_of

PUBLIC_HEADERS = {
    "Cache-Control": "public, max-age=60",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@require_safe
def public(request: HttpRequest, secret: str) -> HttpResponse:
    """A published board for anybody; every other address answers alike."""
    link = link_of(secret)
    board = public_board(link) if link else None
    if board is None:
        raise Http404
    answer = render(request, "scorecards/public_board.html", {"board": board})
    for name, value in PUBLIC_HEADERS.items():
        answer[name] = value
    return answer


@member_form
def sharing(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The public addresses of a board, for managers of its unit; every deed is posted here."""
    node = unit_of(access, unit)
    if not may_publish(access, node):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, access, node, Asked(revokes=request.GET.get("revoke", "")))
    deed = {"publish": _publish, "revoke": _revoke}.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("Choose what to do.")
        deed(request, access, node)
    except ValidationError as refusal:
        asked = Asked(request.POST.dict(), refused_fields(refusal))
        return _page(request, access, node, asked, 422)
    return redirect(sharing_href(access.organization.code, node.code))


def _page(
    request: HttpRequest, access: Access, node: UnitNode, asked: Asked, status: int = 200
) -> HttpResponse:
    site = request.build_absolute_uri(reverse("public", args=["SECRET"])).replace(
        "SECRET", "{secret}"
    )
    page = sharing_page(access, node, asked, site)
    context = shell(request, access, "scorecards") | {"page": page, "unit_code": node.code}
    context["breadcrumbs"] = page.breadcrumbs
    return render(request, "scorecards/sharing.html", context, status=status)


def _publish(request: HttpRequest, access: Access, node: UnitNode) -> None:
    posted = request.POST
    try:
        frequency, period = shown_period(access, posted.get("shows", ""), posted.get("period", ""))
    except InvalidPeriod as refusal:
        raise ValidationError({"period": f"{refusal}."}) from None
    smallest = posted.get("smallest", "").strip()
    publish_board(
        unit=Unit.objects.get(pk=node.id),
        frequency=frequency,
        period=period,
        days=whole_number(posted.get("days", "").strip()),
        smallest=whole_number(smallest) if smallest.isdecimal() else -1,
        by=access.user,
    )
    messages.success(request, "The board is public: whoever has the address below can read it.")


def _revoke(request: HttpRequest, access: Access, node: UnitNode) -> None:
    link = standing_link(node, request.POST.get("link", ""))
    if link is None:
        raise Http404
    revoke_public_link(link=link, by=access.user)
    messages.success(request, "The address is revoked: it answers as if it had never been.")
