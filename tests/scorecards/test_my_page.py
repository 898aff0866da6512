"""My page: what somebody owes, how what is theirs goes, and the ways up from it."""

import datetime as dt
import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calculations.units import UnitRule
from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from organizations.access import Access, user_access
from organizations.models import Organization
from organizations.services.tokens import issue_token
from scorecards.models import ObjectiveKPI
from scorecards.selectors.mine.page import my_page
from scorecards.selectors.mine.shapes import MyPage, Way
from scorecards.services.assessments import assess
from scorecards.services.closing import close_period
from scorecards.services.editions import publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import align, link_kpi
from tests.worlds import CANARY, NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/me/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def mine(acme: World) -> World:
    """Carol answers for revenue, defects and nps at Sales; of the last there is no value."""
    for kpi in ("revenue", "defects", "nps"):
        answer_for(acme, kpi, "carol")
    for month, sold, broken in ((1, 90, 4), (2, 120, 5), (3, 70, 9)):
        acme.record("revenue", "sales", {f"2026-0{month}-01": sold}, user=acme.users["carol"])
        acme.record("defects", "sales", {f"2026-0{month}-01": broken})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def answer_for(world: World, kpi: str, person: str, unit: str = "sales") -> None:
    assignment = world.assignment(kpi, unit)
    assignment.responsible = world.people[person]
    assignment.save()


def access_of(world: World, name: str) -> Access:
    access = user_access(world.users[name], "acme")
    assert access is not None
    return access


def page_of(world: World, name: str = "carol", period: str = "2026-Q1") -> MyPage:
    return my_page(access_of(world, name), world.organization.calendar.parse_label(period))


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def told(way: Way) -> list[str]:
    return [f"{s.how} {s.name}, {s.unit_name}" if s.name else f"{s.how} ?" for s in way.steps]


def node_score(client: Client, unit: str, objective: str) -> Any:
    """What the board's page says."""
    board = client.get(f"/acme/units/{unit}/scorecard/", {"period": "2026-Q1"}).context["board"]
    rows = (row for band in board.perspectives for row in band.objectives)
    return next(row.score for row in rows if row.code == objective)


# --- KPIs and the ways up


def test_a_kpi_is_told_as_on_its_board_with_the_way_up(mine: World, client: Client) -> None:
    client.force_login(mine.users["carol"])
    alice = mine.users["alice"]
    about: dict[str, Any] = {"period": mine.organization.calendar.parse_label("2026-Q1")}
    about |= {"status": "critical", "reason": "A customer left.", "by": alice}
    assess(scorecard=mine.scorecards["sales"], node="kpi", code="revenue", **about)
    answer = client.get(PAGE, {"period": "2026-Q1"})
    page: MyPage = answer.context["page"]
    revenue, defects, nps = page.kpis
    assert (revenue.actual.text, revenue.target.text, revenue.score.status) == (
        *("280", "300"),
        "critical",
    )
    assert revenue.score.assessed
    assert (nps.score.status, nps.unit_name) == ("no_data", "Sales")
    assert defects.trend.values[-1] == 18
    board = client.get("/acme/units/sales/scorecard/", {"period": "2026-Q1"}).context["board"]
    row = board.perspectives[0].objectives[0].kpis[0]
    assert (row.score, row.trend, row.change) == (revenue.score, revenue.trend, revenue.change)
    (way,) = revenue.up.ways
    assert told(way) == [
        "counts in Grow Sales, Sales",
        "supports Grow EMEA, EMEA",
        "supports Grow Acme, Acme",
    ]
    assert way.end == ""
    for step, unit in zip(way.steps, ("sales", "emea", "acme"), strict=True):
        assert step.score == node_score(client, unit, "grow")
    shown = text(answer)
    assert 'href="/acme/units/acme/scorecard/?period=2026-Q1&trace=objective%3Agrow"' in shown
    assert 'href="/acme/units/sales/scorecard/?period=2026-Q1&trace=kpi%3Agrow%3Arevenue"' in shown
    assert CANARY not in shown


def test_ways_lead_over_roll_ups_and_formulas_and_say_where_they_end(mine: World) -> None:
    """Visits at Sales feed a rate that nobody counts, and roll up to EMEA, where they count."""
    code: dict[str, Any] = {"organization": mine.organization}
    visits = define_kpi(**code, code="visits", name="Visits", unit_rule=UnitRule.SUM)
    rate = define_kpi(**code, code="rate", name="Rate", formula="revenue / visits")
    for unit in ("sales", "emea"):
        assign_kpi(kpi=visits, unit=mine.units[unit])
    assign_kpi(kpi=rate, unit=mine.units["sales"])
    link_kpi(objective=mine.objectives["emea", "improve"], kpi=visits)
    publish_edition(scorecard=mine.scorecards["emea"], valid_from=START)
    for kpi in ("visits", "rate"):
        answer_for(mine, kpi, "carol")
    kpis = {kpi.code: kpi.up for kpi in page_of(mine).kpis}
    (way,) = kpis["visits"].ways
    assert told(way)[:2] == ["rolls up to Visits, EMEA", "counts in Improve EMEA, EMEA"]
    assert kpis["rate"].ways == ()
    assert kpis["rate"].nothing == "No objective counts it yet."
    # Revenue now also feeds the rate; the way that leads to no objective is left out.
    assert [step.kind for step in kpis["revenue"].ways[0].steps] == ["objective"] * 3
    assert len(kpis["revenue"].ways) == 1
    link_kpi(objective=mine.objectives["sales", "improve"], kpi=rate)
    mine.objectives["emea", "improve"].supports.all().delete()
    for unit in ("sales", "emea"):
        publish_edition(scorecard=mine.scorecards[unit], valid_from=START)
    kpis = {kpi.code: kpi.up for kpi in page_of(mine).kpis}
    best, other = kpis["revenue"].ways
    assert (len(best.steps), best.end) == (3, "")
    assert told(other)[:2] == ["feeds Rate, Sales", "counts in Improve Sales, Sales"]
    assert other.end == "It supports no objective above yet."


def test_of_many_ways_the_best_three_are_told(mine: World) -> None:
    """Grow Sales supports both of EMEA's, and both of Acme's directly."""
    for unit in ("emea", "acme"):
        for code in ("grow", "improve"):
            if (unit, code) != ("emea", "grow"):
                align(
                    objective=mine.objectives["sales", "grow"],
                    supported=mine.objectives[unit, code],
                )
    publish_edition(scorecard=mine.scorecards["sales"], valid_from=START)
    up = next(kpi.up for kpi in page_of(mine).kpis if kpi.code == "revenue")
    # What counts all the way comes first, then what is context only, the shorter first.
    assert [len(way.steps) for way in up.ways] == [3, 2, 2]
    assert up.n_more == 1


def test_what_the_reader_may_not_see_is_one_nameless_step(mine: World) -> None:
    organization, carol = mine.organization, mine.users["carol"]
    grow = mine.objectives["sales", "grow"]
    align(objective=grow, supported=mine.objectives["emea", "improve"], weight=1)
    publish_edition(scorecard=mine.scorecards["sales"], valid_from=START)
    scopes = ("measurements:read", "structure:read")
    about: dict[str, Any] = {"organization": organization, "scopes": scopes}
    address = "/api/v1/acme/me?period=2026-Q1"

    def asked(**more: Any) -> Any:
        _, secret = issue_token(**about, **more)
        return Client(headers={"authorization": f"Bearer {secret}"}).get(address)

    whole = asked(name="whole", created_by=carol)
    limited = asked(name="limited", created_by=carol, unit=mine.units["sales"])
    assert asked(name="nobodys").status_code == 404
    ways, (hidden,) = (each.json()["kpis"][-1]["ways"] for each in (whole, limited))
    assert len(ways) == 2  # beneath the limit they would look alike, and tell how many there are
    named = ways[0]
    assert [step["unit"] for step in named["steps"]] == ["sales", "emea", "acme"]
    assert [step["kind"] for step in hidden["steps"]] == ["objective", "hidden"]
    assert hidden["steps"][1]["name"] is hidden["steps"][1]["score"] is None
    assert hidden["reaches_top"] is True
    assert limited.json()["kpis"][-1]["n_more_ways"] == 0
    assert "EMEA" not in limited.content.decode()
    assert whole.json()["n_due"] == len(whole.json()["due"]) == limited.json()["n_due"]


def test_of_a_closed_period_stands_what_was_reported(mine: World) -> None:
    alice = mine.users["alice"]
    period = mine.organization.calendar.parse_label("2026-Q1")
    close_period(unit=mine.units["emea"], period=period, by=alice)
    mine.record("revenue", "sales", {"2026-03-01": 120}, user=alice, reason="Late")
    refresh_scores(organization_id=mine.organization.pk)
    page = page_of(mine)
    revenue = next(kpi for kpi in page.kpis if kpi.code == "revenue")
    assert revenue.actual.restated
    assert (revenue.actual.text, revenue.actual.restated.text) == ("280", "330")
    assert revenue.score.restated
    sales, emea, acme = (step.score for step in revenue.up.ways[0].steps)
    assert sales
    assert emea
    assert acme
    assert sales.restated
    assert emea.restated
    assert acme.restated is None  # is not closed
    assert acme.value == emea.restated.value
    defects = next(kpi for kpi in page.kpis if kpi.code == "defects")
    assert defects.score.restated is None


# --- What is due, and everything else that is mine


def test_what_is_due_leads_to_its_field(mine: World, client: Client) -> None:
    """April of revenue and defects is due since 1 May, the first quarter of nps since April."""
    Assignment.objects.update(starts_on=START)
    client.force_login(mine.users["carol"])
    answer = client.get(PAGE)
    lines = answer.context["page"].due.lines
    assert [(line.code, line.label, line.since, line.is_overdue) for line in lines] == [
        ("nps", "2026-Q1", "1 Apr", True),
        ("defects", "2026-04", "1 May", False),
        ("revenue", "2026-04", "1 May", False),
    ]
    address, field = lines[1].href.split("#")
    assert field == "sales.defects.2026-04-01"
    assert lines[1].href in text(answer)
    assert f'id="{field}"' in text(client.get(address))
    mine.record("nps", "sales", {"2026-01-01": 30})
    for kpi in ("revenue", "defects"):
        mine.record(kpi, "sales", {"2026-04-01": 5})
    page = page_of(mine)
    assert (page.due.count, page.due.next) == (
        *(0,),
        "Defects of Sales for 2026-05 is due on 1 Jun",
    )


def test_whoever_may_not_enter_is_told_so(mine: World, client: Client) -> None:
    answer_for(mine, "share", "bob")
    client.force_login(mine.users["bob"])
    answer = client.get(PAGE)
    assert "your role does not let you enter it" in text(answer)
    assert "/values/" not in text(answer)


def test_objectives_and_initiatives_are_told_with_what_is_late(mine: World) -> None:
    for (unit, code), row in mine.objectives.items():
        if code == "grow" and unit != "acme":
            row.owner = mine.people["carol"]
            row.save()
    about: dict[str, Any] = {"unit": mine.units["sales"], "owner": mine.people["carol"]}
    dates = [("Later", dt.date(2026, 8, 1), None), ("Soon", dt.date(2026, 4, 1), None)]
    add_initiative(**about, code="file", name="One file", status="running", milestones=dates)
    add_initiative(**about, code="over", name="Over", status="done")
    add_initiative(unit=mine.units["sales"], code="other", name="Somebody else's")
    page = page_of(mine)
    assert [(row.code, row.unit) for row in page.objectives] == [
        ("grow", "emea"),
        ("grow", "sales"),
    ]
    assert [len(row.up.ways[0].steps) for row in page.objectives] == [1, 2]
    (initiative,) = page.initiatives
    assert initiative.line.code == "file"
    assert [(m.name, m.state) for m in initiative.next] == [("Soon", "late"), ("Later", "open")]


def test_the_own_unit_is_mine_with_all_that_is_measured_there(mine: World) -> None:
    ada = mine.people["ada"]
    ada.user, mine.people["bob"].user = mine.users["bob"], None
    mine.people["bob"].save()
    ada.save()
    answer_for(mine, "revenue", "root", "ada")
    page = page_of(mine, "bob")
    assert [(kpi.code, kpi.unit) for kpi in page.kpis] == [("revenue", "ada")]
    assert page.due.count == 0  # Root owes it
    assert page_of(mine, "root").kpis[0].unit == "ada"
    assert [kpi.unit for kpi in page_of(mine, "carol").kpis] == ["sales"] * 3


@pytest.mark.parametrize(
    ("name", "home", "said"),
    [
        ("carol", PAGE, "Values due"),
        ("bob", "/acme/", "ask Alice or Root"),
        ("alice", "/acme/", "choose a KPI, then who answers for it"),
    ],
)
def test_who_answers_for_something_comes_to_it_first(
    mine: World, client: Client, name: str, home: str, said: str
) -> None:
    client.force_login(mine.users[name])
    assert client.get("/").headers["location"] == home
    assert said in text(client.get(PAGE))


def test_fifty_kpis_cost_as_many_statements_as_five(mine: World) -> None:
    def add(numbers: range) -> None:
        """Rows as services would store them, without a history for each."""
        own: dict[str, Any] = {"organization": organization}
        kpis = [KPI(**own, code=f"k{n}", name=f"K {n}", **about) for n in numbers]
        KPI.objects.bulk_create(kpis)
        measured = [Assignment(**own, kpi=kpi, unit=sales, responsible=carol) for kpi in kpis]
        Assignment.objects.bulk_create(measured)
        ObjectiveKPI.objects.bulk_create(
            ObjectiveKPI(**own, objective=objective, kpi=kpi) for kpi in kpis
        )
        publish_edition(scorecard=mine.scorecards["sales"], valid_from=START)

    def statements(work: Callable[[], MyPage]) -> tuple[int, int]:
        organization.refresh_from_db()
        with CaptureQueriesContext(connection) as queries:
            page = work()
        return len(queries), len(page.kpis)

    organization, sales = Organization.objects.get(code="acme"), mine.units["sales"]
    objective, carol = mine.objectives["sales", "improve"], mine.people["carol"]
    about: dict[str, Any] = {"unit_rule": UnitRule.SUM, "time_rule": "sum"}
    add(range(2))
    few, n_few = statements(lambda: page_of(mine))
    add(range(2, 47))
    many, n_many = statements(lambda: page_of(mine))
    assert (n_few, n_many) == (5, 50)
    assert many == few <= 40
