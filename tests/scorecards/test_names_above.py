"""Units above that a reader may not see are named nowhere on what they may see beneath."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from calculations.periods import Frequency, Period
from kpis.services.library import change_kpi
from kpis.services.targets import set_target
from organizations.models import Membership, Organization
from scorecards.printing.words import head
from scorecards.selectors.viewing import Viewing
from scorecards.services.closing import close_period
from scorecards.services.editions import activate_scorecard
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    create_scorecard,
    link_kpi,
)
from tests.scorecards.api_client import Api, problem
from tests.scorecards.imports.bringing import access_of
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db
HIDDEN = ("EMEA", "Sales", "emea", "sales")
QUARTER = Period(Frequency.QUARTER, dt.date(2026, 1, 1))


@pytest.fixture
def own(acme: World, client: Client) -> Any:
    """Where members see their own line, Carol's is APAC; her own unit lies beneath Sales."""
    acme.organization.openness = Organization.Openness.LINE
    acme.organization.save()
    Membership.objects.filter(user=acme.users["carol"]).update(unit=acme.units["apac"])
    carol, ada = acme.people["carol"], acme.people["ada"]
    carol.user, ada.user = None, acme.users["carol"]
    carol.save()
    ada.save()
    with time_machine.travel(NOW, tick=True):
        scorecard = create_scorecard(unit=acme.units["ada"], code="own", name="Own scorecard")
        perspective = add_perspective(scorecard=scorecard, code="financial", name="Financial")
        objective = add_objective(perspective=perspective, code="mine", name="Mine")
        link_kpi(objective=objective, kpi=acme.kpis["revenue"])
        activate_scorecard(scorecard=scorecard, valid_from=START)
        change_kpi(kpi=acme.kpis["revenue"], inherits_target=True)
        set_target(assignment=acme.assignment("revenue", "emea"), valid_from=START, target=1000)
        acme.record("revenue", "ada", {"2026-01-01": 9, "2026-02-01": 8, "2026-03-01": 7})
        close_period(unit=acme.units["emea"], period=QUARTER, by=acme.users["alice"])
        client.force_login(acme.users["carol"])
        yield client


def test_pages_leave_out_what_lies_between(acme: World, own: Client) -> None:
    unit = "/acme/units/ada"
    for address in (
        f"{unit}/scorecard/?period=2026-Q1",
        f"{unit}/scorecard/?period=2026-Q1&figures=current&trace=kpi:mine:revenue",
        f"{unit}/scorecard/?period=2026-Q2",
        f"{unit}/scorecard/structure/",
        f"{unit}/map/?period=2026-Q2",
        f"{unit}/targets/?year=FY2026",
        f"{unit}/alignment/",
        f"{unit}/alignment/?view=matrix",
        "/acme/heat-map/?unit=ada",
        "/acme/kpis/revenue/?unit=ada",
        "/acme/kpis/revenue/places/",
        "/acme/kpis/",
        "/acme/initiatives/?unit=ada",
        "/acme/me/",
    ):
        page = own.get(address)
        assert page.status_code == 200, address
        named = [each for each in HIDDEN if each in page.content.decode()]
        assert not named, (address, named)
        crumbs = page.context["breadcrumbs"]
        assert all(link.href for link in crumbs[:-1]), address
        if address.startswith(unit):
            assert [link.text for link in crumbs[:2]] == ["Acme", "Ada Byron"], address
    assert "from a unit above" in own.get(f"{unit}/targets/?year=FY2026").content.decode()
    closed = own.get(f"{unit}/scorecard/?period=2026-Q1").content.decode()
    assert "with 2026-Q1 of a unit above" in closed


def test_printed_pages_and_those_who_see_more(acme: World, own: Client) -> None:
    viewing = Viewing(acme.organization.calendar, QUARTER)
    told = {
        name: head(access_of(acme, name), acme.units["ada"].pk, "", viewing, "").unit
        for name in ("carol", "alice")
    }
    assert told == {"carol": "Acme › Ada Byron", "alice": "Acme › EMEA › Sales › Ada Byron"}
    own.force_login(acme.users["alice"])
    crumbs = own.get("/acme/units/ada/scorecard/").context["breadcrumbs"]
    assert [link.text for link in crumbs] == ["Acme", "EMEA", "Sales", "Ada Byron"]


def test_a_limit_to_a_unit_hides_who_closed_above(acme: World, own: Client) -> None:
    root, sales = acme.users["root"], acme.units["sales"]
    scopes = ("structure:read", "structure:write", "measurements:read")
    api = Api(acme.token(*scopes, created_by=root, unit=sales)[1])
    refused = api.send("POST", "units/sales/closings", {"period": "2026-03"})
    assert problem(refused) == (409, "conflict")
    board = api.get("units/sales/scorecard?period=2026-Q1")
    assert board.json()["closed"]["unit"] == "sales"
    for answer in (refused, board, api.get("units/sales/closings/2026-03")):
        assert "emea" not in answer.content.decode().lower()
