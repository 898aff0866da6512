"""From the organization's page through a heat map to the explanation of a score, in a browser."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from scorecards.services.refresh import refresh_scores
from tests.browser.conftest import NARROW
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def is_accessible(page: Page) -> bool:
    found = Axe().run(page)
    return not [each for each in found.response["violations"] if each["impact"] != "minor"]


def test_a_score_is_found_and_explained(open_page: Any, acme: World) -> None:
    for month in ("01", "02", "03"):
        acme.record("revenue", "sales", {f"2026-{month}-01": 90})
        acme.record("revenue", "emea", {f"2026-{month}-01": 700})
    refresh_scores(organization_id=acme.organization.pk)
    page = open_page(user=acme.users["root"])
    page.goto("/acme/?period=2026-Q1")
    page.get_by_role("link", name="Heat map").click()
    page.get_by_role("link", name="Everything beneath").click()
    page.get_by_role("columnheader", name="Financial").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Financial")).to_have_attribute(
        "aria-sort", "ascending"
    )
    rows = page.locator("tbody tr")
    expect(rows.nth(1)).to_contain_text("EMEA")
    expect(rows.nth(2)).to_contain_text("Sales")
    assert is_accessible(page)
    rows.nth(2).locator("td.h a").nth(1).click()
    expect(page.locator("#trace")).to_contain_text("Financial")
    page.go_back()
    page.get_by_role("combobox", name="One KPI").select_option("revenue")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="Revenue, 12 quarters to 2026-Q1")).to_have_count(2)
    phone = open_page(user=acme.users["root"], width=NARROW, color_scheme="dark")
    phone.goto(page.url)
    assert is_accessible(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") == NARROW
