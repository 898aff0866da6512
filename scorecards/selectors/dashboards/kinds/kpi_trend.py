"""A KPI at a unit through its own periods."""

import math

from calculations.periods import Frequency
from calculations.scoring import STATUS_NAMES
from scorecards.charts import kpi_figure
from scorecards.links import kpi_href
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.formats import number_text, target_figure
from scorecards.selectors.kpis.history import History, kpi_history, own_periods
from scorecards.selectors.kpis.pages import visible_assignments
from scorecards.selectors.kpis.told import told, told_series

from .about import About, Kind, status_text


def _tell(about: About) -> Told:
    kpi, unit = about.kpi, about.unit
    title = about.title
    found = visible_assignments(about.access, kpi, unit.code)
    if not found:
        return Told(title, missing=f"{kpi.name} is not measured at {unit.name}.")
    frequency = Frequency(kpi.frequency)
    periods = own_periods(about.organization, frequency, last=about.last(frequency))
    history = kpi_history(about.organization, found[0], periods)
    series = told_series(told(history), unit.name)
    return Told(
        title,
        finding=series.headline,
        table=_table(history),
        figure=kpi_figure(series),
        href=kpi_href(about.organization.code, kpi.code, unit.code, about.viewing.label),
    )


def _table(history: History) -> Table:
    """Newest first, from the first value on."""
    kpi, figures = history.assignment.kpi, history.figures
    unit = f" ({kpi.unit_of_measure})" if kpi.unit_of_measure else ""
    rows: list[tuple[str, ...]] = []
    for column, label in enumerate(history.labels):
        value = float(figures.values[0, column])
        target = target_figure(
            kpi,
            int(figures.kinds[0, column]),
            figures.points[0, column].tolist(),
            figures.x[0, column].tolist(),
            figures.y[0, column].tolist(),
        )
        status = STATUS_NAMES[history.statuses[column]]
        if rows or not math.isnan(value):
            rows.append((label, number_text(kpi, value), target.text, status_text(status)))
    columns = ("Period", f"Actual{unit}", f"Target{unit}", "Status")
    return Table(columns, tuple(reversed(rows)))


KPI_TREND = Kind(
    "KPI over time",
    "Actual against target through the KPI’s own periods, with its signals.",
    ("kpi", "unit"),
    "{kpi}, {unit}",
    _tell,
)
