"""Figures for Plotly as plain dicts from plain lists.

A figure names roles, not colours ("actual", "target", "critical"): static/js/charts.js turns roles
into the colours of the reader's scheme, and brings the one house layout. None = missing: a gap in
the line, never a zero. Traces are of type "scatter" alone; the WebGL ones need what the content
security policy forbids.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from .signal_traces import (
    SignalSeries,
    change_shapes,
    signal_meta,
    signal_traces,
    with_signal_columns,
)

Figure = dict[str, Any]
Number = float | None
# red flag below, target from, target to, red flag above
Range = tuple[float, float, float, float]
Spread = tuple[float, float]

SYMBOLS = {
    "on_target": "circle",
    "below_target": "triangle-up",
    "critical": "square",
    "no_target": "circle-open",
}
RISING_STATUSES = ("critical", "below_target", "on_target")
MET_STATUSES = ("critical", "on_target")
RANGE_STATUSES = ("critical", "below_target", "on_target", "below_target", "critical")
# Where the lowest number is less than this share of the highest, an axis from zero is honest and
# costs little; elsewhere it would flatten the movement that the chart is for.
ZERO_BELOW = 1 / 3
MARGIN = 0.08
# Ticks that Plotly would set by itself; with fewer steps between low and high, they would repeat.
NARROW_STEPS = 8
NO_SIGNALS = SignalSeries()


@dataclass(frozen=True)
class ChartSeries:
    """One KPI at one unit over consecutive periods, oldest first; all lists of one length.

    targets and red_flags serve the directions "higher" and "lower"; ranges the direction "range".
    """

    name: str
    unit_name: str
    direction: str  # higher, lower, range
    labels: Sequence[str]  # "2026-03", as people read periods
    starts: Sequence[str]  # ISO dates of the periods' starts
    values: Sequence[Number]
    targets: Sequence[Number] = ()
    red_flags: Sequence[Number] = ()
    ranges: Sequence[Range | None] = ()
    unit_of_measure: str = ""
    decimals: int = 0
    headline: str = ""
    names: Sequence[tuple[float, str]] = ()  # values that have one: (0, "no"), (1, "yes")
    benchmark: Number = None
    benchmark_source: str = ""
    signals: SignalSeries | None = None

    @property
    def shown(self) -> list[str]:
        """The labels of the axis, with those of what is forecast."""
        outlook = self.signals.outlook if self.signals else None
        return list(dict.fromkeys((*self.labels, *(outlook.labels if outlook else ()))))


def kpi_figure(series: ChartSeries) -> Figure:
    """Actual against target, with the bands of the statuses behind, as {"data", "layout"}.

    The title says the finding where one is known. layout.meta carries what the page needs beside
    the drawing: the text alternative and the table for downloads.
    """
    extent = _extent(series)
    return {
        "data": [
            *_signal_traces(series),
            *_benchmark_traces(series),
            *_target_traces(series),
            _actual_trace(series),
        ],
        "layout": {
            "title": {"text": plain_words(series.headline or f"{series.name}, {series.unit_name}")},
            "xaxis": _across(series),
            "yaxis": {"range": list(extent), **_ticks(series, extent)},
            "shapes": [*_band_shapes(series, extent), *change_shapes(series.signals or NO_SIGNALS)],
            "meta": {
                "unit_of_measure": series.unit_of_measure,
                "alternative": _alternative(series),
                "table": _table(series),
                **(signal_meta(series.signals, series.labels) if series.signals else {}),
            },
        },
    }


def _across(series: ChartSeries) -> Figure:
    """The periods in their order, whichever trace comes first."""
    shown = series.shown
    order = {"categoryorder": "array", "categoryarray": shown} if series.signals else {}
    return {"type": "category", "range": [-0.5, len(shown) - 0.5], **order}


def _ticks(series: ChartSeries, extent: Spread) -> Figure:
    """Names where values have them; else numbers, no closer than their decimals can tell apart."""
    if series.names:
        values, names = zip(*series.names, strict=True)
        return {
            "tickmode": "array",
            "tickvals": list(values),
            "ticktext": [plain_words(name) for name in names],
        }
    step = 10.0**-series.decimals
    is_narrow = extent[1] - extent[0] < NARROW_STEPS * step
    return {"tickformat": f",.{series.decimals}~f"} | ({"dtick": step} if is_narrow else {})


# --- Traces


def _signal_traces(series: ChartSeries) -> Iterator[Figure]:
    """Behind all others, but the rings, which are wider than what they go around."""
    told = series.signals or NO_SIGNALS
    yield from signal_traces(told, series.labels, series.values, _number(series))


def _actual_trace(series: ChartSeries) -> Figure:
    statuses = [_status(series, index) for index in range(len(series.labels))]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"Actual ({plain_words(series.unit_of_measure)})"
        if series.unit_of_measure
        else "Actual",
        "x": list(series.labels),
        "y": list(series.values),
        "connectgaps": False,
        "marker": {"symbol": [SYMBOLS[status] for status in statuses]},
        "customdata": [status.replace("_", " ") for status in statuses],
        "hovertemplate": f"<b>{_number(series)}</b>  %{{customdata}}<extra></extra>",
        "meta": {"role": "actual", "statuses": statuses},
    }


def _target_traces(series: ChartSeries) -> Iterator[Figure]:
    """The target as steps: it holds for a whole period. A range has two edges."""
    if any(bounds is not None for bounds in series.ranges):
        yield _steps(series, "Target from", [_edge(bounds, 1) for bounds in series.ranges])
        yield _steps(series, "Target to", [_edge(bounds, 2) for bounds in series.ranges])
    elif any(target is not None for target in series.targets):
        yield _steps(series, "Target", series.targets)


def _benchmark_traces(series: ChartSeries) -> Iterator[Figure]:
    """What others reach, level through all periods."""
    if series.benchmark is None:
        return
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": f"Benchmark: {plain_words(series.benchmark_source)}",
        "x": list(series.labels),
        "y": [series.benchmark] * len(series.labels),
        "hovertemplate": f"benchmark {_number(series)}<extra></extra>",
        "meta": {"role": "benchmark"},
    }


def _steps(series: ChartSeries, name: str, values: Sequence[Number]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(series.labels),
        "y": list(values),
        "line": {"shape": "hvh"},
        "connectgaps": False,
        "hovertemplate": f"{name.lower()} {_number(series)}<extra></extra>",
        "meta": {"role": "target"},
    }


def _number(series: ChartSeries) -> str:
    """The hover's number, in the KPI's decimals and unit of measure."""
    unit = f" {plain_words(series.unit_of_measure)}" if series.unit_of_measure else ""
    return f"%{{y:,.{series.decimals}f}}{unit}"


# --- Bands


def _band_shapes(series: ChartSeries, extent: Spread) -> Iterator[Figure]:
    """Rectangles behind the lines, one for each run of periods with the same limits."""
    runs = groupby(range(len(series.labels)), key=lambda index: _bands(series, index, extent))
    for bands, indices in runs:
        first, *others = indices
        last = others[-1] if others else first
        for name, low, high in bands:
            yield _rectangle(name, (first - 0.5, last + 0.5), (low, high))


def _rectangle(name: str, across: Spread, up: Spread) -> Figure:
    return {
        "type": "rect",
        "layer": "below",
        "name": name,
        "x0": across[0],
        "x1": across[1],
        "y0": up[0],
        "y1": up[1],
        "line": {"width": 0},
    }


def _bands(series: ChartSeries, index: int, extent: Spread) -> tuple[tuple[str, float, float], ...]:
    """(status, from, to) of one period from the bottom up, cut to the extent of the axis."""
    limits = _limits(series, index)
    low, high = extent
    edges = [low, *(min(max(limit, low), high) for _, limit in limits[1:]), high]
    names = (name for name, _ in limits)
    stretches = zip(names, edges, edges[1:], strict=False)
    return tuple(stretch for stretch in stretches if stretch[2] > stretch[1])


def _limits(series: ChartSeries, index: int) -> list[tuple[str, float]]:
    """(status, value from which it holds), upwards; [] where the period has no target.

    A target without a red flag parts critical from on target: it is met or it is not.
    """
    bounds = _at(series.ranges, index)
    if bounds is not None:
        return _from_edges(RANGE_STATUSES, bounds)
    edges = [_at(series.red_flags, index), _at(series.targets, index)]
    if edges[1] is None:
        return []
    known = [edge for edge in edges if edge is not None]
    names = RISING_STATUSES if len(known) > 1 else MET_STATUSES
    if series.direction == "lower":
        return _from_edges(names[::-1], known[::-1])
    return _from_edges(names, known)


def _from_edges(names: Sequence[str], edges: Sequence[float]) -> list[tuple[str, float]]:
    return list(zip(names, (float("-inf"), *edges), strict=True))


def _status(series: ChartSeries, index: int) -> str:
    """The status of a value by the period's limits; a value on a limit has the better one."""
    value, limits = series.values[index], _limits(series, index)
    if value is None or not limits:
        return "no_target"
    ends = [*(start for _, start in limits[1:]), float("inf")]
    touching = [
        name for (name, start), end in zip(limits, ends, strict=True) if start <= value <= end
    ]
    return min(touching, key=tuple(SYMBOLS).index)


# --- Axis, text and table


def _extent(series: ChartSeries) -> Spread:
    """The span of the value axis: all numbers and a margin; from zero where that is honest."""
    numbers = list(_numbers(series))
    if not numbers:
        return (0.0, 1.0)
    low, high = min(numbers), max(numbers)
    margin = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
    if series.names:
        # A name has no zero to start from, and its points are not to be cut.
        return (low - margin, high + margin)
    if 0 <= low <= high * ZERO_BELOW:
        return (0.0, high + margin)
    if low * ZERO_BELOW <= high <= 0:
        return (low - margin, 0.0)
    return (low - margin, high + margin)


def _numbers(series: ChartSeries) -> Iterator[float]:
    drawn: Iterable[Number] = (*series.values, *series.targets, *series.red_flags)
    rows = (*drawn, series.benchmark)
    yield from (number for number in rows if number is not None)
    for bounds in series.ranges:
        yield from bounds or ()
    yield from (series.signals or NO_SIGNALS).numbers


def _alternative(series: ChartSeries) -> str:
    """The chart in a sentence, for those who do not see it."""
    known = [
        (label, value)
        for label, value in zip(series.labels, series.values, strict=True)
        if value is not None
    ]
    if not known:
        return f"{series.name}, {series.unit_name}: no values yet."
    (first, start), (last, end) = known[0], known[-1]
    unit = f" {series.unit_of_measure}" if series.unit_of_measure else ""
    return (
        f"{series.name}, {series.unit_name}: from {start:,.{series.decimals}f}{unit} in {first}"
        f" to {end:,.{series.decimals}f}{unit} in {last}. The values are in the table on this page."
    )


def _table(series: ChartSeries) -> Figure:
    """What the download holds: raw numbers, one row for each period."""
    columns = ["period", "start", "value"]
    cells: list[Sequence[Any]] = [series.labels, series.starts, series.values]
    if series.ranges:
        columns += ["red_flag_below", "target_from", "target_to", "red_flag_above"]
        cells += [[_edge(bounds, edge) for bounds in series.ranges] for edge in range(4)]
    if series.targets:
        columns, cells = [*columns, "target"], [*cells, series.targets]
    if series.red_flags:
        columns, cells = [*columns, "red_flag"], [*cells, series.red_flags]
    rows = [list(row) for row in zip(*cells, strict=True)]
    if series.signals:
        columns, rows = with_signal_columns(series.signals, columns, rows)
    return {"columns": columns, "rows": rows}


def plain_words(text: str) -> str:
    """Words of people, as words: Plotly reads some markup in titles, names and hovers."""
    return escape(text, quote=False)


def _edge(bounds: Range | None, index: int) -> Number:
    return None if bounds is None else bounds[index]


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
