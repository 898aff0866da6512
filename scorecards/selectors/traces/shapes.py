"""A trace, as frozen rows."""

from dataclasses import dataclass, field

from scorecards.selectors.shapes import Assessed, Figure, Polyline, SaidLine, Score


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
    is_signal: bool = False  # on the page of the KPI: whether the value speaks of a change


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

    @property
    def is_restated(self) -> bool:
        """Whether a value beneath was changed after its period was closed."""
        beneath = (*self.children, *(step for _, step in self.inputs))
        return any(part.restated for part in self.parts) or any(s.is_restated for s in beneath)


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
    said: SaidLine | None = None  # of an objective, what people say of it

    @property
    def assessed(self) -> Assessed | None:
        """What is said of the node; its children then give the computed score in there."""
        return self.score.assessed
