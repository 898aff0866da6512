"""Heat maps: units against perspectives, objectives or one KPI; pages, files and the API."""

import datetime as dt
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from calculations.units import UnitRule
from kpis.services.library import assign_kpi, change_kpi
from organizations.access import user_access
from organizations.services.structure import create_unit
from scorecards.models import Assessment
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import active_scorecard, board_data
from scorecards.selectors.heat_map.map import heat_map
from scorecards.selectors.heat_map.shapes import HeatMap
from scorecards.services.assessments import assess
from scorecards.services.closing import close_period
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    align,
    create_scorecard,
)
from tests.scorecards.api_client import Api, problem
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/heat-map/"
Q1 = "2026-Q1"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


def measured(world: World) -> None:
    """Sales is on target in what it improves, and below it in what it grows; EMEA is critical."""
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90})
        world.record("revenue", "emea", {f"2026-{month}-01": 700})
    world.record("revenue", "ada", {"2025-12-01": 20, "2026-03-01": 30})
    world.record("nps", "sales", {"2026-01-01": 30})
    world.record("defects", "sales", {"2026-01-01": 2, "2026-02-01": 3, "2026-03-01": 4})
    refresh_scores(organization_id=world.organization.pk)


def mapped(world: World, of: str, user: str = "root", unit: str = "acme", **asked: Any) -> HeatMap:
    access = user_access(world.users[user], "acme")
    assert access is not None
    node, period = access.tree.by_code[unit], world.organization.calendar.parse_label(Q1)
    found = heat_map(access, node, of, period, **asked)
    assert found is not None
    return found


def cells(found: HeatMap) -> dict[str, list[str]]:
    """By unit, what stands in its row; "" where it has nothing."""
    return {
        row.code: [f"{c.score.text} {c.score.status}" if c else "" for c in (row.score, *row.cells)]
        for row in found.rows
    }


def codes(found: HeatMap) -> list[str]:
    return [row.code for row in found.rows]


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def add_unit(world: World, code: str, *objectives: str, parent: str = "acme") -> None:
    """A team with a scorecard in force, unless it has no objectives."""
    unit = create_unit(
        organization=world.organization, code=code, name=code.title(), kind="team",
        parent=world.units[parent],
    )  # fmt: skip
    world.units[code] = unit
    if objectives:
        scorecard = create_scorecard(unit=unit, code=f"{code}_scorecard", name=code.title())
        perspective = add_perspective(scorecard=scorecard, code="people", name="People")
        for each in objectives:
            row = add_objective(perspective=perspective, code=each, name=each.title())
            world.objectives[code, each] = row
        activate_scorecard(scorecard=scorecard, valid_from=START)


# --- Scores


def test_scores_are_those_of_the_boards(acme: World) -> None:
    measured(acme)
    found = mapped(acme, "perspectives", scope="all")
    assert [column.name for column in found.columns] == ["Financial", "Internal process"]
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    for row in found.rows:
        unit = access.tree.by_code[row.code]
        scorecard = active_scorecard(unit)
        if scorecard is None:
            assert (row.score, row.cells) == (None, ())
            continue
        data = board_data(access, unit, scorecard, dated(acme))
        assert data is not None
        shown = board(data)
        assert row.score is not None
        assert row.score.score == shown.score
        assert row.score.href == shown.trace_href
        for cell, band in zip(row.cells, shown.perspectives, strict=True):
            assert cell
            assert (cell.score, cell.href) == (band.score, band.trace_href)
    assert [(row.code, row.depth, row.n_beneath) for row in found.rows] == [
        ("acme", 0, 2), ("emea", 1, 1), ("sales", 2, 1), ("ada", 3, 0), ("apac", 1, 0)
    ]  # fmt: skip
    assert found.is_tree
    assert codes(mapped(acme, "perspectives")) == ["acme", "emea", "apac"]
    # Bob sees no individual's unit, neither as a row nor in a count.
    (seen,) = mapped(acme, "perspectives", "bob", "sales").rows
    assert (seen.code, seen.n_beneath) == ("sales", 0)


def dated(world: World) -> Any:
    return world.organization.calendar.parse_label(Q1)


def test_order_is_by_what_is_shown_and_pages_follow_it(acme: World) -> None:
    measured(acme)
    add_unit(acme, "lab", "grow")
    refresh_scores(organization_id=acme.organization.pk)
    for sort, expected in {
        "": ["acme", "lab", "emea", "sales", "ada", "apac"],
        "name": ["acme", "ada", "apac", "emea", "lab", "sales"],
        # What has no score comes last either way; the unit of the map stays first.
        "score": ["acme", "emea", "sales", "lab", "ada", "apac"],
        "-score": ["acme", "sales", "emea", "lab", "ada", "apac"],
        "-perspective:financial": ["acme", "sales", "emea", "lab", "ada", "apac"],
        "perspective:nothing": ["acme", "lab", "emea", "sales", "ada", "apac"],
    }.items():
        assert codes(mapped(acme, "perspectives", scope="all", sort=sort)) == expected, sort
    pages = [
        mapped(acme, "perspectives", scope="all", sort="name", page=n, length=4) for n in (1, 2, 9)
    ]
    assert [codes(each) for each in pages[:2]] == [
        ["acme", "ada", "apac", "emea"],
        ["lab", "sales"],
    ]
    assert [(each.page, each.n_pages, each.n_units) for each in pages] == [
        (1, 2, 6), (2, 2, 6), (2, 2, 6)
    ]  # fmt: skip
    # Columns are those of the map's unit, then those that are met.
    assert [each.code for each in mapped(acme, "perspectives", scope="all").columns] == [
        "financial", "process", "people"
    ]  # fmt: skip
    for sort in ("objective:grow", "value"):
        assert not mapped(acme, "perspectives", sort=sort).sort


def test_objectives_stand_beneath_those_that_they_serve(acme: World) -> None:
    """Through units between; the lowest of several; else the one of the same code."""
    measured(acme)
    sales = acme.scorecards["sales"]
    second = add_objective(
        perspective=sales.perspectives.get(code="process"), code="keep", name="Keep clients"
    )
    align(objective=second, supported=acme.objectives["emea", "grow"])
    publish_edition(scorecard=sales, valid_from=START)
    add_unit(acme, "lab", "grow", "invent")
    refresh_scores(organization_id=acme.organization.pk)
    found = mapped(acme, "objectives", scope="all")
    assert [(each.name, each.band) for each in found.columns] == [
        ("Grow Acme", "Financial"), ("Improve Acme", "Internal process")
    ]  # fmt: skip
    rows = {row.code: row for row in found.rows}
    grow, improve = rows["sales"].cells
    assert grow
    assert improve
    # Keep clients has no data, so that the other one is the lowest.
    assert (grow.name, grow.n_others, improve.name, improve.n_others) == (
        "Grow Sales", 1, "Improve Sales", 0
    )  # fmt: skip
    assert grow.href.endswith("trace=objective%3Agrow")
    assert cells(found)["sales"][1].endswith(" below_target")
    assert cells(found)["sales"][2].endswith(" on_target")
    assert [cell and cell.name for cell in rows["lab"].cells] == ["Grow", None]
    sort = mapped(acme, "objectives", scope="all", sort="-objective:improve").rows
    assert [row.code for row in sort][:3] == ["acme", "emea", "sales"]
    # A unit without a scorecard sets no objectives against anything.
    assert mapped(acme, "objectives", unit="apac").columns == ()


def test_closed_periods_show_what_was_reported(acme: World) -> None:
    """With what was restated since beside it, and what a manager said in place of a score."""
    measured(acme)
    assess(
        scorecard=acme.scorecards["sales"], node=Assessment.Node.OBJECTIVE, code="improve",
        period=dated(acme), status="critical", reason="A recall", by=acme.users["alice"],
    )  # fmt: skip
    refresh_scores(organization_id=acme.organization.pk)
    before = cells(mapped(acme, "objectives", unit="emea"))
    assert before["sales"][2] == "25.0 critical"
    close_period(unit=acme.units["emea"], period=dated(acme), by=acme.users["alice"])
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=True):
        acme.record(
            "revenue",
            "sales",
            {"2026-03-01": 130},
            user=acme.users["alice"],
            reason="A late invoice",
        )
        refresh_scores(organization_id=acme.organization.pk)
        found = mapped(acme, "objectives", unit="emea")
    assert cells(found) == before
    sales = found.rows[1]
    assert sales.is_closed
    assert sales.score is not None
    assert sales.cells[0] is not None
    assert sales.cells[0].score.restated is not None
    assert sales.cells[0].score.restated.status == "on_target"
    assert sales.cells[1]
    assert sales.cells[1].score.restated is None
    assert sales.cells[1].score.assessed is not None
    assert not mapped(acme, "objectives").rows[0].is_closed


# --- One KPI


def test_a_kpi_stands_across_units_on_one_scale(acme: World) -> None:
    measured(acme)
    found = mapped(acme, "revenue")
    told = {
        row.code: (
            f.actual.text,
            f.target.text,
            f.score.text,
            f.difference_text,
            f.trend.values[-2:],
        )
        for row in found.rows
        if (f := row.figures)
    }
    assert told == {
        "emea": ("2,100", "3,000", "25.0", "", (None, 2100.0)),
        "sales": ("270", "300", "75.0", "", (None, 270.0)),
        "ada": ("30", "–", "–", "+10", (20.0, 30.0)),
    }
    assert found.kpi is not None
    assert (found.kpi.low, found.kpi.high, found.scope, found.is_tree) == (20, 3000, "all", True)
    figures = found.rows[1].figures
    assert figures is not None
    assert figures.href == (
        "/acme/units/sales/scorecard/?period=2026-Q1&trace=kpi%3Agrow%3Arevenue"
    )
    assert found.rows[2].figures
    assert found.rows[2].figures.href.startswith("/acme/kpis/revenue/")
    for sort, expected in {
        "value": ["ada", "sales", "emea"],
        "-value": ["emea", "sales", "ada"],
        "-score": ["sales", "emea", "ada"],
        "change": ["ada", "emea", "sales"],
    }.items():
        assert codes(mapped(acme, "revenue", sort=sort)) == expected, sort
    assert codes(mapped(acme, "revenue", scope="level", unit="emea")) == ["emea", "sales"]
    assert codes(mapped(acme, "revenue", "bob")) == ["emea", "sales"]
    assert mapped(acme, "nps", unit="apac").rows == ()


def test_a_sum_does_not_flatten_what_it_sums_up(acme: World) -> None:
    assign_kpi(kpi=acme.kpis["defects"], unit=acme.units["emea"])
    change_kpi(kpi=acme.kpis["defects"], unit_rule=UnitRule.SUM)
    measured(acme)
    found = mapped(acme, "defects", unit="emea")
    assert [row.figures and row.figures.has_own_scale for row in found.rows] == [True, False]
    assert found.kpi
    assert found.kpi.high == 15


# --- How it is read


def test_as_many_statements_for_many_units_as_for_few(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """An order reads scores or figures of all units besides."""
    measured(acme)
    for number in range(4):
        add_unit(acme, f"team_{number}", *["grow"][: number % 2], parent="emea")
        assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units[f"team_{number}"])
    refresh_scores(organization_id=acme.organization.pk)
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    units = [access.tree.by_code[unit] for unit in ("sales", "acme")]
    expected = {"perspectives": (6, 8), "objectives": (7, 9), "revenue": (8, 11)}
    for of, counts in expected.items():
        for unit in units:
            for sort, count in zip(("", "-score"), counts, strict=True):
                with django_assert_num_queries(count):
                    heat_map(access, unit, of, dated(acme), scope="all", sort=sort)


# --- The page


def test_the_page_sorts_leads_on_and_is_taken_out(
    acme: World, root: Client, client: Client
) -> None:
    measured(acme)
    page = text(root.get(PAGE, {"period": Q1, "sort": "score"}))
    assert re.search(r'aria-sort="ascending"><a href="[^"]+sort=-score">Scorecard', page)
    assert 'href="/acme/units/emea/scorecard/?period=2026-Q1&trace=perspective%3Afinancial"' in page
    assert "no scorecard in 2026-Q1" in page
    assert 'of=perspectives&period=2026-Q1&sort=score&unit=emea">1 beneath' in page
    for query, said in {
        "of=revenue": "12 quarters, all from 20 to 3,000 k€",
        "of=objectives&unit=apac": "APAC has no objectives in 2026-Q1",
        "of=nps&unit=apac": "Nps is not measured at APAC or beneath",
        "period=2019-Q1&unit=sales": "Sales has no scores in 2019-Q1",
        "period=nonsense": "Heat map",
        "sort=nonsense&page=-3&scope=nonsense": "Heat map",
    }.items():
        answer = root.get(f"{PAGE}?period={Q1}&{query}")
        assert (answer.status_code, said in text(answer)) == (200, True), query
    missing = [{"unit": "nobody"}, {"of": "secret_sauce"}, {"of": "nothing"}, {"of": "a\x00b"}]
    assert {root.get(PAGE, query).status_code for query in missing} == {404}
    file = root.get(PAGE, {"period": Q1, "of": "revenue", "unit": "sales", "form": "csv"})
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert rows[0].startswith("Unit,Code,Level,Actual,Target,Change,Score,Status,2023-Q2,")
    assert rows[1].startswith("Sales,sales,0,270,300,,75,below target,")
    file = root.get(PAGE, {"period": Q1, "scope": "all", "form": "csv"})
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert rows[0] == (
        "Unit,Code,Level,Scorecard,Scorecard: status,Financial,Financial: status,"
        "Internal process,Internal process: status"
    )
    assert rows[3].startswith("Sales,sales,2,")
    client.force_login(acme.users["bob"])
    assert client.get(PAGE, {"form": "xlsx"}).status_code == 403
    unseen, unknown = (client.get(PAGE, {"unit": code}) for code in ("ada", "nobody"))
    assert unseen.status_code == unknown.status_code == 404


# --- The API


def test_the_api_tells_the_same(acme: World) -> None:
    measured(acme)
    api = Api(acme.token("measurements:read")[1])
    answer = api.get(f"heat-map?unit=emea&period={Q1}&ordering=-score&limit=1").json()
    assert (answer["of"], answer["unit"]) == ("perspectives", "emea")
    (emea,) = answer["results"]
    rest = f"heat-map?unit=emea&period={Q1}&ordering=-score&cursor={answer['next']}"
    following = api.get(rest).json()
    assert following["next"] is None
    (sales,) = following["results"]
    shown = mapped(acme, "perspectives", unit="emea").rows[1].score
    assert sales["scorecard"]["score"] == (shown and shown.score.value)
    assert [cell["column"] for cell in emea["cells"]] == ["financial", "process"]
    figures = api.get(f"heat-map?of=revenue&period={Q1}&unit=sales").json()["results"][0]["figures"]
    assert (figures["value"], figures["score"], figures["status"]) == (270, 75, "below_target")
    assert (len(figures["trend"]), figures["trend"][-1], figures["change"]) == (12, 270, None)


def test_what_the_api_cannot_read_is_refused(acme: World) -> None:
    api = Api.signed_in(acme, "bob")
    for query, expected in {
        "of=nothing": (404, "not_found"),
        "unit=nobody": (404, "not_found"),
        "unit=ada": (404, "not_found"),
        "unit=": (404, "not_found"),
        "ordering=": (400, "invalid_parameter"),
        "ordering=value": (400, "invalid_parameter"),
        "scope=some": (400, "invalid_parameter"),
        "cursor=abc": (400, "invalid_cursor"),
        "limit=201": (400, "invalid_parameter"),
        "period=2026-Q9": (400, "invalid_period"),
        "as_of=2026-01-01": (400, "unknown_parameter"),
    }.items():
        assert problem(api.get(f"heat-map?{query}")) == expected, query
