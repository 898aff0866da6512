"""How much an objective counts above is for those who edit the scorecard there, in every way."""

import html
import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import Assignment
from kpis.services.library import define_kpi, delete_kpi, remove_assignment
from organizations.models import Role, Unit
from organizations.services.people import grant_role
from organizations.services.structure import create_unit
from scorecards.models import Alignment, ObjectiveKPI, Scorecard
from scorecards.services.adding import append_kpi, change_support, remove_support
from scorecards.services.duplicating import delete_draft, duplicate_scorecard, restore_draft
from scorecards.services.records import plan
from tests.scorecards.api_client import Api, problem
from tests.scorecards.imports.bringing import access_of
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
EDITOR = "/acme/units/sales/scorecard/edit/"
HISTORY = "/acme/history/scorecard/sales_scorecard/"


@pytest.fixture
def bob(acme: World, client: Client) -> Any:
    """Manager of sales, and of nothing above."""
    with time_machine.travel(NOW, tick=True):
        grant_role(user=acme.users["bob"], unit=acme.units["sales"], role=Role.MANAGER)
        client.force_login(acme.users["bob"])
        yield client


def tie() -> Alignment:
    found: Alignment = Alignment.objects.get(
        objective__scorecard__code="sales_scorecard",
        objective__code="grow",
        supported__scorecard__code="emea_scorecard",
    )
    return found


def test_tables_and_text_do_not_weigh_above(acme: World, bob: Client) -> None:
    record = {
        "scorecard": "sales_scorecard",
        "objective": "grow",
        "supported_scorecard": "emea_scorecard",
        "supported_objective": "grow",
    }
    mine, above = access_of(acme, "bob"), access_of(acme, "alice")
    heavier = {"alignments": [record | {"weight": 99}]}
    (refused,) = plan(mine, heavier, removes=False).changes
    assert "takes a right" in str(refused.problems), refused
    assert [c.problems for c in plan(above, heavier, removes=False).changes] == [()]
    same = {"alignments": [record | {"weight": tie().weight}]}
    assert not plan(mine, same, removes=False).changes


def test_a_limit_to_a_unit_hides_what_lies_above_also_in_refusals(acme: World) -> None:
    scopes = ("structure:read", "structure:write")
    with time_machine.travel(NOW, tick=True):
        limit = acme.units["sales"]
        api = Api(acme.token(*scopes, created_by=acme.users["root"], unit=limit)[1])
        for path, body in (("units/sales", {"name": "S"}), ("settings", {"name": "A"})):
            refused = api.send("PATCH", path, body, if_match="*")
            assert problem(refused) == (403, "not_permitted"), path
            assert "further above takes a right" in refused.json()["detail"], refused.json()
            assert "emea" not in refused.content.decode()
            assert "“acme”" not in refused.content.decode()
        mine = "scorecards/sales_scorecard/objectives/grow"
        assert api.send("PATCH", mine, {"weight": 2}, if_match="*").status_code == 200


def test_history_and_undo_do_not_weigh_above(acme: World, bob: Client) -> None:
    change_support(alignment=tie(), weight=0, by=acme.users["root"])
    page = html.unescape(bob.get(f"{HISTORY}?of=objective.grow").content.decode())
    assert "entry=objective" in page or "objective" in page
    for entry in set(re.findall(r"entry=(alignment~[0-9a-zT~]+)", page)):
        said = {"entry": entry, "side": "before", "fields": "weight", "version": tie().version}
        assert bob.post(HISTORY, said).status_code == 403
    assert tie().weight == 0
    change_support(alignment=tie(), weight=1, by=acme.users["root"])
    moment = remove_support(alignment=tie(), by=acme.users["root"])
    refused = bob.post(EDITOR, {"do": "restore", "moment": moment.isoformat()})
    assert refused.status_code == 422
    assert "who edits that scorecard brings it back" in refused.content.decode()
    assert tie().deleted_at is not None


def test_what_one_took_away_oneself_comes_back(acme: World, bob: Client) -> None:
    moment = remove_support(alignment=tie(), by=acme.users["bob"])
    assert bob.post(EDITOR, {"do": "restore", "moment": moment.isoformat()}).status_code == 302
    assert tie().deleted_at is None


def test_a_copy_for_another_unit_is_context_above(acme: World, bob: Client) -> None:
    team = create_unit(
        organization=acme.organization,
        code="second",
        name="Second",
        kind=Unit.Kind.TEAM,
        parent=acme.units["emea"],
    )
    grant_role(user=acme.users["bob"], unit=team, role=Role.MANAGER)
    sent = {"scorecard": "sales_scorecard", "unit": "second", "name": "Second"}
    bob.post("/acme/units/sales/scorecards/duplicate/", sent)
    copies = Alignment.objects.live().filter(objective__scorecard__unit=team)
    assert copies
    assert {copy.weight for copy in copies} == {0}


def test_a_draft_leaves_nothing_to_be_measured(acme: World, bob: Client) -> None:
    def measured() -> dict[str, Any]:
        rows = Assignment.objects.live().filter(unit=acme.units["apac"])
        return dict(rows.values_list("kpi__code", "starts_on"))

    before = measured()
    draft = duplicate_scorecard(
        scorecard=Scorecard.objects.get(code="sales_scorecard"),
        unit=acme.units["apac"],
        code="apac_draft",
        name="APAC",
    )
    brought = measured()
    assert brought.keys() > before.keys()
    assert None not in {day for code, day in brought.items() if code not in before}
    moment = delete_draft(scorecard=draft)
    assert measured() == before
    restore_draft(scorecard=draft, removed_at=moment)
    assert measured() == brought


def test_a_deleted_kpi_is_not_counted_again(acme: World, bob: Client) -> None:
    kpi = define_kpi(organization=acme.organization, code="tmp", name="Tmp")
    append_kpi(objective=acme.objectives["sales", "grow"], kpi=kpi)
    bob.post(EDITOR, {"do": "remove", "key": "kpi.grow.tmp", "version": "1"})
    link = ObjectiveKPI.objects.get(kpi=kpi)
    assert link.deleted_at is not None
    remove_assignment(assignment=Assignment.objects.get(kpi=kpi))
    delete_kpi(kpi=kpi)
    again = {"do": "restore", "moment": link.deleted_at.isoformat()}
    refused = bob.post(EDITOR, again)
    assert refused.status_code == 422
    assert "was deleted: bring that back first" in refused.content.decode()
    link.refresh_from_db()
    assert link.deleted_at is not None
