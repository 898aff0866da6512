"""The form of an initiative: adding, changing, refusing with nothing lost, two people at once."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags

from scorecards.models import Initiative, Milestone
from scorecards.services.initiatives import MilestonePlan, add_initiative, change_initiative
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

NEW = "/acme/initiatives/new/"
EDIT = "/acme/initiatives/crm/edit/"
FIELDS = (
    *("name", "unit", "owner", "status", "starts_on", "ends_on", "percent_done"),
    *("budget_planned", "budget_spent", "currency", "description"),
)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


@pytest.fixture
def crm(acme: World) -> Initiative:
    return add_initiative(
        unit=acme.units["sales"],
        code="crm",
        name="One customer file",
        budget_planned=Decimal("1234.50"),
        currency="EUR",
        objectives=[acme.objectives["sales", "grow"]],
        milestones=[
            ("Chosen", dt.date(2026, 2, 1), dt.date(2026, 1, 20)),
            ("Contract", dt.date(2026, 4, 1), None),
        ],
        by=acme.users["alice"],
    )


def sent(form: Any, **changes: Any) -> dict[str, Any]:
    """What a browser sends when these fields of the form are changed."""
    rows = form.milestones
    columns = {
        f"milestone_{name}": [
            next(cell.text for cell in row.cells if cell.name == name) for row in rows
        ]
        for name in ("name", "due_on", "done_on")
    }
    return {
        **{name: form.fields[name].text for name in FIELDS},
        **columns,
        "milestone_key": [row.key for row in rows],
        "objectives": [choice.key for choice in form.objectives.chosen],
        "version": form.version,
        "spare": form.spare,
        **changes,
    }


def opened(client: Client, **changes: Any) -> dict[str, Any]:
    return sent(client.get(EDIT).context["form"], **changes)


def said(answer: Any) -> str:
    return " ".join(strip_tags(answer.content.decode()).split())


def wrong_at(answer: Any, field: str) -> str:
    """The sentence beside the field."""
    found = re.search(
        rf'<span class="wrong" id="said-{field}">(.*?)</span>', answer.content.decode(), re.DOTALL
    )
    return " ".join(strip_tags(found[1]).split()) if found else ""


# --- Adding


@pytest.mark.both_databases
def test_adding_one_with_all_that_belongs_to_it(acme: World, alice: Client) -> None:
    answer = alice.post(
        NEW,
        {
            "name": "Ein Büro in Zürich",
            "unit": "emea",
            "owner": "bob",
            "status": "running",
            "starts_on": "2026-01-15",
            "ends_on": "2026-11-30",
            "percent_done": "35 %",
            "budget_planned": "1.234.567,89",
            "budget_spent": "250 000 CHF",
            "currency": "chf",
            "description": "Rooms\r\nand people",
            "milestone_name": ["Opened", "Rented", ""],
            "milestone_due_on": ["2026-11-01", "2026-03-01", ""],
            "milestone_done_on": ["", "2026-02-27", ""],
            "milestone_key": ["", "", ""],
            "objectives": ["emea_scorecard.grow", "sales_scorecard.improve"],
        },
    )
    assert answer["location"] == "/acme/initiatives/ein_buro_in_zurich/"
    row = Initiative.objects.get(code="ein_buro_in_zurich")
    assert (row.unit, row.owner) == (acme.units["emea"], acme.people["bob"])
    assert (row.budget_planned, row.budget_spent) == (Decimal("1234567.89"), Decimal(250000))
    assert (row.currency, row.percent_done, row.description) == ("CHF", 35, "Rooms\nand people")
    assert [each.name for each in row.milestones.all()] == ["Rented", "Opened"]
    assert {link.objective.name for link in row.objective_links.all()} == {
        "Grow EMEA",
        "Improve Sales",
    }
    assert "“Ein Büro in Zürich” is added." in said(alice.get(answer["location"]))
    assert row.history.get().history_user == acme.users["alice"]


def test_a_name_and_a_unit_are_enough(acme: World, alice: Client) -> None:
    typed = {"name": "Small", "unit": "sales", "status": "planned"}
    assert alice.post(NEW, typed).status_code == 302
    row = Initiative.objects.get(code="small")
    assert (row.budget_planned, row.currency, row.starts_on) == (None, "", None)


def test_units_are_offered_where_the_person_may_edit(acme: World, alice: Client) -> None:
    options = alice.get(NEW).context["form"].fields["unit"].options
    assert [option.value for option in options] == ["", "emea", "sales", "ada"]
    for unit in ("acme", "nowhere", ""):
        answer = alice.post(NEW, {"name": "X", "unit": unit, "status": "planned"})
        assert wrong_at(answer, "unit").startswith("Choose a unit of this list")


# --- Refusing


WRONG = [
    ("name", "", "Write a name"),
    ("name", "x" * 201, "at most 200 characters"),
    ("name", "nul\x00", "cannot be stored"),
    ("starts_on", "1.2.2026", "no day; write it like 2026-12-31"),
    ("starts_on", "2026-02-30", "no day"),
    ("starts_on", "0001-01-01", "years 1900 to 2199"),
    ("ends_on", "2025-12-31", "before the start"),
    ("percent_done", "101", "whole number from 0 to 100"),
    ("percent_done", "4.5", "whole number"),
    ("percent_done", "-1", "whole number"),
    ("budget_planned", "lots", "is not a number"),
    ("budget_planned", "1.234", "could be 1234 or 1.2340"),
    ("budget_planned", "12,345.678", "at most two decimals"),
    ("budget_spent", "-5", "not below zero"),
    ("budget_spent", "1" + "0" * 15, "more than can be stored"),
    ("budget_spent", "NaN", "is not a number"),
    ("currency", "euro", "three letters"),
    ("currency", "", "Say in which currency"),
    ("owner", "nobody_here", "no such person"),
    ("owner", "charlie", "no such person"),
    ("status", "soon", "Choose one of these"),
    ("description", "y" * 5001, "at most 5,000 characters"),
]


def test_what_is_wrong_is_told_beside_its_field(crm: Initiative, alice: Client) -> None:
    about = {"starts_on": "2026-01-01", "percent_done": "7", "budget_planned": "90"}
    typed = opened(alice, **about)
    for field, text, why in WRONG:
        answer = alice.post(EDIT, {**typed, field: text})
        assert answer.status_code == 422, field
        assert why in wrong_at(answer, field), field
        fields = answer.context["form"].fields
        wanted = {**about, field: text}
        assert {name: fields[name].text for name in wanted} == wanted
        assert f'href="#id-{field}"' in answer.content.decode()
    crm.refresh_from_db()
    assert crm.version == 1


def test_bad_milestones_are_told_in_their_rows(crm: Initiative, alice: Client) -> None:
    rows = {
        "milestone_name": ["Chosen", "", "New"],
        "milestone_due_on": ["2026-13-01", "2026-04-01", ""],
        "milestone_done_on": ["", "", "2026-05-05"],
        "milestone_key": ["1", "2", ""],
    }
    answer = alice.post(EDIT, opened(alice, **rows))
    assert answer.status_code == 422
    assert "no day" in wrong_at(answer, "milestone-0-due_on")
    assert "Write what is done by then" in wrong_at(answer, "milestone-1-name")
    assert "the day by which" in wrong_at(answer, "milestone-2-due_on")
    assert "still to come" in wrong_at(answer, "milestone-2-done_on")
    # A picker of days could not show what is no day.
    cell = answer.context["form"].milestones[0].cells[1]
    assert (cell.text, cell.kind) == ("2026-13-01", "text")


def test_objectives_that_are_gone_or_unseen_are_refused(
    acme: World, rival: World, crm: Initiative, alice: Client
) -> None:
    for key in ("rival.grow", "sales_scorecard.nothing", "x", "a.b.c", "\x00.x"):
        answer = alice.post(EDIT, opened(alice, objectives=["sales_scorecard.grow", key]))
        assert answer.status_code == 422
        assert "not there any more" in said(answer)
        kept = [choice.key for choice in answer.context["form"].objectives.chosen]
        assert kept == ["sales_scorecard.grow"]


# --- Changing


@pytest.mark.both_databases
def test_changing_moves_renames_removes_and_adds(
    acme: World, crm: Initiative, alice: Client
) -> None:
    answer = alice.post(
        EDIT,
        opened(
            alice,
            name="One file for all",
            unit="emea",
            budget_planned="2.000,00",
            milestone_name=["Chosen well", "Contract", "Rolled out"],
            milestone_due_on=["2026-06-01", "2026-04-01", "2026-05-20"],
            milestone_done_on=["2026-01-20", "", ""],
            milestone_key=["1", "2", ""],
            milestone_removed=["2"],
            objectives=["emea_scorecard.grow"],
        ),
        follow=True,
    )
    assert "“One file for all” is saved." in said(answer)
    assert [each.name for each in answer.context["page"].line.milestones] == [
        "Rolled out",
        "Chosen well",
    ]
    assert [link.text for link in answer.context["page"].line.objectives] == ["Grow EMEA"]
    crm.refresh_from_db()
    assert (crm.code, crm.unit, crm.version) == ("crm", acme.units["emea"], 2)
    assert Milestone.objects.get(name="Chosen well").version == 2


def test_saving_without_a_change_says_so(crm: Initiative, alice: Client) -> None:
    answer = alice.post(EDIT, opened(alice), follow=True)
    assert "nothing was changed" in said(answer)
    crm.refresh_from_db()
    assert crm.version == 1


def test_more_rows_and_a_search_keep_what_was_typed(crm: Initiative, alice: Client) -> None:
    typed = opened(alice, name="Typed", objectives=[], find="improve")
    for what in ("more", "find"):
        answer = alice.post(EDIT, {**typed, "do": what})
        form = answer.context["form"]
        assert (answer.status_code, form.fields["name"].text) == (200, "Typed")
        assert form.objectives.chosen == ()
        assert [choice.name for choice in form.objectives.found] == [
            "Improve Acme",
            "Improve EMEA",
            "Improve Sales",
        ]
    more = alice.post(EDIT, {**typed, "do": "more"}).context["form"]
    assert len(more.milestones) == len(alice.get(EDIT).context["form"].milestones) + 4
    assert Initiative.objects.get(code="crm").version == 1


def test_the_search_answers_its_part_alone(crm: Initiative, alice: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "objectives"}
    answer = alice.post(EDIT, opened(alice, find="emea", do="find"), headers=headers)
    page = answer.content.decode()
    assert page.lstrip().startswith('<div id="objectives"')
    assert "Found for “emea”" in page
    assert "Grow EMEA" in page
    assert "Grow Acme" not in page


def test_objectives_that_the_editor_does_not_see_stay(acme: World, crm: Initiative) -> None:
    own = acme.objectives["emea", "grow"]
    change_initiative(initiative=crm, added=[own])
    acme.organization.openness = "line"
    acme.organization.save()
    own.scorecard.unit = acme.units["apac"]
    own.scorecard.save()
    client = Client()
    client.force_login(acme.users["alice"])
    assert client.post(EDIT, opened(client, objectives=[])).status_code == 302
    served = crm.objective_links.filter(deleted_at=None)
    assert [link.objective for link in served] == [own]


# --- Two people at once


def test_a_stale_save_shows_both_and_loses_nothing(
    acme: World, crm: Initiative, alice: Client
) -> None:
    chosen, contract = Milestone.objects.filter(initiative=crm).order_by("due_on")
    typed = opened(
        alice,
        name="Mine",
        percent_done="20",
        milestone_name=["Chosen by me", "Contract", "New of mine"],
        milestone_due_on=["2026-02-01", "2026-04-01", "2026-07-01"],
        milestone_done_on=["2026-01-20", "", ""],
        milestone_key=["1", "2", ""],
        objectives=["sales_scorecard.grow", "emea_scorecard.grow"],
    )
    change_initiative(
        initiative=crm,
        by=acme.users["root"],
        name="Theirs",
        description="Also theirs",
        added=[acme.objectives["sales", "improve"]],
        milestones=[
            MilestonePlan("Chosen by them", dt.date(2026, 5, 1), chosen.done_on, chosen.pk),
            MilestonePlan("Contract", contract.due_on, dt.date(2026, 4, 2), contract.pk),
        ],
    )
    answer = alice.post(EDIT, typed)
    assert answer.status_code == 409
    form = answer.context["form"]
    assert "Root saved this initiative while you were editing it" in said(answer)
    assert (form.fields["name"].text, form.fields["name"].meanwhile) == ("Mine", "Theirs")
    assert (form.fields["percent_done"].text, form.fields["percent_done"].meanwhile) == ("20", "0")
    assert form.fields["description"].text == "Also theirs"
    assert form.objectives.meanwhile == "“Improve Sales” added"
    rows = [([cell.text for cell in row.cells], row.meanwhile) for row in form.milestones[:3]]
    assert rows == [
        (["Contract", "2026-04-01", "2026-04-02"], ""),
        (
            ["Chosen by me", "2026-02-01", "2026-01-20"],
            "Chosen by them, due 2026-05-01, done 2026-01-20",
        ),
        (["New of mine", "2026-07-01", ""], ""),
    ]
    assert alice.post(EDIT, sent(form)).status_code == 302
    crm.refresh_from_db()
    assert (crm.name, crm.description, crm.percent_done, crm.version) == (
        "Mine", "Also theirs", 20, 3,
    )  # fmt: skip
    kept = Milestone.objects.live().filter(initiative=crm)
    assert [each.name for each in kept] == ["Chosen by me", "Contract", "New of mine"]
    assert kept[0].pk == chosen.pk
    assert crm.objective_links.filter(deleted_at=None).count() == 3


def test_a_milestone_that_another_removed_stays_if_it_was_typed_into(
    acme: World, crm: Initiative, alice: Client
) -> None:
    typed = opened(alice, milestone_name=["Chosen anew", "Contract", "", ""])
    change_initiative(initiative=crm, milestones=[])
    form = alice.post(EDIT, typed).context["form"]
    first = form.milestones[0]
    assert (first.key, first.cells[0].text, first.meanwhile) == ("", "Chosen anew", "removed")
    assert form.milestones[1].cells[0].text == ""


def test_a_form_without_a_version_overwrites_nothing(crm: Initiative, alice: Client) -> None:
    typed = opened(alice, name="Mine", version="")
    answer = alice.post(EDIT, typed)
    assert answer.status_code == 409
    assert answer.context["form"].fields["name"].text == "Mine"
    assert alice.post(EDIT, sent(answer.context["form"])).status_code == 302
