"""The grid of values in a real browser: typing, arrows, pasting, undo, failures, reloading."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from kpis.models import Measurement
from tests.worlds import World

from .conftest import OpenPage, session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GRID = "/acme/units/sales/values/?until=2026-04"
DUE = "/acme/values/"
PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const about = { clipboardData: data, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", about));
}"""


def cell(page: Page, kpi: str, month: int) -> Locator:
    return page.locator(f'input[name="sales.{kpi}.2026-{month:02}-01"]')


def stored(world: World, kpi: str) -> dict[str, float]:
    rows = Measurement.objects.filter(assignment=world.assignment(kpi, "sales"))
    return {f"{row.period_start:%m}": row.value for row in rows}


def test_the_grid_works_like_a_spreadsheet(open_page: OpenPage, acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 91})
    page = open_page(user=acme.users["carol"])
    page.goto(GRID)
    type_over(page, acme)
    paste_a_block_with_one_bad_cell(page, acme)
    undo_and_copy(page, acme)
    page.reload()
    expect(cell(page, "revenue", 1)).to_have_value("905")
    expect(cell(page, "revenue", 3)).to_have_value("")


def type_over(page: Page, acme: World) -> None:
    """Enter saves, and what was understood is shown back; Esc restores; arrows lead on."""
    state, keys = page.locator("[data-state]"), page.keyboard
    cell(page, "revenue", 2).click()
    keys.type("1,234")
    keys.press("Enter")
    expect(page.locator("td.is-saved .remark")).to_have_text("read as 1234")
    expect(state).to_have_text("All is saved")
    assert stored(acme, "revenue") == {"01": 90, "02": 1234}
    cell(page, "revenue", 2).click()
    keys.type("7")
    keys.press("Escape")
    expect(cell(page, "revenue", 2)).to_have_value("1,234")
    keys.press("ArrowLeft")
    expect(cell(page, "revenue", 1)).to_be_focused()
    expect(page.locator("[data-about]")).to_contain_text("recorded")
    keys.press("F2")
    keys.type("5")
    keys.press("Shift+F2")
    keys.type("Counted again")
    keys.press("Enter")
    expect(cell(page, "revenue", 1)).to_have_attribute("data-note", "Counted again")
    expect(state).to_have_text("All is saved")
    assert Measurement.objects.get(value=905).note == "Counted again"


def paste_a_block_with_one_bad_cell(page: Page, acme: World) -> None:
    """Three rows and four columns: all others are saved."""
    cell(page, "revenue", 1).click()
    page.evaluate(PASTE, "1\t2\t3\t4\n5\t6\t7\t8\nyes\tno\tmaybe\tyes\n")
    expect(page.locator(".wrong")).to_have_text(["Write yes or no."])
    expect(cell(page, "certified", 3)).to_have_value("maybe")
    expect(page.locator("[data-state]")).to_have_text("1 cell is not saved")
    expect(page.locator("td.is-saved")).to_have_count(11)
    assert stored(acme, "revenue") == {"01": 1, "02": 2, "03": 3, "04": 4}
    assert stored(acme, "certified") == {"01": 1, "02": 0, "04": 1}


def undo_and_copy(page: Page, acme: World) -> None:
    """What was pasted is undone as one step; a block is copied as other spreadsheets read it."""
    keys = page.keyboard
    keys.press("Control+z")
    expect(page.locator(".wrong")).to_have_count(0)
    expect(page.locator("[data-state]")).to_have_text("All is saved")
    assert stored(acme, "revenue") == {"01": 905, "02": 1234}
    keys.press("Shift+ArrowRight")
    expect(page.locator("td.is-selected")).to_have_count(2)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keys.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "905\t1234"


def test_nothing_typed_is_lost(browser: Any, live_app: Any, acme: World) -> None:
    """Outside the watched pages: the browser itself reports requests that fail."""
    context = browser.new_context(base_url=live_app.url)
    signed_in = session_cookie(acme.users["carol"], live_app.url)
    context.add_cookies([signed_in])
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{DUE}?later=1")
    state, failure = page.locator("[data-state]"), page.locator("[data-failure]")

    # No connection: what was typed outlives the page.
    page.route(f"**{DUE}*", _unless_posted)
    field = page.locator('input[name^="sales.share."]').first
    name = field.get_attribute("name")
    field.click()
    page.keyboard.type("12,5")
    page.keyboard.press("Tab")
    expect(failure).to_contain_text("What you typed is still here")
    page.reload()
    expect(page.locator(f'input[name="{name}"]')).to_have_value("12,5")
    expect(failure).to_contain_text("not saved yet")
    page.unroute(f"**{DUE}*")

    # Signed out, and in again in another tab.
    context.clear_cookies(name=signed_in["name"])
    page.get_by_role("button", name="Save again").click()
    expect(failure).to_contain_text("You are signed out")
    context.add_cookies([session_cookie(acme.users["carol"], live_app.url)])
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(state).to_have_text("All is saved")
    expect(failure).to_be_hidden()
    expect(page.locator(f'input[name="{name}"]')).to_have_value("12.5")
    (start,) = Measurement.objects.values_list("period_start", flat=True)

    # Somebody else was quicker: both are shown, and one is chosen.
    acme.record("share", "sales", {start.isoformat(): 30}, user=acme.users["alice"])
    page.locator(f'input[name="{name}"]').click()
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_contain_text("Meanwhile it says 30.0")
    expect(page.locator(f'input[name="{name}"]')).to_have_value("20")
    page.get_by_role("button", name="Keep mine").click()
    expect(state).to_have_text("All is saved")
    assert Measurement.objects.get().value == 20
    context.close()


def _unless_posted(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()
