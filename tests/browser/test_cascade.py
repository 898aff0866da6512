"""An objective handed down in a real browser: split as one types, looked at, created, undone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from calculations.units import UnitRule
from kpis.services.library import define_kpi
from kpis.services.targets import set_target
from scorecards.models import Alignment
from scorecards.services.structure import link_kpi
from tests.worlds import START, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_objective_is_handed_down(open_page: Any, acme: World) -> None:
    sold = define_kpi(
        organization=acme.organization, code="sold", name="Sold", unit_rule=UnitRule.SUM
    )
    link_kpi(objective=acme.objectives["acme", "grow"], kpi=sold)
    set_target(assignment=acme.assignment("sold", "acme"), valid_from=START, target=100)
    before = Alignment.objects.live().count()
    page = open_page(user=acme.users["root"])
    page.goto("/acme/units/acme/alignment/")
    page.get_by_role("link", name="gap: cascade Grow Acme to APAC").click()
    expect(page.get_by_role("heading", name="Cascade “Grow Acme”")).to_be_visible()
    emea, apac = page.locator("#unit-emea"), page.locator("#unit-apac")
    emea.get_by_label("Same KPI").check()
    apac.get_by_label("Same KPI").focus()
    page.keyboard.press("Space")
    expect(page.locator("#parts")).to_have_text("100 of 100: the whole")
    emea.get_by_label("Weight").fill("3")
    expect(apac.get_by_label("Target")).to_have_attribute("placeholder", "25")
    apac.get_by_label("Target").fill("40")
    expect(emea.get_by_label("Target")).to_have_attribute("placeholder", "60")
    page.get_by_role("button", name="Show what this creates").click()
    expect(emea.get_by_text("target 60 from")).to_be_visible()
    page.get_by_role("button", name="Create all of this").click()
    expect(page.get_by_text("“Grow Acme” is handed down")).to_be_visible()
    assert Alignment.objects.live().count() == before + 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: everything stands as it did before")).to_be_visible()
    assert Alignment.objects.live().count() == before
    page.goto("/acme/units/acme/alignment/?view=tree")
    page.get_by_role("button", name="Units beneath EMEA").click()
    expect(page.get_by_role("link", name="Sales", exact=True)).to_be_visible()
