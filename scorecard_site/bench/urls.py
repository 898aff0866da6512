"""The product's addresses and, before them, the controls."""

from django.urls import include, path

from .naive import NaiveMeasurements, NaiveValue

urlpatterns = [
    path("naive/<slug:organization>/measurements", NaiveMeasurements.as_view()),
    path("naive/<slug:organization>/value", NaiveValue.as_view()),
    path("", include("scorecard_site.urls")),
]
