"""A source from its first try to a refresh that is watched, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from organizations.services.jobs.running import run_due_jobs
from tests.browser.test_pages import serious_findings
from tests.kpis.sources_world import sqlite_file
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_source_is_tried_saved_and_refreshed(
    open_page: Any, acme: World, tmp_path: Path, settings: Settings
) -> None:
    settings.SOURCES_FOLDER = str(tmp_path)
    sqlite_file(tmp_path, [("revenue", "sales", "2026-03", 100), ("revenue", "no", "2026-03", 1)])
    page = open_page(user=acme.users["root"])
    page.goto("/acme/sources/")
    page.get_by_role("link", name="SQLite file").click()
    page.get_by_label("Name", exact=True).fill("CRM")
    page.get_by_label("File", exact=True).fill("crm.sqlite3")
    page.get_by_label("Query", exact=True).fill("SELECT * FROM figures")
    expect(page.get_by_label("Day of the month")).to_be_hidden()
    page.get_by_label("Refresh", exact=True).select_option("month")
    expect(page.get_by_label("Day of the month")).to_be_visible()
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_text("2 rows: 1 new, 1 refused. Nothing is stored.")).to_be_visible()
    assert not serious_findings(page)
    page.get_by_role("button", name="Add the source").first.press("Enter")
    expect(page.get_by_text("“CRM” is set up")).to_be_visible()
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    run_due_jobs()
    expect(page.get_by_text("1 new, 1 refused")).to_be_visible()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_hidden()
    assert not serious_findings(page)
