"""What pages and the API show, as frozen rows: numbers raw for machines and formatted for people.

Scores are floats 0-150 or None (missing); shares (coverage, weight shares) are 0-1 or None.
`…_text` fields are ready to print, in the KPI's decimals and unit of measure; "–" = missing.
"""

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Counts:
    """Statuses of the scorecard's KPIs beneath a rolled-up score."""

    on_target: int = 0
    below_target: int = 0
    critical: int = 0
    no_data: int = 0
    insufficient_data: int = 0


@dataclass(frozen=True)
class Score:
    """A score with what always stands beside it."""

    value: float | None
    text: str  # "90.3"; "–" where missing
    status: str  # critical, below_target, on_target, no_data, insufficient_data
    coverage: float | None
    coverage_text: str  # "98 %"; "–" where nothing is due
    counts: Counts | None = None  # None at a KPI
    restated: "Score | None" = None  # of a closed period: what stands now, where it differs
    assessed: "Assessed | None" = None


@dataclass(frozen=True)
class Assessed:
    """What a manager said of a node in one period, and the computed score that it replaces."""

    status: str  # critical, below_target, on_target
    reason: str
    by: str
    at: dt.datetime
    at_text: str  # "2026-05-04 14:20", at the organization's place
    computed: Score


@dataclass(frozen=True)
class Trend:
    """Consecutive periods, oldest first, for a sparkline; None = a gap. targets may be empty."""

    values: tuple[float | None, ...]
    targets: tuple[float | None, ...] = ()
    status: str = "no_data"  # of the last point
    label: str = ""  # "12 quarters to 2026-Q3: from 41 to 47 % (target 46 %)", for screen readers


@dataclass(frozen=True)
class Figure:
    """A number of a KPI: raw and as people read it."""

    value: float | None
    text: str  # "47.2", without the unit of measure
    restated: "Figure | None" = None  # of a closed period: what stands now, where it differs


@dataclass(frozen=True)
class Polyline:
    """The score of every value: (value, score) corners in ascending value. Empty: no target."""

    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Link:
    """A place to go: an objective, a unit, a person's page."""

    text: str
    href: str | None  # None where the reader may not go there
    detail: str = ""  # small print, e.g. "weight 20 %", "context only"
    unit: str = ""  # code of the unit that it leads to, where its reader must be asked for
    code: str = ""  # of the objective that it leads to


@dataclass(frozen=True)
class MilestoneLine:
    name: str
    due_on: dt.date
    done_on: dt.date | None
    is_late: bool


@dataclass(frozen=True)
class InitiativeChip:
    code: str
    name: str
    owner: str
    status: str  # planned, running, done, stopped
    percent_done: int
    dates_text: str
    budget_text: str
    is_late: bool
    is_overspent: bool
    milestones: tuple[MilestoneLine, ...] = ()
    unit: str = ""  # code of the unit whose initiative it is


@dataclass(frozen=True)
class KpiRow:
    code: str
    name: str
    href: str
    timing: str  # lead, lag
    direction: str  # higher, lower, range
    unit_of_measure: str
    weight: float
    weight_share: float  # of its objective's pool
    weight_text: str  # "25 %"
    trend: Trend
    actual: Figure
    target: Figure
    variance: Figure  # actual minus target, signed, e.g. "+1.2", "−8.8"
    last_year: Figure  # same period last year
    year_to_date: Figure
    polyline: Polyline  # of the viewed period, for the bullet
    score: Score
    change: str  # up, down, flat, or "" where either period is missing
    change_text: str  # "+1.3 since 2026-Q2"
    is_improvement: bool | None
    owner: str
    age_text: str  # "3 d" since the newest value was recorded; "" where none
    recorded_text: str  # "recorded 2026-10-03 14:20 by Jonas Weber"
    marks: tuple[str, ...] = ()  # "2 of 3 months", "not yet due", "no target", "corrected"
    trace_href: str = ""
    recorded_on: str = ""  # "2026-10-03": the day on which the newest value was recorded


@dataclass(frozen=True)
class ObjectiveRow:
    code: str
    name: str
    description: str
    weight_text: str
    score: Score
    rule_text: str  # "weighted mean", "worst", …, ", capped at 100"
    owner: str
    theme: str
    supports: tuple[Link, ...]
    supported_by: tuple[Link, ...]
    initiatives: tuple[InitiativeChip, ...]
    kpis: tuple[KpiRow, ...]
    trace_href: str = ""


@dataclass(frozen=True)
class PerspectiveBand:
    code: str
    name: str
    weight_text: str
    score: Score
    rule_text: str
    objectives: tuple[ObjectiveRow, ...]
    trace_href: str = ""


@dataclass(frozen=True)
class PeriodChoice:
    """The period picker; hrefs keep everything else in the address."""

    label: str
    frequency: str
    previous_href: str | None
    next_href: str | None
    frequencies: tuple[Link, ...]  # detail="current" on the viewed one
    recent: tuple[Link, ...]  # the latest periods of this frequency, newest first
    is_current: bool  # the period is not over yet
    as_of: str = ""  # the moment that the address asks for, as it says it; "" = now
    as_of_text: str = ""  # the same for people: "2026-03-31 23:59"
    now_href: str = ""  # the same page as it is now
    today: str = ""  # the latest day that can be asked for
    kept: tuple[tuple[str, str], ...] = ()  # what else the address says, for the form of the day


@dataclass(frozen=True)
class AssessedLine:
    """An assessed node in the list at a board's foot."""

    node: str  # scorecard, perspective, objective, kpi
    code: str
    name: str
    assessed: Assessed
    trace_key: str
    trace_href: str


@dataclass(frozen=True)
class Board:
    """A scorecard for one period, as its page shows it."""

    unit_code: str
    unit_name: str
    scorecard_name: str
    breadcrumbs: tuple[Link, ...]
    period: PeriodChoice
    score: Score
    trend: Trend  # of the score, the last 12 periods
    structure_since: str  # label of the period in which the structure became valid
    rule_text: str
    perspectives: tuple[PerspectiveBand, ...]
    footnotes: tuple[str, ...]
    is_stale: bool  # values changed that are not in the scores yet
    refreshed_text: str
    trace_href: str = ""
    assessments: tuple[AssessedLine, ...] = ()  # the scorecard first, then as on the board


@dataclass(frozen=True)
class TracePart:
    """A raw value (or a gap) beneath a KPI's score."""

    period_label: str
    value: Figure
    target: Figure
    state: str  # known, carried, left_out, missing, not_yet_due
    recorded_text: str
    note: str = ""
    due_text: str = ""  # "overdue since 2026-04-11", "due by 2026-05-10"; "" where known
    restated: str = ""  # of a closed period: why, when and by whom its value was changed after all
    edit_href: str = ""  # the form with this value, for those who may change it


@dataclass(frozen=True)
class ValueStep:
    """How a KPI's value at a unit came about; computing it again from here gives the same.

    kind: measured (aggregate the parts by the rule), rolled_up (sum or mean of the children that
    count), computed (put the inputs' values into the formula), hidden (units that the reader may
    not see, as one).
    """

    kind: str
    code: str
    name: str
    unit_code: str
    unit_name: str
    value: Figure
    unit_of_measure: str
    rule: str  # sum, mean, last, min, max
    sentence: str
    known: int
    due: int
    is_carried: bool = False
    weight: float = 1.0  # in the value above: 0 = left out
    href: str | None = None
    parts: tuple[TracePart, ...] = ()
    children: tuple["ValueStep", ...] = ()
    formula: str = ""
    filled_in: str = ""  # the formula with its numbers
    inputs: tuple[tuple[str, "ValueStep"], ...] = ()  # by how the formula names them


@dataclass(frozen=True)
class TraceNode:
    """One node of the explanation of a score; recomputing from it alone gives the same score."""

    kind: str  # scorecard, perspective, objective, kpi, contribution, hidden
    code: str
    name: str
    href: str | None
    score: Score
    weight: float | None  # None at the top
    weight_share: float | None
    effective_share: float | None  # its share of the score above; None or 0 where left out
    rule: str = ""  # weighted_mean, worst, best, most_frequent; "" at a KPI
    is_capped: bool = False
    sentence: str = ""  # "Weighted mean of 3 of 4 objectives; 85 % of weight measured."
    actual: Figure | None = None
    target: Figure | None = None
    target_source: str = ""  # "own, valid from 2026-01", "from EMEA, valid from 2026-01"
    step: ValueStep | None = None  # how the actual came about, at a KPI
    polyline: Polyline = field(default_factory=Polyline)
    marks: tuple[str, ...] = ()
    children: tuple["TraceNode", ...] = ()
    unit_of_measure: str = ""  # of actual and target, at a KPI
    unit: str = ""  # code of the unit of a contribution

    @property
    def assessed(self) -> Assessed | None:
        """What is said of the node; its children then give the computed score in there."""
        return self.score.assessed


@dataclass(frozen=True)
class UnitLine:
    """A unit in the organization's tree with its scorecard's score."""

    code: str
    name: str
    kind: str
    depth: int  # 0 = corporate
    href: str | None  # its board; None where it has no scorecard
    score: Score | None  # None where it has no scorecard
    trend: Trend | None
    is_stale: bool = False
    is_closed: bool = False  # the score is the reported one


@dataclass(frozen=True)
class OrganizationOverview:
    name: str
    mission: str
    vision: str
    values: str
    period: PeriodChoice
    units: tuple[UnitLine, ...]  # depth first


@dataclass(frozen=True)
class KpiUse:
    """Where a KPI is used: a unit that measures it, and the objective it serves there."""

    unit: Link
    objectives: tuple[Link, ...]
    responsible: str
    actual: Figure
    target: Figure
    score: Score
    trend: Trend
    is_selected: bool


@dataclass(frozen=True)
class ValueForm:
    """The form of one value. standing: who recorded it; follows: why none is recorded here."""

    action: str
    kpi_href: str
    unit_code: str
    viewed: str
    unit_of_measure: str
    periods: tuple[tuple[str, str], ...]  # ("2026-03", "90"), ("2026-02", "missing"), …
    period: str
    value: str
    shown_value: str  # as it is stored
    choices: tuple[str, ...]  # of a value that is no number
    note: str
    shown_note: str
    reason: str
    closed: str  # "2026-Q1 was closed at EMEA on 2026-04-20 by Alice"; "" while open
    may_restate: bool
    may_take_back: bool
    standing: str
    problems: dict[str, str]
    follows: str
    edit_hrefs: dict[str, str]  # by the period's label


@dataclass(frozen=True)
class KpiPage:
    code: str
    name: str
    description: str
    why_it_matters: str
    facts: tuple[tuple[str, str], ...]  # ("Frequency", "monthly, 10 days of grace"), …
    owner: str
    unit_of_measure: str
    breadcrumbs: tuple[Link, ...]
    unit_code: str
    unit_name: str
    headline: str  # the finding: "Below red flag since 2026-03"
    score: Score
    actual: Figure
    target: Figure
    period_label: str
    polyline: Polyline
    marks: tuple[str, ...]
    step: ValueStep  # how the actual came about
    chart_url: str  # of the Plotly figure, for charts.js
    rows: tuple[TracePart, ...]  # the table beside the chart, newest first
    uses: tuple[KpiUse, ...]
    push_command: str  # the curl line
    period: PeriodChoice
    value_form: ValueForm | None = None


@dataclass(frozen=True)
class KpiLine:
    """A KPI in the library's list."""

    code: str
    name: str
    href: str | None  # None where it is measured nowhere that the reader sees
    timing: str
    frequency: str
    direction_text: str
    unit_of_measure: str
    owner: str
    units_text: str  # "7 units", or the one unit's name
    uses: int
