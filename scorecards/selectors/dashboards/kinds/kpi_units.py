"""A KPI at a unit and those beneath it, the lowest score first."""

from scorecards.links import kpi_href
from scorecards.panel_charts import Bar, Bars, bars_figure
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.heat_map.map import heat_map
from scorecards.selectors.heat_map.shapes import ALL, HeatMap, HeatRow

from .about import About, Kind, signed_text, status_text

MOST = {1: 6, 2: 10, 3: 18}  # bars that can be read, by height


def _tell(about: About) -> Told:
    kpi, unit = about.kpi, about.unit
    title = about.title
    found = heat_map(
        about.access,
        unit,
        kpi.code,
        about.viewing.period,
        scope=ALL,
        sort="score",
        length=MOST[about.height],
    )
    if found is None or not found.rows:
        return Told(title, missing=f"{kpi.name} is not measured at {unit.name} or beneath it.")
    return Told(
        title,
        finding=_finding(found),
        table=_table(found, kpi.unit_of_measure),
        figure=bars_figure(_bars(found, title, kpi.unit_of_measure)),
        href=kpi_href(about.organization.code, kpi.code, unit.code, about.viewing.label),
    )


def _finding(found: HeatMap) -> str:
    if found.n_units > len(found.rows):
        return f"The {len(found.rows)} lowest of {found.n_units} units in {found.period_label}"
    return f"{found.n_units} unit{'' if found.n_units == 1 else 's'} in {found.period_label}"


def _bars(found: HeatMap, title: str, unit_of_measure: str) -> Bars:
    return Bars(title, tuple(_bar(row) for row in found.rows), unit_of_measure)


def _bar(row: HeatRow) -> Bar:
    figures = row.figures
    if figures is None:
        return Bar(row.name, None, "–", "no_data")
    text = signed_text(figures.score.status, figures.actual.text)
    return Bar(row.name, figures.actual.value, text, figures.score.status, aim=figures.target.value)


def _table(found: HeatMap, unit_of_measure: str) -> Table:
    unit = f" ({unit_of_measure})" if unit_of_measure else ""
    columns = ("Unit", f"Actual{unit}", f"Target{unit}", "Score", "Status")
    return Table(columns, tuple(_line(row) for row in found.rows))


def _line(row: HeatRow) -> tuple[str, ...]:
    if row.figures is None:
        return (row.name, "–", "–", "–", status_text("no_data"))
    score = row.figures.score
    texts = (row.figures.actual.text, row.figures.target.text, score.text)
    return (row.name, *texts, status_text(score.status))


KPI_UNITS = Kind(
    "KPI across units",
    "One KPI at a unit and those beneath it, what needs attention first.",
    ("kpi", "unit"),
    "{kpi} by unit, {unit}",
    _tell,
)
