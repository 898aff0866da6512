"""The strategy map in a real browser: looked at, edited by keyboard and pointer, undone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from strategy_maps.models import Position
from tests.browser.conftest import session_cookie
from tests.strategy_maps.mapped_world import mapped, pairs
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SERIOUS = {"serious", "critical"}


def serious(page: Any) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in SERIOUS]


def test_a_map_is_read_and_edited(open_page: Any, browser: Any, live_app: Any, acme: World) -> None:
    mapped(acme)
    page = open_page(user=acme.users["alice"])
    page.goto("/acme/units/sales/map/")
    node = page.locator("#node-fix")
    node.focus()
    expect(page.locator("#node-train")).to_have_class("m-node no_data is-lit")
    assert page.locator(".m-link.is-lit").count() == 3
    node.press("Enter")
    expect(page.locator("#trace h2")).to_be_focused()
    for width in (1440, 1200):  # the picture fits, whether the panel is beside it or over it
        page.set_viewport_size({"width": width, "height": 900})
        frame = page.locator(".map-frame").evaluate("each => [each.scrollWidth, each.clientWidth]")
        assert frame[0] == frame[1], width
    page.keyboard.press("Escape")
    expect(node).to_be_focused()
    assert serious(page) == []
    page.get_by_role("link", name="Edit").click()
    page.locator("#node-train").press("Enter")
    target = page.get_by_label("then this")
    expect(target).to_be_focused()
    target.select_option("grow")
    page.get_by_role("button", name="Add link").press("Enter")
    expect(page.get_by_text("“Train technicians” leads to “Grow Sales” now").first).to_be_visible()
    assert ("train", "grow") in pairs()
    assert serious(page) == []
    page.locator(".panel-links a", has_text="Grow Sales").press("Enter")
    page.get_by_role("button", name="Remove the link").press("Enter")
    expect(page.get_by_text("no more").first).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(
        page.get_by_text("“Train technicians” leads to “Grow Sales” again").first
    ).to_be_visible()
    assert len(pairs()) == 4
    page.locator("#node-grow").press("ArrowRight")
    expect(page.get_by_text("“Grow Sales” is put there").first).to_be_visible()
    expect(page.locator("#node-grow")).to_be_focused()
    assert Position.objects.get().objective.code == "grow"
    refuse(browser, live_app, acme)


def refuse(browser: Any, live_app: Any, acme: World) -> None:
    """A circle, drawn with the pointer; outside the watched pages: the browser reports refusals."""
    context = browser.new_context(base_url=live_app.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([session_cookie(acme.users["alice"], live_app.url)])
    page = context.new_page()
    page.goto("/acme/units/sales/map/edit/")
    page.locator("#node-grow").hover()
    start = page.locator("#node-grow .m-handle").bounding_box()
    end = page.locator("#node-fix").bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 30, end["y"] + 20, steps=3)
    page.mouse.up()
    way = "Grow Sales → First-time fix → Improve Sales → Grow Sales"
    expect(page.get_by_text(f"This would close a circle: {way}")).to_be_visible()
    expect(page.get_by_label("then this")).to_be_focused()
    assert ("grow", "fix") not in pairs()
    context.close()
