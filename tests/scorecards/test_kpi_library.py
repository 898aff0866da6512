"""The library of KPIs: its list, copies, deletion, and what uses a KPI."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI, KPIInput, Target
from kpis.models.questions import QUESTIONS
from kpis.services.library import assign_kpi, change_kpi, define_kpi
from scorecards.models import ObjectiveKPI
from scorecards.services.initiatives import add_initiative
from tests.pages import undo
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db

LIST = "/acme/kpis/"
YES = {name: {"answer": "yes", "note": ""} for name in QUESTIONS}


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


def said(answer: Any) -> str:
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def listed(client: Client, **query: str) -> list[str]:
    """The codes of the KPIs in the list, by their links."""
    page = client.get(LIST, query).content.decode()
    return re.findall(r'<th role="rowheader"[^>]*>\s*<a href="/acme/kpis/(\w+)/', page)


# --- The list


@pytest.mark.both_databases
def test_list_is_narrowed_by_what_kpis_are_and_lack(acme: World, rival: World) -> None:
    """Each filter finds what it says, and nothing that it does not."""
    root = signed_in(acme, "root")
    change_kpi(kpi=acme.kpis["nps"], owner=acme.people["bob"], answers=YES, timing="lead")
    change_kpi(kpi=acme.kpis["share"], description="Of the regional market")
    define_kpi(organization=acme.organization, code="idea", name="Idea")
    acme.record("revenue", "emea", {"2026-04-01": 9})
    acme.record("nps", "sales", {"2026-01-01": 1})
    acme.record("defects", "sales", {"2026-03-01": 1})
    assert listed(root) == ["certified", "defects", "idea", "nps", "rating", "revenue", "share"]
    expected = {
        ("q", "regional market"): ["share"],
        ("q", "REV"): ["revenue"],
        ("perspective", "process"): ["defects"],
        ("unit", "ada"): ["revenue"],
        ("unit", "nowhere"): [],
        ("owner", "bob"): ["nps"],
        ("frequency", "quarter"): ["nps"],
        ("direction", "lower"): ["defects"],
        ("timing", "lead"): ["nps"],
        ("lacks", "objective"): ["certified", "idea", "rating", "share"],
        ("lacks", "unit"): ["idea"],
        ("lacks", "target"): ["rating", "share"],
        ("lacks", "value"): ["certified", "defects", "rating", "share"],
        ("lacks", "questions"): ["certified", "defects", "idea", "rating", "revenue", "share"],
    }
    for (name, text), codes in expected.items():
        assert listed(root, **{name: text}) == codes, (name, text)
    both = listed(root, lacks="objective", sort="units", q="a")
    assert both == ["rating", "share", "idea"]
    assert CANARY not in said(root.get(LIST))
    assert "No KPI matches “zzz”" in said(root.get(LIST, {"q": "zzz", "frequency": "month"}))


@pytest.mark.parametrize(
    "query", [{"frequency": "x"}, {"lacks": "x"}, {"sort": "x"}, {"page": "x"}, {"q": "\x00"}]
)
def test_what_cannot_be_asked_narrows_nothing(acme: World, query: dict[str, str]) -> None:
    assert len(listed(signed_in(acme, "root"), **query)) == 6


def test_list_is_paged_by_a_fixed_number_of_statements(
    acme: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    root = signed_in(acme, "root")
    named = [(f"k{number}", f"K{number:02}") for number in range(50)]
    rows = [KPI(organization=acme.organization, code=code, name=name) for code, name in named]
    KPI.objects.bulk_create(rows)
    with django_assert_max_num_queries(14):
        page = root.get(LIST, {"lacks": "objective"})
    assert "1 to 50 of 53" in said(page)
    rest = root.get(LIST, {"lacks": "objective", "page": "2"}, headers={"hx-request": "true"})
    assert "51 to 53 of 53" in said(rest)
    part = root.get(LIST, headers={"hx-request": "true", "hx-target": "library"})
    assert part.content.strip().startswith(b'<div id="library">')


def test_what_is_measured_only_at_an_unseen_unit_is_not_listed(acme: World) -> None:
    kpi = define_kpi(organization=acme.organization, code="own", name="Own steps")
    assign_kpi(kpi=kpi, unit=acme.units["ada"])
    assert "own" in listed(signed_in(acme, "alice"))
    bob = signed_in(acme, "bob")
    assert "own" not in listed(bob)
    assert listed(bob, unit="ada") == []
    assert bob.get("/acme/kpis/own/places/").status_code == 404


# --- Copies


def test_copy_starts_another_kpi_without_its_code_and_answers(acme: World) -> None:
    alice = signed_in(acme, "alice")
    change_kpi(kpi=acme.kpis["share"], answers=YES, benchmark=40, benchmark_source="Survey 2025")
    page = alice.get("/acme/kpis/new/", {"like": "share"}).content.decode()
    fields = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', page))
    assert (fields["name"], fields["code"]) == ("Share (copy)", "")
    assert (fields["benchmark"], fields["natural_maximum"]) == ("40", "100")
    assert not re.findall(r'name="answer_\w+"\s+value="yes"\s+checked', page)
    assert alice.get("/acme/kpis/new/", {"like": "secret_sauce"}).status_code == 404


# --- Deletion


@pytest.mark.both_databases
def test_unused_kpi_is_deleted_and_brought_back_with_its_formula(acme: World) -> None:
    alice = signed_in(acme, "alice")
    kpi = define_kpi(
        organization=acme.organization, code="twice", name="Twice", formula="revenue * 2"
    )
    page = alice.post("/acme/kpis/twice/delete/", {"version": "1"}, follow=True)
    assert "“Twice” is deleted." in said(page)
    gone = KPI.objects.get(pk=kpi.pk)
    assert gone.deleted_at is not None
    assert gone.history.first().history_user == acme.users["alice"]
    assert not KPIInput.objects.filter(kpi=kpi).exists()
    assert undo(page.content.decode()) == {}
    page = alice.post("/acme/kpis/twice/restore/", follow=True)
    assert "“Twice” is back." in said(page)
    assert KPIInput.objects.get(kpi=kpi).input == acme.kpis["revenue"]


def test_kpi_comes_not_back_over_another_of_its_code(acme: World) -> None:
    alice = signed_in(acme, "alice")
    define_kpi(organization=acme.organization, code="idea", name="First idea")
    alice.post("/acme/kpis/idea/delete/", {"version": "1"})
    define_kpi(organization=acme.organization, code="idea", name="Second idea")
    page = alice.post("/acme/kpis/idea/restore/", follow=True)
    assert "“First idea” cannot come back" in said(page)
    assert KPI.objects.live().get(code="idea").name == "Second idea"


def test_used_kpi_is_kept_and_says_who_uses_it(acme: World) -> None:
    alice = signed_in(acme, "alice")
    define_kpi(organization=acme.organization, code="twice", name="Twice", formula="nps * 2",
               frequency="quarter")  # fmt: skip
    initiative = add_initiative(
        unit=acme.units["sales"], code="crm", name="Know every customer",
        objectives=[acme.objectives["sales", "grow"]],
    )  # fmt: skip
    answer = alice.post("/acme/kpis/nps/delete/", {"version": "1"})
    assert answer.status_code == 409
    page = said(answer)
    for words in ("Units 1", "Grow Sales Sales", "Formulas Twice", f"Initiatives {initiative}"):
        assert words in page
    assert KPI.objects.live().filter(code="nps").exists()
    link = ObjectiveKPI.objects.filter(kpi=acme.kpis["nps"]).first()
    assert link is not None
    own = said(alice.get("/acme/kpis/nps/"))
    assert "Grow Sales Sales" in own
    assert "Know every customer" in own


def test_kpi_changed_meanwhile_is_not_deleted(acme: World) -> None:
    define_kpi(organization=acme.organization, code="idea", name="Idea")
    change_kpi(kpi=KPI.objects.get(code="idea"), name="Better idea")
    answer = signed_in(acme, "alice").post("/acme/kpis/idea/delete/", {"version": "1"})
    assert answer.status_code == 409
    assert "Somebody else has changed it meanwhile" in said(answer)
    assert KPI.objects.live().filter(code="idea").exists()


def test_objective_of_an_unseen_unit_is_counted_and_not_named(acme: World) -> None:
    """Its scorecard stands at Ada's own unit, which Bob does not see."""
    from scorecards.services.structure import (
        add_objective,
        add_perspective,
        create_scorecard,
        link_kpi,
    )

    own = create_scorecard(unit=acme.units["ada"], code="ada_own", name="Ada")
    learning = add_perspective(scorecard=own, code="learning", name="Learning")
    secret = add_objective(perspective=learning, code="secret", name="Learn to delegate")
    link_kpi(objective=secret, kpi=acme.kpis["revenue"])
    assert "Learn to delegate" in said(signed_in(acme, "alice").get("/acme/kpis/revenue/"))
    page = said(signed_in(acme, "bob").get("/acme/kpis/revenue/"))
    assert "Learn to delegate" not in page
    assert "2, and 1 that you do not see" in page
    assert Target.objects.exists()
