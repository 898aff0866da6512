"""The page of a person, as frozen rows."""

from dataclasses import dataclass

from scorecards.selectors.initiatives.lines import InitiativeLine, MilestoneLine
from scorecards.selectors.shapes import Figure, Link, PeriodChoice, Score, Trend

MOST_DUE = 5


@dataclass(frozen=True)
class Step:
    """One step of a way up. kind: objective, kpi, or hidden: what the reader may not see.

    how: what the thing before has to do with it: "counts in", "supports", "feeds", "rolls up to".
    """

    kind: str
    how: str
    code: str = ""
    name: str = ""
    unit: str = ""  # code
    unit_name: str = ""
    score: Score | None = None
    href: str | None = None


@dataclass(frozen=True)
class Way:
    """From something up to the corporate scorecard; end: why it ends before that, "" = it does not.

    Its first step is what the thing itself counts in.
    """

    steps: tuple[Step, ...]
    end: str


@dataclass(frozen=True)
class Ways:
    """The best ways up, and how many there are besides; nothing: why there is none."""

    ways: tuple[Way, ...]
    n_more: int
    nothing: str


@dataclass(frozen=True)
class MyKpi:
    code: str
    name: str
    href: str
    unit: str
    unit_name: str
    unit_of_measure: str
    trend: Trend
    actual: Figure
    target: Figure
    score: Score
    change: str  # up, down, flat, or ""
    change_text: str
    is_improvement: bool | None
    marks: tuple[str, ...]
    signal: str
    signal_text: str
    trace_href: str  # "" where no scorecard counts it
    up: Ways


@dataclass(frozen=True)
class MyObjective:
    code: str
    name: str
    unit: str
    unit_name: str
    score: Score
    href: str
    up: Ways


@dataclass(frozen=True)
class MyInitiative:
    """next: the milestones that are not done yet, the first ones."""

    line: InitiativeLine
    unit: str
    next: tuple[MilestoneLine, ...]
    n_more: int


@dataclass(frozen=True)
class DueLine:
    """A value that the reader owes. refusal: why they may not enter it, with "" in href."""

    code: str
    name: str
    kpi_href: str
    unit: str
    unit_name: str
    label: str  # "2026-03"
    due_on: str  # ISO date
    since: str  # "5 Oct"
    is_overdue: bool  # for more than a week
    href: str  # of the field in the unit's grid
    refusal: str


@dataclass(frozen=True)
class MyDue:
    """What the reader owes, the oldest first; next: what will be, where nothing is."""

    lines: tuple[DueLine, ...]
    count: int
    text: str
    next: str

    @property
    def first(self) -> tuple[DueLine, ...]:
        """What the page shows of them."""
        return self.lines[:MOST_DUE]

    @property
    def n_more(self) -> int:
        return self.count - len(self.first)


@dataclass(frozen=True)
class MyPage:
    person: Link
    period: PeriodChoice
    due: MyDue
    kpis: tuple[MyKpi, ...]
    n_more_kpis: int
    objectives: tuple[MyObjective, ...]
    initiatives: tuple[MyInitiative, ...]
    ask: tuple[str, ...]  # whom to ask where nothing is the reader's yet
    may_assign: bool  # whether the reader may make somebody responsible
    may_record: bool
    is_stale: bool

    @property
    def has_any(self) -> bool:
        return bool(self.kpis or self.objectives or self.initiatives or self.due.count)

    @property
    def has_signals(self) -> bool:
        return any(kpi.signal for kpi in self.kpis)
