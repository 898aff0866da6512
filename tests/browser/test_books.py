"""A briefing book in a real browser: asked for from the keyboard, followed, taken, deleted."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from organizations.services.jobs.running import run_due_jobs
from scorecards.services.refresh import refresh_scores
from tests.browser.test_pages import findings_in_every_form
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_book_is_asked_for_followed_and_taken(open_page: Any, acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90.0})
    refresh_scores(organization_id=acme.organization.pk)
    page = open_page(user=acme.users["alice"])
    assert findings_in_every_form(page, "/acme/books/") == []
    page.goto("/acme/units/sales/scorecard/?period=2026-Q1")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename == "acme-sales-scorecard-2026-Q1.pdf"
    page.goto("/acme/")
    page.get_by_role("link", name="Briefing books").click()
    page.get_by_role("checkbox", name="Sales").press("Space")
    page.get_by_label("Period").fill("2026-Q1")
    page.get_by_label("Title").fill("Review of spring")
    page.get_by_role("button", name="Make the book").press("Enter")
    books = page.get_by_role("region", name="Your books")
    expect(books).to_contain_text("Waiting for a worker")
    assert run_due_jobs() == 1
    link = books.get_by_role("link", name="Review of spring")
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    expect(page.locator("#books[hx-get]")).to_have_count(0)
    books.get_by_role("button", name="Delete Review of spring").press("Enter")
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(link).to_be_visible()
