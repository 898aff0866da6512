"""The pages of a unit's scorecards: reading them, the deeds with what they mean, and undo."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from organizations.models import ClosedPeriod
from scorecards.models import Scorecard
from scorecards.services.duplicating import duplicate_scorecard
from scorecards.services.lifecycle import archive_scorecard, replace_scorecard
from scorecards.services.refresh import refresh_scores
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
LIST = "/acme/units/sales/scorecards/"
BOARD = "/acme/units/sales/scorecard/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def fields(answer: Any, action: str = "") -> dict[str, str]:
    """The hidden fields of a form on the page: the one with that action, or the page's own."""
    forms = re.findall(r"<form.*?</form>", answer.content.decode(), re.DOTALL)
    form = next(f for f in forms if (action in f if action else 'name="valid_from"' in f))
    found = re.findall(r'name="([^"]+)"\s+value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def draft_of(world: World, code: str = "next", name: str = "Next") -> Scorecard:
    sales = world.scorecards["sales"]
    return duplicate_scorecard(scorecard=sales, unit=world.units["sales"], code=code, name=name)


def test_a_new_cycle_from_making_it_to_undoing_it(acme: World, alice: Client) -> None:
    asked = alice.get(f"{LIST}duplicate/?scorecard=sales_scorecard")
    assert "2 perspectives, 2 objectives, 3 KPIs" in text(asked)
    form = {"scorecard": "sales_scorecard", "unit": "Sales", "name": "Sales 2027"}
    made = alice.post(f"{LIST}duplicate/", form)
    draft = Scorecard.objects.get(name="Sales 2027")
    assert (draft.code, draft.status) == ("sales_2027", "draft")
    assert made["Location"].endswith(f"edit/?scorecard={draft.code}")

    page = alice.get(f"{LIST}activate/?scorecard={draft.code}&valid_from=2026-04")
    assert "“Sales scorecard” holds until 2026-03" in text(page)
    assert "2 contributions to units above come from “Sales 2027” instead." in text(page)
    done = alice.post(f"{LIST}activate/", fields(page) | {"valid_from": "2026-04"}, follow=True)
    assert "“Sales 2027” holds from 2026-04 on." in text(done)
    old = Scorecard.objects.get(code="sales_scorecard")
    assert (old.status, old.ends_on) == ("archived", dt.date(2026, 4, 1))
    refresh_scores(organization_id=acme.organization.pk)
    assert "Sales scorecard" in text(alice.get(f"{BOARD}?period=2026-Q1"))
    assert "is archived: it held from 2026-01 until 2026-03" in text(
        alice.get(f"{BOARD}?period=2026-Q1")
    )
    assert "Sales 2027" in text(alice.get(f"{BOARD}?period=2026-04"))
    gone = alice.get(f"{BOARD}?period=2026-04&scorecard=sales_scorecard")
    assert "ended with 2026-03: choose an earlier period" in text(gone)
    assert "?period=2026-03&amp;scorecard=sales_scorecard" in gone.content.decode()

    kept = alice.get(f"{BOARD}structure/?scorecard=sales_scorecard")
    assert "Save and publish" not in text(kept)
    undone = alice.post(f"{LIST}withdraw/", fields(done, "withdraw"), follow=True)
    assert "is a draft again, and “Sales scorecard” holds on" in text(undone)
    old.refresh_from_db()
    assert (old.status, old.ends_on) == ("active", None)


def test_archiving_says_what_is_lost_and_can_be_undone(acme: World, alice: Client) -> None:
    page = alice.get(f"{LIST}archive/?valid_from=2026-04")
    said = text(page)
    assert "Sales has no scorecard from 2026-04 on" in said
    assert "“Grow EMEA” of EMEA loses the contribution of “Grow Sales” (weight 1)." in said
    part = alice.get(
        f"{LIST}archive/?scorecard=sales_scorecard&valid_from=2026-05",
        headers={"hx-request": "true", "hx-target": "means"},
    )
    assert text(part).startswith("Sales has no scorecard from 2026-05 on")
    done = alice.post(f"{LIST}archive/", fields(page) | {"valid_from": "2026-04"}, follow=True)
    assert "2026-03 is its last period" in text(done)
    assert "Bring back" in text(done)
    undone = alice.post(f"{LIST}bring-back/", fields(done, "bring-back"), follow=True)
    assert "holds on, as if it had not been archived" in text(undone)
    assert Scorecard.objects.get(code="sales_scorecard").status == "active"


def test_two_at_once_are_told_and_closed_periods_are_not_offered(
    acme: World, alice: Client
) -> None:
    page = alice.get(f"{LIST}archive/")
    typed = fields(page) | {"valid_from": "2026-04"}
    Scorecard.objects.filter(code="sales_scorecard").update(version=7)
    stale = alice.post(f"{LIST}archive/", typed)
    assert stale.status_code == 409
    assert "was changed meanwhile. It now says: Active." in text(stale)
    assert '<option value="2026-04" selected>' in stale.content.decode()
    ClosedPeriod.objects.create(
        organization=acme.organization,
        unit=acme.units["acme"],
        frequency="quarter",
        period_start=dt.date(2026, 1, 1),
        closed_at=NOW,
    )
    closed = alice.post(f"{LIST}archive/", typed | {"version": "7", "valid_from": "2026-03"})
    assert closed.status_code == 422
    assert "Choose one of these periods" in text(closed)
    assert '<option value="2026-03"' not in closed.content.decode()
    assert Scorecard.objects.get(code="sales_scorecard").status == "active"


def test_drafts_are_for_those_who_may_edit_them(acme: World, alice: Client) -> None:
    draft_of(acme)
    draft = f"{BOARD}?scorecard=next"
    assert "“Next” is a draft: it counts nowhere yet" in text(alice.get(draft))
    for code in ("unknown", "emea_scorecard", "%00"):
        assert alice.get(f"{BOARD}?scorecard={code}").status_code == 404
        assert alice.get(f"{LIST}archive/?scorecard={code}").status_code == 404
    assert "Next" in text(alice.get(LIST))
    assert alice.get(f"{BOARD}structure/?scorecard=next").status_code == 302
    deleted = alice.post(f"{LIST}delete/", {"scorecard": "next", "version": "1"}, follow=True)
    assert "“Next” is deleted." in text(deleted)
    back = alice.post(f"{LIST}restore/", fields(deleted, "restore"), follow=True)
    assert "“Next” is back." in text(back)
    assert alice.post(f"{LIST}delete/", {"scorecard": "next", "version": "1"}).status_code == 409
    alice.force_login(acme.users["bob"])
    assert alice.get(draft).status_code == 404
    for page in (LIST, "/acme/scorecards/"):
        assert "Next" not in text(alice.get(page))
        assert "Archive" not in text(alice.get(page))


def test_a_duplicate_for_another_unit_needs_the_right_there(acme: World, alice: Client) -> None:
    """Alice manages EMEA: APAC is not hers."""
    form = {"scorecard": "sales_scorecard", "name": ""}
    for unit in ("apac", "nowhere", ""):
        answer = alice.post(f"{LIST}duplicate/", form | {"unit": unit})
        assert answer.status_code == 422
        assert "Choose a unit whose scorecards you may edit" in text(answer)
    assert alice.post(f"{LIST}duplicate/", form | {"unit": "emea"}).status_code == 302
    assert Scorecard.objects.get(code="emea_scorecard_2").unit.code == "emea"


def test_lists_cost_the_same_whatever_they_hold(
    acme: World, alice: Client, django_assert_max_num_queries: Any
) -> None:
    draft_of(acme)
    with django_assert_max_num_queries(40) as few:
        alice.get(LIST)
        alice.get("/acme/scorecards/")
    for number in range(3):
        draft_of(acme, f"more_{number}", f"More {number}")
    archive_scorecard(scorecard=acme.scorecards["emea"], ends_on=dt.date(2026, 4, 1))
    with django_assert_max_num_queries(len(few.captured_queries)):
        alice.get(LIST)
        alice.get("/acme/scorecards/")


def test_a_board_opens_where_the_running_scorecard_holds(acme: World, alice: Client) -> None:
    """It began in a month that is not over: the last whole quarter had another."""
    assert alice.get(BOARD).context["period"].label == "2026-Q1"
    running = acme.scorecards["sales"]
    replace_scorecard(running=running, draft=draft_of(acme), valid_from=dt.date(2026, 5, 1))
    answer = alice.get(BOARD)
    assert answer.context["period"].label == "2026-05"
    assert answer.context["board"].scorecard_name == "Next"
