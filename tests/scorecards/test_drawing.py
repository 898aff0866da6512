"""Geometry of the pictures: gaps stay gaps, bands change where the score does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.drawing.bullets import bullet, score_bullet
from scorecards.drawing.lines import sparkline
from scorecards.drawing.pieces import shares
from scorecards.drawing.polylines import PolylinePicture, polyline_picture, short_number
from scorecards.drawing.scales import Dot, Scale
from scorecards.selectors.shapes import Polyline, Score, Trend
from scorecards.selectors.traces.shapes import TraceNode

HIGHER = Polyline(((20, 0), (40, 50), (60, 100), (80, 150)))
LOWER = Polyline(((0, 150), (0, 100), (5, 50), (10, 0)))
RANGE = Polyline(((0, 0), (10, 50), (20, 100), (25, 150), (30, 100), (50, 50), (70, 0)))
TARGET_ALONE = Polyline(((80, 0), (80, 100)))
MET_BELOW = Polyline(((80, 100), (80, 0)))


def score(value: float | None, status: str = "on_target") -> Score:
    return Score(value, "–" if value is None else f"{value:.1f}", status, 1.0, "100 %")


def node(
    name: str = "Child",
    value: float | None = None,
    effective: float | None = None,
    **fields: Any,
) -> TraceNode:
    return TraceNode("kpi", "code", name, None, score(value), 1.0, 0.5, effective, **fields)


def drawn(polyline: Polyline, actual: float | None, of: Score) -> PolylinePicture:
    picture = polyline_picture(polyline, actual, of)
    assert picture is not None
    return picture


# --- Sparklines


@pytest.mark.parametrize(
    ("values", "line", "lone", "has_last"),
    [
        ((), "", 0, False),
        ((None, None), "", 0, False),
        ((5.0,), "", 1, True),
        ((1.0, 2.0), "M3.5 18.5L92.5 3.5", 0, True),
        ((2.0, 1.0), "M3.5 3.5L92.5 18.5", 0, True),
        ((7.0, 7.0, 7.0), "M3.5 11L92.5 11", 0, True),
        ((1.0, 2.0, None, 1.0, 2.0), "M3.5 18.5L25.8 3.5M70.2 18.5L92.5 3.5", 0, True),
        ((1.0, None, 2.0), "", 2, True),
        ((1.0, 2.0, None), "M3.5 18.5L48 3.5", 0, False),
    ],
)
def test_sparkline_line(values: Any, line: str, lone: int, has_last: bool) -> None:
    picture = sparkline(Trend(values, status="critical"))
    assert picture.line == line
    assert len(picture.lone) == lone
    assert (picture.last is not None) == has_last


def test_sparkline_of_a_missing_last_period_has_no_status() -> None:
    assert sparkline(Trend((1.0, None), status="critical")).status == "no_data"


def test_sparkline_and_its_target_share_a_scale() -> None:
    picture = sparkline(Trend((0.0, 10.0), (20.0, 20.0)))
    assert picture.target == "M3.5 3.5L92.5 3.5"
    assert picture.last == Dot(92.5, 11.0)


def test_sparklines_share_a_scale_between_given_ends() -> None:
    low, high = Trend((0.0, 10.0)), Trend((None, 40.0))
    shared = [sparkline(each, height=47, ends=(0, 40)).last for each in (low, high)]
    assert shared == [Dot(92.5, 33.5), Dot(92.5, 3.5)]
    assert sparkline(low, height=47).last == Dot(92.5, 3.5)


def test_sparkline_keeps_its_label() -> None:
    assert sparkline(Trend((1.0,), label="12 months to 2026-03")).label == "12 months to 2026-03"


@given(st.lists(st.none() | st.floats(-1e18, 1e18), max_size=20))
def test_sparkline_stays_inside_its_box(values: Any) -> None:
    picture = sparkline(Trend(tuple(values)))
    dots = [*picture.lone, *([picture.last] if picture.last else [])]
    assert all(0 <= dot.x <= picture.width and 0 <= dot.y <= picture.height for dot in dots)


# --- Bullets


@pytest.mark.parametrize(
    ("polyline", "bands"),
    [
        (HIGHER, [("critical", 0, 40), ("below_target", 40, 40), ("on_target", 80, 40)]),
        (LOWER, [("below_target", 0, 60), ("critical", 60, 60)]),
        (
            RANGE,
            [
                ("critical", 0, 17.1),
                ("below_target", 17.1, 17.2),
                ("on_target", 34.3, 17.1),
                ("below_target", 51.4, 34.3),
                ("critical", 85.7, 34.3),
            ],
        ),
        (TARGET_ALONE, [("critical", 0, 60), ("on_target", 60, 60)]),
        (MET_BELOW, [("on_target", 0, 60), ("critical", 60, 60)]),
    ],
)
def test_bullet_bands_change_at_50_and_100(
    polyline: Polyline, bands: list[tuple[str, float, float]]
) -> None:
    picture = bullet(polyline, None, None, width=120)
    assert [(band.status, band.x, band.width) for band in picture.bands] == bands


@pytest.mark.parametrize(
    ("actual", "bar", "overflow"),
    [
        (None, None, ""),
        (20, 0, ""),
        (50, 60, ""),
        (80, 120, ""),
        (95, 120, ""),
        (500, 120, "high"),
        (-500, 0, "low"),
    ],
)
def test_bullet_bar(actual: float | None, bar: float | None, overflow: str) -> None:
    picture = bullet(HIGHER, actual, 60, width=120)
    assert (picture.bar, picture.overflow) == (bar, overflow)


def test_bullet_value_beyond_the_polyline_stretches_the_axis_a_little() -> None:
    picture = bullet(HIGHER, 95, 60, width=120)
    assert picture.bands[-1].x == pytest.approx((60 - 20) / (95 - 20) * 120)


@pytest.mark.parametrize(("target", "mark"), [(None, None), (20, 0), (60, 79), (80, 118)])
def test_bullet_target_mark_is_whole_at_the_ends(target: float | None, mark: float | None) -> None:
    assert bullet(HIGHER, 50, target, width=120).target == mark


def test_bullet_where_lower_is_better_still_reads_from_left_to_right() -> None:
    better, worse = bullet(LOWER, 1, 0), bullet(LOWER, 8, 0)
    assert better.bar is not None
    assert worse.bar is not None
    assert better.bar < worse.bar


def test_bullet_of_a_target_alone_shows_a_far_value() -> None:
    picture = bullet(TARGET_ALONE, 200, 80)
    assert picture.bar is not None
    assert 0 < picture.bar < picture.width
    assert picture.overflow == ""


def test_bullet_of_a_target_of_zero_alone_has_room_on_both_sides() -> None:
    assert [band.width for band in bullet(Polyline(((0, 100), (0, 0))), 0, 0, width=120).bands] == [
        60,
        60,
    ]


def test_bullet_without_a_target_compares_with_nothing() -> None:
    picture = bullet(Polyline(), 7, None, label="7 against –")
    assert (picture.bands, picture.bar, picture.target) == ((), None, None)
    assert picture.label == "7 against –"


@pytest.mark.parametrize(("value", "bar"), [(None, None), (0, 0), (75, 60), (150, 120)])
def test_score_bullet(value: Any, bar: float | None) -> None:
    picture = score_bullet(value, width=120)
    assert picture.bar == bar
    assert picture.target == 79
    assert [band.x for band in picture.bands] == [0, 40, 80]


@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.floats(0, 150)), min_size=1, max_size=7),
    st.none() | st.floats(-1e6, 1e6),
)
def test_bullet_bands_fill_the_width(points: Any, actual: float | None) -> None:
    picture = bullet(Polyline(tuple(sorted(points, key=lambda p: p[0]))), actual, None)
    assert picture.bands[0].x == 0
    assert sum(band.width for band in picture.bands) == pytest.approx(picture.width, abs=0.5)
    assert picture.bar is None or 0 <= picture.bar <= picture.width


# --- The polyline


def test_polyline_picture_puts_the_value_on_the_line() -> None:
    picture = drawn(HIGHER, 50, score(75, "below_target"))
    assert picture.point == Dot(159.0, 58.0)
    assert picture.status == "below_target"
    assert [tick.text for tick in picture.ticks] == ["40", "60", "20", "80"]
    assert [level.text for level in picture.levels] == ["0", "50", "100", "150"]


def test_polyline_picture_goes_on_level_beyond_its_ends() -> None:
    line = drawn(HIGHER, 90, score(150)).line
    assert line.endswith("L290 8")
    assert line.count("L") == 4


@pytest.mark.parametrize(("actual", "value"), [(None, None), (50, None)])
def test_polyline_picture_without_a_score_has_no_point(actual: float | None, value: Any) -> None:
    assert drawn(HIGHER, actual, score(value)).point is None


def test_polyline_picture_needs_a_target() -> None:
    assert polyline_picture(Polyline(), 50, score(None)) is None


def test_polyline_ticks_do_not_run_into_each_other() -> None:
    crowded = Polyline(tuple((1_000_000 + x, x) for x in range(0, 160, 10)))
    places = [tick.at for tick in drawn(crowded, None, score(None)).ticks]
    assert len(places) < 10
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12_500, "12.5k"), (-3_200_000, "−3.2M"), (0.125, "0.125"), (9999, "9999")],
)
def test_short_number(value: Any, text: str) -> None:
    assert short_number(value) == text


# --- Shares


def test_shares_end_at_the_score() -> None:
    children = (node("A", 120.0, 0.5), node("B", 60.0, 0.5))
    picture = shares(node("Top", 90.0, children=children), width=150)
    assert [(piece.x, piece.label) for piece in picture.pieces] == [
        (0, "A: 120.0"),
        (60, "B: 60.0"),
    ]
    assert picture.pieces[-1].x + picture.pieces[-1].width == pytest.approx(90, abs=2)
    assert picture.marks == (50, 100)


@pytest.mark.parametrize("effective", [None, 0.0])
def test_shares_leave_out_what_was_left_out(effective: float | None) -> None:
    children = (node("A", 80.0, 1.0), node("B", None, effective))
    assert len(shares(node("Top", 80.0, children=children)).pieces) == 1


def test_shares_of_capped_children_end_at_their_cap() -> None:
    children = (node("A", 150.0, 0.5), node("B", 30.0, 0.5))
    picture = shares(node("Top", 65.0, children=children, is_capped=True), width=150)
    assert picture.pieces[1].x == 50


def test_shares_of_a_hidden_part_have_no_name() -> None:
    picture = shares(node("Top", 80.0, children=(node("", 80.0, 1.0),)))
    assert picture.pieces[0].label == "not visible to you: 80.0"


def test_scale_without_width_maps_to_its_middle() -> None:
    assert Scale(3, 3, 0, 10).at(99) == 5
