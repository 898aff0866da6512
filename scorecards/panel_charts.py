"""Figures of panels as plain dicts for Plotly: bars beside each other, and a grid of scores.

They name roles as those of `charts` do. Bars are drawn as SVG; what needs WebGL the content
security policy forbids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .charts import Figure, Number, plain_words

LONGEST_NAME = 28
ROOM = 1.04  # how far the axis goes beyond the longest bar


@dataclass(frozen=True)
class Bar:
    """text: its value as people read it, with the sign of its status; aim: where it should end."""

    name: str
    value: Number
    text: str
    status: str
    aim: Number = None


@dataclass(frozen=True)
class Bars:
    """Bars from top to bottom."""

    title: str
    bars: Sequence[Bar]
    unit_of_measure: str = ""


@dataclass(frozen=True)
class GridCell:
    """A score; status: "" where there is none."""

    status: str
    text: str
    value: Number


@dataclass(frozen=True)
class Grid:
    """Scores of rows, from the top, beneath columns."""

    title: str
    columns: Sequence[str]
    rows: Sequence[str]
    cells: Sequence[Sequence[GridCell]]


def bars_figure(bars: Bars) -> Figure:
    """Bars from zero in the colours of their statuses, each with a mark where it should end.

    Their values stand with their names, where they have room on any width.
    """
    return {
        "data": [_bar_trace(bars), *_aim_traces(bars)],
        "layout": {
            "title": {"text": plain_words(bars.title)},
            "hovermode": "closest",
            "showlegend": False,
            "bargap": 0.35,
            "xaxis": {"range": _reach(bars), "showticklabels": False},
            "yaxis": _names([f"{_short(bar.name)}  {bar.text}" for bar in bars.bars]),
            "meta": {
                "unit_of_measure": bars.unit_of_measure,
                "alternative": _bars_text(bars),
                "table": {
                    "columns": ["name", "value", "target", "status"],
                    "rows": [[bar.name, bar.value, bar.aim, bar.status] for bar in bars.bars],
                },
            },
        },
    }


def _bar_trace(bars: Bars) -> Figure:
    unit = f" {bars.unit_of_measure}" if bars.unit_of_measure else ""
    return {
        "type": "bar",
        "orientation": "h",
        "name": "Actual",
        "x": [bar.value for bar in bars.bars],
        "y": list(range(1, len(bars.bars) + 1)),
        "customdata": [
            plain_words(f"{bar.name}: {bar.text}{unit}, {bar.status.replace('_', ' ')}")
            for bar in bars.bars
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "meta": {"role": "bars", "statuses": [bar.status for bar in bars.bars]},
    }


def _aim_traces(bars: Bars) -> Iterator[Figure]:
    aims = [(place, bar.aim) for place, bar in enumerate(bars.bars, 1) if bar.aim is not None]
    if aims:
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": "Target",
            "x": [aim for _, aim in aims],
            "y": [place for place, _ in aims],
            "marker": {"symbol": "line-ns-open"},
            "hovertemplate": "target %{x}<extra></extra>",
            "meta": {"role": "aim"},
        }


def _reach(bars: Bars) -> list[float]:
    """From zero, which a bar's length is told from."""
    numbers = [0.0]
    for bar in bars.bars:
        numbers += [number for number in (bar.value, bar.aim) if number is not None]
    low, high = min(numbers), max(numbers)
    return [low * ROOM, (high * ROOM) or 1.0]


def _names(names: Sequence[str]) -> Figure:
    """Rows from the top; two of one name stay apart."""
    return {
        "range": [len(names) + 0.5, 0.5],
        "tickmode": "array",
        "tickvals": list(range(1, len(names) + 1)),
        "ticktext": [plain_words(name) for name in names],
        "ticklabelstandoff": 6,
        "showgrid": False,
    }


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def _bars_text(bars: Bars) -> str:
    texts = "; ".join(f"{bar.name} {bar.text}" for bar in bars.bars)
    unit = f", in {bars.unit_of_measure}" if bars.unit_of_measure else ""
    return f"{bars.title}{unit}: {texts}."


def grid_figure(grid: Grid) -> Figure:
    """A tinted field for each score, with the score and the sign of its status in it."""
    count = len(grid.columns)
    return {
        "data": [_text_trace(grid)],
        "layout": {
            "title": {"text": plain_words(grid.title)},
            "hovermode": "closest",
            "showlegend": False,
            "xaxis": {
                "range": [0.5, count + 0.5],
                "side": "top",
                "tickmode": "array",
                "tickvals": list(range(1, count + 1)),
                "ticktext": [plain_words(_short(name)) for name in grid.columns],
                "automargin": True,
            },
            "yaxis": _names([_short(name) for name in grid.rows]),
            "shapes": list(_fields(grid)),
            "meta": {
                "alternative": f"{grid.title}: {len(grid.rows)} rows of {count} scores."
                " They are in the table.",
                "table": {
                    "columns": ["name", *grid.columns],
                    "rows": [
                        [name, *(cell.value for cell in cells)]
                        for name, cells in zip(grid.rows, grid.cells, strict=True)
                    ],
                },
            },
        },
    }


def _placed(grid: Grid) -> Iterator[tuple[int, int, GridCell]]:
    for row, cells in enumerate(grid.cells, 1):
        for column, cell in enumerate(cells, 1):
            if cell.status:
                yield column, row, cell


def _text_trace(grid: Grid) -> Figure:
    placed = list(_placed(grid))
    return {
        "type": "scatter",
        "mode": "text",
        "name": "Score",
        "x": [column for column, _, _ in placed],
        "y": [row for _, row, _ in placed],
        "text": [plain_words(cell.text) for _, _, cell in placed],
        "customdata": [
            plain_words(f"{grid.rows[row - 1]}, {grid.columns[column - 1]}: {cell.text}")
            for column, row, cell in placed
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "meta": {"role": "cells"},
    }


def _fields(grid: Grid) -> Iterator[Figure]:
    known = {"on_target", "below_target", "critical"}
    for column, row, cell in _placed(grid):
        yield {
            "type": "rect",
            "layer": "below",
            "name": cell.status if cell.status in known else "no_target",
            "x0": column - 0.48,
            "x1": column + 0.48,
            "y0": row - 0.46,
            "y1": row + 0.46,
            "line": {"width": 0},
        }
