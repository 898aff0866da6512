"""Where the keyboard stands after a form was sent: at what is said, or at what must be mended."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import session_cookie
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REVENUE = "/acme/kpis/revenue/?unit=sales&period=2026-Q1"


@pytest.fixture
def alice_page(open_page: Any, acme: World) -> Page:
    acme.record("revenue", "sales", {"2026-03-01": 70})
    page: Page = open_page(user=acme.users["alice"])
    return page


def test_a_saved_value_is_said_where_the_keyboard_stands(alice_page: Page) -> None:
    alice_page.goto(f"{REVENUE}&edit=2026-03")
    alice_page.locator("#record-value").fill("80")
    alice_page.keyboard.press("Enter")
    expect(alice_page.locator(":focus")).to_have_text("Corrected 2026-03 from 70 to 80 k€.")
    alice_page.goto(f"{REVENUE}&edit=2026-03")
    alice_page.get_by_role("button", name="Take back").click()
    expect(alice_page.locator(":focus")).to_contain_text("Took back 80 k€ for 2026-03.")
    alice_page.keyboard.press("Tab")
    alice_page.keyboard.press("Enter")
    expect(alice_page.locator(":focus")).to_have_text("Recorded 80 k€ for 2026-03.")


def test_choosing_another_period_leaves_the_keyboard_where_it_is(alice_page: Page) -> None:
    alice_page.goto(REVENUE)
    field = alice_page.locator("#record-period")
    field.focus()
    with alice_page.expect_response("**/values/**"):
        field.select_option("2026-02")
    expect(alice_page.locator("#record-period")).to_be_focused()


@pytest.mark.parametrize(
    ("path", "field", "button", "told"),
    [
        ("/acme/kpis/revenue/edit/", "#id-name", "Save KPI", "Nothing is saved yet. Look at Name."),
        (f"{REVENUE}&edit=2026-03", "#record-value", "Save", "Nothing is saved yet; see below."),
        (
            "/acme/units/sales/targets/revenue/?period=2026-01",
            *("#id-target", "Save target", "Nothing is saved yet: The target is missing."),
        ),
    ],
)
def test_what_is_wrong_has_the_keyboard(
    browser: Any, live_app: Any, acme: World, path: str, field: str, button: str, told: str
) -> None:
    """Outside the watched pages: the browser itself reports an answer that refuses."""
    context = browser.new_context(base_url=live_app.url)
    context.add_cookies([session_cookie(acme.users["alice"], live_app.url)])
    page = context.new_page()
    page.goto(path)
    page.locator(field).evaluate("field => { field.required = false; field.value = ''; }")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(":focus")).to_contain_text(told)
    context.close()


def test_a_unit_is_two_words_away(alice_page: Page) -> None:
    alice_page.goto("/acme/kpis/")
    alice_page.get_by_text("Go to unit").click()
    expect(alice_page.locator(":focus")).to_have_attribute("placeholder", "Find a unit")
    expect(alice_page.locator("#units-to-go")).to_contain_text("EMEA")
    alice_page.keyboard.type("sale")
    expect(alice_page.locator("#units-to-go ul")).to_have_attribute("data-query", "sale")
    alice_page.keyboard.press("Enter")
    expect(alice_page).to_have_url(re.compile("/acme/units/sales/scorecard/$"))
