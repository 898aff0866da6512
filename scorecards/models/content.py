"""What an edition holds: a scorecard's structure, packed. The JSON in the database has this form.

Ids point at KPIs and scorecards, which are never truly deleted; names and weights are those that
held when the edition was published.
"""

import msgspec

from calculations.rollup import RollUpRule


class KpiLink(msgspec.Struct, frozen=True):
    """A KPI that tells how the objective goes, measured at the scorecard's unit."""

    kpi: int
    code: str
    weight: float


class Contribution(msgspec.Struct, frozen=True):
    """An objective of another scorecard that supports, or is supported by, this one."""

    scorecard: int
    objective: str
    weight: float


class ObjectiveNode(msgspec.Struct, frozen=True):
    code: str
    name: str
    weight: float
    rule: RollUpRule
    is_capped: bool
    description: str = ""
    owner: str = ""
    theme: str = ""
    kpis: tuple[KpiLink, ...] = ()
    contributions: tuple[Contribution, ...] = ()  # from beneath, weight > 0: they are scored
    supported_by: tuple[Contribution, ...] = ()  # from beneath, weight 0: context only
    supports: tuple[Contribution, ...] = ()  # above


class PerspectiveNode(msgspec.Struct, frozen=True):
    code: str
    name: str
    weight: float
    rule: RollUpRule
    is_capped: bool
    objectives: tuple[ObjectiveNode, ...] = ()


class EditionContent(msgspec.Struct, frozen=True):
    """A whole scorecard."""

    name: str
    rule: RollUpRule
    is_capped: bool
    perspectives: tuple[PerspectiveNode, ...] = ()
