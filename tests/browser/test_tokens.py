"""A token made, copied, tried and revoked in a real browser; what is published for everybody."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from scorecards.services.refresh import refresh_scores
from tests.browser.test_pages import serious_findings, too_wide
from tests.scorecards.api_client import Api
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_token_and_a_public_board(every_page: Any, acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    page = every_page(user=acme.users["alice"])
    findings = []

    def looked() -> None:
        findings.extend(serious_findings(page) + too_wide(page))

    page.goto("/acme/tokens/")
    page.get_by_role("link", name="Make a token").first.press("Enter")
    page.get_by_role("textbox", name="Name").fill("billing")
    page.get_by_label("Read values").check()
    looked()
    page.get_by_role("button", name="Make the token").press("Enter")
    expect(page.get_by_role("heading", name="“billing” is made")).to_be_focused()
    page.get_by_role("button", name="Copy the token").click()
    expect(page.locator("#live")).to_have_text(re.compile("Copied|Selected"))
    looked()
    secret = page.locator("#secret").inner_text()
    assert Api(secret).get("units").status_code == 200
    page.get_by_role("link", name="Revoke billing").click()
    looked()
    page.get_by_role("button", name="Revoke for good").click()
    expect(page.get_by_text("“billing” is revoked")).to_be_visible()
    assert Api(secret).get("units").status_code == 401
    shared(page, looked)
    assert findings == []


def shared(page: Any, looked: Callable[[], None]) -> None:
    """A board and a chart are published and read; one is revoked in the list, and works again."""
    page.goto("/acme/units/sales/scorecard/public/")
    page.get_by_role("button", name="Publish").click()
    looked()
    page.get_by_role("link", name="Open it").click()
    expect(page.get_by_role("heading", name="Sales scorecard")).to_be_visible()
    looked()
    page.goto("/acme/units/sales/kpis/revenue/public/")
    page.get_by_role("button", name="Publish").press("Enter")
    page.get_by_role("link", name="Open it").click()
    expect(page.locator(".chart svg.main-svg").first).to_be_visible(timeout=20_000)
    looked()
    page.goto("/acme/public/")
    looked()
    page.get_by_role("button", name="Revoke Revenue at Sales").press("Enter")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("The address works again.")).to_be_visible()
