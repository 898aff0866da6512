"""A unit and those directly beneath it against their perspectives."""

from scorecards.links import heat_map_href
from scorecards.panel_charts import Grid, GridCell, grid_figure
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.heat_map.map import heat_map
from scorecards.selectors.heat_map.shapes import LEVEL, PERSPECTIVES, HeatCell, HeatMap, HeatRow

from .about import About, Kind, signed_text

MOST = {1: 6, 2: 10, 3: 18}  # rows that can be read, by height


def _tell(about: About) -> Told:
    title = about.title
    period, most = about.viewing.period, MOST[about.height]
    found = heat_map(about.access, about.unit, PERSPECTIVES, period, scope=LEVEL, length=most)
    if found is None or not any(row.score for row in found.rows):
        return Told(title, missing=f"No scorecard at {about.unit.name} or directly beneath it.")
    return Told(
        title,
        finding=_finding(found),
        table=_table(found),
        figure=grid_figure(_grid(found, title)),
        href=heat_map_href(
            about.organization.code, unit=about.unit.code, period=about.viewing.label
        ),
    )


def _finding(found: HeatMap) -> str:
    if found.n_units > len(found.rows):
        return f"{len(found.rows)} of {found.n_units} units in {found.period_label}"
    return f"Scores in {found.period_label}"


def _cells(row: HeatRow) -> tuple[HeatCell | None, ...]:
    return (row.score, *row.cells)


def _columns(found: HeatMap) -> tuple[str, ...]:
    return ("Score", *(column.name for column in found.columns))


def _grid(found: HeatMap, title: str) -> Grid:
    return Grid(
        title=title,
        columns=_columns(found),
        rows=tuple(row.name for row in found.rows),
        cells=tuple(tuple(_cell(each) for each in _cells(row)) for row in found.rows),
    )


def _cell(cell: HeatCell | None) -> GridCell:
    if cell is None:
        return GridCell("", "", None)
    score = cell.score
    return GridCell(score.status, signed_text(score.status, score.text), score.value)


def _table(found: HeatMap) -> Table:
    rows = ((row.name, *(_cell(each).text for each in _cells(row))) for row in found.rows)
    return Table(("Unit", *_columns(found)), tuple(rows))


HEAT_MAP = Kind(
    "Heat map",
    "A unit and those directly beneath it against their perspectives.",
    ("unit",),
    "Heat map of {unit}",
    _tell,
)
