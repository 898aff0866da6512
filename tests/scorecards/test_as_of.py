"""As of a moment: what every page and answer said then, whatever was said later."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.services.targets import set_target
from organizations.access import user_access
from scorecards.models import Initiative
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import active_scorecard, board_data
from scorecards.selectors.boards.overview import organization_overview
from scorecards.selectors.boards.shapes import Board, OrganizationOverview
from scorecards.selectors.closing.report_document import timeless_board, timeless_node
from scorecards.selectors.traces.shapes import TraceNode
from scorecards.selectors.traces.trace import trace
from scorecards.selectors.viewing import AsOf, InvalidMoment, asked_moment
from scorecards.services.editions import publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from tests.worlds import START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
THEN = dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 6, 20, 12, tzinfo=dt.UTC)
BOARD = "/acme/units/sales/scorecard/"


def looked_at(world: World, unit: str, as_of: AsOf | None = None) -> tuple[Board, TraceNode]:
    """The board of the first quarter with its explanation, but for ages and addresses."""
    access = user_access(world.users["root"], "acme")
    assert access
    node = access.visible_unit(unit)
    assert node
    scorecard = active_scorecard(node)
    assert scorecard
    period = world.organization.calendar.parse_label("2026-Q1")
    data = board_data(access, node, scorecard, period, as_of)
    assert data
    explained = trace(data, "scorecard")
    assert explained
    shown = replace(board(data), refreshed_text="")
    shown = replace(shown, period=replace(shown.period, as_of="", as_of_text=""))
    return timeless_board(shown), timeless_node(explained)


def overview(world: World, as_of: AsOf | None = None) -> OrganizationOverview:
    access = user_access(world.users["root"], "acme")
    assert access
    period = world.organization.calendar.parse_label("2026-Q1")
    return organization_overview(access, period, as_of)


def measured(world: World) -> None:
    for month in ("01", "02"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90}, user=world.users["carol"])
    world.record("nps", "sales", {"2026-01-01": 41.5})
    world.record("nps", "sales", {"2026-01-01": 30})  # corrected then already
    world.record("defects", "sales", {"2026-01-01": 2})
    add_initiative(
        unit=world.units["sales"],
        code="push",
        name="Push",
        objectives=[world.objectives["sales", "grow"]],
        milestones=[("First", dt.date(2026, 6, 1), None)],
    )
    refresh_scores(organization_id=world.organization.pk)


def everything_changes(world: World) -> None:
    world.record("revenue", "sales", {"2026-02-01": 140, "2026-03-01": 10})
    world.record("defects", "sales", {"2026-01-01": 9})
    set_target(
        assignment=world.assignment("revenue", "sales"), valid_from=START, red_flag=10, target=20
    )
    objective = world.objectives["sales", "grow"]
    objective.name = "Shrink"
    objective.save()
    publish_edition(scorecard=world.scorecards["sales"], valid_from=START)
    initiative = Initiative.objects.get(code="push")
    initiative.name = "Pull"
    initiative.save()
    refresh_scores(organization_id=world.organization.pk)


@pytest.mark.parametrize("unit", ["sales", "emea", "acme"])
def test_a_board_as_of_a_moment_is_the_board_of_that_moment(acme: World, unit: str) -> None:
    with time_machine.travel(THEN, tick=False) as clock:
        measured(acme)
        clock.shift(dt.timedelta(minutes=1))
        before = looked_at(acme, unit)
        units = overview(acme).units
        then = dt.datetime.now(dt.UTC)
    with time_machine.travel(LATER, tick=False):
        everything_changes(acme)
        as_of = AsOf("then", then)
        assert looked_at(acme, unit, as_of) == before
        assert looked_at(acme, unit) != before
        told = overview(acme, as_of).units
        assert [replace(line, href=None) for line in told] == [
            replace(line, href=None) for line in units
        ]


@pytest.fixture
def later(acme: World, client: Client) -> Any:
    """Alice, a month after the first look, when everything has changed."""
    with time_machine.travel(THEN, tick=True):
        measured(acme)
    with time_machine.travel(LATER, tick=True):
        everything_changes(acme)
        client.force_login(acme.users["alice"])
        yield client


def test_a_page_keeps_the_moment_in_its_links(later: Client) -> None:
    answer = later.get(BOARD, {"period": "2026-Q1", "as_of": "2026-05-05"})
    page = answer.content.decode()
    shown = answer.context["board"]
    assert "As of 2026-05-05 23:59" in page
    assert shown.period.now_href == f"{BOARD}?period=2026-Q1"
    addresses = [
        shown.trace_href,
        shown.period.previous_href,
        shown.breadcrumbs[0].href,
        shown.perspectives[0].objectives[0].kpis[0].href,
        shown.perspectives[0].objectives[0].supports[0].href,
        answer.context["switcher_href"],
    ]
    assert all("as_of=2026-05-05" in address for address in addresses)
    assert not shown.is_stale


@pytest.mark.parametrize(
    "address", [BOARD, "/acme/", "/acme/kpis/revenue/", "/api/v1/acme/units/sales/scorecard"]
)
def test_a_moment_may_be_told_in_any_zone(later: Client, address: str) -> None:
    """PostgreSQL reads no zone that is sixteen hours or more from Greenwich."""
    answer = later.get(address, {"as_of": "2026-05-05T12:00:00+23:59"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-06-21", "is still to come"),
        ("2026-13-01", "is no day and no moment"),
        ("2026-05-05T12:00:00", "is no day and no moment"),
        ("0001-01-01", "outside the calendar"),
        ("<b>", "is no day and no moment"),
    ],
)
@pytest.mark.parametrize("address", [BOARD, "/acme/", "/acme/kpis/revenue/"])
def test_a_bad_moment_shows_now_and_says_so(
    later: Client, address: str, text: str, told: str
) -> None:
    page = later.get(address, {"as_of": text}).content.decode()
    assert told in page
    assert "shows what stands now" in page
    assert "as_of=" not in page


def test_a_day_means_its_end_at_the_organizations_place(acme: World) -> None:
    acme.organization.time_zone = "America/New_York"
    with time_machine.travel(LATER, tick=False):
        asked = asked_moment(acme.organization, "2026-05-05")
        assert asked
        assert asked.at == dt.datetime(2026, 5, 6, 3, 59, 59, 999999, tzinfo=dt.UTC)
        today = asked_moment(acme.organization, "2026-06-20")
        assert today
        assert today.at == LATER
        plus = asked_moment(acme.organization, "2026-05-05T12:00:00 02:00")
        assert plus
        assert plus.at == dt.datetime(2026, 5, 5, 10, tzinfo=dt.UTC)
        with pytest.raises(InvalidMoment):
            asked_moment(acme.organization, "9999-12-31")


def test_a_kpi_page_and_its_chart_tell_of_the_moment(later: Client) -> None:
    query = {"unit": "sales", "period": "2026-Q1", "as_of": "2026-05-05"}
    page = later.get("/acme/kpis/revenue/", query).context["kpi"]
    assert page.actual.text == "180"
    known = [(row.period_label, row.value.text) for row in page.rows if row.state == "known"]
    assert known == [("2026-02", "90"), ("2026-01", "90")]
    assert page.push_command == ""
    assert "as_of=2026-05-05" in page.chart_url
    figure = later.get(page.chart_url).json()
    assert (
        figure["data"][-1]["y"][-4:] == [90, 90, None, None][-4:]
        or 140 not in (figure["data"][-1]["y"])
    )


def test_the_api_tells_of_the_moment(later: Client) -> None:
    query = {"kpi": "revenue", "unit": "sales"}
    url = "/api/v1/acme/measurements"
    then = later.get(url, query | {"as_of": "2026-05-05"}).json()["results"]
    assert [(row["period"], row["value"]) for row in then] == [("2026-01", 90), ("2026-02", 90)]
    first = later.get(url, query | {"as_of": "2026-05-05", "limit": "1"}).json()
    assert first["results"] == then[:1]
    following = query | {"as_of": "2026-05-05", "limit": "1", "cursor": first["next"]}
    assert later.get(url, following).json() == {"results": then[1:], "next": None}
    now = later.get(url, query).json()["results"]
    assert [row["value"] for row in now] == [90, 140, 10]
    scorecard = "/api/v1/acme/units/sales/scorecard"
    told = later.get(scorecard, {"period": "2026-Q1", "as_of": "2026-05-05"}).json()
    assert told["perspectives"][0]["objectives"][0]["kpis"][0]["value"] == 180
    assert told["as_of"].startswith("2026-05-05T23:59:59")
    bad = later.get(scorecard, {"as_of": "2027-01-01"})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_parameter")


def test_statements_as_of_a_moment_are_few(
    later: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for address, bound in ((BOARD, 45), ("/acme/", 26), ("/acme/kpis/revenue/?unit=sales", 30)):
        joint = "&" if "?" in address else "?"
        with django_assert_max_num_queries(bound):
            answer = later.get(f"{address}{joint}as_of=2026-05-05&period=2026-Q1")
        assert answer.status_code == 200
