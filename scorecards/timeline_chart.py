"""Initiatives over time, as a figure for Plotly that names roles, as all our charts do."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .charts import Figure, plain_words

MARK_SYMBOLS = {"done": "circle", "open": "diamond-open", "late": "square"}
ROW_HEIGHT = 46
FRAME_HEIGHT = 70  # of the axis and around
LONGEST_NAME = 42  # characters that fit on a phone
# Within a row: its name above, its bar beneath.
NAME_AT, BAR_AT = -0.26, 0.14


@dataclass(frozen=True)
class TimelineMark:
    """A milestone: the day on which it was done or is due."""

    day: str
    name: str
    state: str  # done, open, late


@dataclass(frozen=True)
class TimelineRow:
    """An initiative; its days are ISO dates, "" where none is said."""

    name: str
    starts_on: str
    ends_on: str
    percent_done: int
    is_late: bool = False
    marks: Sequence[TimelineMark] = ()


@dataclass(frozen=True)
class Timeline:
    """Initiatives from top to bottom, looked at on a day."""

    today: str
    rows: Sequence[TimelineRow]


def timeline_figure(timeline: Timeline) -> Figure:
    """Bars from start to end with the progress within them, milestones as marks, and today's line.

    Names stand above their bars, so that bars have the whole width of a phone. Where only a start
    or an end is said, a dotted line runs from it to the chart's edge.
    """
    first, last = _days(timeline)
    count = len(timeline.rows)
    return {
        "data": [
            _stretches(timeline, "Time planned", "span", _spans(timeline)),
            _stretches(timeline, "Share done", "progress", _progress(timeline)),
            _stretches(timeline, "Open end", "open", _open_ends(timeline, first, last)),
            *(_mark_trace(timeline, state) for state in MARK_SYMBOLS),
        ],
        "layout": {
            "title": {"text": "Initiatives over time"},
            "hovermode": "closest",
            "showlegend": False,  # it stands above the chart, where it may take several lines
            "xaxis": {"type": "date", "range": [first, last]},
            "yaxis": {"range": [count + 0.8, 0.4], "showticklabels": False, "showgrid": False},
            "shapes": [_today_line(timeline.today)],
            "annotations": [_name(number, row) for number, row in enumerate(timeline.rows, 1)],
            "meta": {
                "height": FRAME_HEIGHT + ROW_HEIGHT * count,
                "alternative": _timeline_text(timeline),
                "table": _timeline_table(timeline),
            },
        },
    }


def _days(timeline: Timeline) -> tuple[str, str]:
    """From the first to the last day that is drawn, with a margin; today is among them."""
    said = [timeline.today]
    for row in timeline.rows:
        said += [row.starts_on, row.ends_on, *(mark.day for mark in row.marks)]
    days = [dt.date.fromisoformat(day) for day in said if day]
    margin = max((max(days) - min(days)) / 25, dt.timedelta(days=7))
    return (min(days) - margin).isoformat(), (max(days) + margin).isoformat()


Stretch = tuple[int, str, str]  # number of the row, from, to


def _spans(timeline: Timeline) -> Iterator[Stretch]:
    for number, row in enumerate(timeline.rows, 1):
        if row.starts_on and row.ends_on:
            yield number, row.starts_on, row.ends_on


def _progress(timeline: Timeline) -> Iterator[Stretch]:
    for number, starts_on, ends_on in _spans(timeline):
        start, end = dt.date.fromisoformat(starts_on), dt.date.fromisoformat(ends_on)
        share = timeline.rows[number - 1].percent_done / 100
        if share:
            yield number, starts_on, (start + (end - start) * share).isoformat()


def _open_ends(timeline: Timeline, first: str, last: str) -> Iterator[Stretch]:
    for number, row in enumerate(timeline.rows, 1):
        if bool(row.starts_on) != bool(row.ends_on):
            yield number, row.starts_on or first, row.ends_on or last


def _stretches(timeline: Timeline, name: str, role: str, stretches: Iterable[Stretch]) -> Figure:
    x: list[str | None] = []
    y: list[float | None] = []
    for number, start, end in stretches:
        x += [start, end, None]
        y += [number + BAR_AT, number + BAR_AT, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "connectgaps": False,
        "showlegend": bool(x),
        "hoverinfo": "skip",
        "meta": {"role": role},
    }


def _mark_trace(timeline: Timeline, state: str) -> Figure:
    found = [
        (number, mark)
        for number, row in enumerate(timeline.rows, 1)
        for mark in row.marks
        if mark.state == state
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"Milestone {state}",
        "x": [mark.day for _, mark in found],
        "y": [number + BAR_AT for number, _ in found],
        "marker": {"symbol": MARK_SYMBOLS[state]},
        "customdata": [plain_words(mark.name) for _, mark in found],
        "showlegend": bool(found),
        "hovertemplate": f"<b>%{{customdata}}</b><br>{state}, %{{x|%Y-%m-%d}}<extra></extra>",
        "meta": {"role": "milestone", "state": state},
    }


def _today_line(today: str) -> Figure:
    label = {"text": "today", "textposition": "start", "xanchor": "left", "textangle": 0}
    ends = {"x0": today, "x1": today, "y0": 0, "y1": 1}
    return {"type": "line", "name": "today", "xref": "x", "yref": "paper", "label": label} | ends


def _name(number: int, row: TimelineRow) -> Figure:
    name = row.name if len(row.name) <= LONGEST_NAME else f"{row.name[: LONGEST_NAME - 1]}…"
    late = "  ■ late" if row.is_late else ""
    return {
        "text": plain_words(name + late),
        "name": "late" if late else "name",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": number + NAME_AT,
        "showarrow": False,
    }


def _timeline_text(timeline: Timeline) -> str:
    """The chart in a sentence, for those who do not see it."""
    late = sum(row.is_late for row in timeline.rows)
    return (
        f"Timeline of {len(timeline.rows)} initiatives with their milestones, {late} of them late"
        f" on {timeline.today}. The same dates are in the table on this page."
    )


def _timeline_table(timeline: Timeline) -> Figure:
    """What the download holds: a row for each initiative, and one for each milestone."""
    rows: list[list[Any]] = []
    for row in timeline.rows:
        rows.append(
            [
                row.name,
                "",
                row.starts_on,
                row.ends_on,
                row.percent_done,
                "late" if row.is_late else "",
            ]
        )
        rows += [[row.name, mark.name, mark.day, mark.day, "", mark.state] for mark in row.marks]
    columns = ["initiative", "milestone", "from", "to", "percent_done", "state"]
    return {"columns": columns, "rows": rows}
