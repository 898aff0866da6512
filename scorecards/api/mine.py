"""What somebody owes and answers for, as data: the page of whoever the token belongs to."""

from typing import Annotated, TypedDict

from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Frequency
from scorecards.api_errors import Problem
from scorecards.models import Initiative
from scorecards.selectors.mine.page import my_page
from scorecards.selectors.mine.shapes import (
    DueLine,
    MyInitiative,
    MyKpi,
    MyObjective,
    MyPage,
    Step,
    Ways,
)

from .answers import score_answer
from .base import OrganizationView
from .schema import described
from .shapes import Code, ScoreAnswer, one_of

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]


class DueAnswer(TypedDict):
    """A value that is owed."""

    kpi: Code
    unit: Code
    period: str
    due_on: Day
    may_enter: bool


class StepUpAnswer(TypedDict):
    """One step up; of what the reader may not see, everything but kind and how is null."""

    kind: Annotated[str, one_of("objective", "kpi", "hidden")]
    how: Annotated[str, one_of("counts in", "supports", "feeds", "rolls up to")]
    code: Code | None
    name: str | None
    unit: Code | None
    score: ScoreAnswer | None


class WayAnswer(TypedDict):
    """A way up, from what the thing itself counts in."""

    reaches_top: Annotated[bool, Meta(description="Whether it ends in the topmost scorecard.")]
    steps: list[StepUpAnswer]


class WaysAnswer(TypedDict):
    """The best ways up, and how many there are besides."""

    ways: list[WayAnswer]
    n_more_ways: int


class MyKpiAnswer(ScoreAnswer, WaysAnswer):
    """A KPI at a unit that the reader answers for, or that is measured at their own."""

    code: Code
    name: str
    unit: Code
    unit_of_measure: str
    value: float | None
    target: float | None
    trend: Annotated[list[float | None], Meta(description="12 periods, the viewed one last.")]
    marks: list[str]


class MyObjectiveAnswer(ScoreAnswer, WaysAnswer):
    """An objective that the reader owns."""

    code: Code
    name: str
    unit: Code


class MyMilestoneAnswer(TypedDict):
    """A milestone that is not done yet."""

    name: str
    due_on: Day
    is_late: bool


class MyInitiativeAnswer(TypedDict):
    """An initiative of the reader's that is not over, with its next milestones."""

    code: Code
    name: str
    unit: Code
    status: Annotated[str, one_of(*Initiative.State.values)]
    percent_done: int
    milestones: list[MyMilestoneAnswer]


class MyPageAnswer(TypedDict):
    """What somebody owes today, and how what is theirs goes in a period."""

    person: Code | None
    name: str
    period: str
    frequency: Annotated[str, one_of(*Frequency)]
    is_stale: bool
    n_due: int
    due: Annotated[list[DueAnswer], Meta(description="The oldest first, 100 at most.")]
    kpis: Annotated[list[MyKpiAnswer], Meta(description="100 at most.")]
    n_more_kpis: int
    objectives: list[MyObjectiveAnswer]
    initiatives: list[MyInitiativeAnswer]


class MyPageView(OrganizationView):
    """My page."""

    scopes = {"get": ("measurements:read", "structure:read")}
    needs_all_scopes = True
    parameters = {"get": ("period",)}

    @described(MyPageAnswer)
    def get(self, request: Request, organization: str) -> Response:
        """What the token's maker owes, answers for and owns, with the ways up from there.

        Tokens that an operator made are nobody's: they get a 404.
        """
        if self.access.user is None:
            raise Problem("not_found", "This token belongs to nobody who could answer for a KPI.")
        return Response(my_page_answer(my_page(self.access, self.viewed_period(request))))


def my_page_answer(page: MyPage) -> MyPageAnswer:
    return {
        "person": page.person.code or None,
        "name": page.person.text,
        "period": page.period.label,
        "frequency": page.period.frequency,
        "is_stale": page.is_stale,
        "n_due": page.due.count,
        "due": [_due(line) for line in page.due.lines],
        "kpis": [_kpi(row) for row in page.kpis],
        "n_more_kpis": page.n_more_kpis,
        "objectives": [_objective(row) for row in page.objectives],
        "initiatives": [_initiative(each) for each in page.initiatives],
    }


def _due(line: DueLine) -> DueAnswer:
    return {
        "kpi": line.code,
        "unit": line.unit,
        "period": line.label,
        "due_on": line.due_on,
        "may_enter": not line.refusal,
    }


def _kpi(row: MyKpi) -> MyKpiAnswer:
    return {
        "code": row.code,
        "name": row.name,
        "unit": row.unit,
        "unit_of_measure": row.unit_of_measure,
        "value": row.actual.value,
        "target": row.target.value,
        "trend": list(row.trend.values),
        "marks": list(row.marks),
        **score_answer(row.score),
        **_ways(row.up),
    }


def _objective(row: MyObjective) -> MyObjectiveAnswer:
    return {
        "code": row.code,
        "name": row.name,
        "unit": row.unit,
        **score_answer(row.score),
        **_ways(row.up),
    }


def _ways(up: Ways) -> WaysAnswer:
    ways: list[WayAnswer] = [
        {"reaches_top": not way.end, "steps": [_step(step) for step in way.steps]}
        for way in up.ways
    ]
    return {"ways": ways, "n_more_ways": up.n_more}


def _step(step: Step) -> StepUpAnswer:
    return {
        "kind": step.kind,
        "how": step.how,
        "code": step.code or None,
        "name": step.name or None,
        "unit": step.unit or None,
        "score": score_answer(step.score) if step.score else None,
    }


def _initiative(each: MyInitiative) -> MyInitiativeAnswer:
    return {
        "code": each.line.code,
        "name": each.line.name,
        "unit": each.unit,
        "status": each.line.status,
        "percent_done": each.line.percent_done,
        "milestones": [
            {"name": m.name, "due_on": m.due_on, "is_late": m.state == "late"} for m in each.next
        ],
    }
