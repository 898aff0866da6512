"""Initiatives in a real browser: the timeline on a phone, and objectives found while typing."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from scorecards.services.initiatives import add_initiative
from tests.browser.conftest import NARROW, OpenPage
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_timeline_is_drawn_on_a_phone(open_page: OpenPage, acme: World) -> None:
    for number in range(3):
        add_initiative(
            unit=acme.units["sales"],
            name=f"One customer file for everybody, part {number}",
            starts_on=dt.date(2026, 1, 1),
            ends_on=dt.date(2026, 12, 31),
            percent_done=40,
            milestones=[("Chosen", dt.date(2026, 2, 1), None)],
        )
    page = open_page(user=acme.users["bob"], width=NARROW)
    page.goto("/acme/initiatives/?view=timeline")
    chart = page.locator(".chart svg.main-svg").first
    expect(chart).to_be_visible(timeout=20_000)
    drawn = chart.bounding_box()
    assert drawn
    assert drawn["width"] <= NARROW
    assert drawn["height"] > 3 * 40
    expect(page.locator(".chart")).to_contain_text("part 2")
    name = page.locator(".chart .canvas").get_attribute("aria-label")
    assert name
    assert "3 initiatives" in name


def test_objectives_are_found_while_typing_and_nothing_is_lost(
    open_page: OpenPage, acme: World
) -> None:
    page = open_page(user=acme.users["alice"])
    page.goto("/acme/initiatives/new/?unit=sales")
    page.get_by_label("Name", exact=True).fill("Typed before")
    found = page.get_by_role("group", name="Found for")
    search = page.get_by_label("Search all scorecards that you see")
    search.press_sequentially("improve")
    expect(found.get_by_role("checkbox")).to_have_count(3)
    found.get_by_label("Improve EMEA").check()
    search.fill("grow")
    expect(found.get_by_label("Grow Acme")).to_be_visible()
    found.get_by_label("Grow Acme").check()
    search.press("Enter")
    expect(page.get_by_role("group", name="Chosen").get_by_role("checkbox")).to_have_count(2)
    assert page.url.endswith("/new/?unit=sales")
    page.get_by_role("button", name="Save initiative").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Typed before")
    expect(page.locator(".served")).to_contain_text("Improve EMEA")
    expect(page.locator(".served")).to_contain_text("Grow Acme")
