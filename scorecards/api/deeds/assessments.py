"""Assessments over HTTP: what a manager says of a node in one period, in place of its score."""

from typing import Annotated, Literal, TypedDict

import django_filters
import msgspec
from django.core.exceptions import ValidationError
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.access import Action
from scorecards.api.base import choice, required
from scorecards.api.listing import PAGING, filtered, listed_query
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.shapes import Moment
from scorecards.api_errors import Problem
from scorecards.models import Assessment
from scorecards.services.assessments import assess, remove_assessment

from .bodies import deed_body, period_in, refused
from .places import PlaceView, visible_scorecard

NODES = {each: each for each in Assessment.Node.values}
NODE = {"type": "string", "enum": list(NODES)}
VERDICT = {"type": "string", "enum": Assessment.Verdict.values}
CODE = {"type": "string", "maxLength": 50}


class NewAssessment(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of a node; code is empty for the scorecard itself."""

    node: Literal["scorecard", "perspective", "objective", "kpi"]
    period: Annotated[str, Meta(min_length=1, max_length=20, examples=["2026-03"])]
    status: Literal["critical", "below_target", "on_target"]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    code: Annotated[str, Meta(max_length=50)] = ""


class AssessmentAnswer(TypedDict):
    """What stands in the place of a computed score."""

    node: str
    code: str
    period: str
    status: str
    reason: str
    by: str
    at: Moment


class AssessmentFilters(django_filters.FilterSet):  # type: ignore[misc]
    """By node, its code, and what was said."""

    node = django_filters.ChoiceFilter(choices=Assessment.Node.choices)
    code = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=Assessment.Verdict.choices)


class AssessmentsView(PlaceView):
    """The assessments of a scorecard."""

    http_method_names = ["get", "head", "post", "delete"]
    parameters = {
        "get": ("period", "node", "code", "status", *PAGING),
        "delete": ("period", "node", "code"),
    }

    @described(
        Listing(AssessmentAnswer),
        parameters={
            "node": Parameter("Kind of node.", NODE),
            "code": Parameter("Code of the node.", CODE),
            "status": Parameter("What was said.", VERDICT),
        },
    )
    def get(self, request: Request, organization: str, scorecard: str) -> Response:
        """Assessments that stand."""
        row = visible_scorecard(self.access, scorecard)
        rows = Assessment.objects.standing().filter(scorecard=row).select_related("said_by")
        if "period" in request.query_params:
            period = self.period(request.query_params["period"])
            rows = rows.filter(frequency=period.frequency, period_start=period.start)
        key = ("period_start", "frequency", "node", "code")
        found = filtered(request, AssessmentFilters, rows)
        return Response(listed_query(request, found, key=key, answer=self._answer))

    @described(
        AssessmentAnswer,
        body=NewAssessment,
        status=201,
        problems=("invalid_body", "period_closed"),
    )
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Say how a node does in one period. What was said of it before is kept in its history."""
        row = visible_scorecard(self.access, scorecard)
        self.require(Action.EDIT_STRUCTURE, row.unit_id)
        body = deed_body(request, NewAssessment)
        period = period_in(self.access, body.period)
        about = {"node": body.node, "code": body.code, "status": body.status, "reason": body.reason}
        try:
            said = assess(scorecard=row, period=period, by=self.access.user, **about)
        except ValidationError as refusal:
            raise refused(refusal) from None
        return Response(self._answer(said), status=201)

    @described(
        status=204,
        problems=("missing_parameter", "period_closed", "conflict"),
        parameters={
            "node": Parameter("Kind of node.", NODE, "scorecard", is_required=True),
            "code": Parameter("Code of the node; left out for the scorecard itself.", CODE),
            "period": Parameter("Label of a period.", CODE, "2026-03", is_required=True),
        },
    )
    def delete(self, request: Request, organization: str, scorecard: str) -> Response:
        """Let the computed score stand again."""
        row = visible_scorecard(self.access, scorecard)
        self.require(Action.EDIT_STRUCTURE, row.unit_id)
        required(request, "node")
        period = self.period(required(request, "period"))
        found = (
            Assessment.objects.standing()
            .filter(
                scorecard=row,
                node=choice(request, "node", NODES),
                code=request.query_params.get("code", "").replace("\x00", " "),
                frequency=period.frequency,
                period_start=period.start,
            )
            .select_related("scorecard__organization")
            .first()
        )
        if found is None:
            raise Problem("not_found")
        try:
            remove_assessment(assessment=found, by=self.access.user)
        except ValidationError as refusal:
            raise refused(refusal, or_else="conflict") from None
        return Response(status=204)

    def _answer(self, row: Assessment) -> AssessmentAnswer:
        return {
            "node": row.node,
            "code": row.code,
            "period": self.access.organization.calendar.label(row.period),
            "status": row.status,
            "reason": row.reason,
            "by": str(row.said_by or "the system"),
            "at": row.said_at.isoformat(),
        }
