"""A file of values in a real browser: uploaded, mapped, looked at, applied in part, undone."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import expect

from kpis.models import Measurement
from scorecards.models import Import
from scorecards.services.imports.work import run_import
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CONTENT = (
    "Measure;Where;Month;Actual\nrevenue;sales;2026-01;1.234,5\nrevenue;sales;2026-13;2\n"
    "revenue;sales;2026-02;many\nrevenue;sales;2026-03;95,5\n"
)


@pytest.fixture
def worker(acme: World) -> Iterator[None]:
    """Does what waits, in a thread of this process."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.1):
            for row in Import.objects.filter(state__in=Import.WORKING, lease_until=None):
                run_import(import_id=row.pk)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    is_over.set()
    thread.join()


def serious(page: Any) -> list[Any]:
    """What axe finds on the page that hinders people."""
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_a_file_with_bad_rows_is_brought_in_and_taken_back(
    open_page: Any, acme: World, worker: None, tmp_path: Path
) -> None:
    file = tmp_path / "january.csv"
    file.write_text(CONTENT)
    page = open_page(user=acme.users["carol"])
    page.goto("/acme/data/")
    assert serious(page) == []
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_label("Where").select_option(label="Unit")
    page.get_by_label("Measure").select_option(label="KPI")
    assert serious(page) == []
    page.get_by_role("button", name="Check the rows").click()
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    expect(page.get_by_text('"2026-13" is not a month')).to_be_visible()
    expect(page.get_by_text("1,234.5")).to_be_visible()
    assert serious(page) == []
    assert not Measurement.objects.exists()
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as a file").click()
    assert "refused because" in Path(download.value.path()).read_text()

    page.get_by_role("button", name="Apply the 2 good ones").press("Enter")
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    assert Measurement.objects.count() == 2
    page.get_by_role("button", name="Undo this import").press("Enter")
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert not Measurement.objects.exists()
