"""The chart of a KPI as anybody may read it: no names of people, no ways in, no small counts."""

from dataclasses import dataclass, replace

import numpy as np

from calculations.figures import Figures
from calculations.periods import Frequency
from kpis.models import Assignment
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.charts import Figure as PlotlyFigure
from scorecards.charts import kpi_figure
from scorecards.models import PublicLink
from scorecards.selectors.boards.kpi_rows import cell_view
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.kpis.history import (
    History,
    chart_series,
    headline,
    kpi_history,
    own_periods,
)
from scorecards.selectors.kpis.pages import FEW_PERIODS, MANY_UNITS
from scorecards.selectors.shapes import Figure, Score

from .countable import is_count
from .links import anybody
from .small_counts import Hidden, hidden_figures, said_of_hidden

NO_FINDING = "Actual against target"


@dataclass(frozen=True)
class PublicValue:
    """A KPI in one of its periods; said: what stands in the place of a hidden value."""

    period: str
    actual: Figure
    target: Figure
    score: Score
    is_hidden: bool
    said: str


@dataclass(frozen=True)
class PublicChart:
    """rows: newest first. figure: for charts.js. has_hidden: whether anything is hidden."""

    organization: str
    unit: str
    kpi: str
    unit_of_measure: str
    period: str
    headline: str
    latest: PublicValue | None
    rows: tuple[PublicValue, ...]
    figure: PlotlyFigure
    file_name: str
    n_periods: int
    frequency: str
    smallest: int
    has_hidden: bool


def public_chart(link: PublicLink) -> PublicChart | None:
    """What the link shows now; None where the KPI is not measured there any more."""
    access = anybody(link)
    node = access.tree.by_id.get(link.unit_id)
    assignment = _assignment(link)
    if node is None or node.is_individual or assignment is None:
        return None
    history = _history(access, node, assignment, link)
    hidden = _hidden(history, link.smallest)
    shown = replace(history, figures=_without(history.figures, hidden, assignment))
    rows = tuple(
        _row(access, history, shown, hidden, at, link.smallest) for at in range(len(hidden))
    )
    known = [at for at, row in enumerate(rows) if row.is_hidden or row.actual.value is not None]
    finding = headline(shown) if known and not hidden[known[-1]] else NO_FINDING
    series = replace(chart_series(shown, node.name), headline=finding)
    kpi = assignment.kpi
    return PublicChart(
        organization=access.organization.name,
        unit=node.name,
        kpi=kpi.name,
        unit_of_measure=kpi.unit_of_measure,
        period=history.labels[-1],
        headline=finding,
        latest=rows[known[-1]] if known else None,
        rows=tuple(reversed(rows[known[0] :])) if known else (),
        figure=kpi_figure(series),
        file_name=f"{kpi.code}-{node.code}",
        n_periods=len(rows),
        frequency=PLURALS[Frequency(kpi.frequency)],
        smallest=link.smallest,
        has_hidden=bool(hidden.any()),
    )


def _assignment(link: PublicLink) -> Assignment | None:
    """Where the KPI is measured, if both are still there."""
    measured = Assignment.objects.live().filter(kpi_id=link.kpi_id, kpi__deleted_at=None)
    found: Assignment | None = measured.filter(unit_id=link.unit_id).select_related("kpi").first()
    if found is not None:
        found.kpi.organization = link.organization
    return found


def _history(access: Access, node: UnitNode, assignment: Assignment, link: PublicLink) -> History:
    """Its own periods up to the link's; fewer where very many units go into each."""
    organization, kpi = access.organization, assignment.kpi
    last, first = link.period(organization.today()), None
    if kpi.is_rolled_up and len(list(access.tree.beneath(node.id))) > MANY_UNITS:
        first = organization.calendar.shift(last, 1 - FEW_PERIODS)
    periods = own_periods(organization, Frequency(kpi.frequency), first, last)
    return kpi_history(organization, assignment, periods)


def _hidden(history: History, smallest: int) -> Hidden:
    """By period, whether its value is a small count or tells one."""
    if not smallest:
        return np.zeros(len(history.periods), dtype=bool)
    assignment = history.assignment
    found = hidden_figures(history.facts, history.figures, smallest)
    return found[assignment.kpi_id, assignment.unit_id]


def _without(figures: Figures, hidden: Hidden, assignment: Assignment) -> Figures:
    """The figures as if nothing had been recorded where they are hidden.

    Targets stay, unless they may be those of units beneath, combined with what is hidden.
    """
    away = hidden[np.newaxis, :]
    left = replace(
        figures,
        values=np.where(away, np.nan, figures.values),
        scores=np.where(away, np.nan, figures.scores),
        coverage=np.where(away, np.nan, figures.coverage),
        known=np.where(away, 0, figures.known),
        due=np.where(away, 0, figures.due),
    )
    if assignment.kpi.weighting_id is None:
        return left
    far = away[..., np.newaxis]
    return replace(
        left,
        points=np.where(far, np.nan, figures.points),
        x=np.where(far, np.nan, figures.x),
        y=np.where(far, np.nan, figures.y),
    )


def _row(
    access: Access, history: History, shown: History, hidden: Hidden, at: int, smallest: int
) -> PublicValue:
    cell = cell_view(access.organization, shown.facts, shown.figures, 0, at)
    is_hidden = bool(hidden[at])
    said = ""
    if is_hidden:
        value = float(history.figures.values[0, at])
        said = said_of_hidden(value, smallest, counts=is_count(history.assignment.kpi))
    return PublicValue(history.labels[at], cell.actual, cell.target, cell.score, is_hidden, said)
