"""The way in, and the pages of a whole organization."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from organizations.access import Access
from organizations.models import Organization
from scorecards.links import organization_href
from scorecards.selectors.boards.overview import organization_overview
from scorecards.selectors.finding import search_results

from .shell import member_page, moment_of, period_of, shell


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the only organization, or a choice of them."""
    organizations = list(Organization.objects.of_user(request.user).order_by("name"))
    if len(organizations) == 1:
        return redirect(organization_href(organizations[0].code))
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
def search(request: HttpRequest, access: Access) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {"groups": search_results(access, query), "q": query}
    return render(request, "scorecards/search.html", shell(request, access, "") | context)
