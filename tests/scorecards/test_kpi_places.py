"""Where a KPI is measured: assigning, changing, ending, removing, and what its page shows of it."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from kpis.models import Assignment, Measurement
from kpis.services.library import assign_kpi, change_assignment, change_kpi, define_kpi
from kpis.services.measurements import record_values
from kpis.services.targets import set_target
from organizations.models import Unit
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db

PLACES = "/acme/kpis/nps/places/"


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World) -> Client:
    client = Client()
    client.force_login(acme.users["alice"])
    return client


def said(answer: Any) -> str:
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def place(world: World, kpi: str, unit: str) -> Assignment:
    """The place as it stands now."""
    return world.assignment(kpi, unit)


@pytest.mark.both_databases
def test_kpi_is_assigned_to_many_units_and_taken_back(acme: World, alice: Client) -> None:
    """An individual's unit is among them; undo takes all of them back."""
    sent = {"do": "assign", "units": ["emea", "ada"], "responsible": "carol"}
    page = alice.post(PLACES, {**sent, "starts_on": "2026-02-01"}, follow=True)
    assert "Measured at 2 units." in said(page)
    for unit in ("emea", "ada"):
        row = place(acme, "nps", unit)
        assert (row.responsible, row.starts_on) == (acme.people["carol"], dt.date(2026, 2, 1))
    again = alice.post(PLACES, {**undo(page.content.decode())}, follow=True)
    assert "is not measured there after all" in said(again)
    assert Assignment.objects.live().filter(kpi=acme.kpis["nps"]).count() == 1


@pytest.mark.both_databases
def test_place_is_changed_ended_and_begun_again(acme: World, alice: Client) -> None:
    """Values stay when it ends; every deed is undone by its button."""
    acme.record("nps", "sales", {"2026-01-01": 41})
    before = place(acme, "nps", "sales")
    form = {"unit": "sales", "version": str(before.version)}
    page = alice.post(PLACES, {**form, "do": "change", "responsible": "bob"}, follow=True)
    row = place(acme, "nps", "sales")
    assert (row.responsible, row.version) == (acme.people["bob"], before.version + 1)
    assert row.history.get(version=row.version).history_user == acme.users["alice"]
    alice.post(PLACES, undo(page.content.decode()), follow=True)
    row = place(acme, "nps", "sales")
    assert row.responsible is None
    page = alice.post(PLACES, {**form, "do": "end", "version": str(row.version)}, follow=True)
    assert "no longer measured at Sales. Its values stay." in said(page)
    assert "ended, before 2026-05-04" in said(page)
    assert Measurement.objects.filter(assignment=row).count() == 1
    alice.post(PLACES, undo(page.content.decode()), follow=True)
    assert place(acme, "nps", "sales").ends_on is None


@pytest.mark.both_databases
def test_mistaken_place_is_removed_and_restored_but_a_used_one_stays(
    acme: World, alice: Client
) -> None:
    row = assign_kpi(kpi=acme.kpis["share"], unit=acme.units["emea"])
    address = "/acme/kpis/share/places/"
    form = {"do": "remove", "unit": "emea", "version": str(row.version)}
    page = alice.post(address, form, follow=True)
    assert "is not measured at EMEA after all" in said(page)
    page = alice.post(address, undo(page.content.decode()), follow=True)
    assert "is measured at EMEA again" in said(page)
    assert place(acme, "share", "emea").pk == row.pk
    used = alice.post(PLACES, {"do": "remove", "unit": "sales", "version": "1"})
    assert used.status_code == 409
    for words in ("Objective “Grow Sales” of “Sales scorecard” uses it.", "targets stand here"):
        assert words in said(used)
    assert "Let it end instead: what stands here stays." in said(used)


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"do": "assign"}, "units", "Choose a unit."),
        ({"do": "assign", "starts_on": "soon"}, "starts_on", "Write a day like 2026-04-01."),
        ({"do": "change", "ends_on": "2026-13-01"}, "ends_on", "Write a day like 2026-04-01."),
        (
            {"do": "change", "starts_on": "2026-03-01", "ends_on": "2026-03-01"},
            "ends_on",
            "Choose a day after the first one.",
        ),
        ({"do": "change", "responsible": "charlie"}, "responsible", "There is no such person"),
        ({"do": "change", "own_values": "twice"}, "own_values", "Choose one of these."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_kept(
    acme: World, rival: World, alice: Client, sent: dict[str, str], field: str, sentence: str
) -> None:
    change_kpi(kpi=acme.kpis["nps"], unit_rule="sum")
    where = {} if sent["do"] == "assign" else {"unit": "sales", "version": "1"}
    answer = alice.post(PLACES, {**where, **sent})
    assert answer.status_code == 422
    page = answer.content.decode()
    found = re.search(rf'<span class="wrong" id="said-{field}">(.*?)</span>', page, re.DOTALL)
    assert found
    assert sentence in " ".join(found[1].split())
    if sent.get("starts_on"):
        assert f'value="{sent["starts_on"]}"' in page
    assert place(acme, "nps", "sales").version == 1


def test_both_versions_of_a_place_are_shown(acme: World, alice: Client) -> None:
    row = place(acme, "nps", "sales")
    change_assignment(assignment=row, responsible=acme.people["bob"])
    sent = {"do": "change", "unit": "sales", "version": "1", "responsible": "carol"}
    answer = alice.post(PLACES, sent)
    assert answer.status_code == 409, (answer.status_code, place(acme, "nps", "apac").version)
    assert "Saved meanwhile: bob." in said(answer)
    assert re.search(r'value="carol"\s+selected', answer.content.decode())
    assert place(acme, "nps", "sales").responsible == acme.people["bob"]


def test_only_units_that_one_manages_are_offered_and_taken(acme: World, alice: Client) -> None:
    page = alice.get(PLACES).content.decode()
    offered = re.findall(r'name="units"\s+value="(\w+)"', page)
    assert offered == ["emea", "ada"]
    for unit, status in (("apac", 403), ("nowhere", 404)):
        answer = alice.post(PLACES, {"do": "assign", "units": unit})
        assert answer.status_code == status
    bob = Client()
    bob.force_login(acme.users["bob"])
    assert "Measure it also at" not in said(bob.get(PLACES))
    assert bob.post(PLACES, {"do": "end", "unit": "sales", "version": "1"}).status_code == 403


def test_many_places_are_searched_paged_and_ranked_by_attention(
    acme: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The page of the KPI computes 50 of them: those in the red, then those without a value."""
    apac = acme.units["apac"]
    kpi = define_kpi(organization=acme.organization, code="visits", name="Visits")
    mine: dict[str, Any] = {"organization": acme.organization}
    units = Unit.objects.bulk_create(
        Unit(code=f"shop_{n}", name=f"Shop {n}", kind="team", parent=apac, position=n, **mine)
        for n in range(53)
    )
    rows = Assignment.objects.bulk_create(Assignment(kpi=kpi, unit=unit, **mine) for unit in units)
    set_target(assignment=rows[52], valid_from=START, red_flag=80, target=100)
    said_values = [(row.pk, dt.date(2026, 3, 1), 50.0, None) for row in rows if row != rows[51]]
    record_values(rows=said_values, **mine)
    root = Client()
    root.force_login(acme.users["root"])
    with django_assert_max_num_queries(32):
        page = said(root.get("/acme/kpis/visits/"))
    assert "1 to 50 of 53" in page
    table = page[page.index("What needs attention stands first.") :]
    assert table.index("Shop 0 ") < table.index("Shop 52 ") < table.index("Shop 51 ")
    assert table.index("Shop 51 ") < table.index("Shop 1 ")
    assert "51 to 53 of 53" in said(root.get("/acme/kpis/visits/", {"page": "2"}))
    assert "Shop 33" in said(root.get("/acme/kpis/visits/", {"q": "shop_33"}))
    with django_assert_max_num_queries(14):
        listed = said(root.get("/acme/kpis/visits/places/", {"q": "shop"}))
    assert "1 to 50 of 53" in listed
    offers = root.get(
        "/acme/kpis/nps/places/",
        {"find": "shop_7", "units": "emea"},
        headers={"hx-request": "true", "hx-target": "offers"},
    ).content.decode()
    found = re.findall(r'name="units"\s+value="(\w+)"\s+(checked)?', offers)
    assert found == [("emea", "checked"), ("shop_7", "")]


def test_what_was_changed_since_it_was_assigned_is_not_taken_back(
    acme: World, alice: Client
) -> None:
    nps = acme.kpis["nps"]
    row = assign_kpi(kpi=nps, unit=acme.units["emea"])
    change_assignment(assignment=row, responsible=acme.people["carol"])
    answer = alice.post(PLACES, {"do": "take_back", "units": "emea"})
    assert answer.status_code == 409
    assert "somebody else has changed this place" in answer.content.decode()
    assert place(acme, "nps", "emea").responsible == acme.people["carol"]
