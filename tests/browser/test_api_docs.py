"""The API's documentation in a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_whoever_is_signed_in_tries_an_address(open_page: OpenPage, acme: World) -> None:
    page = open_page(user=acme.users["carol"])
    page.goto("/api/docs")
    page.locator("#operations-tag-Measurements").click()
    expect(page.get_by_text("Addresses are filled in for acme")).to_be_visible()
    push = page.locator("#operations-Measurements-post_measurements")
    push.locator(".opblock-summary-control").click()
    push.get_by_role("button", name="Try it out").click()
    push.locator(".body-param__text").fill(
        '[{"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 97}]'
    )
    push.get_by_role("button", name="Execute").click()
    answered = push.locator(".live-responses-table")
    expect(answered.locator(".response-col_status").last).to_contain_text("200", timeout=15_000)
    expect(answered).to_contain_text('"created": 1')
