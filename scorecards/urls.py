"""Addresses of pages and of the API. Codes in addresses are immutable; pages end in a slash."""

from django.urls import include, path

from .views import boards, kpis, organization

urlpatterns = [
    path("", organization.home, name="home"),
    path("api/v1/", include("scorecards.api_urls")),
    path("<slug:organization>/", organization.organization, name="organization"),
    path("<slug:organization>/search/", organization.search, name="search"),
    path("<slug:organization>/kpis/", kpis.kpi_list, name="kpis"),
    path("<slug:organization>/kpis/<slug:kpi>/", kpis.kpi, name="kpi"),
    path("<slug:organization>/units/<slug:unit>/", boards.unit, name="unit"),
    path("<slug:organization>/units/<slug:unit>/scorecard/", boards.board, name="board"),
]
