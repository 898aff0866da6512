"""The tree of units in a real browser: with the pointer, the keyboard, and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import expect

from organizations.models import Unit
from tests.browser.conftest import session_cookie
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def above(world: World, unit: str) -> str:
    return str(Unit.objects.get(organization=world.organization, code=unit).parent.code)


def test_a_unit_is_dragged_or_moved_by_keyboard(open_page: Any, acme: World) -> None:
    page = open_page(user=acme.users["root"])
    page.goto("/acme/units/")
    page.get_by_role("button", name="Units beneath EMEA").click()
    expect(page.get_by_role("link", name="Sales", exact=True)).to_be_visible()
    page.locator("#unit-sales").drag_to(page.locator("#unit-apac"))
    expect(page.get_by_role("heading", name="Move beneath APAC?")).to_be_focused()
    page.get_by_role("button", name="Move Sales").click()
    expect(page.get_by_text("“Sales” is beneath “APAC” now")).to_be_visible()
    assert above(acme, "sales") == "apac"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“Sales” is beneath “EMEA” now")).to_be_visible()
    page.get_by_role("button", name="Units beneath Sales").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Ada Byron")).to_be_hidden()
    page.get_by_label("Move to").select_option("apac")
    page.get_by_role("button", name="Show what moves with it").press("Enter")
    page.get_by_role("button", name="Move Sales").press("Enter")
    expect(page.get_by_text("“Sales” is beneath “APAC” now")).to_be_visible()


def test_units_are_moved_without_scripts(browser: Any, live_app: Any, acme: World) -> None:
    context = browser.new_context(base_url=live_app.url, java_script_enabled=False)
    context.add_cookies([session_cookie(acme.users["root"], live_app.url)])
    page = context.new_page()
    page.goto("/acme/units/")
    page.get_by_role("button", name="Units beneath EMEA").click()
    page.get_by_role("link", name="Sales", exact=True).click()
    page.get_by_label("Move to").select_option("apac")
    page.get_by_role("button", name="Show what moves with it").click()
    page.get_by_role("button", name="Move Sales").click()
    assert above(acme, "sales") == "apac"
    context.close()
