"""A board and the organization's overview, as frozen rows."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from scorecards.selectors.shapes import (
    Assessed,
    Figure,
    Link,
    PeriodChoice,
    Polyline,
    SaidLine,
    Score,
    Trend,
)


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
    href: str = ""
    planned: Decimal | None = None
    spent: Decimal | None = None
    currency: str = ""
    n_served: int = 0  # objectives that share its cost; 0 where a report does not say


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
    signal: str = ""  # better, worse, other: the newest value speaks of a change; "" where not
    signal_text: str = ""  # why: "2026-09 lies below what chance explains (41 to 59 min)"


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
    said: SaidLine | None = None


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

    @property
    def has_signals(self) -> bool:
        """Whether any row has a mark that the key must explain."""
        objectives = (each for band in self.perspectives for each in band.objectives)
        return any(row.signal for objective in objectives for row in objective.kpis)


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
