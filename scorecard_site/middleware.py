"""Middleware of the site itself."""

from collections.abc import Callable

import structlog
from csp.constants import HEADER
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_structlog.middlewares import RequestMiddleware


def request_id() -> str:
    """The id that stands in every log line of the current request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestLog(RequestMiddleware):
    """Writes the access log, with the address that the server or its own proxy saw.

    What a header claims is not believed, and not searched for either: that took longer than all
    else that is done for the log.
    """

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Put the address into every line of the request."""
        from organizations.authentication import client_address  # needs models

        structlog.contextvars.bind_contextvars(ip=client_address(request))


class StandingPolicy:
    """Sends one and the same Content-Security-Policy with every answer, put together once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, with the policy in a header."""
        response = self.get_response(request)
        response.headers.setdefault(HEADER, self.policy)
        return response


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


class LeadToStart:
    """Leads everybody to the first start for as long as nobody can sign in.

    Whoever is signed in proves that somebody can, so only strangers cost a statement. What programs
    ask for is answered as ever.
    """

    OPEN = ("/start/", "/api/", "/healthz", "/readyz", "/static/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or lead to the start."""
        if request.path.startswith(self.OPEN) or request.user.is_authenticated:
            return self.get_response(request)
        return redirect(reverse("start")) if _is_new() else self.get_response(request)


def _is_new() -> bool:
    """Models can only be imported once the middleware is in use."""
    from organizations.services.first_start import is_new_installation

    return is_new_installation()
