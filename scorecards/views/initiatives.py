"""Initiatives: all of them as a list, over time and by cost, and the page of each."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from organizations.access import Access
from scorecards.selectors.initiatives.lines import asked_list, matching
from scorecards.selectors.initiatives.pages import initiative_page, list_page, page_of
from scorecards.selectors.initiatives.reading import (
    ToldInitiative,
    told_initiative,
    told_initiatives,
)
from scorecards.selectors.initiatives.timeline import timeline as timeline_of
from scorecards.selectors.viewing import AsOf
from scorecards.timeline_chart import timeline_figure

from .shell import member_page, moment_of, shell

LONGEST_NUMBER = 6  # digits


@member_page
def initiatives(request: HttpRequest, access: Access) -> HttpResponse:
    """All that the reader may see, or what the address asks for."""
    as_of = moment_of(request, access)
    page = list_page(access, asked_list(request.GET.dict()), as_of, _number(request))
    context = shell(request, access, "initiatives", as_of) | {"page": page, "period": page.moment}
    return render(request, "scorecards/initiatives.html", context)


@member_page
def initiative(request: HttpRequest, access: Access, initiative: str) -> HttpResponse:
    as_of = moment_of(request, access)
    page = initiative_page(access, _told(access, initiative, as_of), as_of)
    context = {"page": page, "period": page.moment, "breadcrumbs": page.breadcrumbs}
    context = shell(request, access, "initiatives", as_of) | context
    return render(request, "scorecards/initiative.html", context)


@member_page
def timeline(request: HttpRequest, access: Access) -> HttpResponse:
    """The figure of the same initiatives as the list with this query shows, or of one of them."""
    as_of, code = moment_of(request, access), request.GET.get("initiative")
    if code is not None:
        shown = [_told(access, code, as_of)]
    else:
        found = matching(access, told_initiatives(access, as_of), asked_list(request.GET.dict()))
        shown = list(page_of(found, _number(request))[0])
    today = access.organization.today(as_of.at if as_of else None)
    return JsonResponse(timeline_figure(timeline_of(shown, today.isoformat())))


def _told(access: Access, code: str, as_of: AsOf | None) -> ToldInitiative:
    found = told_initiative(access, code, as_of)
    if found is None:
        raise Http404
    return found


def _number(request: HttpRequest) -> int:
    """The page of a long list that the address asks for."""
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else 1
