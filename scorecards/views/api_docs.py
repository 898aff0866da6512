"""The API's documentation, for everybody: it holds no data."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SCHEMA = settings.BASE_DIR / "docs" / "openapi.yaml"


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every address with what it takes and answers, to be tried with a token or one's session."""
    return render(request, "scorecards/api_docs.html")


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; a test compares it with the code."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/yaml")
