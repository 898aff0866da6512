"""Closing periods over HTTP, and opening them again."""

from typing import Annotated, TypedDict

import msgspec
from django.core.exceptions import ValidationError
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Period
from organizations.access import Action
from organizations.models import ClosedPeriod, Unit
from organizations.selectors import UnitNode
from scorecards.api.listing import PAGING, listed_query
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.schema.parameters import PERIOD
from scorecards.api.shapes import Code, Moment
from scorecards.api_errors import Problem
from scorecards.selectors.closing.missing_values import MissingValue, missing_values
from scorecards.selectors.closing.pages import closing_page
from scorecards.services.closing import close_period, reopen_period

from .bodies import deed_body, period_in, refused
from .places import PlaceView

IN_PATH = {"period": Parameter("Label of a period.", PERIOD, "2026-03")}
Text = Annotated[str, Meta(max_length=1000)]


class NewClosing(msgspec.Struct, forbid_unknown_fields=True):
    """Which period, with a note that stays with it."""

    period: Annotated[str, Meta(min_length=1, max_length=20, examples=["2026-03"])]
    note: Text = ""


class Reopening(msgspec.Struct, forbid_unknown_fields=True):
    """Why the period is opened again."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class MissingAnswer(TypedDict):
    """A KPI at a unit without values for some of its periods."""

    kpi: Code
    unit: Code
    periods: list[str]
    responsible: str
    is_overdue: bool


class ClosingAnswer(TypedDict):
    """A closing, and when it was opened again, if it was."""

    unit: Code
    period: str
    closed_at: Moment
    closed_by: str
    note: str
    reopened_at: Moment | None
    reopened_by: str | None
    reason: str


class ClosingDone(ClosingAnswer):
    """A closing as it was just made: how many boards it keeps, and which values it lacks."""

    reports: int
    missing: list[MissingAnswer]


class ClosingState(TypedDict):
    """Whether a period is open, closed, or covered by a closing above or of a longer period."""

    unit: Code
    period: str
    state: str
    said: str
    missing: list[MissingAnswer]


class ClosingsView(PlaceView):
    """The closings of a unit."""

    http_method_names = ["get", "head", "post"]
    parameters = {"get": PAGING}

    @described(Listing(ClosingAnswer))
    def get(self, request: Request, organization: str, unit: str) -> Response:
        """All closings of the unit itself, those that were opened again too."""
        node = self.visible_unit(unit)
        rows = ClosedPeriod.objects.filter(
            organization=self.access.organization, unit_id=node.id
        ).select_related("closed_by", "reopened_by")
        key = ("period_start", "frequency", "closed_at")
        return Response(
            listed_query(request, rows, key=key, answer=lambda row: self._answer(node, row))
        )

    @described(ClosingDone, body=NewClosing, status=201, problems=("invalid_body", "conflict"))
    def post(self, request: Request, organization: str, unit: str) -> Response:
        """Close a period for the unit and all beneath. Every board stays as it is reported then;
        `missing` names the values that it lacks.
        """
        node = self.visible_unit(unit)
        self.require(Action.RESTATE, node.id)
        body = deed_body(request, NewClosing)
        period = period_in(self.access, body.period)
        row = Unit.objects.select_related("organization").get(pk=node.id)
        try:
            made = close_period(
                unit=row,
                period=period,
                by=self.access.user,
                note=body.note,
                told_to=self.access,
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        answer: ClosingDone = {
            **self._answer(node, made),
            "reports": made.sheets.count(),
            "missing": self._missing(node, period),
        }
        return Response(answer, status=201)

    def _missing(self, node: UnitNode, period: Period) -> list[MissingAnswer]:
        seen = [each.id for each in self.access.tree.beneath(node.id) if self.access.sees(each.id)]
        return [_missing(each) for each in missing_values(self.access, seen, period)]

    def _answer(self, node: UnitNode, row: ClosedPeriod) -> ClosingAnswer:
        is_open = row.reopened_at is None
        return {
            "unit": node.code,
            "period": self.access.organization.calendar.label(row.period),
            "closed_at": row.closed_at.isoformat(),
            "closed_by": str(row.closed_by or "the system"),
            "note": row.note,
            "reopened_at": None if row.reopened_at is None else row.reopened_at.isoformat(),
            "reopened_by": None if is_open else str(row.reopened_by or "the system"),
            "reason": row.reopening_reason,
        }


class ClosingView(ClosingsView):
    """One period of a unit."""

    http_method_names = ["get", "head"]
    parameters = {}

    @described(ClosingState, parameters=IN_PATH)
    def get(self, request: Request, organization: str, unit: str, period: str = "") -> Response:
        """Whether it is closed; of an open one also what a closing would lack."""
        node, wanted = self.visible_unit(unit), self.period_named(period)
        page = closing_page(self.access, node, wanted)
        answer: ClosingState = {
            "unit": node.code,
            "period": self.access.organization.calendar.label(wanted),
            "state": page.chosen.state if page.chosen else "open",
            "said": page.chosen.state_text if page.chosen else "open",
            "missing": [_missing(each) for each in page.preview.missing] if page.preview else [],
        }
        return Response(answer)


class ReopeningView(ClosingsView):
    """Opening a period again."""

    http_method_names = ["post"]
    parameters = {}

    @described(
        ClosingAnswer,
        body=Reopening,
        parameters=IN_PATH,
        problems=("invalid_body", "conflict"),
    )
    def post(self, request: Request, organization: str, unit: str, period: str = "") -> Response:
        """Let the period change again; what was reported is kept."""
        node, wanted = self.visible_unit(unit), self.period_named(period)
        self.require(Action.RESTATE, node.id)
        reason = deed_body(request, Reopening).reason
        found = ClosedPeriod.objects.standing().filter(
            unit_id=node.id, frequency=wanted.frequency, period_start=wanted.start
        )
        closing = found.select_related("organization").first()
        if closing is None:
            raise Problem("conflict", "This period is not closed here: there is nothing to open.")
        try:
            row = reopen_period(
                closing=closing, by=self.access.user, reason=reason, told_to=self.access
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        return Response(self._answer(node, row))


def _missing(value: MissingValue) -> MissingAnswer:
    return {
        "kpi": value.kpi_code,
        "unit": value.unit_code,
        "periods": list(value.periods),
        "responsible": value.responsible,
        "is_overdue": value.is_overdue,
    }
