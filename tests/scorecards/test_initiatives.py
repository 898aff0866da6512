"""Initiatives: kept as a whole, listed by need, costed, found, and shown only to those who may."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from organizations.services.structure import StaleVersion
from scorecards.models import Initiative, InitiativeObjective, Milestone
from scorecards.services.initiatives import (
    MOST_MILESTONES,
    MilestonePlan,
    add_initiative,
    change_initiative,
    delete_initiative,
    restore_initiative,
)
from tests.pages import undo
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

LIST = "/acme/initiatives/"
CRM = f"{LIST}crm/"
BOARD = "/acme/units/sales/scorecard/"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True) as travelled:
        yield travelled


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


@pytest.fixture
def alice(acme: World) -> Client:
    return signed_in(acme, "alice")


@pytest.fixture
def crm(acme: World) -> Initiative:
    """Late and over budget; it serves an objective of Sales and one of EMEA."""
    return add_initiative(
        unit=acme.units["sales"],
        code="crm",
        name="One customer file",
        owner=acme.people["bob"],
        status="running",
        starts_on=dt.date(2026, 1, 1),
        ends_on=dt.date(2026, 12, 31),
        percent_done=40,
        budget_planned=Decimal(1000),
        budget_spent=Decimal(1200),
        currency="EUR",
        objectives=[acme.objectives["sales", "grow"], acme.objectives["emea", "improve"]],
        milestones=[
            ("Data moved", dt.date(2026, 6, 1), None),
            ("Chosen", dt.date(2026, 2, 1), dt.date(2026, 1, 20)),
            ("Contract", dt.date(2026, 4, 1), None),
        ],
        by=acme.users["alice"],
    )


@pytest.fixture
def many(acme: World, crm: Initiative) -> World:
    """Three more: one of EMEA in another currency, one that is done, and Ada's own."""
    add_initiative(
        unit=acme.units["emea"],
        name="A Swiss office",
        budget_planned=Decimal(300),
        currency="CHF",
        objectives=[acme.objectives["emea", "improve"]],
    )
    add_initiative(unit=acme.units["sales"], name="Old habits", status="done")
    add_initiative(
        unit=acme.units["ada"],
        code="own",
        name="Adas secret plan",
        owner=acme.people["carol"],
        budget_planned=Decimal(777),
        currency="XAU",
        objectives=[acme.objectives["sales", "grow"]],
    )
    return acme


def names(answer: Any) -> list[str]:
    return [line.name for line in answer.context["page"].lines]


def said(answer: Any) -> str:
    page = re.sub(r"<(?=/?(dt|dd|td|th|li|p|option|div|span)\b)", " <", answer.content.decode())
    return " ".join(strip_tags(page).split())


# --- Services


@pytest.mark.both_databases
def test_a_change_is_of_the_whole(acme: World, crm: Initiative) -> None:
    grow, improve = acme.objectives["sales", "grow"], acme.objectives["sales", "improve"]
    chosen, contract, _ = Milestone.objects.live().filter(initiative=crm).order_by("due_on")
    differs = change_initiative(
        initiative=crm,
        version=1,
        by=acme.users["alice"],
        added=[improve],
        dropped=[grow],
        milestones=[
            MilestonePlan(chosen.name, chosen.due_on, chosen.done_on, chosen.pk),
            MilestonePlan("Contract signed", contract.due_on, NOW.date(), contract.pk),
            MilestonePlan("Rolled out", dt.date(2026, 11, 1)),
        ],
        percent_done=55,
    )
    crm.refresh_from_db()
    assert differs
    assert (crm.version, crm.percent_done) == (2, 55)
    kept = Milestone.objects.live().filter(initiative=crm)
    assert list(kept.values_list("name", "version")) == [
        ("Chosen", 1),
        ("Contract signed", 2),
        ("Rolled out", 1),
    ]
    served = InitiativeObjective.objects.live().filter(initiative=crm)
    assert {link.objective.name for link in served} == {"Improve Sales", "Improve EMEA"}
    moments = {
        row.history_date
        for model in (Initiative, Milestone, InitiativeObjective)
        for row in model.history.filter(history_user=acme.users["alice"])
    }
    assert len(moments) == 2  # adding it, and changing it


@pytest.mark.both_databases
def test_saving_the_same_again_changes_nothing(crm: Initiative) -> None:
    plans = [
        MilestonePlan(each.name, each.due_on, each.done_on, each.pk)
        for each in Milestone.objects.filter(initiative=crm)
    ]
    assert not change_initiative(initiative=crm, version=1, milestones=plans, percent_done=40)
    crm.refresh_from_db()
    assert crm.version == 1


@pytest.mark.both_databases
def test_a_stale_change_is_refused_whole(crm: Initiative) -> None:
    change_initiative(initiative=crm, version=1, milestones=[])
    with pytest.raises(StaleVersion):
        change_initiative(initiative=crm, version=1, percent_done=90)
    crm.refresh_from_db()
    assert crm.percent_done == 40


def test_what_cannot_be_is_refused(acme: World, rival: World, crm: Initiative) -> None:
    theirs = rival.objectives["emea", "grow"]
    plan = MilestonePlan("Step", dt.date(2026, 6, 1))
    refused: list[dict[str, Any]] = [
        {"added": [theirs]},
        {"unit": rival.units["emea"]},
        {"code": "other"},
        {"ends_on": dt.date(2025, 12, 31)},
        {"percent_done": 101},
        {"milestones": [plan] * (MOST_MILESTONES + 1)},
    ]
    for change in refused:
        with pytest.raises(ValidationError):
            change_initiative(initiative=crm, **change)


@pytest.mark.both_databases
def test_what_is_deleted_can_stand_again_as_it_was(acme: World, crm: Initiative) -> None:
    change_initiative(initiative=crm, milestones=[MilestonePlan("Only", dt.date(2026, 6, 1))])
    delete_initiative(initiative=crm, by=acme.users["alice"])
    for model in (Initiative, Milestone, InitiativeObjective):
        assert not model.objects.live().filter(organization=acme.organization).exists()
    restored = restore_initiative(initiative=crm)
    assert [each.name for each in restored.milestones.filter(deleted_at=None)] == ["Only"]
    assert restored.objective_links.filter(deleted_at=None).count() == 2


def test_a_code_that_is_taken_by_now_stays_with_its_owner(acme: World, crm: Initiative) -> None:
    delete_initiative(initiative=crm)
    add_initiative(unit=acme.units["sales"], code="crm", name="Another")
    with pytest.raises(ValidationError):
        restore_initiative(initiative=crm)


def test_codes_are_made_of_names(acme: World) -> None:
    made = [
        add_initiative(unit=acme.units["sales"], name=name).code for name in ("新製品", "新製品")
    ]
    assert made == ["initiative", "initiative_2"]


# --- The list


def test_what_needs_attention_comes_first(many: World, alice: Client) -> None:
    answer = alice.get(LIST)
    assert names(answer) == [
        "One customer file",
        "A Swiss office",
        "Adas secret plan",
        "Old habits",
    ]
    text = said(answer)
    assert "1 milestone late" in text
    assert "200 EUR over budget" in text
    assert "1,200 of 1,000 EUR" in text
    assert "– of 300 CHF" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"unit": "sales"}, ["One customer file", "Adas secret plan", "Old habits"]),
        ({"unit": "apac"}, []),
        ({"unit": "nowhere"}, []),
        ({"status": "done"}, ["Old habits"]),
        ({"owner": "bob"}, ["One customer file"]),
        ({"objective": "emea_scorecard.improve"}, ["One customer file", "A Swiss office"]),
        ({"late": "1"}, ["One customer file"]),
        ({"status": "planned", "unit": "emea", "late": ""}, ["A Swiss office", "Adas secret plan"]),
        ({"page": "7", "view": "nothing"}, ["One customer file", "A Swiss office"]),
    ],
)
def test_the_address_narrows_the_list(
    many: World, alice: Client, query: dict[str, str], expected: list[str]
) -> None:
    assert names(alice.get(LIST, query))[: len(expected) or None] == expected
    if "page" not in query:
        assert len(names(alice.get(LIST, query))) == len(expected)


def test_a_long_list_has_pages(many: World, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scorecards.selectors.initiatives.pages.PAGE_LENGTH", 3)
    first, last = alice.get(LIST).context["page"], alice.get(LIST, {"page": "2"}).context["page"]
    assert (first.range_text, last.range_text) == ("1 to 3 of 4", "4 to 4 of 4")
    assert (first.next_href, first.previous_href) == (f"{LIST}?page=2", None)
    assert last.lines[0].name == "Old habits"
    drawn = alice.get("/acme/timeline/", {"page": "2"}).json()["layout"]["annotations"]
    assert [note["text"] for note in drawn] == ["Old habits"]


def test_nothing_yet_says_what_to_do(acme: World, alice: Client) -> None:
    assert "Add the first one" in said(alice.get(LIST))
    page = said(signed_in(acme, "bob").get(LIST))
    assert "Managers of a unit can add them" in page
    assert "Add the first one" not in page


def test_statements_do_not_grow_with_initiatives(
    many: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    addresses = (LIST, f"{LIST}?view=timeline", f"{LIST}?view=costs", CRM, f"{CRM}edit/")
    for number in range(12):
        add_initiative(
            unit=many.units["sales"],
            name=f"More {number}",
            owner=many.people["alice"],
            objectives=list(many.objectives.values())[:2],
            milestones=[(f"Step {step}", dt.date(2026, 6, 1), None) for step in range(5)],
        )
    for address in (*addresses, f"{LIST}?as_of=2026-05-04", "/acme/timeline/"):
        with django_assert_max_num_queries(24):
            assert alice.get(address).status_code == 200, address


# --- Costs


def test_costs_are_shared_out_equally_and_currencies_stay_apart(many: World, alice: Client) -> None:
    answer = alice.get(LIST, {"view": "costs"})
    lines = {
        (scorecard.unit, line.name): [
            (amount.planned_text, amount.spent_text, amount.currency) for amount in line.amounts
        ]
        for scorecard in answer.context["page"].costs
        for line in scorecard.lines
    }
    half = ("500", "600", "EUR")
    assert lines["EMEA", "Internal process"] == [("300", "–", "CHF"), half]
    assert lines["EMEA", "Improve EMEA"] == lines["EMEA", "EMEA scorecard"]
    assert lines["Sales", "Grow Sales"] == [half, ("777", "–", "XAU")]
    assert "shared out equally" in said(answer)
    units = {
        each.unit
        for each in alice.get(LIST, {"view": "costs", "unit": "sales"}).context["page"].costs
    }
    assert units == {"Sales"}


def test_the_board_tells_the_cost_of_an_objective(crm: Initiative, alice: Client) -> None:
    page = said(alice.get(BOARD))
    assert "600 of 500 EUR spent" in page
    assert "1 late" in page
    assert "1 over budget" in page
    assert f'href="{CRM}"' in alice.get(BOARD).content.decode()


def test_managers_add_an_initiative_from_its_objective(
    acme: World, crm: Initiative, alice: Client
) -> None:
    address = "/acme/initiatives/new/?unit=sales&amp;objective=sales_scorecard.grow"
    assert address in alice.get(BOARD).content.decode()
    assert address not in signed_in(acme, "carol").get(BOARD).content.decode()
    assert address not in alice.get(f"{BOARD}?as_of=2026-05-04").content.decode()
    form = alice.get(address.replace("&amp;", "&")).context["form"]
    assert form.fields["unit"].text == "sales"
    assert [choice.name for choice in form.objectives.chosen] == ["Grow Sales"]


# --- One initiative


def test_the_page_tells_all_of_it(acme: World, crm: Initiative, alice: Client) -> None:
    answer = alice.get(CRM)
    text = said(answer)
    for part in ("running", "40 %", "2026-01-01 – 2026-12-31", "1,200 of 1,000 EUR (120 %)", "Bob"):
        assert part in text
    milestones = answer.context["page"].line.milestones
    assert [(each.name, each.state) for each in milestones] == [
        ("Chosen", "done"),
        ("Contract", "late"),
        ("Data moved", "open"),
    ]
    assert "shared out equally among 2 objectives, 500 EUR planned for each" in text
    bob = signed_in(acme, "bob").get(CRM).content.decode()
    assert f"{CRM}edit/" not in bob
    assert f"{CRM}delete/" not in bob


def test_history_tells_what_changed_by_whom(
    acme: World, crm: Initiative, alice: Client, clock: Any
) -> None:
    clock.shift(dt.timedelta(days=1))
    contract = Milestone.objects.get(name="Contract")
    change_initiative(
        initiative=crm,
        by=acme.users["alice"],
        dropped=[acme.objectives["sales", "grow"]],
        milestones=[MilestonePlan("Contract", contract.due_on, NOW.date(), contract.pk)],
        percent_done=50,
        budget_planned=None,
        owner=None,
    )
    latest, first = alice.get(CRM).context["page"].saves
    assert (latest.by, latest.at_text[:10]) == ("Alice", "2026-05-05")
    assert set(latest.lines) == {
        "Owner: Bob → none",
        "Percent done: 40 % → 50 %",
        "Budget planned: 1,000 EUR → none",
        "Milestone “Contract”: Done: none → 2026-05-04",
        "Milestone “Chosen” removed",
        "Milestone “Data moved” removed",
        "Serves “Grow Sales (Sales)” removed",
    }
    assert (first.lines[0], first.lines[-1]) == ("Added", "Serves “Grow Sales (Sales)”")
    assert len(first.lines) == 1 + 3 + 2


def test_as_of_shows_it_as_it_was(acme: World, crm: Initiative, alice: Client, clock: Any) -> None:
    clock.shift(dt.timedelta(days=3))
    change_initiative(initiative=crm, name="Two files", percent_done=90, milestones=[])
    clock.shift(dt.timedelta(days=3))
    delete_initiative(initiative=crm)
    then = {"as_of": "2026-05-05"}
    page = alice.get(CRM, then).context["page"]
    assert (page.line.name, page.line.percent_done) == ("One customer file", 40)
    assert len(page.line.milestones) == 3
    assert (len(page.saves), page.edit_href) == (1, None)
    assert alice.get(CRM, {"as_of": "2026-05-08"}).context["page"].line.name == "Two files"
    assert names(alice.get(LIST, then)) == ["One customer file"]
    assert names(alice.get(LIST)) == []
    assert alice.get(CRM).status_code == 404
    costs = alice.get(LIST, {"view": "costs", **then}).context["page"].costs
    assert [each.unit for each in costs] == ["EMEA", "Sales"]
    assert "No initiatives then" in said(alice.get(LIST, {"as_of": "2026-01-01"}))
    assert len(alice.get("/acme/timeline/", then).json()["layout"]["annotations"]) == 1


# --- Who


@pytest.mark.parametrize("member", ["bob", "carol"])
def test_an_individuals_initiatives_are_told_to_nobody_else(many: World, member: str) -> None:
    client = signed_in(many, member)
    addresses = [
        *(LIST, f"{LIST}?view=timeline", f"{LIST}?view=costs", f"{LIST}?owner=carol", BOARD),
        *("/acme/timeline/", "/acme/search/?q=secret", f"{LIST}?as_of=2026-05-04", CRM),
        f"{LIST}?objective=sales_scorecard.grow&view=costs",
    ]
    for address in addresses:
        page = client.get(address).content.decode()
        assert "secret plan" not in page, address
        assert "777" not in page, address
        assert "XAU" not in page, address
    assert client.get(LIST).context["page"].summary.count == 3
    owners = {each.value for each in client.get(LIST).context["page"].choices.owners}
    assert owners == {"bob"}
    for address in ("own/", "own/?as_of=2026-05-04"):
        assert client.get(f"{LIST}{address}").status_code == 404
    assert client.get("/acme/timeline/?initiative=own").status_code == 404


def test_what_it_serves_elsewhere_is_counted_and_not_named(acme: World, crm: Initiative) -> None:
    """Where members see their own line only, the manager of Sales sees nothing of APAC's kind."""
    acme.organization.openness = "line"
    acme.organization.save()
    objective = acme.objectives["emea", "grow"]
    objective.scorecard.unit = acme.units["apac"]
    objective.scorecard.save()
    change_initiative(initiative=crm, added=[objective])
    bob = signed_in(acme, "bob")
    page = bob.get(CRM)
    assert "2 more that you may not see" in said(page)
    assert "EMEA" not in " ".join(link.text for link in page.context["page"].line.objectives)
    assert "Serves something that you may not see" in said(page)
    costs = bob.get(LIST, {"view": "costs"}).context["page"].costs
    assert [each.unit for each in costs] == ["Sales"]
    assert costs[0].lines[0].amounts[0].planned_text == "333.33"


def test_what_was_an_individuals_own_stays_theirs(many: World, clock: Any) -> None:
    """The past of an initiative that came from where its reader does not see."""
    own = Initiative.objects.get(code="own")
    clock.shift(dt.timedelta(days=1))
    change_initiative(initiative=own, percent_done=11)
    clock.shift(dt.timedelta(days=1))
    change_initiative(initiative=own, unit=many.units["sales"])
    (only,) = signed_in(many, "bob").get(f"{LIST}own/").context["page"].saves
    assert only.lines == ("Unit: something that you may not see → Sales",)
    assert len(signed_in(many, "alice").get(f"{LIST}own/").context["page"].saves) == 3
    assert signed_in(many, "bob").get(f"{LIST}own/?as_of=2026-05-05").status_code == 404


def test_search_leads_to_the_page(crm: Initiative, alice: Client) -> None:
    page = alice.get("/acme/search/", {"q": "customer file"}).content.decode()
    assert f'href="{CRM}"' in page
    assert "Initiatives" in page


# --- Deleting


def test_deleting_offers_the_way_back(acme: World, crm: Initiative, alice: Client) -> None:
    answer = alice.post(f"{CRM}delete/", {"version": 1}, follow=True)
    assert "“One customer file” is deleted, with its milestones." in said(answer)
    assert undo(answer.content.decode()) == {}
    assert alice.get(CRM).status_code == 404
    assert signed_in(acme, "carol").post(f"{CRM}restore/").status_code == 403
    back = alice.post(f"{CRM}restore/", follow=True)
    assert "stands again" in said(back)
    assert len(back.context["page"].line.milestones) == 3
    assert back.context["page"].saves[0].lines[0] == "Back again"
    assert "stands already" in said(alice.post(f"{CRM}restore/", follow=True))


def test_what_was_changed_meanwhile_is_not_deleted(crm: Initiative, alice: Client) -> None:
    change_initiative(initiative=crm, percent_done=41)
    answer = alice.post(f"{CRM}delete/", {"version": 1}, follow=True)
    assert "was changed meanwhile, and not deleted" in said(answer)
    assert Initiative.objects.live().filter(code="crm").exists()
