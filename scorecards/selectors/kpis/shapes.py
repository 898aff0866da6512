"""A KPI's page, its line in the list and the form of its values, as frozen rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scorecards.selectors.shapes import Figure, Link, PeriodChoice, Polyline, Score, Trend
from scorecards.selectors.traces.shapes import TracePart, ValueStep

if TYPE_CHECKING:
    from .places import PlacesTold
    from .signal_panel import SignalPanel


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
    progress: str  # "62 % of the way from 40 to 90"; "" without a baseline
    period_label: str
    polyline: Polyline
    marks: tuple[str, ...]
    step: ValueStep  # how the actual came about
    chart_url: str  # of the Plotly figure, for charts.js
    rows: tuple[TracePart, ...]  # the table beside the chart, newest first
    places: "PlacesTold"
    push_command: str  # the curl line
    target_href: str  # the target of the viewed period
    period: PeriodChoice
    panel: "SignalPanel"
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
    questions_text: str  # "5 of 7"
    is_input: bool
