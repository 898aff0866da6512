"""Figures: valid for Plotly, gaps kept, bands where the statuses change."""

import json
from typing import Any

import pytest

from scorecards.charts import ChartSeries, Figure, kpi_figure

LABELS = ["2026-01", "2026-02", "2026-03"]
STARTS = ["2026-01-01", "2026-02-01", "2026-03-01"]


def series(**fields: Any) -> ChartSeries:
    given: dict[str, Any] = {
        "name": "On-time delivery",
        "unit_name": "EMEA",
        "direction": "higher",
        "labels": LABELS,
        "starts": STARTS,
        "values": [90.0, None, 97.0],
        "targets": [95.0, 95.0, 95.0],
        "red_flags": [85.0, 85.0, 85.0],
        "unit_of_measure": "%",
        "decimals": 1,
    }
    return ChartSeries(**(given | fields))


def actual(figure: Figure) -> Figure:
    return next(trace for trace in figure["data"] if trace["meta"]["role"] == "actual")


def bands(figure: Figure) -> list[tuple[str, float, float, float, float]]:
    return [
        (shape["name"], shape["x0"], shape["x1"], shape["y0"], shape["y1"])
        for shape in figure["layout"]["shapes"]
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"targets": (), "red_flags": ()},
        {"values": [None] * 3, "targets": [None] * 3, "red_flags": [None] * 3},
        {"direction": "lower", "targets": [3.0, 2.0, 2.0], "red_flags": [5.0, 5.0, 5.0]},
        {"direction": "range", "targets": (), "red_flags": (), "ranges": [(1, 2, 3, 4), None] * 2},
        {"labels": [], "starts": [], "values": [], "targets": [], "red_flags": []},
    ],
)
def test_figure_is_valid_for_plotly_and_plain_json(fields: dict[str, Any]) -> None:
    import plotly.graph_objects as go

    if fields.get("ranges"):
        fields = fields | {"ranges": fields["ranges"][:3]}
    figure = kpi_figure(series(**fields))
    go.Figure(figure)
    assert json.loads(json.dumps(figure)) == figure
    assert {trace["type"] for trace in figure["data"]} == {"scatter"}


def test_missing_value_stays_a_gap() -> None:
    trace = actual(kpi_figure(series()))
    assert trace["y"] == [90.0, None, 97.0]
    assert trace["connectgaps"] is False


@pytest.mark.parametrize(("headline", "title"), [("", "On-time delivery, EMEA"), ("Met", "Met")])
def test_title_says_the_finding_where_it_is_known(headline: str, title: str) -> None:
    assert kpi_figure(series(headline=headline))["layout"]["title"]["text"] == title


@pytest.mark.parametrize(
    ("fields", "statuses"),
    [
        ({"values": [84.9, 85.0, 95.0]}, ["critical", "below_target", "on_target"]),
        (
            {
                "direction": "lower",
                "values": [2.0, 5.0, 5.1],
                "targets": [2.0] * 3,
                "red_flags": [5.0] * 3,
            },
            ["on_target", "below_target", "critical"],
        ),
        ({"values": [94.9, 95.0, None], "red_flags": [None] * 3}, ["critical", "on_target"]),
        (
            {
                "direction": "lower",
                "values": [2.0, 2.1, None],
                "targets": [2.0] * 3,
                "red_flags": (),
            },
            ["on_target", "critical"],
        ),
        (
            {
                "direction": "range",
                "values": [25.0, 50.0, 50.1],
                "targets": (),
                "red_flags": (),
                "ranges": [(10.0, 20.0, 30.0, 50.0)] * 3,
            },
            ["on_target", "below_target", "critical"],
        ),
        ({"targets": (), "red_flags": ()}, ["no_target"] * 3),
    ],
)
def test_statuses_of_values(fields: dict[str, Any], statuses: list[str]) -> None:
    trace = actual(kpi_figure(series(**fields)))
    assert trace["meta"]["statuses"][: len(statuses)] == statuses


def test_bands_where_higher_is_better() -> None:
    low, high = kpi_figure(series())["layout"]["yaxis"]["range"]
    assert bands(kpi_figure(series())) == [
        ("critical", -0.5, 2.5, low, 85.0),
        ("below_target", -0.5, 2.5, 85.0, 95.0),
        ("on_target", -0.5, 2.5, 95.0, high),
    ]


def test_bands_where_lower_is_better() -> None:
    figure = kpi_figure(series(direction="lower", targets=[85.0] * 3, red_flags=[95.0] * 3))
    assert [band[0] for band in bands(figure)] == ["on_target", "below_target", "critical"]


def test_bands_of_a_range_have_the_target_in_the_middle() -> None:
    figure = kpi_figure(
        series(direction="range", targets=(), red_flags=(), ranges=[(80, 90, 95, 99)] * 3)
    )
    assert [band[0] for band in bands(figure)] == [
        "critical",
        "below_target",
        "on_target",
        "below_target",
        "critical",
    ]


def test_bands_follow_a_target_that_changes_and_stop_where_there_is_none() -> None:
    figure = kpi_figure(series(targets=[90.0, 95.0, None], red_flags=[80.0, 85.0, None]))
    spans = {(band[1], band[2]) for band in bands(figure)}
    assert spans == {(-0.5, 0.5), (0.5, 1.5)}


@pytest.mark.parametrize(
    ("values", "starts_at_zero"),
    [([1.0, 5.0, 9.0], True), ([90.0, 95.0, 99.0], False), ([-5.0, 1.0, 9.0], False)],
)
def test_axis_starts_at_zero_where_that_costs_little(values: Any, starts_at_zero: bool) -> None:
    figure = kpi_figure(series(values=values, targets=(), red_flags=()))
    low, high = figure["layout"]["yaxis"]["range"]
    assert (low == 0) == starts_at_zero
    assert low <= min(values) <= max(values) < high


def test_axis_of_a_constant_has_room() -> None:
    figure = kpi_figure(series(values=[0.0] * 3, targets=(), red_flags=()))
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < high


def test_hover_speaks_in_the_unit_of_measure() -> None:
    assert "%{y:,.1f} %" in actual(kpi_figure(series()))["hovertemplate"]
    assert actual(kpi_figure(series(unit_of_measure="")))["name"] == "Actual"


def test_alternative_says_what_is_drawn() -> None:
    layout = kpi_figure(series())["layout"]
    assert "from 90.0 % in 2026-01 to 97.0 % in 2026-03" in layout["meta"]["alternative"]
    nothing = kpi_figure(series(values=[None] * 3))["layout"]["meta"]["alternative"]
    assert nothing == "On-time delivery, EMEA: no values yet."


def test_table_for_download_holds_raw_numbers() -> None:
    table = kpi_figure(series())["layout"]["meta"]["table"]
    assert table["columns"] == ["period", "start", "value", "target", "red_flag"]
    assert table["rows"][1] == ["2026-02", "2026-02-01", None, 95.0, 85.0]


def test_table_of_a_range_holds_its_edges() -> None:
    table = kpi_figure(series(targets=(), red_flags=(), ranges=[(1.0, 2.0, 3.0, 4.0), None, None]))[
        "layout"
    ]["meta"]["table"]
    assert table["columns"][3:] == ["red_flag_below", "target_from", "target_to", "red_flag_above"]
    assert table["rows"][0][3:] == [1.0, 2.0, 3.0, 4.0]
    assert table["rows"][1][3:] == [None] * 4


def test_units_and_names_are_text_not_markup() -> None:
    figure = kpi_figure(series(unit_of_measure="<b>", headline="<img src=x>"))
    assert "<b>%{y" in actual(figure)["hovertemplate"]
    assert "<img" not in figure["layout"]["title"]["text"]
