"""What the API answers, as types: they check the functions that make it and become its schema."""

import datetime as dt
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from calculations.scoring import STATUS_NAMES

from .schema.parameters import CODE


def one_of(*values: str) -> Meta:
    """A text that is one of these."""
    return Meta(extra_json_schema={"enum": list(values)})


Code = Annotated[str, Meta(pattern=CODE["pattern"], examples=["revenue"])]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Status = Annotated[str, one_of(*STATUS_NAMES)]
Share = Annotated[float, Meta(description="A share from 0 to 1.", ge=0, le=1)]
Points = Annotated[
    float, Meta(description="0 to 150: 50 is the red flag, 100 the target.", ge=0, le=150)
]


# --- Values


class RowProblem(TypedDict):
    """A part of a body that is refused."""

    pointer: Annotated[str, Meta(description="JSON pointer into the body.", examples=["/2/value"])]
    code: str
    detail: str


class PushAnswer(TypedDict):
    """What became of pushed values."""

    created: int
    updated: int
    unchanged: int
    rejected: list[RowProblem]


class MeasurementAnswer(TypedDict):
    """A value as it stands, or stood."""

    kpi: Code
    unit: Code
    period: str
    value: float
    note: str
    recorded_at: dt.datetime
    recorded_by: str


# --- Scores


class CountsAnswer(TypedDict):
    """Statuses of the KPIs beneath."""

    on_target: int
    below_target: int
    critical: int
    no_data: int
    insufficient_data: int


class PlainScore(TypedDict):
    """A score with its status and its coverage."""

    score: Points | None
    status: Status
    coverage: Share | None


class ComputedScore(TypedDict):
    """What an assessment replaces."""

    score: Points | None
    status: Status


class AssessedAnswer(TypedDict):
    """What a manager said of a score."""

    status: Status
    reason: str
    by: str
    at: Moment
    computed: ComputedScore


class ScoreAnswer(PlainScore):
    """A score with what stands beside it; KPIs have no counts."""

    counts: NotRequired[CountsAnswer]
    restated: NotRequired[PlainScore]
    assessed: NotRequired[AssessedAnswer]


# --- Scorecards


class EvidenceAnswer(TypedDict):
    """A file that shows what a sentence says."""

    name: str
    sha256: str


class SaidAnswer(TypedDict):
    """What somebody said of an objective."""

    text: str
    by: str
    at: Moment
    evidence: list[EvidenceAnswer]


class SignalAnswer(TypedDict):
    """That a newest value differs by more than chance explains, and whether for the better."""

    tone: Annotated[str, one_of("better", "worse", "other")]
    text: str


class KpiRowAnswer(ScoreAnswer):
    """A KPI on a scorecard."""

    code: Code
    name: str
    unit_of_measure: str
    direction: str
    timing: str
    owner: str
    weight: float
    weight_share: float
    value: float | None
    target: float | None
    variance: float | None
    last_year: float | None
    year_to_date: float | None
    restated_value: NotRequired[float | None]
    restated_target: NotRequired[float | None]
    signal: NotRequired[SignalAnswer]
    marks: list[str]


class ObjectiveAnswer(ScoreAnswer):
    """An objective on a scorecard."""

    code: Code
    name: str
    owner: str
    theme: str
    said: NotRequired[SaidAnswer]
    kpis: list[KpiRowAnswer]


class PerspectiveAnswer(ScoreAnswer):
    """A perspective of a scorecard."""

    code: Code
    name: str
    objectives: list[ObjectiveAnswer]


class RestatementAnswer(TypedDict):
    """What was changed after its period was closed."""

    kpi: Code
    unit: Code
    period: str
    subject: str
    before: str
    after: str
    reason: str
    by: str
    at: Moment


class ClosedAnswer(TypedDict):
    """Who closed a period, when and where, and what was restated since."""

    by: str
    at: Moment
    note: str
    unit: str
    period: str
    figures: Annotated[str, one_of("current", "reported")]
    restatements: list[RestatementAnswer]


class BoardAnswer(ScoreAnswer):
    """A scorecard in one period, down to its KPIs."""

    unit: Code
    unit_name: str
    name: str
    period: str
    frequency: str
    structure_since: str
    is_stale: bool
    perspectives: list[PerspectiveAnswer]


class ScorecardAnswer(BoardAnswer):
    """A scorecard as it is answered: of a moment, of a closed period, with its explanation."""

    as_of: Moment | None
    closed: ClosedAnswer | None
    trace: NotRequired["TraceAnswer | None"]


# --- Explanations


class PartAnswer(TypedDict):
    """A raw value, or a gap."""

    period: str
    value: float | None
    target: float | None
    state: Annotated[str, one_of("known", "carried", "left_out", "missing", "not_yet_due")]
    recorded: str
    due: str
    note: str


class StepAnswer(TypedDict):
    """How a value came about; what it has beyond the first depends on its kind."""

    kind: Annotated[str, one_of("measured", "rolled_up", "computed", "hidden")]
    kpi: str
    unit: str
    value: float | None
    weight: float
    known: int
    due: int
    is_carried: bool
    sentence: str
    rule: NotRequired[str]
    parts: NotRequired[list[PartAnswer]]
    children: NotRequired[list["StepAnswer"]]
    formula: NotRequired[str]
    filled_in: NotRequired[str]
    inputs: NotRequired[dict[str, "StepAnswer"]]


class KpiFacts(TypedDict):
    """What the explanation of a KPI's score says more."""

    unit_of_measure: str
    value: float | None
    target: float | None
    target_source: str
    polyline: list[list[float]]
    step: StepAnswer | None


class TraceAnswer(ScoreAnswer):
    """A node of the explanation of a score: from it alone the score can be computed again."""

    kind: Annotated[
        str, one_of("scorecard", "perspective", "objective", "kpi", "contribution", "hidden")
    ]
    code: str
    name: str
    weight: float | None
    weight_share: float | None
    effective_share: float | None
    sentence: str
    marks: list[str]
    rule: NotRequired[str]
    is_capped: NotRequired[bool]
    children: NotRequired[list["TraceAnswer"]]
    unit_of_measure: NotRequired[str]
    value: NotRequired[float | None]
    target: NotRequired[float | None]
    target_source: NotRequired[str]
    polyline: NotRequired[list[list[float]]]
    step: NotRequired[StepAnswer | None]


# --- Charts


class FigureAnswer(TypedDict):
    """A figure for Plotly: see https://plotly.com/javascript/reference/."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]
