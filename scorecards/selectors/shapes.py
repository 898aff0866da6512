"""What several rooms show, as frozen rows: numbers raw for machines and formatted for people.

Here and in the rooms' own shapes, scores are floats 0-150 or None (missing), and shares (coverage,
weight shares) are 0-1 or None. `…_text` fields are ready to print, in the KPI's decimals and unit
of measure; "–" = missing.
"""

import datetime as dt
from dataclasses import dataclass


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
class EvidenceLine:
    """A file that shows what a sentence says."""

    name: str
    size_text: str  # "1.2 MB"
    sha256: str
    href: str = ""


@dataclass(frozen=True)
class SaidLine:
    """The sentence on an objective in one period."""

    text: str
    by: str
    at: dt.datetime
    at_text: str  # "2026-05-04 14:20", at the organization's place
    evidence: tuple[EvidenceLine, ...] = ()


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
class ScoredValue:
    """A value with its score, and what to say of both: "2026-03: 92.4 %, score 87.5"."""

    value: float
    score: float
    status: str
    text: str


@dataclass(frozen=True)
class Link:
    """A place to go: an objective, a unit, a person's page."""

    text: str
    href: str | None  # None where the reader may not go there
    detail: str = ""  # small print, e.g. "weight 20 %", "context only"
    unit: str = ""  # code of the unit that it leads to, where its reader must be asked for
    code: str = ""  # of the objective that it leads to


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
