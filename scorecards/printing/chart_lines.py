"""Charts as plain lines and bands, from the figures that pages draw."""

import math
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from scorecards.charts import Figure

from .shapes import Chart, ChartBand, Line

ROUND_STEPS = (1, 2, 2.5, 5, 10)
MOST_TICKS = 6
# What is drawn, from behind; signals and forecasts stay with the page.
ROLES = ("benchmark", "target", "actual")
DECIMALS = re.compile(r"\.(\d+)~?f$")


def figure_chart(figure: Figure) -> Chart | None:
    """The values over periods with what they are compared with; None of any other figure."""
    traces = {role: list(_of_role(figure, role)) for role in ROLES}
    layout: Mapping[str, Any] = figure["layout"]
    if not traces["actual"] or "range" not in layout.get("yaxis", {}):
        return None
    actual, axis = traces["actual"][0], layout["yaxis"]
    low, high = axis["range"]
    decimals = _decimals(axis)
    labels = tuple(map(str, actual["x"]))
    return Chart(
        labels=labels,
        low=low,
        high=high,
        ticks=tuple(_named(axis) or _ticks(low, high, decimals)),
        bands=tuple(_bands(layout, len(labels))),
        lines=tuple(_line(trace, role) for role in ROLES for trace in traces[role]),
        statuses=tuple(actual["meta"].get("statuses", ())),
        alternative=layout.get("meta", {}).get("alternative", ""),
        decimals=decimals,
    )


def _of_role(figure: Figure, role: str) -> Iterator[Mapping[str, Any]]:
    for trace in figure["data"]:
        if trace.get("type") == "scatter" and trace.get("meta", {}).get("role") == role:
            yield trace


def _line(trace: Mapping[str, Any], role: str) -> Line:
    return Line(unescape(str(trace.get("name", ""))), role, tuple(trace["y"]))


def _bands(layout: Mapping[str, Any], n: int) -> Iterator[ChartBand]:
    """The rectangles of statuses, as far as there are values."""
    for shape in layout.get("shapes", ()):
        first, last = max(shape.get("x0", n), -0.5), min(shape.get("x1", -1), n - 0.5)
        if shape.get("type") == "rect" and shape.get("layer") == "below" and first < last:
            yield ChartBand(shape.get("name", ""), first, last, shape["y0"], shape["y1"])


def _decimals(axis: Mapping[str, Any]) -> int:
    found = DECIMALS.search(axis.get("tickformat", ""))
    return int(found[1]) if found else 0


def _named(axis: Mapping[str, Any]) -> list[tuple[float, str]]:
    """Values that people know by a name."""
    names = map(unescape, axis.get("ticktext", ()))
    return list(zip(axis.get("tickvals", ()), names, strict=True))


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
    needed = [n for n in range(decimals) if abs(step * 10**n % 1) < 1e-9]
    return needed[0] if needed else decimals
