"""The chart of a KPI as plain lines and bands, from the figure that its page draws."""

import math
from collections.abc import Iterator, Sequence

from scorecards.charts import ChartSeries, kpi_figure

from .shapes import Chart, ChartBand, Line, Number

ROUND_STEPS = (1, 2, 2.5, 5, 10)
MOST_TICKS = 6


def kpi_chart(series: ChartSeries) -> Chart:
    """With targets as steps, edges of ranges and the benchmark beside the values."""
    figure = kpi_figure(series)
    layout = figure["layout"]
    low, high = layout["yaxis"]["range"]
    actual = next(each for each in figure["data"] if each.get("meta", {}).get("role") == "actual")
    return Chart(
        labels=tuple(series.labels),
        low=low,
        high=high,
        ticks=tuple(_named(series) or _ticks(low, high, series.decimals)),
        bands=tuple(
            ChartBand(
                shape["name"],
                max(shape["x0"], -0.5),
                min(shape["x1"], len(series.labels) - 0.5),
                shape["y0"],
                shape["y1"],
            )
            for shape in layout["shapes"]
        ),
        lines=tuple(_lines(series)),
        statuses=tuple(actual["meta"]["statuses"]),
        alternative=layout["meta"]["alternative"],
        decimals=series.decimals,
    )


def _lines(series: ChartSeries) -> Iterator[Line]:
    """Behind the values what they are compared with."""
    for name, values in (
        ("Target", series.targets),
        ("Target from", _edges(series, 1)),
        ("Target to", _edges(series, 2)),
    ):
        if any(value is not None for value in values):
            yield Line(name, "target", tuple(values))
    if series.benchmark is not None:
        name = f"Benchmark: {series.benchmark_source}"
        yield Line(name, "benchmark", (series.benchmark,) * len(series.labels))
    unit = f" ({series.unit_of_measure})" if series.unit_of_measure else ""
    yield Line(f"Actual{unit}", "actual", tuple(series.values))


def _edges(series: ChartSeries, edge: int) -> list[Number]:
    return [None if bounds is None else bounds[edge] for bounds in series.ranges]


def _named(series: ChartSeries) -> list[tuple[float, str]]:
    return list(series.names)


def _ticks(low: float, high: float, decimals: int) -> Iterator[tuple[float, str]]:
    """Round numbers along the axis, no closer than the decimals can tell apart."""
    step = tick_step(high - low, decimals)
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = number * step
        yield value, f"{value:,.{_places(step, decimals)}f}".replace("-", "−")


def tick_step(span: float, decimals: int) -> float:
    """The least round step with which few ticks span the axis.

    >>> tick_step(40, 1), tick_step(0.3, 0), tick_step(7, 0)
    (10.0, 1.0, 2.0)
    """
    least = max(span / (MOST_TICKS - 1), 10.0**-decimals, 1e-12)
    power = 10.0 ** math.floor(math.log10(least))
    found = (each * power for each in ROUND_STEPS if each * power >= least * (1 - 1e-9))
    return float(next(found))


def _places(step: float, decimals: int) -> int:
    """Decimals that tell the ticks apart, and no more."""
    needed: Sequence[int] = [n for n in range(decimals) if abs(step * 10**n % 1) < 1e-9]
    return needed[0] if needed else decimals
