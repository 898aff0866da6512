"""Tokens with which other systems use the API: seeing, making and revoking them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from organizations.access import Access
from organizations.services.tokens import Wanted, make_token, revoke_token
from scorecards.links import tokens_href
from scorecards.selectors.administration.choices import chosen_unit, suggested
from scorecards.selectors.administration.tokens import (
    Asked,
    Made,
    made_token,
    standing_token,
    tokens_page,
)

from .sent import refused_fields, whole_number
from .shell import member_form, shell

LONGEST_WORDS = 100


@member_form
def tokens(request: HttpRequest, access: Access) -> HttpResponse:
    """The reader's tokens, for administrators of the root unit all; every deed is posted here."""
    if request.method == "POST":
        return _posted(request, access)
    if "suggest" in request.GET:
        return _suggestions(request, access)
    revokes = request.GET.get("revoke", "")
    if revokes and standing_token(access, revokes) is None:
        raise Http404
    return _page(request, access, Asked(adds="add" in request.GET, revokes=revokes))


def _page(
    request: HttpRequest, access: Access, asked: Asked, status: int = 200, made: Made | None = None
) -> HttpResponse:
    context = shell(request, access, "") | {"page": tokens_page(access, asked, made)}
    answer = render(request, "scorecards/tokens.html", context, status=status)
    if made is not None:
        answer["Cache-Control"] = "no-store"
    return answer


def _suggestions(request: HttpRequest, access: Access) -> HttpResponse:
    """Units by the words that are typed, where their list would be too long."""
    words = request.GET.get("unit", "")[:LONGEST_WORDS]
    units = (node for node in access.tree.by_id.values() if access.sees(node.id))
    options = tuple(suggested(words, units))
    return render(request, "scorecards/_suggestions.html", {"options": options})


def _posted(request: HttpRequest, access: Access) -> HttpResponse:
    deed = {"make": _make, "revoke": _revoke}.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("Choose what to do.")
        return deed(request, access)
    except ValidationError as refusal:
        asked = Asked(
            adds=request.POST.get("do") == "make",
            typed=request.POST.dict(),
            scopes=request.POST.getlist("scopes"),
            problems=refused_fields(refusal),
        )
        return _page(request, access, asked, 422)


def _make(request: HttpRequest, access: Access) -> HttpResponse:
    """The secret is in this answer and nowhere else: no redirect could carry it unseen."""
    posted = request.POST
    wanted = Wanted(
        name=posted.get("name", "").strip(),
        scopes=posted.getlist("scopes"),
        unit=_unit_code(access, posted.get("unit", "")),
        days=whole_number(posted.get("days", "").strip()),
    )
    token, secret = make_token(access=access, wanted=wanted)
    url = request.build_absolute_uri(reverse("api-units", args=[access.organization.code]))
    return _page(request, access, Asked(), made=made_token(token, secret, url))


def _unit_code(access: Access, text: str) -> str:
    """Of the unit that was chosen, or typed by its name."""
    if not text.strip():
        return ""
    seen = (node for node in access.tree.by_id.values() if access.sees(node.id))
    return chosen_unit(text, seen, "unit").code


def _revoke(request: HttpRequest, access: Access) -> HttpResponse:
    token = standing_token(access, request.POST.get("token", ""))
    if token is None:
        raise Http404
    revoke_token(token=token, by=access.user)
    messages.success(request, f"“{token}” is revoked: whatever used it is refused from now on.")
    return redirect(tokens_href(access.organization.code))
