"""What all API views share: who asks, in which organization, and with which parameters.

How a view is built, for whoever adds one:

- It is an `OrganizationView`; `scopes` and `parameters` say by method which scopes of a token
  suffice (one of them; with `needs_all_scopes`, together) and which parameters the address may
  carry. Any other parameter is a 400. Addresses stand
  in `scorecards/api_urls.py`, none ends in a slash; each has a row in `tests/test_access.py`.
- Refusals are `Problem(code, detail, **members)` with a code of `scorecards/api_errors.py`. A body
  that can be read but says what cannot be is `invalid_body` with `errors=[{"pointer": "/name",
  "code": "…", "detail": "…"}]`; what others use is `in_use` with `users=[…]`.
- **Lists** (`.listing`): `listed(request, rows, key=…, answer=…, orderings=…)` for rows at hand,
  `listed_query` for querysets, `filtered` with a django-filter FilterSet before it. Add `*PAGING`
  to the parameters, and "ordering" where there are orderings. They answer `{"results": […],
  "next": cursor}`.
- **Edits** (`.matching`): GET, POST, PUT and PATCH of one object answer `tagged(representation)`;
  PATCH, PUT and DELETE call `require_match(request, representation)` within the transaction that
  edits, under the lock that keeps the object from changing, with what it says at that moment.
- **Idempotency-Key** (`.repeating`): every POST takes one, in one transaction with all that it
  does; a view has nothing to do for it. What answers an error has done nothing and leaves the key
  free, so a refusal must be raised, or answered with a status of 400 or more, before or instead of
  an effect. An answer that holds a secret sets `Cache-Control: no-store`: it is then not kept, and
  the same key answers 409 `conflict`.
- **Schema** (`.schema`): every method carries `@described(answer, …)`: what a success answers, what
  is sent, the codes it raises beyond those common to all. `answer` and `body` are types that
  msgspec knows (a TypedDict is best for answers: mypy then checks the function that makes them),
  `Listing(Type)`, `Many(Type, most)`, or `Component(name, build)` for what a registry yields. The
  first line of the docstring is the summary, the rest the description. A view that serves several
  kinds overrides `describe(method)`. Parameters are described once by name (`PATH` and `QUERY` in
  `schema/parameters.py`), or for one method by `parameters={name: Parameter(…)}`. Then
  `manage.py spectacular --file docs/openapi.yaml` writes what a test compares.

  ::

      class TokenAnswer(TypedDict):
          name: str
          scopes: list[str]
          expires_at: dt.datetime

      @described(Listing(TokenAnswer), problems=("invalid_cursor",))
      def get(self, request, organization): ...

      @described(TokenAnswer, body=NewToken, status=201, problems=("invalid_body",))
      def post(self, request, organization): ...
"""

from collections.abc import Mapping
from typing import Any

from django.utils.cache import patch_vary_headers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from calculations.periods import InvalidPeriod, Period
from kpis.services.resolution import is_code
from organizations.access import Access
from organizations.authentication import (
    SessionAuthentication,
    TokenAuthentication,
    request_access,
)
from organizations.selectors import UnitNode
from scorecards.api_errors import Problem
from scorecards.selectors.viewing import AsOf, InvalidMoment, asked_moment, viewed_period

from .repeating import KEY_HEADER, once
from .schema import Described

SWITCH = {"": False, "0": False, "1": True}


class JsonAlways(BaseContentNegotiation):
    """There is one form of answer: a client that asks for another one gets this one."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Bodies are read by our own code, with its limits."""
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one, whatever Accept says."""
        return renderers[0], renderers[0].media_type


class OrganizationView(APIView):
    """An address beneath an organization: finds the access or answers 401 or 404.

    `scopes` and `parameters` tell for each method which scopes of a token suffice (none: any
    token) and which parameters the address may carry. `needs_all_scopes`: where there are several
    scopes, a token must have them all and not one of them.
    """

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes: list[Any] = []
    content_negotiation_class = JsonAlways
    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    scopes: Mapping[str, tuple[str, ...]] = {}
    needs_all_scopes = False
    parameters: Mapping[str, tuple[str, ...]] = {}

    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Decide before any method runs: 401, 404, 403, then parameters."""
        super().initial(request, *args, **kwargs)
        access = request_access(request, kwargs["organization"])
        if access is None:
            raise Problem("not_found")
        self.access = access
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            return  # a 405 follows
        self._require_scope(self.scopes.get(method, ()))
        if method == "post" and KEY_HEADER in request.headers:
            vars(self)["post"] = once(access, getattr(self, method))
        require_known(request, self.parameters.get(method, ()))

    def describe(self, method: str) -> Described:
        """What the schema says of a method ("get", "post", …)."""
        said: Described = getattr(self, method).described
        return said

    def _require_scope(self, accepted: tuple[str, ...]) -> None:
        if self.access.token is None or not accepted:
            return
        enough = all if self.needs_all_scopes else any
        if not enough(scope in self.access.token.scopes for scope in accepted):
            named = (" and " if self.needs_all_scopes else " or ").join(accepted)
            noun = "scopes" if " and " in named else "scope"
            raise Problem("missing_scope", f"This needs a token with the {noun} {named}.")

    def visible_unit(self, code: str) -> UnitNode:
        """The unit, or 404 alike where it does not exist or may not be seen."""
        node = self.access.visible_unit(code)
        if node is None:
            raise Problem("not_found")
        return node

    def period(self, text: str) -> Period:
        """The period that the label names."""
        try:
            return self.access.organization.calendar.parse_label(text)
        except InvalidPeriod as refusal:
            raise Problem("invalid_period", printable(f"{refusal}.")) from None

    def viewed_period(self, request: Request, as_of: AsOf | None = None) -> Period:
        """The period of `period`; where it is left out, the last one that was over."""
        text = request.query_params.get("period")
        try:
            return viewed_period(self.access.organization, text, as_of)
        except InvalidPeriod as refusal:
            raise Problem("invalid_period", printable(f"{refusal}.")) from None

    def moment(self, request: Request) -> AsOf | None:
        """The moment of as_of; None where it is left out."""
        try:
            return asked_moment(self.access.organization, request.query_params.get("as_of"))
        except InvalidMoment as refusal:
            raise Problem("invalid_parameter", printable(f"{refusal}.")) from None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer depends on who asks."""
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return super().finalize_response(request, response, *args, **kwargs)


class PersonsView(OrganizationView):
    """What a token does in its maker's name, with scopes that are all needed.

    persons_things: what is people's, as a sentence begins with it.
    """

    needs_all_scopes = True
    persons_things = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """403 for tokens that are nobody's or end at a unit."""
        super().initial(request, *args, **kwargs)
        method = str(request.method).lower()
        is_persons = self.access.user is not None and self.access.limit_id is None
        if self.access.token is None or is_persons or method not in self.http_method_names:
            return
        if hasattr(self, method):
            said = "take a token that a person made, without a limit to a unit."
            raise Problem("not_permitted", f"{self.persons_things} {said}")


def require_known(request: Request, names: tuple[str, ...]) -> None:
    """A misspelt parameter would be overlooked silently; one given twice, half of it."""
    for name in request.query_params:
        if name not in names:
            known = ", ".join(names) or "none"
            raise Problem("unknown_parameter", f"This address takes the parameters: {known}.")
        if len(request.query_params.getlist(name)) > 1:
            raise Problem("invalid_parameter", f"The parameter {name} is given more than once.")


def required(request: Request, name: str) -> str:
    """A parameter that must be there."""
    value = request.query_params.get(name, "")
    if not value:
        raise Problem("missing_parameter", f"The parameter {name} is missing.")
    return value


def switch(request: Request, name: str) -> bool:
    """A parameter that is 1 or 0, 0 where it is left out."""
    return bool(choice(request, name, SWITCH))


def choice(request: Request, name: str, values: Mapping[str, Any]) -> Any:
    """A parameter that takes one of the values; "" names the default."""
    text = request.query_params.get(name, "")
    if text not in values or (text == "" and name in request.query_params):
        named = " or ".join(value for value in values if value)
        raise Problem("invalid_parameter", f"The parameter {name} is {named}.")
    return values[text]


def code_parameter(request: Request, name: str) -> str | None:
    """A code to look for: None where it is left out, "" where it can be nobody's."""
    value = request.query_params.get(name)
    return value if value is None or is_code(value) else ""


def printable(text: str) -> str:
    """Text from outside as a sentence may repeat it."""
    return text if text.isprintable() else ascii(text)[1:-1]
