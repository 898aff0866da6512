"""The scores of a unit's perspectives beside each other."""

from calculations.polylines import TARGET_SCORE
from scorecards.links import board_href
from scorecards.panel_charts import Bar, Bars, bars_figure
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.formats import SCALES
from scorecards.selectors.heat_map.map import heat_map
from scorecards.selectors.heat_map.shapes import LEVEL, HeatCell
from scorecards.selectors.heat_map.shapes import PERSPECTIVES as BY_PERSPECTIVE

from .about import About, Kind, signed_text, status_text


def _tell(about: About) -> Told:
    title = about.title
    period = about.viewing.period
    found = heat_map(about.access, about.unit, BY_PERSPECTIVE, period, scope=LEVEL, length=1)
    cells = [cell for cell in found.rows[0].cells if cell] if found and found.rows else []
    if not cells:
        return Told(title, missing=f"{about.unit.name} has no scorecard in {about.viewing.label}.")
    factor, suffix = SCALES[about.organization.display_scale]
    bars = tuple(_bar(cell, factor) for cell in cells)
    return Told(
        title,
        finding=_finding(cells, about.viewing.label),
        table=_table(cells),
        figure=bars_figure(Bars(title, bars, suffix.strip())),
        href=board_href(about.organization.code, about.unit.code, about.viewing.label),
    )


def _bar(cell: HeatCell, factor: float) -> Bar:
    score = cell.score
    value = None if score.value is None else score.value * factor
    text = signed_text(score.status, score.text)
    return Bar(cell.name, value, text, score.status, aim=TARGET_SCORE * factor)


def _finding(cells: list[HeatCell], label: str) -> str:
    met = sum(cell.score.status == "on_target" for cell in cells)
    return f"{met} of {len(cells)} on target in {label}"


def _table(cells: list[HeatCell]) -> Table:
    rows = (
        (cell.name, cell.score.text, cell.score.coverage_text, status_text(cell.score.status))
        for cell in cells
    )
    return Table(("Perspective", "Score", "Coverage", "Status"), tuple(rows))


PERSPECTIVES = Kind(
    "Perspectives",
    "The scores of a unit’s perspectives beside each other.",
    ("unit",),
    "Perspectives of {unit}",
    _tell,
)
