"""The first visit of an empty installation, in a real browser on a small dark screen."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import overflow, serious_findings
from tests.scorecards.test_start import emptied

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_an_empty_installation_to_a_scorecard_with_a_mission(open_page: Any) -> None:
    emptied()
    page = open_page(width=390, color_scheme="dark")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Start with your own organization")
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail address").fill("grace@example.org")
    page.get_by_label("Password", exact=True).fill("compile it once more")
    page.get_by_label("Password, once more").fill("compile it once more")
    page.get_by_label("Name of the organization").fill("Häfen & Werften")
    expect(page.get_by_label("Code")).to_have_value("hafen_werften")
    page.get_by_text("10 objectives, 16 KPIs").click()
    page.get_by_role("radio", name="City").check()
    assert serious_findings(page) == []
    assert overflow(page) <= 0
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Häfen & Werften scorecard")
    page.get_by_label("Account of Grace Hopper").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Mission").fill("Ships leave better than they came.")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("status").first).to_contain_text("Mission written")
    assert serious_findings(page) == []
    assert overflow(page) <= 0
    page.goto("/")
    expect(page.get_by_text("Ships leave better than they came.")).to_be_visible()
