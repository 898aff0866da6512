"""Closing a period: what was reported stays as it was; what is restated stands beside it."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Period
from kpis.models import KPI, MeasurementRevision, Restatement
from kpis.services.library import define_kpi
from kpis.services.targets import set_target
from organizations.access import user_access
from organizations.models import ClosedPeriod
from organizations.selectors import closings
from scorecard_site.backup import restore_backup, write_backup
from scorecards.models import ReportedSheet
from scorecards.selectors.closing.preview import closing_preview
from scorecards.selectors.closing.report_document import opened_report
from scorecards.services.assessments import assess
from scorecards.services.closing import close_period, reopen_period
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    align,
    create_scorecard,
    link_kpi,
)
from tests.worlds import NOW, START, World

BOARD = "/acme/units/sales/scorecard/"
CLOSING = "/acme/units/emea/closing/"
pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def period(world: World, label: str) -> Period:
    return world.organization.calendar.parse_label(label)


def measured(world: World) -> None:
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90}, user=world.users["carol"])
    world.record("nps", "sales", {"2026-01-01": 41.5})
    world.record("defects", "sales", {"2026-01-01": 2, "2026-02-01": 3, "2026-03-01": 1})


def closed(
    world: World, unit: str = "emea", label: str = "2026-Q1", note: str = ""
) -> ClosedPeriod:
    return close_period(
        unit=world.units[unit],
        period=period(world, label),
        by=world.users["alice"],
        note=note,
    )


def sheet_of(world: World, unit: str, label: str) -> ReportedSheet:
    wanted = period(world, label)
    found: ReportedSheet = ReportedSheet.objects.get(
        scorecard__unit=world.units[unit],
        frequency=wanted.frequency,
        period_start=wanted.start,
    )
    return found


def test_closing_keeps_a_report_of_every_board_beneath(acme: World) -> None:
    measured(acme)
    closing = closed(acme, note="Board meeting")
    told = {
        (s.scorecard.unit.code, acme.organization.calendar.label(s.period))
        for s in closing.sheets.select_related("scorecard__unit")
    }
    periods = {"2026-01", "2026-02", "2026-03", "2026-Q1"}
    assert told == {(unit, label) for unit in ("emea", "sales") for label in periods}


def test_a_report_tells_all_about_itself(acme: World) -> None:
    measured(acme)
    closed(acme, note="Board meeting")
    sheet = sheet_of(acme, "sales", "2026-Q1")
    document = opened_report(sheet.content)
    assert (document.format, document.period, document.frequency) == (1, "2026-Q1", "quarter")
    assert (document.organization.code, document.unit.code) == ("acme", "sales")
    assert (document.reported_by, document.note) == ("Alice", "Board meeting")
    assert [unit.code for unit in document.line] == ["acme", "emea", "sales"]
    assert document.board.score.value == document.trace.score.value == sheet.score
    revenue = document.board.perspectives[0].objectives[0].kpis[0]
    assert (revenue.actual.text, revenue.age_text) == ("270", "2026-05-04")
    assert "href" in sheet.content
    assert "/acme/" not in sheet.content  # no address


# --- What cannot be closed, and opening again


@pytest.mark.parametrize(
    ("unit", "label", "sentence"),
    [
        ("emea", "2026-Q2", "2026-Q2 is not over yet: close it on 2026-07-01 or later"),
        ("emea", "2026-03", "2026-Q1 is closed for EMEA already"),
        ("sales", "2026-Q1", "2026-Q1 is closed for EMEA already"),
    ],
)
def test_a_period_closes_once_and_when_it_is_over(
    acme: World, unit: str, label: str, sentence: str
) -> None:
    closed(acme)
    with pytest.raises(ValidationError, match=sentence):
        closed(acme, unit, label)
    assert ClosedPeriod.objects.count() == 1


def test_what_is_closed_beneath_already_stays_with_its_own_closing(acme: World) -> None:
    measured(acme)
    first = closed(acme, "sales", "2026-02")
    second = closed(acme)
    assert [s.period_start.month for s in first.sheets.all()] == [2]
    assert second.sheets.filter(scorecard__unit=acme.units["sales"]).count() == 3


def test_opening_again_needs_a_reason_and_keeps_the_report(acme: World) -> None:
    measured(acme)
    closing = closed(acme)
    with pytest.raises(ValidationError, match="Write the reason"):
        reopen_period(closing=closing, by=acme.users["alice"], reason="  ")
    reopen_period(closing=closing, by=acme.users["alice"], reason="A late invoice")
    assert not closings(acme.organization)
    assert closing.sheets.count() == 8
    acme.record("revenue", "sales", {"2026-01-01": 95})  # no reason is asked for
    again = closed(acme)
    assert again.sheets.count() == closing.sheets.count() == 8
    with pytest.raises(ValidationError, match="opened again already"):
        reopen_period(closing=closing, by=acme.users["alice"], reason="Twice")


def test_a_closing_within_another_cannot_be_opened(acme: World) -> None:
    inner = closed(acme, "sales", "2026-02")
    closed(acme)
    with pytest.raises(ValidationError, match="open that one again first"):
        reopen_period(closing=inner, by=acme.users["alice"], reason="A late invoice")


# --- The board of a closed period


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def main_of(answer: Any) -> str:
    """The page without what stands around it; the form token is masked anew for each answer."""
    page = answer.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", main)


def test_a_closed_board_shows_what_was_reported(acme: World, alice: Client) -> None:
    measured(acme)
    closed(acme, note="Board meeting")
    answer = alice.get(BOARD, {"period": "2026-Q1"})
    page = main_of(answer)
    assert "Closed: reported on 2026-05-04 by Alice" in page
    assert "Board meeting" in page
    assert "restated" not in page.lower()
    assert answer.context["board"].perspectives[0].objectives[0].kpis[0].actual.text == "270"
    assert "hx-trigger" not in page


def test_restated_figures_stand_beside_the_reported_ones(acme: World, alice: Client) -> None:
    measured(acme)
    closed(acme)
    acme.record("revenue", "sales", {"2026-03-01": 120}, user=acme.users["alice"], reason="Late")
    refresh_scores(organization_id=acme.organization.pk)
    answer = alice.get(BOARD, {"period": "2026-Q1"})
    board, page = answer.context["board"], main_of(answer)
    revenue = board.perspectives[0].objectives[0].kpis[0]
    assert (revenue.actual.text, revenue.actual.restated.text) == ("270", "300")
    assert (revenue.score.text, revenue.score.restated.text) == ("75.0", "100.0")
    for node in (board, board.perspectives[0], board.perspectives[0].objectives[0]):
        assert node.score.restated.value > node.score.value
    assert board.perspectives[1].score.restated is None
    assert f"reported {board.score.text}, restated {board.score.restated.text}" in page
    (line,) = answer.context["closed"].restatements
    assert (line.before, line.after, line.reason, line.by) == ("90", "120", "Late", "Alice")
    assert "Late" in page
    # What is on another period's board was not restated.
    assert "restated" not in main_of(alice.get(BOARD, {"period": "2026-02"})).lower()


def test_a_trace_marks_what_was_restated(acme: World, alice: Client) -> None:
    measured(acme)
    closed(acme)
    acme.record("revenue", "sales", {"2026-03-01": 120}, user=acme.users["alice"], reason="Late")
    refresh_scores(organization_id=acme.organization.pk)
    current = {"period": "2026-Q1", "figures": "current", "trace": "kpi:grow:revenue"}
    trace = alice.get(BOARD, current).context["trace"]
    told = [part.restated for part in trace.step.parts]
    assert told == ["", "", "Late (2026-05-04 by Alice)"]
    revenue = "/acme/kpis/revenue/"
    quarter = alice.get(revenue, {"unit": "sales", "period": "2026-Q1"})
    assert [part.restated for part in quarter.context["kpi"].step.parts] == told
    assert main_of(quarter).count("Restated: Late (2026-05-04 by Alice)") == 2  # and among values
    month = main_of(alice.get(revenue, {"unit": "sales", "period": "2026-03"}))
    assert '<span class="restated-word">Restated:</span> Late (2026-05-04 by Alice)' in month
    # What was known before it was restated, and other months, bear no mark.
    before = {"unit": "sales", "period": "2026-03", "as_of": "2026-05-03"}
    for asked in (before, {"unit": "sales", "period": "2026-02"}):
        assert "restated-word" not in main_of(alice.get(revenue, asked))


def test_the_trace_explains_the_reported_score(acme: World, alice: Client) -> None:
    measured(acme)
    closed(acme)
    acme.record("revenue", "sales", {"2026-03-01": 120}, reason="Late")
    refresh_scores(organization_id=acme.organization.pk)
    for key, name in (("kpi:grow:revenue", "Revenue"), ("objective:grow", "Grow Sales")):
        trace = alice.get(BOARD, {"period": "2026-Q1", "trace": key}).context["trace"]
        assert (trace.name, trace.weight) == (name, None)
    assert trace.children[0].actual.text == "270"
    current = {"period": "2026-Q1", "figures": "current", "trace": "kpi:grow:revenue"}
    answer = alice.get(BOARD, current)
    assert answer.context["trace"].actual.text == "300"
    assert "Not the reported figures" in main_of(answer)
    unknown = alice.get(BOARD, {"period": "2026-Q1", "trace": "objective:nowhere"})
    assert unknown.status_code == 200


def test_an_organization_page_shows_reported_and_restated(acme: World, alice: Client) -> None:
    measured(acme)
    closed(acme)
    sheet = sheet_of(acme, "sales", "2026-Q1")
    acme.record("revenue", "sales", {"2026-03-01": 120}, reason="Late")
    refresh_scores(organization_id=acme.organization.pk)
    lines = {u.code: u for u in alice.get("/acme/?period=2026-Q1").context["overview"].units}
    sales = lines["sales"]
    assert sales.is_closed
    assert sales.score.value == sheet.score
    assert sales.trend.values[-1] == sales.score.restated.value > sheet.score
    assert not lines["acme"].is_closed
    assert lines["acme"].score.restated is None


def hidden_line(world: World, client: Client, member: str) -> dict[str, Any]:
    client.force_login(world.users[member])
    query = {"period": "2026-Q1", "trace": "1"}
    answer = client.get("/api/v1/acme/units/sales/scorecard", query).json()
    found: dict[str, Any] = answer["trace"]["children"][0]["children"][0]["children"][-1]
    return found


def test_a_report_hides_what_its_reader_may_not_see(acme: World, client: Client) -> None:
    """Ada's own objective counts in Sales'; only her managers may see it."""
    ada = create_scorecard(unit=acme.units["ada"], code="ada_scorecard", name="Ada's scorecard")
    perspective = add_perspective(scorecard=ada, code="financial", name="Financial")
    objective = add_objective(perspective=perspective, code="own", name="Adas own objective")
    link_kpi(objective=objective, kpi=acme.kpis["revenue"])
    set_target(
        assignment=acme.assignment("revenue", "ada"), valid_from=START, red_flag=8, target=10
    )
    align(objective=objective, supported=acme.objectives["sales", "grow"], weight=1)
    activate_scorecard(scorecard=ada, valid_from=START)
    publish_edition(scorecard=acme.scorecards["sales"], valid_from=START)
    add_initiative(
        unit=acme.units["ada"],
        code="secret",
        name="Adas own initiative",
        objectives=[acme.objectives["sales", "grow"]],
    )
    measured(acme)
    acme.record("revenue", "ada", {"2026-01-01": 10, "2026-02-01": 10, "2026-03-01": 10})
    closed(acme)
    assert hidden_line(acme, client, "alice")["name"] == "Ada Byron · Adas own objective"
    hidden = hidden_line(acme, client, "bob")
    assert (hidden["kind"], hidden["name"], hidden["score"]) == ("hidden", "hidden", 100)
    for trace in ("", "objective:grow", "scorecard"):
        page = client.get(BOARD, {"period": "2026-Q1", "trace": trace}).content.decode()
        assert "Adas own" not in page


# --- What matters most: it stays the same


def daily_visits(world: World) -> None:
    visits = define_kpi(
        organization=world.organization, code="visits", name="Visits", frequency="day"
    )
    link_kpi(objective=world.objectives["sales", "grow"], kpi=visits)
    set_target(
        assignment=world.assignment("visits", "sales"), valid_from=START, red_flag=5, target=10
    )
    publish_edition(scorecard=world.scorecards["sales"], valid_from=START)
    world.record("visits", "sales", visits_of(9))


def visits_of(value: float) -> dict[str, float]:
    days = [START + dt.timedelta(days=n) for n in range(90)]
    return {day.isoformat(): value for day in days}


def corrected_a_thousand_times(world: World) -> None:
    for n in range(12):
        world.record("visits", "sales", visits_of(10 + n), reason=f"Count {n}")
    refresh_scores(organization_id=world.organization.pk)


def with_another_structure(world: World) -> None:
    """Other weights, names and rules from the first open day on; the unit hangs elsewhere."""
    objective = world.objectives["sales", "grow"]
    objective.name, objective.weight = "Shrink Sales", 9
    objective.save()
    scorecard = world.scorecards["sales"]
    scorecard.name = "Another name"
    scorecard.save()
    KPI.objects.filter(code="revenue").update(name="Turnover", direction="lower")
    publish_edition(scorecard=scorecard, valid_from=dt.date(2026, 4, 1))
    sales = world.units["sales"]
    sales.name, sales.parent = "Selling", world.units["apac"]
    sales.save()
    refresh_scores(organization_id=world.organization.pk)


def stored_forms() -> list[tuple[int, str]]:
    return list(ReportedSheet.objects.order_by("pk").values_list("pk", "content"))


REPORT = {"period": "2026-Q1", "figures": "reported", "trace": "scorecard"}


def test_a_report_stays_byte_for_byte(acme: World, client: Client) -> None:
    client.force_login(acme.users["root"])
    daily_visits(acme)
    measured(acme)
    closed(acme)
    stored, page = stored_forms(), main_of(client.get(BOARD, REPORT))
    corrected_a_thousand_times(acme)
    assert MeasurementRevision.objects.count() >= 1000
    assert Restatement.objects.count() >= 1000
    assert main_of(client.get(BOARD, REPORT)) == page
    both = main_of(client.get(BOARD, {"period": "2026-Q1"}))
    assert "restated" in both
    with_another_structure(acme)
    assert main_of(client.get(BOARD, REPORT)) == page
    assert stored_forms() == stored


@pytest.mark.django_db(transaction=True)
def test_a_report_stays_byte_for_byte_through_a_backup(
    acme: World, client: Client, tmp_path: Path
) -> None:
    client.force_login(acme.users["root"])
    measured(acme)
    closed(acme, note="Grüße ✓")
    stored, page = stored_forms(), main_of(client.get(BOARD, REPORT))
    write_backup(path=tmp_path / "backup.zip")
    restore_backup(path=tmp_path / "backup.zip", replace=True)
    client.force_login(acme.users["root"])
    assert stored_forms() == stored
    assert main_of(client.get(BOARD, REPORT)) == page


# --- The page and the API


def test_the_page_previews_closes_and_opens_again(acme: World, alice: Client) -> None:
    measured(acme)
    page = main_of(alice.get(CLOSING, {"period": "2026-Q1"}))
    assert "Close 2026-Q1 for EMEA and the 2 units beneath" in page
    assert "Certified" in page  # nobody gave its values
    answer = alice.post(CLOSING, {"action": "close", "period": "2026-Q1", "note": "Minutes"})
    assert answer.status_code == 302
    page = main_of(alice.get(CLOSING, {"period": "2026-Q1"}))
    assert (
        "2026-Q1 is closed for EMEA. The scorecards of 2 units stay as reported, for the quarter"
        " and its months." in page
    )
    assert "closed 2026-05-04 by Alice" in page
    refused = alice.post(CLOSING, {"action": "reopen", "period": "2026-Q1", "reason": ""})
    assert (refused.status_code, "Write the reason" in main_of(refused)) == (422, True)
    alice.post(CLOSING, {"action": "reopen", "period": "2026-Q1", "reason": "Late invoice"})
    assert "opened again 2026-05-04 by Alice: Late invoice" in main_of(
        alice.get(CLOSING, {"period": "2026-Q1"})
    )


def test_the_preview_names_what_was_assessed_by_its_own_scorecard(acme: World) -> None:
    """Scorecards may use the same codes; another one's names may not be for every reader."""
    period = acme.organization.calendar.parse_label("2026-Q1")
    for unit in ("emea", "sales"):
        scorecard = acme.scorecards[unit]
        for node, code in (("objective", "grow"), ("kpi", "revenue")):
            said = {"node": node, "code": code, "status": "on_target", "reason": "As agreed"}
            assess(scorecard=scorecard, period=period, by=None, **said)
    access = user_access(acme.users["root"], "acme")
    assert access
    lines = closing_preview(access, access.tree.by_code["emea"], period).assessments
    assert {(line.unit, line.node) for line in lines} == {
        *{("EMEA", "Grow EMEA"), ("EMEA", "Revenue")},
        *{("Sales", "Grow Sales"), ("Sales", "Revenue")},
    }


def test_a_refused_closing_keeps_what_was_typed(acme: World, alice: Client) -> None:
    answer = alice.post(CLOSING, {"action": "close", "period": "2026-Q2", "note": "Minutes"})
    page = main_of(answer)
    assert answer.status_code == 422
    assert "2026-Q2 is not over yet" in page


def test_a_month_of_one_scorecard_is_told_as_such(acme: World, alice: Client) -> None:
    address = "/acme/units/sales/closing/"
    answer = alice.post(address, {"action": "close", "period": "2026-01"}, follow=True)
    assert "The scorecard of 1 unit stays as reported, for the month." in main_of(answer)


def test_who_may_close_finds_the_page_beside_the_period(
    acme: World, alice: Client, client: Client
) -> None:
    head = re.compile(r'<div class="head-end">.*?<div class="work">', re.DOTALL)
    link = '"/acme/units/sales/closing/?period=2026-01"'
    page = alice.get(BOARD, {"period": "2026-01"}).content.decode()
    assert page.count(link) == head.findall(page)[0].count(link) == 1
    client.force_login(acme.users["bob"])
    page = client.get(BOARD, {"period": "2026-01"}).content.decode()
    assert link not in head.findall(page)[0]
    assert "Which periods are closed" in page


@pytest.mark.parametrize("member", ["bob", "carol"])
def test_only_those_who_may_restate_close(acme: World, client: Client, member: str) -> None:
    client.force_login(acme.users[member])
    page = main_of(client.get(CLOSING.replace("emea", "sales"), {"period": "2026-Q1"}))
    assert "<form" not in page
    answer = client.post(CLOSING, {"action": "close", "period": "2026-Q1"})
    assert answer.status_code == 403
    assert not ClosedPeriod.objects.exists()


def test_the_api_tells_reported_and_restated(acme: World, alice: Client) -> None:
    measured(acme)
    url, query = "/api/v1/acme/units/sales/scorecard", {"period": "2026-Q1"}
    assert alice.get(url, query).json()["closed"] is None
    closed(acme)
    reported = alice.get(url, query).json()
    assert reported["closed"]["by"] == "Alice"
    assert "restated" not in reported
    acme.record("revenue", "sales", {"2026-03-01": 120}, reason="Late")
    refresh_scores(organization_id=acme.organization.pk)
    beside = alice.get(url, query).json()
    assert beside["score"] == reported["score"]
    assert beside["restated"]["score"] > beside["score"]
    current = alice.get(url, query | {"figures": "current"}).json()
    assert current["score"] == beside["restated"]["score"]
    revenue = beside["perspectives"][0]["objectives"][0]["kpis"][0]
    assert (revenue["value"], revenue["restated_value"]) == (270, 300)
    assert beside["closed"]["restatements"][0]["reason"] == "Late"


def test_statements_for_a_closed_board_are_few(
    acme: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    measured(acme)
    closed(acme)
    with django_assert_max_num_queries(9):
        alice.get(BOARD, {"period": "2026-Q1", "trace": "scorecard"})
    for month in ("01", "02", "03"):
        acme.record("revenue", "sales", {f"2026-{month}-01": 99}, reason="Late")
        with django_assert_max_num_queries(36):
            alice.get(BOARD, {"period": "2026-Q1"})
    with django_assert_max_num_queries(20):
        alice.get("/acme/", {"period": "2026-Q1"})
    with django_assert_max_num_queries(20):
        alice.get(CLOSING, {"period": "2025-Q4"})
