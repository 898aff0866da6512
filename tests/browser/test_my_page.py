"""A contributor's phone: home shows what is due, leads to its field, and to why it matters."""

import re

import pytest
from playwright.sync_api import expect

from kpis.models import Assignment
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from tests.worlds import START, World

from .conftest import NARROW, OpenPage
from .test_pages import serious_findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mine(acme: World) -> World:
    """Carol answers for revenue at Sales and owns an objective and an initiative there."""
    assignment, carol = acme.assignment("revenue", "sales"), acme.people["carol"]
    Assignment.objects.filter(pk=assignment.pk).update(responsible=carol, starts_on=START)
    objective = acme.objectives["sales", "grow"]
    objective.owner = carol
    objective.save()
    late = [("Chosen", START, None)]
    add_initiative(unit=acme.units["sales"], name="One file", owner=carol, milestones=late)
    acme.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 120, "2026-03-01": 70})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def test_a_phone_shows_what_is_due_and_why_it_matters(open_page: OpenPage, mine: World) -> None:
    page = open_page(user=mine.users["carol"], width=NARROW, color_scheme="dark")
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/acme/me/$"))
    bar = page.get_by_role("navigation", name="Main")
    expect(bar.get_by_role("link", name="My page")).to_have_attribute("aria-current", "page")
    words = bar.get_by_role("link")
    expect(words).to_have_text(
        ["My page", "Scorecards", "KPIs", "Strategy map", "Initiatives", "Data"]
    )
    data = bar.get_by_role("link", name="Data").bounding_box()
    assert data
    assert data["x"] + data["width"] <= NARROW
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW
    assert serious_findings(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    assert serious_findings(page) == []
    page.goto("/acme/me/?period=2026-Q1")
    way = page.locator(".my-kpis .way > li")
    expect(way).to_have_count(3)
    expect(way.last).to_be_visible()  # where there is room, ways stand open
    page.set_viewport_size({"width": NARROW, "height": 900})
    expect(way.last).to_be_hidden()
    assert page.locator(".my-kpis tbody").first.evaluate("row => row.offsetHeight") < 70
    page.locator("summary", has_text="Way up from Revenue").focus()
    page.keyboard.press("Enter")
    expect(way.last).to_be_visible()
    assert serious_findings(page) == []
    way.last.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("Acme")
    page.go_back()
    enter = page.get_by_role("link", name="Enter Revenue of Sales for 2026-04")
    enter.click()
    field = page.locator('input[name="sales.revenue.2026-04-01"]')
    expect(field).to_be_focused()
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state]")).to_have_text("All is saved")
    page.goto("/acme/me/")
    expect(page.get_by_role("link", name="Enter Revenue of Sales for 2026-05")).to_be_visible()
    expect(enter).to_have_count(0)
