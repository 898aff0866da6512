"""Signals, limits and forecasts on a KPI's chart, as parts of its figure for Plotly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]
Number = float | None


@dataclass(frozen=True)
class ChartSegment:
    """Places [first, end) with the limits of one process."""

    first: int
    end: int
    centre: float
    lower: float
    upper: float
    is_provisional: bool


@dataclass(frozen=True)
class ChartSignal:
    """The value at a place is a signal; tone: better, worse, other."""

    place: int
    rule: str  # beyond, run, near
    tone: str
    text: str


@dataclass(frozen=True)
class ChartChange:
    """The process was changed from the period at a place on."""

    place: int
    note: str


@dataclass(frozen=True)
class ChartOutlook:
    """What is to come; its periods follow the newest known value, and may lie on the chart."""

    labels: Sequence[str]
    starts: Sequence[str]
    expected: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    method: str  # last, mean, trend, season
    whole: str  # label of the period that the ending is of
    ending: tuple[float, float, float] | None  # expected, lower, upper
    chance: Number  # of meeting its target
    sentences: Sequence[str]


@dataclass(frozen=True)
class SignalSeries:
    """What the values of a chart say by themselves."""

    segments: Sequence[ChartSegment] = ()
    signals: Sequence[ChartSignal] = ()
    changes: Sequence[ChartChange] = ()
    outlook: ChartOutlook | None = None

    @property
    def numbers(self) -> Iterator[float]:
        """All that must have its place on the axis."""
        for part in self.segments:
            yield from (part.lower, part.upper)
        if self.outlook:
            yield from (*self.outlook.lower, *self.outlook.upper)


# By what of a segment is drawn, its name; that of the first stands in the legend for all.
LEVELS = {"upper": "Limits", "lower": "Lower limit", "centre": "Centre"}


def signal_traces(
    told: SignalSeries, labels: Sequence[str], values: Sequence[Number], number: str
) -> Iterator[Figure]:
    """Limits and centre, the fan, and rings around signals; number: a hover's "%{y}" with unit."""
    if told.outlook:
        yield from _fan(told.outlook, labels, values, number)
    if told.segments:
        for name in LEVELS:
            yield _level(told, labels, name, number)
    if told.signals:
        yield _rings(told, labels, values)


def _level(told: SignalSeries, labels: Sequence[str], name: str, number: str) -> Figure:
    """A limit through all segments, with a break between them."""
    x: list[str | None] = []
    y: list[Number] = []
    for part in told.segments:
        here = list(labels[part.first : part.end])
        x += [*here, here[-1]]
        y += [*[getattr(part, name)] * len(here), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": LEVELS[name],
        "x": x,
        "y": y,
        "line": {"shape": "hvh"},
        "connectgaps": False,
        "showlegend": name == "upper",
        "legendgroup": "limits",
        "hovertemplate": f"{name if name == 'centre' else f'{name} limit'} {number}<extra></extra>",
        "meta": {"role": "centre" if name == "centre" else "limit"},
    }


def _rings(told: SignalSeries, labels: Sequence[str], values: Sequence[Number]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Signal",
        "x": [labels[each.place] for each in told.signals],
        "y": [values[each.place] for each in told.signals],
        "marker": {"symbol": "circle-open"},
        "customdata": [_rule_words(each) for each in told.signals],
        "hovertemplate": "signal: %{customdata}<extra></extra>",
        "meta": {"role": "signal", "tones": [each.tone for each in told.signals]},
    }


RULES = {
    "beyond": "beyond the limits",
    "run": "8 or more in a row on one side",
    "near": "3 of 4 near a limit",
}


def _rule_words(signal: ChartSignal) -> str:
    words = RULES[signal.rule]
    return words if signal.tone == "other" else f"{words}, {signal.tone}"


def _fan(
    told: ChartOutlook, labels: Sequence[str], values: Sequence[Number], number: str
) -> Iterator[Figure]:
    """The interval as a surface that opens from the newest value, and the expected line in it."""
    known = [place for place, value in enumerate(values) if value is not None]
    before = [place for place in known if labels[place] not in set(told.labels)]
    tip = before[-1] if before else None
    x = [*([labels[tip]] if tip is not None else []), *told.labels]
    start = [values[tip]] if tip is not None else []
    shared: Figure = {"type": "scatter", "mode": "lines", "x": x, "legendgroup": "forecast"}
    for name, numbers in (("lower", told.lower), ("upper", told.upper)):
        fill = {"fill": "tonexty"} if name == "upper" else {}
        yield {
            **shared,
            **fill,
            "name": f"Forecast, {name} end",
            "y": [*start, *numbers],
            "showlegend": False,
            "hoverinfo": "skip",
            "meta": {"role": "fan"},
        }
    yield {
        **shared,
        "name": "Forecast",
        "y": [*start, *told.expected],
        "hovertemplate": f"forecast {number}<extra></extra>",
        "meta": {"role": "forecast"},
    }


def change_shapes(told: SignalSeries) -> Iterator[Figure]:
    """A line where the process was changed."""
    for change in told.changes:
        place = change.place - 0.5
        yield {
            "type": "line",
            "name": "change",
            "xref": "x",
            "yref": "paper",
            "x0": place,
            "x1": place,
            "y0": 0,
            "y1": 1,
            "label": {
                "text": "changed",
                "textposition": "end",
                "xanchor": "left",
                "yanchor": "top",
                "textangle": 0,
            },
        }


TABLE_COLUMNS = ("lower_limit", "centre", "upper_limit", "signal", "forecast", "from", "to")


def with_signal_columns(
    told: SignalSeries, columns: Sequence[str], rows: Sequence[list[Any]]
) -> tuple[list[str], list[list[Any]]]:
    """The table with the limits and signals of each row, and a row for each period to come."""
    by_place = {each.place: RULES[each.rule] for each in told.signals}
    wide = [
        [*row, *_limits_at(told, place), by_place.get(place), None, None, None]
        for place, row in enumerate(rows)
    ]
    coming = told.outlook
    if coming:
        known = {row[0]: row for row in wide}
        for label, start, *numbers in zip(
            coming.labels, coming.starts, coming.expected, coming.lower, coming.upper, strict=True
        ):
            if label in known:
                known[label][-3:] = numbers
            else:
                wide.append([label, start, *[None] * (len(columns) + 2), *numbers])
    return [*columns, *TABLE_COLUMNS], wide


def _limits_at(told: SignalSeries, place: int) -> tuple[Number, Number, Number]:
    for part in told.segments:
        if part.first <= place < part.end:
            return part.lower, part.centre, part.upper
    return None, None, None


def signal_meta(told: SignalSeries, labels: Sequence[str]) -> Figure:
    """The same as data, for programs."""
    return {
        "limits": [
            {
                "from": labels[part.first],
                "to": labels[part.end - 1],
                "centre": part.centre,
                "lower": part.lower,
                "upper": part.upper,
                "is_provisional": part.is_provisional,
            }
            for part in told.segments
        ],
        "signals": [
            {"period": labels[each.place], "rule": each.rule, "tone": each.tone, "text": each.text}
            for each in told.signals
        ],
        "process_changes": [
            {"from": labels[each.place], "note": each.note} for each in told.changes
        ],
        "forecast": _forecast_meta(told.outlook),
    }


def _forecast_meta(told: ChartOutlook | None) -> Figure | None:
    if told is None:
        return None
    names = ("period", "expected", "lower", "upper")
    rows = zip(told.labels, told.expected, told.lower, told.upper, strict=True)
    ending = dict(zip(names[1:], told.ending, strict=True)) if told.ending else None
    return {
        "method": told.method,
        "periods": [dict(zip(names, row, strict=True)) for row in rows],
        "ending": ending and {"period": told.whole, **ending, "chance": told.chance},
        "text": " ".join(told.sentences),
    }
