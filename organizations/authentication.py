"""Who sends an API request: the bearer of a token, or a person signed in to the pages."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from .access import Access, token_access, user_access, valid_token
from .models import ApiToken, User

SCHEME = b"bearer"
INVALID = "The token is unknown, expired or revoked; make a new one and send it as Bearer."
MISSING = "Send a token as Authorization: Bearer …, or sign in."


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`; every request asks the database, so that revoking works."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's maker and the token; None where no bearer is named."""
        scheme, _, secret = authentication.get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME:
            return None
        token = valid_token(secret.strip().decode("ascii", "replace"))
        if token is None:
            raise AuthenticationFailed(INVALID, "invalid_token")
        return token.created_by or AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="Line of Sight"'


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
        return token_access(request.auth, organization_code)
    if isinstance(request.user, User):
        return user_access(request.user, organization_code)
    raise NotAuthenticated(MISSING)
