"""What is done in the editor besides typing: adding, taking away, undo, order, other places."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.services.library import define_kpi
from organizations.models import Unit
from scorecards.models import Objective, ObjectiveKPI, Perspective, Theme
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.adding import (
    add_support,
    append_objective,
    append_perspective,
    append_theme,
    begin_scorecard,
    remove_support,
)
from scorecards.services.arranging import remove_node, restore_nodes
from scorecards.services.structure import NodeChange, change_structure
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/sales/scorecard/edit/"
SCRIPT = {"hx-request": "true", "hx-target": "editor"}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def sent(client: Client, query: str = "", **posted: str) -> Any:
    return client.post(PAGE + query, posted, headers=SCRIPT)


def said(answer: Any) -> str:
    found = re.search(r"<span data-said>(.*?)</span>", answer.content.decode(), re.DOTALL)
    return found.group(1) if found else ""


def keys(world: World, kind: str) -> list[str]:
    return [node.key for node in structure_nodes(world.scorecards["sales"]) if node.kind == kind]


def undo_of(answer: Any) -> dict[str, str]:
    bar = answer.content.decode().rsplit('id="said"', 1)[1]
    return dict(re.findall(r'name="(do|moment)" value="([^"]+)"', bar))


# --- Adding


def test_parts_are_added_where_they_belong(acme: World, alice: Client) -> None:
    answer = sent(alice, do="add-perspective", name="Suppliers")
    assert said(answer) == "“Suppliers” is added. It holds from 2026-05."
    assert 'data-focus="add-perspective"' in answer.content.decode()
    sent(alice, do="add-objective", key="perspective.suppliers", name="Buy well & fairly")
    sent(alice, do="add-theme", name="日本")
    assert keys(acme, "perspective")[-1] == "perspective.suppliers"
    assert keys(acme, "objective")[-1] == "objective.buy_well_fairly"
    assert Theme.objects.get(scorecard=acme.scorecards["sales"]).code == "theme"
    # Without scripts one comes back to the same place.
    answer = alice.post(
        f"{PAGE}?valid_from=2026-06",
        {"do": "add-objective", "key": "perspective.suppliers", "name": "Buy well"},
    )
    place = "#add-objective-perspective-suppliers"
    assert answer.headers["location"] == f"{PAGE}?valid_from=2026-06{place}"


def test_a_kpi_is_found_and_picked(acme: World, rival: World, alice: Client) -> None:
    define_kpi(
        organization=acme.organization, code="churn", name="Customers lost", unit_of_measure="%"
    )
    query = "?open=objective.improve"
    found = alice.get(
        PAGE + query,
        {"open": "objective.improve", "find": "cust LOST"},
        headers={"hx-request": "true", "hx-target": "found"},
    ).content.decode()
    assert "<html" not in found
    assert "Customers lost" in found
    assert "monthly, %" in found
    assert "measured nowhere yet" in found
    assert "/acme/kpis/new/?unit=sales&amp;for=improve&amp;scorecard=sales_scorecard" in found
    panel = alice.get(PAGE + query).content.decode()
    assert "measured here and at 2 other units; tells of “Grow Sales” of Sales and 1 more" in panel
    assert CANARY not in panel
    answer = sent(alice, query, do="add-kpi", key="objective.improve", kpi="churn", find="cust")
    assert "“Customers lost” tells how “Improve Sales” goes." in said(answer)
    assert "Set a target" in answer.content.decode()
    assert keys(acme, "kpi")[-1] == "kpi.improve.churn"
    assert acme.assignment("churn", "sales")
    for code in ("churn", "secret_sauce", "nothing", ""):
        answer = sent(alice, query, do="add-kpi", key="objective.improve", kpi=code)
        assert answer.status_code == 422
        assert ("already" if code == "churn" else "no such KPI") in answer.content.decode()


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ({"do": "add-perspective", "name": " "}, "Write a name."),
        ({"do": "add-objective", "key": "perspective.financial"}, "Write a name."),
        ({"do": "add-objective", "key": "objective.grow", "name": "x"}, "removed meanwhile"),
        ({"do": "add-theme", "name": "x" * 201}, "at most 200 characters"),
        ({"do": "add-support", "key": "objective.grow"}, "Choose an objective of a unit above."),
        (
            {"do": "add-support", "key": "objective.grow", "supported": "sales_scorecard.improve"},
            "Choose an objective of a unit above.",
        ),
        ({"do": "end-support", "key": "objective.grow", "supported": "x.y"}, "removed meanwhile"),
        ({"do": "remove", "key": "objective.gone"}, "removed meanwhile"),
        ({"do": "remove", "key": "scorecard", "version": "1"}, "archived, not removed"),
        ({"do": "restore", "moment": "yesterday"}, "Nothing was removed then"),
        ({"do": "up", "key": "scorecard"}, "has no place of its own"),
        ({"do": "place", "key": "kpi.grow.nps", "parent": "perspective.financial"}, "cannot hang"),
    ],
)
def test_what_cannot_be_done_says_why(
    acme: World, alice: Client, deed: dict[str, str], why: str
) -> None:
    answer = sent(alice, "?open=objective.grow", **deed)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    if deed["do"] == "add-theme":
        assert f'value="{deed["name"]}"' in answer.content.decode()  # kept
        assert alice.post(PAGE, deed).status_code == 422  # without scripts, a whole page


# --- Taking away, with a way back


def test_what_is_removed_comes_back(acme: World, alice: Client) -> None:
    before = keys(acme, "kpi")
    for key in ("perspective.financial", "objective.grow", "kpi.grow.revenue"):
        answer = sent(alice, f"?open={key}", do="remove", key=key, version="1")
        assert "is removed" in said(answer), key
        assert 'id="panel"' not in answer.content.decode()
        assert keys(acme, "kpi") != before
        answer = sent(alice, **undo_of(answer))
        assert said(answer) == "What was removed stands again. It holds from 2026-05."
        assert keys(acme, "kpi") == before
        change_version_back(acme)
    answer = sent(alice, do="remove", key="objective.grow", version="9")
    assert answer.status_code == 409
    assert "was changed meanwhile" in answer.content.decode()
    # Without scripts the notice stands above the page.
    answer = alice.post(PAGE, {"do": "remove", "key": "kpi.grow.nps", "version": "1"}, follow=True)
    page = answer.content.decode()
    assert "“Nps” is removed; its values and targets stay." in page
    assert ">Undo</button>" in page


def change_version_back(world: World) -> None:
    """Every removal and return counts a version: begin again with the first."""
    for model in (Perspective, Objective, ObjectiveKPI):
        model._default_manager.filter(organization=world.organization).update(version=1)


@pytest.mark.both_databases
def test_objectives_stand_without_a_theme_and_have_it_again(acme: World) -> None:
    sales, root = acme.scorecards["sales"], acme.users["root"]
    theme = append_theme(scorecard=sales, name="Growth")
    other = append_theme(scorecard=sales, name="Thrift")
    changes = {f"objective.{code}": NodeChange(1, {"theme": theme}) for code in ("grow", "improve")}
    change_structure(scorecard=sales, changes=changes)
    first = remove_node(scorecard=sales, key="theme.growth", by=root)
    rows = Objective.objects.filter(scorecard=sales).order_by("pk")
    assert [row.theme for row in rows] == [None, None]
    change_structure(
        scorecard=sales, changes={"objective.improve": NodeChange(3, {"theme": other})}
    )
    restore_nodes(scorecard=sales, removed_at=first, by=root)
    assert [row.theme for row in rows.all()] == [theme, other]
    # An objective that comes back after its theme went stands without it.
    second = remove_node(scorecard=sales, key="objective.grow")
    remove_node(scorecard=sales, key="theme.growth")
    restore_nodes(scorecard=sales, removed_at=second)
    assert Objective.objects.get(pk=acme.objectives["sales", "grow"].pk).theme is None


@pytest.mark.both_databases
def test_a_code_is_not_used_twice_so_that_undo_finds_its_place(acme: World) -> None:
    sales = acme.scorecards["sales"]
    perspective = append_perspective(scorecard=sales, name="People")
    row = append_objective(perspective=perspective, name="Grow")
    assert row.code == "grow_2"
    moment = remove_node(scorecard=sales, key="objective.grow_2")
    assert append_objective(perspective=perspective, name="Grow").code == "grow_3"
    restore_nodes(scorecard=sales, removed_at=moment)
    assert keys(acme, "objective")[-2:] == ["objective.grow_2", "objective.grow_3"]
    tie = add_support(objective=row, supported=acme.objectives["acme", "grow"], weight=0)
    moment = remove_support(alignment=tie)
    restore_nodes(scorecard=sales, removed_at=moment)
    tie.refresh_from_db()
    assert tie.deleted_at is None
    draft = begin_scorecard(unit=Unit.objects.get(pk=acme.units["ada"].pk))
    assert draft.perspectives.count() == 4
    assert {each.weight for each in draft.perspectives.all()} == {1.0}


# --- Order, and other places


def test_parts_move_by_steps_over_the_borders_of_what_they_hang_on(
    acme: World, alice: Client
) -> None:
    def moved(key: str, do: str) -> str:
        return said(sent(alice, do=do, key=key))

    assert moved("kpi.grow.nps", "up") == "“Nps” is number 1 of 2 in “Grow Sales”."
    assert moved("kpi.grow.nps", "up") == "“Nps” is number 1 of 2 in “Grow Sales”."  # the top
    moved("kpi.grow.nps", "down")
    assert moved("kpi.grow.nps", "down") == "“Nps” is number 1 of 2 in “Improve Sales”."
    assert keys(acme, "kpi") == ["kpi.grow.revenue", "kpi.improve.nps", "kpi.improve.defects"]
    assert moved("kpi.improve.nps", "up") == "“Nps” is number 2 of 2 in “Grow Sales”."
    assert "number 1 of 2 in “Internal process”" in moved("objective.grow", "down")
    assert "number 2 of 2 in “Sales scorecard”" in moved("perspective.financial", "down")
    answer = sent(
        alice,
        "?open=objective.grow",
        do="place",
        key="objective.grow",
        parent="perspective.financial",
    )
    page = answer.content.decode()
    assert 'data-focus="handle.objective.grow"' in page
    assert 'id="panel"' in page
    answer = sent(
        alice,
        "?open=kpi.grow.nps",
        do="place",
        key="kpi.grow.nps",
        parent="objective.improve",
        before="kpi.improve.defects",
    )
    assert "open=kpi.improve.nps" in answer.content.decode()  # the panel goes with it
