"""The way in, and the pages of a whole organization."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from organizations.access import Access
from organizations.models import Organization
from scorecards.links import my_page_href, organization_href
from scorecards.selectors.boards.overview import organization_overview
from scorecards.selectors.finding import search_results, unit_links
from scorecards.selectors.mine.belongings import has_own

from .shell import member_page, moment_of, period_of, shell


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the only organization, or a choice of them.

    There to the page of whoever answers for something, else to the scorecards.
    """
    organizations = list(Organization.objects.of_user(request.user).order_by("name"))
    if len(organizations) == 1:
        (only,) = organizations
        is_mine = has_own(only, request.user)  # type: ignore[arg-type]
        return redirect(my_page_href(only.code) if is_mine else organization_href(only.code))
    template = "choose" if organizations else "no_organization"
    return render(request, f"organizations/{template}.html", {"organizations": organizations})


@member_page
def organization(request: HttpRequest, access: Access) -> HttpResponse:
    as_of = moment_of(request, access)
    overview = organization_overview(access, period_of(request, access, as_of), as_of)
    return render(
        request,
        "scorecards/organization.html",
        shell(request, access, "scorecards", as_of)
        | {"overview": overview, "period": overview.period},
    )


@member_page
def switcher(request: HttpRequest, access: Access) -> HttpResponse:
    """The units to go to, for the menu that every page opens."""
    query, asked = _query(request), request.GET
    units = unit_links(access, query, asked.get("period"), asked.get("as_of"))
    return render(request, "scorecards/_units_to_go.html", {"units": units, "q": query})


@member_page
def search(request: HttpRequest, access: Access) -> HttpResponse:
    query = _query(request)
    context = {"groups": search_results(access, query), "q": query}
    return render(request, "scorecards/search.html", shell(request, access, "") | context)


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "")[:100]
