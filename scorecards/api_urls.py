"""Addresses of the API, beneath /api/v1/."""

from django.urls import path

from scorecards import api

urlpatterns = [
    path(
        "<slug:organization>/measurements", api.MeasurementsView.as_view(), name="api-measurements"
    ),
]
