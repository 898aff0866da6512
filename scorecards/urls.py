"""Addresses of pages and of the API. Codes in addresses are immutable; pages end in a slash."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("api/v1/", include("scorecards.api_urls")),
    path("<slug:organization>/", views.organization, name="organization"),
    path("<slug:organization>/search/", views.search, name="search"),
    path("<slug:organization>/kpis/", views.kpi_list, name="kpis"),
    path("<slug:organization>/kpis/<slug:kpi>/", views.kpi, name="kpi"),
    path("<slug:organization>/units/<slug:unit>/", views.unit, name="unit"),
    path("<slug:organization>/units/<slug:unit>/scorecard/", views.board, name="board"),
]
