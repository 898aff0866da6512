"""A heat map as frozen rows."""

from dataclasses import dataclass

from scorecards.selectors.shapes import Figure, Score, Trend

PERSPECTIVES, OBJECTIVES, KPI = "perspectives", "objectives", "kpi"
LEVEL, ALL = "level", "all"
LENGTH = 100  # units on a page


@dataclass(frozen=True)
class HeatColumn:
    """A perspective, or an objective of the unit that the map is of.

    key: what a sort order calls it; band: the perspective of an objective.
    """

    key: str  # "perspective:financial"
    code: str
    name: str
    band: str = ""


@dataclass(frozen=True)
class HeatCell:
    """A score that a unit has beneath a column. name: what it calls it there.

    n_others: further objectives of the unit that serve the column's, none of which scores lower.
    """

    name: str
    score: Score
    href: str
    n_others: int = 0


@dataclass(frozen=True)
class HeatFigures:
    """A KPI at a unit. change: up, down, flat or "" where there is nothing to compare with."""

    actual: Figure
    target: Figure
    score: Score
    change: str
    change_text: str  # "+1.2 since 2026-Q1"
    change_value: float | None
    difference_text: str  # "+1.2"
    is_improvement: bool | None
    trend: Trend
    href: str  # why: its trace on the board, or the KPI's page
    has_own_scale: bool = False  # it sums up the others

    @property
    def cell(self) -> HeatCell:
        """Its score as a cell."""
        return HeatCell("", self.score, self.href)


@dataclass(frozen=True)
class HeatRow:
    """A unit. depth: beneath the one that the map is of, which has none.

    score: of its whole scorecard, None where it has none; cells: by column, None where it has
    nothing there; figures: of the KPI.
    """

    code: str
    name: str
    kind: str
    depth: int
    upper: str  # code of the unit directly above
    line_text: str  # the units above it, from that of the map down: "Europe › Sales"
    href: str  # its board, or the KPI's page; "" where there is none
    n_beneath: int  # units directly beneath that the reader sees
    score: HeatCell | None = None
    cells: tuple[HeatCell | None, ...] = ()
    figures: HeatFigures | None = None
    is_closed: bool = False
    is_stale: bool = False


@dataclass(frozen=True)
class HeatKpi:
    """The KPI of a map, and the ends of the scale that all of its trends share."""

    code: str
    name: str
    unit_of_measure: str
    low: float | None
    high: float | None
    low_text: str
    high_text: str
    has_targets: bool
    before_label: str  # of the period that changes are told from


@dataclass(frozen=True)
class HeatMap:
    """Units against what `of` names: perspectives, objectives, or the code of a KPI.

    sort: the key of a column ("perspective:financial"), or name, score, and of a KPI value and
    change; "-" before it for downwards, "" for the order of the tree. The unit itself stays first.
    """

    of: str
    kind: str  # perspectives, objectives, kpi
    unit_code: str
    unit_name: str
    scope: str  # level: the unit and those directly beneath; all: everything beneath
    period_label: str
    frequency: str
    sort: str
    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    n_units: int  # of how many
    page: int
    n_pages: int
    has_more: bool = False  # units behind this page
    n_columns_left_out: int = 0
    kpi: HeatKpi | None = None

    @property
    def is_tree(self) -> bool:
        """Whether each unit stands beneath the one above it, so that their order tells the tree."""
        shown = {row.code for row in self.rows}
        return not self.sort and all(row.depth < 2 or row.upper in shown for row in self.rows)

    @property
    def is_stale(self) -> bool:
        """Scores are being computed."""
        return any(row.is_stale for row in self.rows)
