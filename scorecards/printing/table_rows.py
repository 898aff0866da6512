"""Boards and tables as plain rows of texts, for slides."""

from collections.abc import Iterator
from dataclasses import dataclass

from .shapes import BoardKpi, BoardSection, Scored, Table

WORDS = {
    "on_target": "on target",
    "below_target": "below target",
    "critical": "critical",
    "no_data": "no data",
    "insufficient_data": "insufficient data",
    "no_target": "no target",
}
# Names of a board's columns, and how wide they are as against each other.
BOARD_COLUMNS = (
    ("Objective and KPI", 4.6),
    ("Actual", 1.3),
    ("YTD", 1.0),
    ("Year ago", 1.0),
    ("Target", 1.1),
    ("Variance", 1.0),
    ("Score", 0.9),
    ("Status", 1.6),
    ("Change", 1.0),
    ("Owner", 1.8),
)
STATUS_AT = 7


@dataclass(frozen=True)
class Row:
    """coloured, signed: places of cells in the status's colour, and with its sign before them."""

    cells: tuple[str, ...]
    status: str = ""
    coloured: tuple[int, ...] = ()
    signed: tuple[int, ...] = ()
    is_head: bool = False
    is_band: bool = False


def board_rows(section: BoardSection) -> Iterator[Row]:
    """Perspectives, objectives and KPIs, one beneath the other."""
    for band in section.bands:
        yield _above(f"{band.name}  {band.weight}", band.score, "", is_band=True)
        for objective in band.objectives:
            name = f"{objective.name}  {objective.weight}"
            yield _above(name, objective.score, objective.owner, is_band=False)
            yield from map(_kpi, objective.kpis)


def _above(name: str, score: Scored, owner: str, *, is_band: bool) -> Row:
    empty = ("",) * 5
    cells = (name, *empty, score.text, score.words, "", owner)
    return Row(cells, score.status, (STATUS_AT,), (STATUS_AT,), is_head=True, is_band=is_band)


def _kpi(kpi: BoardKpi) -> Row:
    unit = f" {kpi.unit_of_measure}" if kpi.unit_of_measure and kpi.actual_value is not None else ""
    marks = f"  ({kpi.marks})" if kpi.marks else ""
    cells = (
        f"    {kpi.name}{marks}",
        f"{kpi.actual}{unit}",
        kpi.year_to_date,
        kpi.last_year,
        kpi.target,
        kpi.variance,
        kpi.score.text,
        kpi.score.words,
        kpi.change,
        kpi.owner,
    )
    return Row(cells, kpi.score.status, (STATUS_AT,), (STATUS_AT,))


def table_rows(told: Table) -> list[Row]:
    """Statuses by their words; the first status of a row colours it."""
    places = tuple(at for at, column in enumerate(told.columns) if column.kind == "status")
    return [
        Row(
            tuple(WORDS.get(text, text) if at in places else text for at, text in enumerate(row)),
            next((row[at] for at in places if row[at]), ""),
            places,
            places,
        )
        for row in told.texts
    ]
