"""Addresses of the API, beneath /api/v1/; none ends in a slash."""

from django.urls import path

from scorecards.api.records import resource_urls

from .api import LINKS, MapView

urlpatterns = [
    path("<slug:organization>/units/<slug:unit>/map", MapView.as_view(), name="api-map"),
    *resource_urls(LINKS),
]
