"""Pages: what they show, to whom, in how many statements."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import Target
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.targets import remove_target, set_target
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from tests.worlds import CANARY, START, World

pytestmark = pytest.mark.django_db
TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
BOARD = "/acme/units/sales/scorecard/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def measured(world: World) -> None:
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90}, user=world.users["carol"])
    world.record("nps", "sales", {"2026-01-01": 41.5})
    refresh_scores(organization_id=world.organization.pk)


def test_a_board_shows_values_scores_and_marks(acme: World, alice: Client) -> None:
    measured(acme)
    page = alice.get(BOARD, {"period": "2026-Q1"}).content.decode()
    assert "270" in page
    assert "below target" in page
    assert "overdue" in page  # defects: nothing came in
    assert "Being refreshed" not in page
    assert "41.5" in page


def test_a_value_without_a_target_is_told_from_no_data(acme: World, alice: Client) -> None:
    remove_target(
        target=Target.objects.get(assignment=acme.assignment("revenue", "sales")), by=None
    )
    measured(acme)
    statuses = re.compile(r'#s-no_data"\s*/>\s*</svg>([^<]*)')
    pages = {
        "board": alice.get(BOARD, {"period": "2026-Q1", "trace": "kpi:grow:revenue"}),
        "kpi": alice.get("/acme/kpis/revenue/", {"unit": "sales", "period": "2026-Q1"}),
    }
    for page in pages.values():
        assert "no target" in statuses.findall(page.content.decode())
    # Defects have a target and no value; beneath a roll-up both are counted, and told as both.
    board = pages["board"].content.decode()
    assert "no data" in statuses.findall(board)
    assert 'title="2 no data or no target"' in board
    assert pages["board"].context["board"].score.counts.no_data == 2
    unmeasured = alice.get("/acme/kpis/revenue/", {"unit": "sales", "period": "2025-Q4"})
    assert "no target" not in statuses.findall(unmeasured.content.decode())


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (71, "62 % of the way from 40 to 90"),
        (89.99, "99 % of the way from 40 to 90"),
        (140, "200 % of the way from 40 to 90"),
        (34, "−12 % of the way from 40 to 90: further off than at the start"),
        (None, "– of the way from 40 to 90"),
    ],
)
def test_a_kpi_tells_how_far_it_has_come(
    acme: World, alice: Client, value: float | None, told: str
) -> None:
    revenue = acme.assignment("revenue", "sales")
    set_target(assignment=revenue, valid_from=START, baseline=40, red_flag=60, target=90)
    if value is not None:
        acme.record("revenue", "sales", {"2026-03-01": value})
    page = alice.get("/acme/kpis/revenue/", {"unit": "sales", "period": "2026-03"})
    assert page.context["kpi"].progress == told
    assert told in page.content.decode()


@pytest.mark.parametrize(
    "figures",
    [
        {"target": 90},
        {"baseline": 90, "target": 90},
        {"baseline": 40, "curve": [[0, 0], [90, 100]]},
    ],
)
def test_without_a_way_to_go_nothing_is_told_of_it(
    acme: World, alice: Client, figures: dict[str, Any]
) -> None:
    revenue = acme.assignment("revenue", "sales")
    set_target(assignment=revenue, valid_from=START, **figures)
    acme.record("revenue", "sales", {"2026-03-01": 71})
    page = alice.get("/acme/kpis/revenue/", {"unit": "sales", "period": "2026-03"})
    assert page.context["kpi"].progress == ""
    assert "of the way" not in page.content.decode()


def test_a_pushed_value_is_on_the_board_before_its_scores(acme: World, alice: Client) -> None:
    measured(acme)
    acme.record("revenue", "sales", {"2026-03-01": 777})
    page = alice.get(BOARD, {"period": "2026-03"}).content.decode()
    assert "777" in page
    assert 'hx-trigger="every 2s"' in page
    refresh_scores(organization_id=acme.organization.pk)
    assert "every 2s" not in alice.get(BOARD, {"period": "2026-03"}).content.decode()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("scorecard", "Weighted mean of 1 of 2 perspectives"),
        ("perspective:financial", "Weighted mean of 1 of 1 objectives"),
        ("objective:grow", "Weighted mean of 2 of 2 KPIs and contributions"),
        ("kpi:grow:revenue", "The sum of 3 of 3 due months"),
    ],
)
def test_every_score_explains_itself(acme: World, alice: Client, key: str, told: str) -> None:
    measured(acme)
    page = alice.get(BOARD, {"period": "2026-Q1", "trace": key}).content.decode()
    assert told in page


def test_a_trace_of_nothing_is_no_error(acme: World, alice: Client) -> None:
    assert alice.get(BOARD, {"trace": "objective:nowhere"}).status_code == 200


def test_an_unreadable_period_shows_another_and_says_so(acme: World, alice: Client) -> None:
    page = alice.get(BOARD, {"period": "2026-Q9"}).content.decode()
    assert "2026-Q9" in page
    assert "is not a quarter" in page


def test_a_period_before_the_structure_says_so(acme: World, alice: Client) -> None:
    assert "Nothing to show for 2024-Q1" in alice.get(BOARD, {"period": "2024-Q1"}).content.decode()


def test_a_unit_without_scorecard_says_so(acme: World, alice: Client) -> None:
    assert "has no scorecard yet" in alice.get("/acme/units/apac/scorecard/").content.decode()


def test_the_organization_page_lists_units(acme: World, alice: Client) -> None:
    measured(acme)
    page = alice.get("/acme/", {"period": "2026-Q1"}).content.decode()
    assert page.count("<tr") == 6  # the head and five units
    assert "Sales" in page


def test_a_kpi_page_shows_definition_values_and_the_curl_line(acme: World, alice: Client) -> None:
    measured(acme)
    page = alice.get("/acme/kpis/revenue/", {"unit": "sales"}).content.decode()
    assert "Below target since 2026-01" in page
    assert "curl -X POST" in page
    assert "Carol" in page


def test_the_score_of_a_kpi_leads_to_how_it_came_about(acme: World, alice: Client) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    page = alice.get("/acme/kpis/revenue/?unit=sales&period=2026-01").content.decode()
    assert '<a href="#value-title" aria-label="Score 75.0: why?">75.0</a>' in page
    assert 'id="value-title"' in page
    assert "Against the target of 100 k€, 90 scores <b>75.0</b>" in page
    unmeasured = alice.get("/acme/kpis/revenue/?unit=sales&period=2025-12").content.decode()
    assert "Against the target" not in unmeasured


def test_search_finds_units_objectives_and_kpis(acme: World, alice: Client) -> None:
    page = alice.get("/acme/search/", {"q": "sales"}).content.decode()
    assert "Grow Sales" in page
    assert "Nothing found" in alice.get("/acme/search/", {"q": "zzz"}).content.decode()


@pytest.mark.parametrize(
    "address",
    ["/rival/", "/rival/kpis/", "/rival/units/emea/scorecard/", "/rival/kpis/secret_sauce/"],
)
def test_another_organization_does_not_exist(
    acme: World, rival: World, alice: Client, address: str
) -> None:
    foreign, unknown = alice.get(address), alice.get(address.replace("rival", "nowhere"))
    assert foreign.status_code == unknown.status_code == 404
    assert without_csrf_token(foreign.content) == without_csrf_token(unknown.content)
    assert CANARY not in foreign.content.decode()


def without_csrf_token(content: bytes) -> bytes:
    """The token is masked anew for each answer."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", content)


def test_statements_do_not_grow_with_kpis_and_values(
    acme: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    measured(acme)
    for address in (BOARD, "/acme/", "/acme/kpis/revenue/?unit=sales", "/acme/kpis/"):
        with django_assert_max_num_queries(26):
            assert alice.get(address).status_code == 200


def test_a_kpi_that_is_measured_nowhere_is_listed_without_a_dead_link(
    acme: World, alice: Client
) -> None:
    define_kpi(organization=acme.organization, code="idle", name="Idle KPI")
    page = alice.get("/acme/kpis/").content.decode()
    assert "Idle KPI" in page
    assert "nowhere yet" in page
    assert 'href="/acme/kpis/idle/"' not in page
    assert "/acme/kpis/idle/" not in alice.get("/acme/search/", {"q": "idle"}).content.decode()


@pytest.mark.parametrize(("member", "sees"), [("bob", False), ("carol", False), ("alice", True)])
def test_what_is_an_individuals_own_is_not_told_to_others(
    acme: World, client: Client, member: str, sees: bool
) -> None:
    own = define_kpi(
        organization=acme.organization, code="own", name="Own KPI", owner=acme.people["ada"]
    )
    assign_kpi(kpi=own, unit=acme.units["ada"])
    add_initiative(
        unit=acme.units["ada"],
        code="secret",
        name="Own initiative",
        objectives=[acme.objectives["sales", "grow"]],
    )
    client.force_login(acme.users[member])
    assert ("Own initiative" in client.get(BOARD).content.decode()) == sees
    assert ("Own KPI" in client.get("/acme/kpis/").content.decode()) == sees
    assert ("Own KPI" in client.get("/acme/search/", {"q": "own"}).content.decode()) == sees
    assert ("Own KPI" in client.get("/api/v1/acme/kpis").content.decode()) == sees


def test_a_period_that_has_not_begun_is_not_shown(acme: World, alice: Client) -> None:
    page = alice.get(BOARD, {"period": "2026-Q3"}).content.decode()
    assert "2026-Q3 has not begun" in page
    assert "2026-Q1" in page


def test_a_sum_that_still_grows_is_not_compared_with_a_whole_period(
    acme: World, alice: Client
) -> None:
    measured(acme)
    acme.record("revenue", "sales", {"2026-04-01": 95})
    data = alice.get(BOARD, {"period": "2026-Q2"}).context["board"]
    revenue = data.perspectives[0].objectives[0].kpis[0]
    assert (revenue.code, revenue.actual.text) == ("revenue", "95")
    assert (revenue.change, revenue.last_year.text) == ("", "–")
    whole = alice.get(BOARD, {"period": "2026-04"}).context["board"]
    assert whole.perspectives[0].objectives[0].kpis[0].change == "up"


def test_the_chart_of_a_yes_or_no_names_its_values(acme: World, alice: Client) -> None:
    acme.record("certified", "sales", {"2026-01-01": 1, "2026-02-01": 0})
    figure = alice.get("/api/v1/acme/kpis/certified/chart", {"unit": "sales"}).json()
    assert figure["layout"]["yaxis"]["ticktext"] == ["no", "yes"]
    statuses = figure["data"][-1]["meta"]["statuses"]
    assert {"on_target", "critical"} <= set(statuses)


def test_a_stopped_initiative_is_not_late(acme: World, alice: Client) -> None:
    add_initiative(
        unit=acme.units["sales"],
        code="gone",
        name="Given up",
        status="stopped",
        objectives=[acme.objectives["sales", "grow"]],
        milestones=[("Never", dt.date(2026, 1, 1), None)],
    )
    data = alice.get(BOARD).context["board"]
    (chip,) = data.perspectives[0].objectives[0].initiatives
    assert not chip.is_late


def test_the_finding_of_a_kpi_tells_that_values_are_late(acme: World, alice: Client) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 120, "2026-02-01": 120})
    address = "/acme/kpis/revenue/?unit=sales&period=2026-Q1"
    assert "; no value after 2026-02</h2>" in alice.get(address).content.decode()
    acme.record("revenue", "sales", {"2026-03-01": 120, "2026-04-01": 120})
    assert "no value after" not in alice.get(address).content.decode()


def test_what_is_planned_and_closed_keeps_the_year_and_the_period(
    acme: World, alice: Client
) -> None:
    board = alice.get("/acme/units/sales/scorecard/?period=2025-Q4").content.decode()
    assert 'href="/acme/units/sales/targets/?year=2025"' in board
    for kpi, period, own in (
        ("revenue", "2025-Q4", "2025-12"),
        ("revenue", "2026-Q2", "2026-05"),
        ("nps", "2026-02", "2026-Q1"),
    ):
        page = alice.get(f"/acme/kpis/{kpi}/?unit=sales&period={period}").content.decode()
        assert f'href="/acme/units/sales/targets/{kpi}/?period={own}"' in page
    closing = alice.get("/acme/units/sales/closing/?period=2025-Q4").content.decode()
    assert 'href="/acme/units/sales/scorecard/?period=2025-Q4"' in closing
