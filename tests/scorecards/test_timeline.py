"""The figure of initiatives over time: valid for Plotly, nothing guessed, marks by their state."""

import json
from typing import Any

import pytest

from scorecards.charts import Figure
from scorecards.timeline_chart import Timeline, TimelineMark, TimelineRow, timeline_figure

TODAY = "2026-05-04"
ROW = TimelineRow(
    "A & B",
    "2026-01-01",
    "2026-12-31",
    50,
    is_late=True,
    marks=(
        TimelineMark("2026-02-01", "Chosen <b>", "done"),
        TimelineMark("2026-04-01", "Contract", "late"),
        TimelineMark("2026-09-01", "Rolled out", "open"),
    ),
)


def figure(*rows: TimelineRow) -> Figure:
    return timeline_figure(Timeline(TODAY, rows))


def traces(shown: Figure) -> dict[str, Any]:
    return {trace["name"]: trace for trace in shown["data"]}


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (ROW,),
        (ROW, TimelineRow("Undated", "", "", 0)),
        (TimelineRow("A day", TODAY, TODAY, 100),),
    ],
)
def test_figure_is_valid_for_plotly_and_plain_json(rows: tuple[TimelineRow, ...]) -> None:
    import plotly.graph_objects as go

    shown = figure(*rows)
    go.Figure(shown)
    assert json.loads(json.dumps(shown)) == shown
    assert {trace["type"] for trace in shown["data"]} == {"scatter"}
    assert all(len(trace["x"]) == len(trace["y"]) for trace in shown["data"])


def test_progress_is_a_share_of_the_time_planned() -> None:
    shown = traces(figure(ROW, TimelineRow("None yet", "2026-01-01", "2026-12-31", 0)))
    assert shown["Time planned"]["x"] == ["2026-01-01", "2026-12-31", None] * 2
    assert shown["Share done"]["x"] == ["2026-01-01", "2026-07-02", None]
    assert shown["Open end"]["x"] == []


def test_an_end_that_nobody_said_stays_open() -> None:
    shown = figure(TimelineRow("Begun", "2026-03-01", "", 40), TimelineRow("Nothing", "", "", 0))
    first, last = shown["layout"]["xaxis"]["range"]
    assert traces(shown)["Open end"]["x"] == ["2026-03-01", last, None]
    assert traces(shown)["Time planned"]["x"] == traces(shown)["Share done"]["x"] == []
    assert first < "2026-03-01" < TODAY < last


def test_milestones_are_marked_by_shape_and_word() -> None:
    shown = traces(figure(ROW))
    marks = {
        name: (trace["x"], trace["marker"]["symbol"])
        for name, trace in shown.items()
        if name.startswith("Milestone")
    }
    assert marks == {
        "Milestone done": (["2026-02-01"], "circle"),
        "Milestone open": (["2026-09-01"], "diamond-open"),
        "Milestone late": (["2026-04-01"], "square"),
    }
    assert "late" in shown["Milestone late"]["hovertemplate"]
    assert shown["Milestone done"]["customdata"] == ["Chosen &lt;b&gt;"]


def test_names_stand_above_their_bars_with_what_is_late() -> None:
    long = TimelineRow("n" * 200, "2026-01-01", "", 0)
    first, second = figure(ROW, long)["layout"]["annotations"]
    assert (first["text"], first["xref"]) == ("A &amp; B  ■ late", "paper")
    assert len(second["text"]) == 42
    assert second["text"].endswith("…")


def test_the_alternative_and_the_download_say_the_same() -> None:
    meta = figure(ROW)["layout"]["meta"]
    assert meta["alternative"].startswith("Timeline of 1 initiatives with their milestones, 1 of")
    assert meta["table"]["rows"][0] == ["A & B", "", "2026-01-01", "2026-12-31", 50, "late"]
    assert meta["table"]["rows"][2] == ["A & B", "Contract", "2026-04-01", "2026-04-01", "", "late"]
