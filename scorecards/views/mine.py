"""My page: the home of whoever answers for something."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from organizations.access import Access
from scorecards.selectors.mine.page import my_page

from .shell import member_page, period_of, shell


@member_page
def me(request: HttpRequest, access: Access) -> HttpResponse:
    """What the reader owes, their KPIs, objectives and initiatives, and what these are for."""
    page = my_page(access, period_of(request, access))
    context = shell(request, access, "me") | {"page": page, "period": page.period}
    return render(request, "scorecards/my_page.html", context)
