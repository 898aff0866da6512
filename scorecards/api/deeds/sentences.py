"""Sentences over HTTP: how an objective goes in one period, in the words of its people."""

from typing import Annotated, Any, TypedDict

import django_filters
import msgspec
from django.core.exceptions import ValidationError
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Period
from scorecards.api.listing import PAGING, filtered, listed_query
from scorecards.api.matching import require_match, tagged
from scorecards.api.records.resources import READ, WRITE
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.schema.parameters import PERIOD
from scorecards.api.shapes import Code, EvidenceAnswer, Moment
from scorecards.api_errors import Problem
from scorecards.models import Commentary, Scorecard
from scorecards.models.commentary import LONGEST_SENTENCE
from scorecards.selectors.boards.commentaries import sayable_objectives, with_evidence
from scorecards.services.commentaries import (
    StaleCommentary,
    say_commentary,
    take_back_commentary,
)

from .bodies import deed_body, refused
from .places import PlaceView, visible_scorecard

IN_PATH = {"period": Parameter("Label of a reporting period.", PERIOD, "2026-03")}


class NewSentence(msgspec.Struct, forbid_unknown_fields=True):
    """What is said."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_SENTENCE)]


class SentenceAnswer(TypedDict):
    """What stands, with the names of its files."""

    objective: Code
    period: str
    text: str
    by: str
    at: Moment
    evidence: list[EvidenceAnswer]


class SentenceFilters(django_filters.FilterSet):  # type: ignore[misc]
    """By what they are said of."""

    objective = django_filters.CharFilter()


class SentencesView(PlaceView):
    """All that is said of a scorecard's objectives."""

    http_method_names = ["get", "head"]
    parameters = {"get": ("period", "objective", *PAGING)}

    @described(
        Listing(SentenceAnswer), parameters={"objective": Parameter("Code of an objective.")}
    )
    def get(self, request: Request, organization: str, scorecard: str) -> Response:
        """Sentences that stand."""
        row = visible_scorecard(self.access, scorecard)
        rows = _standing(row)
        if "period" in request.query_params:
            period = self.period(request.query_params["period"])
            rows = rows.filter(frequency=period.frequency, period_start=period.start)
        rows = filtered(request, SentenceFilters, rows)
        key = ("period_start", "frequency", "objective")
        return Response(
            listed_query(request, rows, key=key, answer=lambda each: sentence_answer(self, each))
        )


class SentencePlace(PlaceView):
    """An objective in a period, of which something is said."""

    # Owners of objectives say how these go, with the right to record values.
    scopes = {
        "get": READ,
        "post": (*WRITE, "measurements:write"),
        "put": (*WRITE, "measurements:write"),
        "delete": (*WRITE, "measurements:write"),
    }

    def place(self, place: dict[str, str]) -> tuple[Scorecard, Period]:
        row = visible_scorecard(self.access, place["scorecard"])
        if not row.objectives.filter(code=place["objective"]).exists():
            raise Problem("not_found")
        return row, self.period_named(place["period"])

    def require_sayable(self, row: Scorecard, objective: str) -> None:
        if objective not in sayable_objectives(self.access, self.node_of(row), row, [objective]):
            raise Problem("not_permitted")

    def require_seen(self, request: Request, standing: Commentary | None) -> None:
        if standing is not None:
            require_match(request, sentence_answer(self, standing))
        elif "If-Match" in request.headers:
            raise Problem("version_stale", current=None)

    def standing(self, row: Scorecard, period: Period, objective: str) -> Commentary | None:
        about = {"frequency": period.frequency, "period_start": period.start}
        found: Commentary | None = _standing(row).filter(objective=objective, **about).first()
        return found

    def about(
        self, row: Scorecard, period: Period, objective: str, standing: Commentary | None
    ) -> dict[str, Any]:
        """What the services are told."""
        seen = standing.said_at if standing else None
        named = {"scorecard": row, "objective": objective, "period": period}
        return named | {"by": self.access.user, "seen": seen}

    def stale(self, stale: StaleCommentary) -> Problem:
        current = sentence_answer(self, stale.standing) if stale.standing else None
        return Problem("version_stale", current=current)


class SentenceView(SentencePlace):
    """What is said of an objective in one period."""

    http_method_names = ["get", "head", "put", "delete"]

    @described(SentenceAnswer, is_tagged=True, parameters=IN_PATH)
    def get(self, request: Request, organization: str, **place: str) -> Response:
        """The sentence that stands."""
        row, period = self.place(place)
        standing = self.standing(row, period, place["objective"])
        if standing is None:
            raise Problem("not_found")
        return tagged(sentence_answer(self, standing))

    @described(
        SentenceAnswer,
        body=NewSentence,
        is_tagged=True,
        parameters=IN_PATH,
        problems=(
            *("invalid_body", "period_closed"),
            *("version_missing", "version_stale"),
        ),
    )
    def put(self, request: Request, organization: str, **place: str) -> Response:
        """Say how the objective goes. Where something stands already, If-Match names what you have
        read; its files stay.
        """
        row, period = self.place(place)
        self.require_sayable(row, place["objective"])
        body = deed_body(request, NewSentence)
        standing = self.standing(row, period, place["objective"])
        self.require_seen(request, standing)
        about = self.about(row, period, place["objective"], standing)
        kept = [each.name for each in standing.evidence.all()] if standing else []
        try:
            say_commentary(**about, text=body.text, kept=kept)
        except StaleCommentary as stale:
            raise self.stale(stale) from None
        except ValidationError as refusal:
            raise refused(refusal) from None
        now = self.standing(row, period, place["objective"])
        assert now is not None
        return tagged(sentence_answer(self, now))

    @described(
        status=204,
        is_guarded=True,
        parameters=IN_PATH,
        problems=("period_closed", "conflict"),
    )
    def delete(self, request: Request, organization: str, **place: str) -> Response:
        """Take it back; what was said stays in the history."""
        row, period = self.place(place)
        self.require_sayable(row, place["objective"])
        standing = self.standing(row, period, place["objective"])
        if standing is None:
            raise Problem("not_found")
        require_match(request, sentence_answer(self, standing))
        try:
            take_back_commentary(**self.about(row, period, place["objective"], standing))
        except StaleCommentary as stale:
            raise self.stale(stale) from None
        except ValidationError as refusal:
            raise refused(refusal, or_else="conflict") from None
        return Response(status=204)


def _standing(row: Scorecard) -> Any:
    found = Commentary.objects.standing().filter(scorecard=row).select_related("said_by")
    return found.prefetch_related(with_evidence())


def sentence_answer(view: PlaceView, row: Commentary) -> SentenceAnswer:
    files: list[EvidenceAnswer] = [
        {"name": each.name, "sha256": each.file.sha256} for each in row.evidence.all()
    ]
    return {
        "objective": row.objective,
        "period": view.access.organization.calendar.label(row.period),
        "text": row.text,
        "by": str(row.said_by or "the system"),
        "at": row.said_at.isoformat(),
        "evidence": files,
    }
