"""Public addresses over HTTP: boards, strategy maps and charts for everybody who has them."""

from typing import Annotated, Any, Literal, TypedDict

import django_filters
import msgspec
from django.core.exceptions import ValidationError
from django.urls import reverse
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Frequency, InvalidPeriod
from kpis.models import KPI
from organizations.models import Unit
from organizations.selectors import UnitNode
from scorecards.api.listing import PAGING, filtered, listed_query
from scorecards.api.matching import require_match, tagged
from scorecards.api.records.resources import WRITE
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.shapes import Code, Moment, one_of
from scorecards.api_errors import Problem
from scorecards.models import PublicLink
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi
from scorecards.selectors.public.links import (
    KEY_LENGTH,
    address_of,
    link_key,
    managed_link,
    managed_links,
    may_publish,
)
from scorecards.selectors.public.sharing import (
    DEFAULT_DAYS,
    DEFAULT_SMALLEST,
    FIXED,
    board_period,
    chart_period,
)
from scorecards.selectors.viewing import default_period
from scorecards.services.public_links import (
    LARGEST_SMALLEST,
    LONGEST_DAYS,
    publish_board,
    publish_chart,
    publish_map,
    revoke_public_link,
)

from .bodies import deed_body, refused, wrong
from .places import PlaceView

# An address lets anybody read values, so a token that may not read them cannot make or learn one.
SCOPES = ("measurements:read", "structure:write")
KINDS = {"type": "string", "enum": PublicLink.Kind.values}
KEY = {"type": "string", "pattern": f"^[0-9a-f]{{{KEY_LENGTH}}}$"}
IN_PATH = {"link": Parameter("Key of a public address.", KEY, "0a1b2c3d4e5f")}


class NewPublicLink(msgspec.Struct, forbid_unknown_fields=True):
    """What shall be public: the board of a unit, its strategy map, or the chart of a KPI there.

    Without a period it shows the latest that is over; of a board or a map, of that frequency.
    """

    kind: Literal["board", "chart", "map"]
    unit: Annotated[str, Meta(max_length=50, examples=["sales"])]
    kpi: Annotated[str, Meta(max_length=50, examples=["revenue"])] | None = None
    frequency: Annotated[str, one_of(*Frequency)] | None = None
    period: Annotated[str, Meta(min_length=1, max_length=20, examples=["2026-Q1"])] | None = None
    smallest: Annotated[int, Meta(ge=0, le=LARGEST_SMALLEST)] = DEFAULT_SMALLEST
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = DEFAULT_DAYS


class PublicLinkAnswer(TypedDict):
    """A public address. period: null where it moves on; url: null where it cannot be told."""

    key: str
    kind: Annotated[str, one_of(*PublicLink.Kind.values)]
    unit: Code
    kpi: Code | None
    frequency: Annotated[str, one_of(*Frequency)]
    period: str | None
    smallest: int
    url: str | None
    created_at: Moment
    created_by: str
    expires_at: Moment


class PublicLinkFilters(django_filters.FilterSet):  # type: ignore[misc]
    """By what is shown."""

    kind = django_filters.ChoiceFilter(choices=PublicLink.Kind.choices)
    unit = django_filters.CharFilter(field_name="unit__code")
    kpi = django_filters.CharFilter(field_name="kpi__code")


class PublicView(PlaceView):
    """An address lets anybody read, so only those who may publish learn it."""

    scopes = {"get": SCOPES, "post": SCOPES, "delete": WRITE}
    needs_all_scopes = True

    def answer(self, request: Request, row: PublicLink) -> PublicLinkAnswer:
        site = request.build_absolute_uri(reverse("public", args=["SECRET"]))
        calendar = self.access.organization.calendar
        period = row.period(self.access.organization.today())
        return {
            "key": link_key(row),
            "kind": row.kind,
            "unit": row.unit.code,
            "kpi": row.kpi.code if row.kpi else None,
            "frequency": period.frequency,
            "period": calendar.label(period) if row.period_start else None,
            "smallest": row.smallest,
            "url": address_of(row, site.replace("SECRET", "{secret}")) or None,
            "created_at": row.created_at.isoformat(),
            "created_by": str(row.created_by or "the system"),
            "expires_at": row.expires_at.isoformat(),
        }


class PublicLinksView(PublicView):
    """What is public, of the units that the reader manages."""

    http_method_names = ["get", "head", "post"]
    parameters = {"get": ("kind", "unit", "kpi", *PAGING)}

    @described(
        Listing(PublicLinkAnswer),
        problems=("not_permitted",),
        parameters={"kind": Parameter("What is shown.", KINDS)},
    )
    def get(self, request: Request, organization: str) -> Response:
        """Public addresses that work, with the addresses themselves."""
        self._require_publisher()
        rows = filtered(request, PublicLinkFilters, managed_links(self.access).in_force())
        key = ("created_at", "pk")
        page = listed_query(request, rows, key=key, answer=lambda row: self.answer(request, row))
        return Response(page, headers={"Cache-Control": "no-store"})

    @described(
        PublicLinkAnswer,
        body=NewPublicLink,
        status=201,
        problems=("invalid_body", "not_permitted", "conflict"),
    )
    def post(self, request: Request, organization: str) -> Response:
        """Publish a board, a map or a chart, without small counts and all that would tell them."""
        self._require_publisher()
        sent = deed_body(request, NewPublicLink)
        node = self._unit(sent.unit)
        try:
            made = (_chart if sent.kind == "chart" else _scorecard)(self, node, sent)
        except ValidationError as refusal:
            raise refused(refusal) from None
        headers = {
            "Cache-Control": "no-store",
            "Location": reverse("api-public-link", args=[organization, link_key(made)]),
        }
        return Response(self.answer(request, made), 201, headers=headers)

    def _require_publisher(self) -> None:
        if not any(may_publish(self.access, node) for node in self.access.tree.by_id.values()):
            raise Problem("not_permitted")

    def _unit(self, code: str) -> UnitNode:
        node = self.access.visible_unit(code)
        if node is None:
            raise wrong("unit", "unknown_reference", "There is no such unit.")
        if not may_publish(self.access, node):
            raise Problem("not_permitted")
        return node


class PublicLinkView(PublicView):
    """One public address, by its key."""

    http_method_names = ["get", "head", "delete"]

    @described(PublicLinkAnswer, is_tagged=True, parameters=IN_PATH)
    def get(self, request: Request, organization: str, link: str) -> Response:
        """What it shows, and until when."""
        answer = tagged(self.answer(request, self._standing(link)))
        answer["Cache-Control"] = "no-store"
        return answer

    @described(status=204, is_guarded=True, parameters=IN_PATH)
    def delete(self, request: Request, organization: str, link: str) -> Response:
        """Revoke it: from the next request on there is nothing at the address."""
        row = self._standing(link)
        require_match(request, self.answer(request, row))
        revoke_public_link(link=row, by=self.access.user)
        return Response(status=204)

    def _standing(self, key: str) -> PublicLink:
        found = managed_link(self.access, key)
        if found is None or not PublicLink.objects.in_force().filter(pk=found.pk).exists():
            raise Problem("not_found")
        return found


# --- What is sent


def _scorecard(view: PublicView, node: UnitNode, sent: NewPublicLink) -> PublicLink:
    """A board or a map."""
    organization = view.access.organization
    if sent.kpi is not None:
        raise wrong("kpi", "invalid_value", f"A {sent.kind} shows no single KPI: leave kpi out.")
    if sent.period is not None and sent.frequency is not None:
        raise wrong("frequency", "invalid_value", "A period has its own: leave frequency out.")
    shows = sent.frequency or default_period(organization).frequency
    try:
        frequency, period = board_period(
            view.access, node, FIXED if sent.period else shows, sent.period or ""
        )
    except InvalidPeriod as refusal:
        field = "period" if sent.period else "frequency"
        raise wrong(field, "invalid_value", f"{refusal}.") from None
    publish = publish_map if sent.kind == "map" else publish_board
    return publish(frequency=frequency, period=period, **_about(view, node, sent))


def _chart(view: PublicView, node: UnitNode, sent: NewPublicLink) -> PublicLink:
    if sent.frequency is not None:
        raise wrong("frequency", "invalid_value", "A chart has that of its KPI: leave it out.")
    kpi = _kpi(view, node, sent.kpi)
    try:
        period = chart_period(
            view.access, node, kpi, FIXED if sent.period else "latest", sent.period or ""
        )
    except InvalidPeriod as refusal:
        raise wrong("period", "invalid_value", f"{refusal}.") from None
    return publish_chart(kpi=kpi, period=period, **_about(view, node, sent))


def _kpi(view: PublicView, node: UnitNode, code: str | None) -> KPI:
    if code is None:
        raise wrong("kpi", "missing_field", "kpi is missing: a chart shows one.")
    found = visible_kpi(view.access, code)
    if found is None or not visible_assignments(view.access, found, node.code):
        raise wrong("kpi", "unknown_reference", "There is no such KPI at the unit.")
    return found


def _about(view: PublicView, node: UnitNode, sent: NewPublicLink) -> dict[str, Any]:
    unit = Unit.objects.select_related("organization").get(pk=node.id)
    return {"unit": unit, "days": sent.days, "smallest": sent.smallest, "by": view.access.user}
