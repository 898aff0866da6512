"""Who sends an API request: the bearer of a token, or a person signed in to the pages."""

import ipaddress
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request

from .access import Access, user_access
from .bearers import Bearer, bearer, is_remembered
from .models import ApiToken, User, is_well_formed
from .services.throttling import wait_after_request, wait_before_request

SCHEME = b"bearer"
INVALID = "The token is unknown, expired or revoked; make a new one and send it as Bearer."
MALFORMED = "This is no token: it is mistyped or cut. Copy all of it, from los_ to its end."
MISSING = "Send a token as Authorization: Bearer …, or sign in."
IPV6_NETWORK = 64  # what one customer has; its addresses are as many as they like


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`; what takes a right away works on the next request.

    Every token has its own number of requests a minute. Whoever sends what is no token is counted
    by their address, so that nobody can go on guessing.
    """

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's maker and the token; None where no bearer is named."""
        scheme, _, sent = authentication.get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME:
            return None
        found = _bearer(request, sent.strip().decode("ascii", "replace"))
        wait = wait_after_request(f"token:{found.token.pk}", settings.API_REQUESTS_PER_MINUTE)
        if wait:
            raise Throttled(wait)
        request.bearer = found  # type: ignore[attr-defined]
        return found.token.created_by or AnonymousUser(), found.token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="Line of Sight"'


def _bearer(request: Request, secret: str) -> Bearer:
    if not is_well_formed(secret):
        _count_stranger(request)
        raise AuthenticationFailed(MALFORMED, "malformed_token")
    if not is_remembered(secret):
        _require_patience(request)
    found = bearer(secret)
    if found is None:
        _count_stranger(request)
        raise AuthenticationFailed(INVALID, "invalid_token")
    return found


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; whatever writes must carry the page's CSRF token in its header."""

    def enforce_csrf(self, request: Request) -> None:
        """Check Django's request: the framework's would read the whole body to find a form."""
        try:
            super().enforce_csrf(request._request)  # type: ignore[arg-type]
        except PermissionDenied:
            raise PermissionDenied("The page's X-CSRFToken header is missing.", "csrf") from None


def request_access(request: Request, organization_code: str) -> Access | None:
    """What the sender may do in the organization; None where it may not even know of it.

    Raises NotAuthenticated for strangers, before the organization is looked up.
    """
    if isinstance(request.auth, ApiToken):
        access: Access | None = request.bearer.access  # type: ignore[attr-defined]
        return access if access and access.organization.code == organization_code else None
    if isinstance(request.user, User):
        return user_access(request.user, organization_code)
    _count_stranger(request)
    raise NotAuthenticated(MISSING)


# --- Strangers


def _count_stranger(request: Request) -> None:
    """Raises Throttled once an address has failed too often."""
    wait = wait_after_request(address_key(request), settings.API_FAILURES_PER_MINUTE)
    if wait:
        raise Throttled(wait)


def _require_patience(request: Request) -> None:
    """Whoever has failed too often need not be looked up, unless they were let in lately."""
    wait = wait_before_request(address_key(request), settings.API_FAILURES_PER_MINUTE)
    if wait:
        raise Throttled(wait)


def client_address(request: Any) -> str:
    """The network address that the server or its own proxy saw; never a text that is none."""
    seen: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        return _address(request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]) or seen
    return seen


def _address(text: str) -> str:
    """The address as it is usually written; "" where the text is none. Zones may say anything."""
    try:
        return "" if "%" in text else str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def address_key(request: Any) -> str:
    """Who is asking, by their network."""
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return "address:unknown"
    if address.version == 4:
        return f"address:{address}"
    network = ipaddress.ip_network((address, IPV6_NETWORK), strict=False)
    return f"address:{network.network_address}"
