"""The forms in which the demonstration company is written down, and their small notations.

`how` of a KPI names its frequency, aggregation over time, direction and timing: "month mean higher
lead". Weights stand behind codes: "revenue 40, operating_margin 35". An objective of another
unit is written unit.objective: "corporate.right_first_time 20".
"""

import unicodedata
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

from calculations.aggregation import TimeRule
from calculations.periods import Frequency


@dataclass(frozen=True)
class UnitPlan:
    """A unit and the name of the person who leads it; an individual's unit is that person's."""

    code: str
    name: str
    kind: str
    parent: str | None
    lead: str


class Place(NamedTuple):
    """Where a KPI is measured: the level its values have there today, and their size.

    A unit without a level takes its values from those beneath it.
    """

    unit: str
    level: float | None
    scale: float


@dataclass(frozen=True)
class KPIPlan:
    """A KPI, where it is measured, what is wanted, and what its values look like.

    at: units with their level, an index as a score is (100 = on target): "plant 96, line_one 88
    x0.4", where x is the unit's size; a unit without a level sums or averages those beneath it, as
    `over` says. The figures of the target are this year's at size 1; `rise` is what red flag and
    target gained on the year before, quarter by quarter where `is_phased` or where `season` names a
    profile of the year. `spread` stands for the
    distance from red flag to target where there is no red flag. `moved_by` names the forces that
    move it (forces.py) with their pull; noise and drift are points of the index, by period and by
    year. A value that leaves its span does so above, or below where it errs low.

    rolls: the product itself makes the value of a unit from those beneath, as `over` says or by the
    formula, instead of taking recorded ones; weighted_by: a mean over units is weighted by that
    KPI. per: values are levels times those of that KPI at the same unit. wanted_at: the only units
    with a target of their own. grows: targets of later years are the first year's, rolled over
    with that factor.
    """

    code: str
    name: str
    unit_of_measure: str
    how: str
    description: str
    why_it_matters: str
    _: KW_ONLY
    at: str
    target: float | None = None
    red: float | None = None
    floor: float | None = None
    stretch: float | None = None
    baseline: float | None = None
    span: tuple[float, float, float, float] | None = None
    curve: tuple[tuple[float, float], ...] = ()
    rise: float = 0.0
    spread: float = 1.0
    has_target: bool = True
    kind: str = "number"
    grades: tuple[tuple[str, float], ...] = ()
    decimals: int = 0
    low: float | None = None
    high: float | None = None
    grace: int = 8
    season: str = ""
    is_phased: bool = False
    moved_by: str = ""
    noise: float = 6.0
    drift: float = 2.0
    over: str = ""
    errs_low: bool = False
    rolls: bool = False
    weighted_by: str = ""
    formula: str = ""
    is_input: bool = False
    carry: int = 0
    per: str = ""
    wanted_at: str = ""
    grows: float = 1.0

    @property
    def frequency(self) -> Frequency:
        return Frequency(self.how.split()[0])

    @property
    def time_rule(self) -> TimeRule:
        return TimeRule(self.how.split()[1])

    @property
    def direction(self) -> str:
        return self.how.split()[2]

    @property
    def unit_rule(self) -> str:
        if not self.rolls:
            return "own"
        return "formula" if self.formula else self.over

    @property
    def follows(self) -> bool:
        """Whether its definition names other KPIs."""
        return bool(self.formula or self.weighted_by)

    @property
    def sign(self) -> int:
        return {"higher": 1, "lower": -1, "range": 0}[self.direction]

    @property
    def timing(self) -> str:
        return self.how.split()[3]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(_place(words.split()) for words in self.at.split(","))

    @property
    def pulls(self) -> dict[str, float]:
        return weights(self.moved_by)


@dataclass(frozen=True)
class ObjectivePlan:
    """An objective with its KPIs and the objectives above that it supports (weight 0: context)."""

    code: str
    name: str
    description: str
    kpis: str
    supports: str = ""
    _: KW_ONLY
    perspective: str
    weight: float = 1.0
    owner: str = ""
    theme: str = ""
    rule: str = "weighted_mean"
    is_capped: bool = False


@dataclass(frozen=True)
class ScorecardPlan:
    """The scorecard of a unit: "financial 30, customer 25, …" and its objectives."""

    unit: str
    perspectives: str
    objectives: tuple[ObjectivePlan, ...]
    was: str = ""  # the perspectives' weights before the latest edition
    is_capped: bool = False


@dataclass(frozen=True)
class HypothesisPlan:
    """A link of the strategy map between two objectives; months: least and most until the effect.

    The KPIs, where named, are compared instead of the objectives' scores.
    """

    cause: str
    effect: str
    strength: int
    months: tuple[int, int]
    _: KW_ONLY
    is_inverse: bool = False
    cause_kpi: str = ""
    effect_kpi: str = ""
    note: str = ""


@dataclass(frozen=True)
class InitiativePlan:
    """An initiative; dates are months from today's, milestones (name, due, done or None)."""

    code: str
    name: str
    description: str
    unit: str
    owner: str
    serves: str
    _: KW_ONLY
    status: str
    starts: int
    ends: int
    percent: int
    planned: float
    spent: float
    milestones: tuple[tuple[str, int, int | None], ...]


def weights(text: str) -> dict[str, float]:
    """Codes with their weights, 1 where none is written.

    >>> weights("revenue 40, margin")
    {'revenue': 40.0, 'margin': 1.0}
    """
    pairs = (item.split() for item in text.split(",") if item.strip())
    return {code: float(rest[0]) if rest else 1.0 for code, *rest in pairs}


def person_code(name: str) -> str:
    """The code of a person.

    >>> person_code("Ruairí Brennan")
    'ruairi_brennan'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace("-", "_").replace("'", "").replace(" ", "_")


def _place(words: list[str]) -> Place:
    unit, *rest = words
    levels = [float(word) for word in rest if not word.startswith("x")]
    scales = [float(word[1:]) for word in rest if word.startswith("x")]
    return Place(unit, levels[0] if levels else None, scales[0] if scales else 1.0)
