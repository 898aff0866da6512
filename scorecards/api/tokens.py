"""One's own tokens: seen, made and revoked."""

import re
from typing import Annotated, Any, TypedDict

import msgspec
from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.models import SCOPES, ApiToken
from organizations.services.tokens import Wanted, make_token, revoke_token
from scorecards.api_errors import Problem
from scorecards.selectors.administration.tokens import (
    DEFAULT_DAYS,
    seen_tokens,
    standing_token,
)

from .base import OrganizationView
from .bodies import json_body
from .listing import PAGING, listed_query
from .schema import Listing, described
from .shapes import Code, Moment, one_of

Scope = Annotated[str, one_of(*SCOPES)]


class TokenAnswer(TypedDict):
    """A token, without its secret."""

    name: str
    scopes: list[Scope]
    unit: Code | None
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None


class NewTokenAnswer(TokenAnswer):
    """A new token with its secret, which is told this once."""

    token: str


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """What a token shall be called, what it may do, where, and for how many days."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    unit: Code | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = DEFAULT_DAYS


class TokensView(OrganizationView):
    """The tokens that are not revoked: one's own, for administrators of the root unit all."""

    parameters = {"get": PAGING}

    @described(Listing(TokenAnswer), problems=("invalid_cursor",))
    def get(self, request: Request, organization: str) -> Response:
        """Tokens by name; a token sees itself."""
        tokens = seen_tokens(self.access).filter(revoked_at=None).select_related("unit")
        page = listed_query(request, tokens, key=("name", "pk"), answer=_answer)
        return Response(page)

    @described(
        NewTokenAnswer,
        body=NewToken,
        status=201,
        problems=("invalid_body", "session_required", "malformed_json", "unsupported_media_type"),
    )
    def post(self, request: Request, organization: str) -> Response:
        """Make a token of one's own; only people who are signed in do."""
        if self.access.token is not None:
            raise Problem("session_required")
        sent = _sent(request)
        wanted = Wanted(sent.name, sent.scopes, sent.unit or "", sent.days)
        try:
            token, secret = make_token(access=self.access, wanted=wanted)
        except ValidationError as refusal:
            raise _refused(refusal) from None
        answer: NewTokenAnswer = {**_answer(token), "token": secret}
        return Response(answer, 201, headers={"Cache-Control": "no-store"})


class TokenView(OrganizationView):
    """One token, by its name."""

    @described(TokenAnswer)
    def get(self, request: Request, organization: str, token: str) -> Response:
        """What it may do, where, and until when."""
        return Response(_answer(self._standing(token)))

    @described(status=204)
    def delete(self, request: Request, organization: str, token: str) -> Response:
        """Revoke it for good; a token may revoke itself."""
        revoke_token(token=self._standing(token), by=self.access.user)
        return Response(status=204)

    def _standing(self, name: str) -> ApiToken:
        found = standing_token(self.access, name)
        if found is None:
            raise Problem("not_found")
        return found


def _answer(token: ApiToken) -> TokenAnswer:
    return {
        "name": token.name,
        "scopes": token.scopes,
        "unit": token.unit.code if token.unit else None,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
    }


# --- Bodies


def _sent(request: Request) -> NewToken:
    body = json_body(request)
    try:
        return msgspec.json.decode(body, type=NewToken)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$")
        raise _problem([(_pointer(path), "invalid_type", f"{said}.")]) from None
    except (msgspec.DecodeError, RecursionError):
        raise Problem("malformed_json") from None


def _pointer(path: str) -> str:
    """A JSON pointer from msgspec's way of saying a place, such as ".scopes[0]`"."""
    return "".join(f"/{part}" for part in re.findall(r"[a-z]+|\d+|\.\.\.", path))


def _refused(refusal: ValidationError) -> Problem:
    if not hasattr(refusal, "error_dict"):
        return _problem([("", "invalid_value", " ".join(refusal.messages))])
    return _problem(
        [
            (f"/{name}" if name != "__all__" else "", "invalid_value", " ".join(said))
            for name, said in refusal.message_dict.items()
        ]
    )


def _problem(errors: list[tuple[str, str, str]]) -> Problem:
    told: list[dict[str, Any]] = [
        {"pointer": pointer, "code": code, "detail": detail} for pointer, code, detail in errors
    ]
    return Problem("invalid_body", errors=told)
