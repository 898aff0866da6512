"""The first visit of a new installation, and the starters: who may, once, and what comes of it."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import time_machine
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection
from django.test import Client

from kpis.models import KPI, Assignment, Target
from organizations.models import Membership, Organization, Person, Unit, User
from organizations.services.first_start import AlreadyStarted, FirstAdministrator
from scorecards.models import Objective, Scorecard
from scorecards.selectors.starters import starters
from scorecards.services.editions import activate_scorecard
from scorecards.services.lifecycle import archive_scorecard
from scorecards.services.refresh import refresh_scores
from scorecards.services.starters import start_scorecard, start_with
from scorecards.services.structure import create_scorecard
from scorecards.services.verification import verify_scores
from tests.scorecards.test_api_concurrency import together
from tests.worlds import NOW, World

FORM = {
    "name": "Grace Hopper",
    "email": "Grace@Example.org",
    "password": "compile it once more",
    "password_again": "compile it once more",
    "organization": "Harbour Works",
    "code": "",
    "time_zone": "Europe/Lisbon",
    "fiscal_month": "4",
    "starter": "company",
}


def emptied() -> None:
    """Take everything out of the database."""
    statements = sql_flush(no_style(), connection, reset_sequences=False, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)


@pytest.fixture
def new_installation(db: None) -> None:
    emptied()


# --- The first visit


@pytest.mark.both_databases
@time_machine.travel(NOW, tick=True)
def test_the_first_visitor_becomes_administrator_of_a_living_organization(
    new_installation: None, client: Client
) -> None:
    answer = client.post("/start/", FORM, follow=True)
    board = "/harbour_works/units/corporate/scorecard/"
    assert answer.redirect_chain == [(f"{board}?period=2026-05", 302)]
    assert "overdue" not in answer.content.decode()
    assert "Be the one customers come back to" in answer.content.decode()
    organization = Organization.objects.get()
    assert (organization.code, organization.name) == ("harbour_works", "Harbour Works")
    assert (organization.time_zone, organization.fiscal_month) == ("Europe/Lisbon", 4)
    user = User.objects.get()
    assert (user.email, user.name) == ("grace@example.org", "Grace Hopper")
    assert user.check_password("compile it once more")
    assert not user.is_staff
    assert Person.objects.get().user == user
    membership = Membership.objects.get()
    assert (membership.user, membership.role) == (user, "administrator")
    assert membership.unit == Unit.objects.get(parent=None)
    assert client.get("/harbour_works/starter/").headers["Location"] == board
    question = "What would they miss if you were gone?"
    assert question not in answer.content.decode()
    assert question in client.get(f"{board}structure/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/acme/", "/accounts/login/", "/operators/", "/no/where"])
def test_every_page_leads_to_the_start(new_installation: None, client: Client, path: str) -> None:
    assert client.get(path)["Location"] == "/start/"


@pytest.mark.django_db
def test_programs_and_the_start_itself_are_answered(new_installation: None, client: Client) -> None:
    assert client.get("/start/").status_code == 200
    assert client.get("/api/v1/acme/units").status_code == 401
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_the_door_closes_for_good(acme: World, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    there = client.generic(method, "/start/")
    unknown = client.generic(method, "/no/where")
    assert there.status_code == unknown.status_code == 404
    assert there.content == unknown.content
    assert "/start/" not in client.get("/accounts/login/").content.decode()
    assert "/start/" not in client.get("/").headers["Location"]


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("name", {"name": " "}, "Write your name"),
    ("name", {"name": "N\x00l"}, "cannot be stored"),
    ("name", {"name": "x" * 201}, "at most 200"),
    ("email", {"email": "nobody"}, "valid email"),
    ("email", {"email": "x" * 250 + "@example.org"}, "at most 254"),
    ("password", {"password": "short", "password_again": "short"}, "too short"),
    ("password", {"password": "12345678901", "password_again": "12345678901"}, "numeric"),
    ("password", {"password": "password", "password_again": "password"}, "too common"),
    ("password", {"password": "grace@example.org"}, "too similar"),
    ("password", {"password": "x" * 1001}, "at most 1,000"),
    ("password_again", {"password_again": "another one"}, "not the same"),
    ("organization", {"organization": ""}, "Write the name"),
    ("code", {"code": "start"}, "word of the system"),
    ("code", {"code": "Not A Code"}, "starts with a letter"),
    ("code", {"code": "a\x00b"}, "cannot be stored"),
    ("code", {"organization": "東京"}, "no letter from a to z"),
    ("time_zone", {"time_zone": "Mars/Olympus"}, "is not a time zone"),
    ("fiscal_month", {"fiscal_month": "13"}, "Choose a month"),
    ("starter", {"starter": "../settings"}, "Choose one of these"),
]


@pytest.mark.parametrize(("field", "other", "sentence"), WRONG)
def test_bad_input_is_told_beside_its_field_and_nothing_is_stored(
    new_installation: None, client: Client, field: str, other: dict[str, str], sentence: str
) -> None:
    answer = client.post("/start/", FORM | other)
    page = answer.content.decode()
    assert answer.status_code == 422
    said = page.split(f'id="said-{field}"')[1]
    assert sentence in said.split("</span>")[0]
    assert "Grace@Example.org" in page or "email" in other
    assert FORM["password"] not in page
    assert not User.objects.exists()
    assert not Organization.objects.exists()


def starting(email: str) -> None:
    start_with(
        administrator=FirstAdministrator("grace", "Grace", email, "compile it once more"),
        starter=starters()["blank"],
        code=email.split("@", maxsplit=1)[0],
        name=email,
    )


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_first_and_the_other_is_told() -> None:
    emptied()
    told: list[str] = []
    ready = threading.Barrier(2)

    def job(email: str) -> Callable[[], Any]:
        def start() -> None:
            ready.wait(timeout=30)
            try:
                starting(email)
            except AlreadyStarted:
                told.append(email)

        return start

    together(job("one@example.org"), job("two@example.org"))
    assert len(told) == 1
    assert User.objects.count() == Organization.objects.count() == Scorecard.objects.count() == 1
    assert User.objects.get().email != told[0]


def test_the_loser_of_the_race_reads_why(
    new_installation: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have passed the door before either has stored anything."""
    from scorecards.views import start

    starting("one@example.org")
    monkeypatch.setattr(start, "is_new_installation", lambda: True)
    answer = client.post("/start/", FORM)
    assert answer.status_code == 409
    assert "Somebody was first" in answer.content.decode()
    assert User.objects.count() == 1


# --- Starters


@pytest.mark.parametrize("key", [key for key in starters() if key != "blank"])
def test_a_starter_is_a_whole_scorecard_of_examples(key: str) -> None:
    starter = starters()[key]
    assert 4 <= len(starter.perspectives) <= 5
    assert 8 <= len(starter.objectives) <= 12
    assert 12 <= len(starter.kpis) <= 18
    assert {kpi.timing for kpi in starter.kpis} == {"lead", "lag"}
    assert "lower" in {kpi.direction for kpi in starter.kpis}
    for objective in starter.objectives:
        assert objective.kpis
        assert objective.hint.endswith("?")
        assert objective.description.endswith(".")
        Objective(code=objective.code, name=objective.name, hint=objective.hint).clean_fields(
            exclude=["organization", "scorecard", "perspective"]
        )
    for kpi in starter.kpis:
        KPI(**msgspec.structs.asdict(kpi)).clean_fields(exclude=["organization"])
        assert kpi.unit_of_measure
        assert kpi.description.endswith(".")


def test_the_starters_are_those_that_are_promised() -> None:
    assert list(starters()) == ["blank", "company", "hospital", "city", "university_it"]
    assert [each.name for each in starters()["blank"].perspectives] == [
        *("Financial", "Customer", "Internal process", "Learning and growth")
    ]
    for starter in starters().values():
        for codes in (
            [each.code for each in starter.perspectives],
            [each.code for each in starter.objectives],
            [each.code for each in starter.kpis],
        ):
            assert len(set(codes)) == len(codes)


@pytest.fixture
def bare(rival: World) -> World:
    """The rival's corporate unit has no scorecard; its library has a KPI called as a starter's."""
    from kpis.services.library import define_kpi

    define_kpi(organization=rival.organization, code="posts_vacant", name="Posts")
    return rival


@pytest.mark.both_databases
@pytest.mark.parametrize("key", ["blank", "city"])
def test_a_starter_becomes_an_active_scorecard_without_targets(bare: World, key: str) -> None:
    before = KPI.objects.filter(organization=bare.organization).count()
    scorecard = start_scorecard(
        unit=bare.units["rival"], starter=starters()[key], by=bare.users["charlie"]
    )
    starter = starters()[key]
    assert scorecard.status == "active"
    objectives = Objective.objects.filter(scorecard=scorecard)
    assert [o.name for o in objectives.order_by("perspective__position", "position")] == [
        each.name for each in starter.objectives
    ]
    assert all(o.hint and o.history.count() == 1 for o in objectives)
    kpis = KPI.objects.filter(organization=bare.organization)
    assert kpis.count() == before + len(starter.kpis)
    assert Assignment.objects.filter(unit=bare.units["rival"]).count() == len(starter.kpis)
    assert not Target.objects.filter(organization=bare.organization).exists()
    if key == "city":
        assert kpis.filter(code="posts_vacant_2", name="Posts vacant").exists()
    refresh_scores(organization_id=bare.organization.pk)
    verified = verify_scores(organization_id=bare.organization.pk)
    assert verified.compared > 10
    assert not verified.differences


def test_the_board_of_a_bare_corporate_unit_offers_starters(bare: World, client: Client) -> None:
    client.force_login(bare.users["charlie"])
    board = "/rival/units/rival/scorecard/"
    assert 'href="/rival/starter/"' in client.get(board).content.decode()
    page = client.get("/rival/starter/").content.decode()
    assert "No two strategies are alike" in page
    assert client.post("/rival/starter/", {"starter": "nothing"}).status_code == 422
    answer = client.post("/rival/starter/", {"starter": "university_it"}, follow=True)
    assert answer.redirect_chain[0][0].startswith(f"{board}?period=")
    assert "Protect the university" in answer.content.decode()
    again = client.post("/rival/starter/", {"starter": "city"}, follow=True)
    assert "has a scorecard already" in again.content.decode()
    assert Scorecard.objects.filter(unit=bare.units["rival"]).count() == 1


def test_starters_are_for_the_administrator_of_a_root_without_scorecard(
    acme: World, bare: World, client: Client
) -> None:
    """A draft counts as a scorecard, an archived one does not."""
    client.force_login(bare.users["charlie"])
    root = bare.units["rival"]
    draft = create_scorecard(unit=root, code="draft", name="Draft")
    assert "/rival/starter/" not in client.get("/rival/units/rival/scorecard/").content.decode()
    activate_scorecard(scorecard=draft)
    today = bare.organization.today()
    archive_scorecard(scorecard=draft, ends_on=today + dt.timedelta(days=32))
    before = client.get("/rival/units/rival/scorecard/?period=2026-Q1").content.decode()
    assert "/rival/starter/" in before
    client.force_login(acme.users["alice"])
    assert "starter" not in client.get("/acme/units/apac/scorecard/").content.decode()
