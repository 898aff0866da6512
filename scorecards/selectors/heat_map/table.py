"""A heat map as a table in a file: a unit a row, scores as numbers and statuses as words."""

from collections.abc import Iterable

from calculations.periods import Period
from organizations.models import Organization
from scorecards.selectors.exports.shapes import OutCell, OutTable
from scorecards.selectors.viewing import Viewing

from .shapes import HeatCell, HeatMap, HeatRow

NAME = "Heat map"


def heat_map_table(heat_map: HeatMap, organization: Organization, period: Period) -> OutTable:
    """All rows that the map has."""
    if heat_map.kpi is None:
        return _scores(heat_map)
    viewing = Viewing(organization.calendar, period)
    return _figures(heat_map, [viewing.calendar.label(each) for each in viewing.trend])


def _scores(heat_map: HeatMap) -> OutTable:
    names = ["Scorecard", *(column.name for column in heat_map.columns)]
    header = [f"{name}{part}" for name in names for part in ("", ": status")]
    return OutTable(
        name=NAME,
        header=["Unit", "Code", "Level", *header],
        rows=[
            [*_unit(row), *_cell(row.score), *(part for cell in row.cells for part in _cell(cell))]
            for row in heat_map.rows
        ],
    )


def _unit(row: HeatRow) -> Iterable[OutCell]:
    return row.name, row.code, row.depth


def _cell(cell: HeatCell | None) -> Iterable[OutCell]:
    if cell is None:
        return None, None
    return cell.score.value, cell.score.status.replace("_", " ")


def _figures(heat_map: HeatMap, labels: list[str]) -> OutTable:
    parts = ["Actual", "Target", "Change", "Score", "Status"]
    return OutTable(
        name=NAME,
        header=["Unit", "Code", "Level", *parts, *labels],
        rows=[[*_unit(row), *_measured(row)] for row in heat_map.rows],
    )


def _measured(row: HeatRow) -> Iterable[OutCell]:
    figures = row.figures
    if figures is None:
        return ()
    score = figures.score
    return (
        *(figures.actual.value, figures.target.value, figures.change_value, score.value),
        score.status.replace("_", " "),
        *figures.trend.values,
    )
