"""Pages of history: who reads what, how it is paged, and what is refused when setting back."""

import datetime as dt
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from simple_history.models import HistoricalRecords

from kpis.services.targets import set_target
from organizations.models import Unit
from organizations.services.people import create_person
from organizations.services.structure import change_unit, create_unit, retire_structure
from scorecards.models import Objective
from scorecards.services.closing import close_period, reopen_period
from scorecards.services.initiatives import add_initiative, change_initiative
from tests.scorecards.test_history import client_of, first_way_back, form_of, text_of
from tests.worlds import CANARY, NOW, START, World

pytestmark = pytest.mark.django_db
UNIT = "/acme/history/unit/sales/"
SCORECARD = "/acme/history/scorecard/sales_scorecard/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True) as travelled:
        yield travelled


def renamed(world: World, *names: str, unit: str = "sales") -> Unit:
    row = world.units[unit]
    for name in names:
        row = change_unit(unit=row, name=name, kind=row.kind)
    return row


def panel_of(client: Client, address: str) -> dict[str, Any]:
    """The form of the newest entry that can be set back."""
    panel = client.get(first_way_back(client.get(address).content.decode()))
    return form_of(panel.content.decode())


# --- Refused


def test_what_was_changed_meanwhile_is_shown_beside_what_was_chosen(acme: World) -> None:
    renamed(acme, "Selling")
    root = client_of(acme, "root")
    sent = panel_of(root, UNIT)
    renamed(acme, "Vending")
    answer = root.post(UNIT, sent)
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Nothing is set back yet: somebody changed it meanwhile." in said
    assert "Name Vending Sales" in said
    assert Unit.objects.get(pk=acme.units["sales"].pk).name == "Vending"
    assert root.post(UNIT, form_of(answer.content.decode())).status_code == 302
    assert Unit.objects.get(pk=acme.units["sales"].pk).name == "Sales"


def test_a_closed_periods_target_is_set_back_with_a_reason_only(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=START, red_flag=80, target=120)
    month = acme.organization.calendar.parse_label("2026-03")
    close_period(unit=acme.units["acme"], period=month, by=acme.users["root"])
    alice, address = client_of(acme, "alice"), "/acme/history/targets/sales/"
    sent = panel_of(alice, address)
    refused = alice.post(address, sent)
    assert refused.status_code == 422
    assert "closed" in text_of(refused)
    assert "Reason" in text_of(refused)
    assert alice.post(address, sent | {"reason": "Typed wrongly"}).status_code == 302
    assert assignment.targets.live().get().target == 100


@pytest.mark.parametrize(
    ("taken", "said"),
    [("code", "Unit with this Organization"), ("parent", "was removed, too: bring that back")],
)
def test_what_has_lost_its_place_does_not_come_back(acme: World, taken: str, said: str) -> None:
    above = create_unit(
        organization=acme.organization,
        code="north",
        name="North",
        kind="team",
        parent=acme.units["apac"],
    )
    row = create_unit(
        organization=acme.organization, code="shop", name="Shop", kind="team", parent=above
    )
    retire_structure(row=row)
    if taken == "parent":
        retire_structure(row=above)
    else:
        create_unit(
            organization=acme.organization,
            code="shop",
            name="Shop",
            kind="team",
            parent=acme.units["emea"],
        )
    root, address = client_of(acme, "root"), "/acme/history/unit/shop/"
    if taken == "parent":
        assert 'class="log-back' not in root.get(address).content.decode()
        assert "This was removed. Its history stays." in text_of(root.get(address))
        return
    refused = root.post(address, panel_of(root, address))
    assert refused.status_code == 422
    assert Unit.objects.live().get(code="shop").parent == acme.units["emea"]


@pytest.mark.parametrize(
    "entry",
    ["", "unit~20260504T130000000000~000000000000", "unit~nothing", "kpi~x~y", "a" * 5000, "\x00"],
)
def test_an_entry_that_is_not_there_is_not_found(acme: World, entry: str) -> None:
    answer = client_of(acme, "root").post(UNIT, {"entry": entry, "version": "1"})
    assert answer.status_code == 404


def test_nothing_chosen_is_said(acme: World) -> None:
    renamed(acme, "Selling")
    root = client_of(acme, "root")
    sent = panel_of(root, UNIT) | {"fields": []}
    assert "Choose what to set back." in text_of(root.post(UNIT, sent))


# --- Who


def test_readers_see_no_way_back_and_have_none(acme: World) -> None:
    renamed(acme, "Selling")
    sent = panel_of(client_of(acme, "root"), UNIT)
    for reader in ("bob", "carol", "alice"):
        client = client_of(acme, reader)
        page = client.get(UNIT)
        assert "Name Sales → became Selling" in text_of(page)
        assert 'class="log-back' not in page.content.decode()
        assert client.post(UNIT, sent).status_code == 403
    assert client_of(acme, "bob").get("/acme/history/settings/acme/").status_code == 403
    assert client_of(acme, "bob").get("/acme/history/person/ada/").status_code == 403


def test_an_archived_scorecard_stays_as_it_was(acme: World) -> None:
    node = Objective.objects.get(scorecard__code="sales_scorecard", code="grow")
    node.name, node.version = "Grow more", 2
    node.save()
    alice = client_of(acme, "alice")
    assert 'class="log-back' in alice.get(SCORECARD).content.decode()
    scorecard = acme.scorecards["sales"]
    scorecard.status, scorecard.ends_on = "archived", dt.date(2026, 5, 1)
    scorecard.save()
    assert 'class="log-back' not in alice.get(SCORECARD).content.decode()


def test_an_individuals_things_are_told_to_nobody_else(acme: World) -> None:
    renamed(acme, "Ada secretly", unit="ada")
    assignment = acme.assignment("revenue", "ada")
    set_target(assignment=assignment, valid_from=START, target=7771)
    for reader, sees in (("bob", False), ("carol", False), ("alice", True)):
        client = client_of(acme, reader)
        assert client.get("/acme/history/unit/ada/").status_code == (200 if sees else 404)
        assert client.get("/acme/history/targets/ada/").status_code == (200 if sees else 404)
        told = client.get("/acme/history/kpi/revenue/").content.decode()
        assert ("7,771" in told) == sees
    told = text_of(client_of(acme, "alice").get("/acme/changes/"))
    assert "Ada secretly" in told
    assert CANARY not in told
    assert client_of(acme, "alice").get("/acme/changes/?kind=person").context["page"].days == ()


def test_what_was_said_elsewhere_stays_there(acme: World, clock: Any) -> None:
    row = add_initiative(unit=acme.units["ada"], code="own", name="Own secret", percent_done=77)
    clock.shift(60)
    change_initiative(initiative=row, unit=acme.units["sales"], name="Public")
    told = text_of(client_of(acme, "bob").get("/acme/history/initiative/own/"))
    assert "Unit something that you may not see → became Sales" in told
    assert "Own secret" not in told
    assert "Own secret" in text_of(client_of(acme, "alice").get("/acme/history/initiative/own/"))


# --- Which way


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"path": "/operators/x/", "auth": None}, "operators’ pages"),
        ({"path": "/api/v1/", "auth": "billing"}, "API token “billing”"),
    ],
)
def test_other_ways_than_pages_are_told(
    acme: World, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any], said: str
) -> None:
    request = SimpleNamespace(user=acme.users["root"], **about)
    monkeypatch.setattr(HistoricalRecords.context, "request", request, raising=False)
    renamed(acme, "Selling")
    monkeypatch.undo()
    told = text_of(client_of(acme, "bob").get(UNIT))
    assert f"Root {said} Unit Selling" in told
    assert "The system Unit Sales added" in told


# --- Pages


@pytest.mark.parametrize("address", [SCORECARD, "/acme/changes/", UNIT])
def test_statements_do_not_grow_with_the_entries(acme: World, address: str) -> None:
    alice = client_of(acme, "alice")
    node = Objective.objects.get(scorecard__code="sales_scorecard", code="grow")
    counts = []
    for many in (1, 25):
        for number in range(many):
            renamed(acme, f"Selling {many} {number}")
            node.name, node.version = f"Grow {many} {number}", node.version + 1
            node.save()
        with CaptureQueriesContext(
            connection,
        ) as statements:
            alice.get(address)
        counts.append(len(statements))
    assert counts[1] <= counts[0] < 60


@pytest.mark.both_databases
def test_closings_are_among_all_that_changed(acme: World) -> None:
    month = acme.organization.calendar.parse_label("2026-03")
    about: dict[str, Any] = {"unit": acme.units["emea"], "period": month, "by": acme.users["alice"]}
    closed = close_period(**about, note="April's board")
    acme.record("revenue", "sales", {"2026-03-01": 9}, reason="Late", user=acme.users["alice"])
    reopen_period(closing=closed, by=acme.users["root"], reason="An invoice")
    alice = client_of(acme, "alice")
    page = alice.get("/acme/changes/?kind=closing").context["page"]
    entries = [(s.by, e) for d in page.days for s in d.saves for e in s.entries]
    assert [(by, e.label, e.name, e.deed, e.lines[0].after) for by, e in entries] == [
        ("Root", "Period", "2026-03 at EMEA", "reopened", "An invoice"),
        ("Alice", "Closed period", "value of Revenue at Sales, 2026-03", "restated", "Late"),
        ("Alice", "Period", "2026-03 at EMEA", "closed", "April's board"),
    ]
    assert "An invoice" in text_of(alice.get("/acme/changes/?by=root&unit=emea"))
    for other in ("kind=closing&unit=apac", "kind=closing&by=bob", "kind=closing&day=2026-01-01"):
        assert not alice.get(f"/acme/changes/?{other}").context["page"].days, other
    carol = client_of(acme, "carol")
    assert carol.get("/acme/changes/").status_code == 403


@pytest.mark.both_databases
def test_pages_tell_every_entry_once_even_of_one_moment(acme: World) -> None:
    """All at one moment: only the count of those told already leads on."""
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        renamed(acme, *(f"Selling {number}" for number in range(70)))
    root, address, told = client_of(acme, "root"), UNIT, []
    while address:
        page = root.get(address).context["page"]
        told += [e.lines[0].after for d in page.days for s in d.saves for e in s.entries if e.lines]
        address = page.older_href
    assert told == [f"Selling {number}" for number in range(69, -1, -1)]


def test_all_changes_are_narrowed(acme: World) -> None:
    renamed(acme, "Selling")
    renamed(acme, "Asia", unit="apac")
    root = client_of(acme, "root")
    root.post("/acme/units/", {"do": "change", "unit": "emea", "name": "EU", "version": "1"})
    expected = {
        "?by=root": {"EU"},
        "?by=system&kind=unit&day=2026-05-04&unit=apac": {"Asia", "APAC"},
        "?kind=unit&unit=sales": {"Selling", "Sales", "Ada Byron"},
        "?kind=scorecard&day=2026-05-03": set(),
    }
    for query, names in expected.items():
        page = root.get(f"/acme/changes/{query}").context["page"]
        assert {e.name for d in page.days for s in d.saves for e in s.entries} == names, query
    for query in ("?by=nobody", "?unit=rival", "?day=tomorrow", "?day=9999-12-31"):
        assert root.get(f"/acme/changes/{query}").status_code in (422, 200), query
    assert root.get("/acme/changes/?day=tomorrow").status_code == 422
    options = root.get("/acme/changes/", {"suggest": "unit", "unit": "sel"}).content.decode()
    assert re.findall(r'value="(\w+)"', options) == ["sales"]


def test_one_part_of_a_scorecard_is_told_alone(acme: World) -> None:
    create_person(organization=acme.organization, code="eve", name="Eve")
    page = client_of(acme, "bob").get(f"{SCORECARD}?of=objective.grow").context["page"]
    told = {(e.label, e.name) for d in page.days for s in d.saves for e in s.entries}
    assert told == {
        ("Objective", "Grow Sales"),
        ("KPI of an objective", "Revenue for Grow Sales"),
        ("KPI of an objective", "Nps for Grow Sales"),
        ("Support", "Grow Sales (Sales) for Grow EMEA (EMEA)"),
    }
