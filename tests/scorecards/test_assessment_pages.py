"""Assessments on pages and in the API: said, shown, explained and removed."""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.rollup import ROLL_UP_RULES, RollUpRule, roll_up
from calculations.scoring import ASSESSED_SCORES, Status
from organizations.models import ClosedPeriod
from scorecards.models import Assessment
from scorecards.selectors.traces.shapes import TraceNode
from scorecards.services.assessments import assess, remove_assessment
from scorecards.services.refresh import refresh_scores
from tests.pages import undo
from tests.scorecards.api_client import Api
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
BOARD = "/acme/units/sales/scorecard/"
SAY, REMOVE = f"{BOARD}assessments/", f"{BOARD}assessments/remove/"
NODE = {"node": "objective", "code": "grow", "period": "2026-01", "trace": "objective:grow"}
SAID = {**NODE, "status": "critical", "reason": "Orders <b>slipped</b>."}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """In January 2026 Sales' growth scores 75 and its process 100: together 85."""
    acme.record("revenue", "sales", {"2026-01-01": 90})
    acme.record("defects", "sales", {"2026-01-01": 5})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


@pytest.fixture
def alice(measured: World, client: Client) -> Client:
    client.force_login(measured.users["alice"])
    return client


def say(world: World, node: str, code: str = "", unit: str = "sales") -> Assessment:
    said = assess(
        scorecard=world.scorecards[unit],
        node=node,
        code=code,
        period=world.organization.calendar.parse_label("2026-01"),
        status="below_target",
        reason="We know better.",
        by=world.users["alice"],
    )
    refresh_scores(organization_id=world.organization.pk)
    return said


def test_a_manager_assesses_and_comes_back_to_the_trace(measured: World, alice: Client) -> None:
    answer = alice.post(SAY, SAID)
    assert answer.status_code == 302
    assert answer["Location"] == f"{BOARD}?period=2026-01&trace=objective%3Agrow"
    said = Assessment.objects.get()
    assert (said.said_by, said.status) == (measured.users["alice"], "critical")
    page = alice.get(answer["Location"]).content.decode()
    assert "Assessed. The scores above follow." in page
    assert (
        "Assessed as critical by Alice on 2026-05-04, in place of the computed 75.0: “Orders"
        " &lt;b&gt;slipped&lt;/b&gt;.” Weighted mean of 1 of 2 KPIs and contributions" in page
    )
    assert "Assess it differently" in page
    # Beside the score in the row and in the trace, and in the list at the foot.
    assert page.count("#s-assessed") == 2
    assert "Assessed by managers in 2026-01" in page


def test_the_computed_score_stands_again(measured: World, alice: Client) -> None:
    alice.post(SAY, SAID)
    answer = alice.post(REMOVE, NODE, follow=True)
    assert "Removed. The computed score stands again." in answer.content.decode()
    assert answer.context["trace"].score.value == 75
    assert not Assessment.objects.standing().exists()
    again = alice.post(REMOVE, NODE)
    assert again.status_code == 422
    assert "There is no such assessment any more" in again.content.decode()
    # One click brings it back.
    fields = undo(answer.content.decode())
    assert fields == SAID
    back = alice.post(SAY, fields, follow=True)
    assert back.context["trace"].score.assessed.reason == SAID["reason"]
    assert Assessment.objects.standing().get().status == "critical"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"status": ""}, "Choose the status that you stand for."),
        ({"status": "no_data"}, "not one of the available choices"),
        ({"reason": " "}, "Say why: it stands beside the score wherever it shows."),
        ({"reason": "x" * 1001}, "at most 1000 characters"),
        ({"reason": "a\x00b"}, "Null characters are not allowed"),
        ({"code": "nobody"}, "has no objective “nobody” in 2026-01"),
        ({"period": "2026-W03"}, "2026-W03 is a week"),
        ({"period": "nonsense"}, "nonsense"),
        ({"period": "2026-07"}, "2026-07 has not begun"),
    ],
)
def test_bad_input_comes_back_with_what_was_typed(
    alice: Client, typed: dict[str, str], told: str
) -> None:
    answer = alice.post(SAY, {**SAID, "reason": "Typed before", **typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert "reason" in typed or "Typed before</textarea>" in page
    assert not Assessment.objects.exists()


def test_a_closed_period_says_what_to_do(measured: World, alice: Client) -> None:
    ClosedPeriod.objects.create(
        organization=measured.organization,
        unit=measured.units["acme"],
        frequency="month",
        period_start="2026-01-01",
        closed_at=timezone.now(),
    )
    answer = alice.post(SAY, SAID)
    assert answer.status_code == 422
    assert "2026-01 is closed: reopen it first, then assess." in answer.content.decode()


@pytest.mark.parametrize(("member", "may"), [("bob", False), ("carol", False), ("alice", True)])
def test_only_those_who_may_are_offered_it(
    measured: World, client: Client, member: str, may: bool
) -> None:
    say(measured, "objective", "grow")
    client.force_login(measured.users[member])
    asked = {"period": "2026-01", "trace": "scorecard"}
    page = client.get(BOARD, asked).content.decode()
    assert "We know better." in page
    assert ("Assess this yourself" in page) == may
    assert ("Remove the assessment" in page) == may


def test_a_board_as_of_a_day_tells_what_was_said_by_then(measured: World, alice: Client) -> None:
    said = say(measured, "objective", "grow")
    with time_machine.travel(NOW + dt.timedelta(days=2), tick=True):
        remove_assessment(assessment=said, by=None)
        refresh_scores(organization_id=measured.organization.pk)
        asked = {"period": "2026-01", "trace": "objective:grow"}
        pages = [alice.get(BOARD, asked | {"as_of": day}) for day in ("2026-05-05", "2026-05-06")]
        told = ["We know better." in page.content.decode() for page in pages]
        assert told == [True, False]
        assert [page.context["trace"].assessed is None for page in pages] == [False, True]
        assert not pages[0].context["can_assess"]


def test_units_without_scorecard_have_nothing_to_assess(measured: World, client: Client) -> None:
    client.force_login(measured.users["root"])
    assert client.post("/acme/units/apac/scorecard/assessments/", SAID).status_code == 404


def test_every_level_is_marked(measured: World, alice: Client) -> None:
    for node, code in (("kpi", "revenue"), ("objective", "improve"), ("perspective", "process")):
        say(measured, node, code)
    say(measured, "scorecard")
    board = alice.get(BOARD, {"period": "2026-01"}).context["board"]
    financial, process = board.perspectives
    (grow,), (improve,) = financial.objectives, process.objectives
    marked = [board.score, grow.kpis[0].score, improve.score, process.score]
    assert [score.text for score in marked] == ["75.0"] * 4
    computed = [score.assessed.computed.text for score in marked]
    assert computed == ["75.0", "75.0", "100.0", "75.0"]
    assert financial.score.assessed is None
    assert [line.node for line in board.assessments] == [
        *("scorecard", "kpi", "perspective", "objective")
    ]
    units = alice.get("/acme/", {"period": "2026-01"}).context["overview"].units
    assert {unit.code for unit in units if unit.score and unit.score.assessed} == {"sales"}
    told = next(unit.score for unit in units if unit.code == "sales")
    assert told == board.score
    above = alice.get(
        "/acme/units/emea/scorecard/", {"period": "2026-01", "trace": "objective:improve"}
    )
    (contribution,) = above.context["trace"].children
    assert contribution.assessed.reason == "We know better."
    assert above.context["board"].assessments == ()


def recomputed(node: TraceNode) -> float:
    """The node's score from nothing but the node; checks the computed one that was replaced."""
    computed = node.assessed.computed.value if node.assessed else node.score.value
    if node.children:
        rolled = roll_up(
            [recomputed(child) for child in node.children],
            [1.0] * len(node.children),
            [child.weight or 0.0 for child in node.children],
            [0] * len(node.children),
            1,
            [ROLL_UP_RULES.index(RollUpRule(node.rule))],
            [node.is_capped],
        )
        assert rolled.scores[0] == pytest.approx(computed, nan_ok=True) or computed is None
    if node.assessed:
        return ASSESSED_SCORES[Status[node.assessed.status.upper()]]
    return math.nan if computed is None else computed


@pytest.mark.parametrize("unit", ["sales", "emea", "acme"])
def test_the_trace_explains_assessed_scores(measured: World, alice: Client, unit: str) -> None:
    say(measured, "kpi", "revenue")
    say(measured, "perspective", "process")
    say(measured, "objective", "improve", unit="emea")
    asked = {"period": "2026-01", "trace": "scorecard"}
    page = alice.get(f"/acme/units/{unit}/scorecard/", asked)
    node = page.context["trace"]
    assert recomputed(node) == pytest.approx(node.score.value)


def test_the_api_tells_who_said_what(measured: World) -> None:
    said = say(measured, "objective", "grow")
    api = Api(measured.token("structure:read", "measurements:read")[1])
    answer: Any = api.get("units/sales/scorecard?period=2026-01&trace=1").json()
    grow = answer["perspectives"][0]["objectives"][0]
    assert grow["assessed"] == {
        "status": "below_target",
        "reason": "We know better.",
        "by": "Alice",
        "at": said.said_at.isoformat(),
        "computed": {"score": 75.0, "status": "below_target"},
    }
    assert answer["trace"]["children"][0]["children"][0]["assessed"] == grow["assessed"]
    assert "assessed" not in answer
    assert "assessed" not in grow["kpis"][0]


def test_statements_do_not_grow_with_assessments(
    measured: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    say(measured, "objective", "grow")
    addresses = (f"{BOARD}?period=2026-01&trace=scorecard", "/acme/?period=2026-01")

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with django_assert_max_num_queries(40) as queries:
                alice.get(address)
            found.append(len(queries.captured_queries))
        return found

    say(measured, "scorecard", unit="emea")
    before = counts()
    for node, code in (("kpi", "revenue"), ("objective", "improve"), ("perspective", "process")):
        say(measured, node, code)
        say(measured, "scorecard", unit="acme")
        say(measured, "scorecard")
    assert counts() == before


def test_removing_in_a_closed_period_is_refused(measured: World, alice: Client) -> None:
    alice.post(SAY, SAID)
    ClosedPeriod.objects.create(
        organization=measured.organization,
        unit=measured.units["sales"],
        frequency="quarter",
        period_start="2026-01-01",
        closed_at=timezone.now(),
    )
    answer = alice.post(REMOVE, NODE)
    assert answer.status_code == 422
    assert "2026-Q1 is closed: reopen it first" in answer.content.decode()
    assert Assessment.objects.standing().exists()
    with pytest.raises(ValidationError):
        say(measured, "scorecard")
