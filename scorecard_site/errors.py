"""What people and programs read when something goes wrong before or beyond a view."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from scorecard_site.middleware import request_id

DETAILS = {
    400: "The request could not be understood.",
    403: "You may not do this.",
    404: "There is nothing at this address, or nothing that you may see.",
    500: "Something went wrong on our side. Quote the request id when you report it.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: unreadable."""
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: visible, but not to be done by this person."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same whether it does not exist or may not be seen."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: tells the request id and nothing else."""
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was sent from another page, or cookies are switched off."""
    return _answer(request, 403)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        return _problem(status)
    context: dict[str, Any] = {"status": status, "detail": DETAILS[status]}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        context["request_id"] = request_id()
    # A 500 is drawn without the request: who signed in stands in a database that may be down.
    visible = None if status == HTTPStatus.INTERNAL_SERVER_ERROR else request
    page = render_to_string(f"errors/{status}.html", context, visible)
    return HttpResponse(page, status=status)


def _problem(status: int) -> JsonResponse:
    phrase = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "code": phrase.lower().replace(" ", "_"),
        "detail": DETAILS[status],
    }
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        body["request_id"] = request_id()
    return JsonResponse(body, status=status, content_type="application/problem+json")
