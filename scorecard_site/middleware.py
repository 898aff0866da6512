"""Middleware of the site itself."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse


def request_id() -> str:
    """The id that stands in every log line of the current request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestIdHeader:
    """Tells the request id to the client, so that a report of theirs leads to our log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, with its id in a header."""
        response = self.get_response(request)
        response["X-Request-ID"] = request_id()
        return response


class PrivateByDefault:
    """Pages hold an organization's figures: only the reader's browser may keep them, and asks.

    Together with Django's ConditionalGetMiddleware, an unchanged page costs no bytes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; a view that knows better has set the header itself."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
