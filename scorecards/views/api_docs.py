"""The API's documentation, for everybody: it holds no data but the code of one's organization."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organizations.models import Organization

SCHEMA = settings.BASE_DIR / "docs" / "openapi.yaml"


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every address with what it takes and answers, to be tried with a token or one's session."""
    mine = Organization.objects.of_user(request.user) if request.user.is_authenticated else None
    first = mine.order_by("name").first() if mine is not None else None
    context = {"organization_code": first.code if first else ""}
    return render(request, "scorecards/api_docs.html", context)


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; a test compares it with the code."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/yaml")
