"""A contributor enters a month: found with the keyboard alone, pasted as a block, put right."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kpis.models import Measurement
from tests.worlds import World

from .conftest import NARROW, WIDE, OpenPage
from .test_pages import serious_findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def tab_to(page: Page, name: str) -> None:
    """Go on with the Tab key until a link or button of that name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.getAttribute('aria-label') || at.textContent.trim(); }"
        )
        if focused == name:
            return
    raise AssertionError(f"Tab never leads to “{name}”")


def april(world: World) -> dict[str, float]:
    rows = Measurement.objects.filter(
        assignment__unit=world.units["sales"], period_start="2026-04-01"
    )
    return dict(rows.values_list("assignment__kpi__code", "value"))


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_month_is_entered_from_a_block_with_two_bad_cells(
    open_page: OpenPage, acme: World, width: int, scheme: Any
) -> None:
    page = open_page(user=acme.users["carol"], width=width, color_scheme=scheme)
    keys, state = page.keyboard, page.locator("[data-state]")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/acme/")
    tab_to(page, "My page")
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("My page")
    tab_to(page, "All my values")
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("My values")
    tab_to(page, "All values of Sales")
    keys.press("Enter")
    expect(page.locator("h1")).to_contain_text("Values")
    page.locator('input[name$=".2026-04-01"]').first.focus()
    names = page.locator('input[name$=".2026-04-01"]:not([readonly])').evaluate_all(
        "fields => fields.map((field) => field.name.split('.')[1])"
    )
    column = {"revenue": "1.234,5", "defects": "a few", "share": "41", "certified": "soon"}
    block = "\n".join(column.get(name, "") for name in names)
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    keys.press("Control+v")
    expect(state).to_have_text("2 cells are not saved")
    assert april(acme) == {"revenue": 1234.5, "share": 41}
    expect(page.locator(".wrong")).to_have_count(2)
    assert serious_findings(page) == []
    for name, text in (("defects", "3"), ("certified", "yes")):
        field = page.locator(f'input[name="sales.{name}.2026-04-01"]')
        expect(field).to_have_value(column[name])
        field.focus()
        keys.type(text)
        keys.press("Enter")
    expect(state).to_have_text("All is saved")
    assert april(acme) == {"revenue": 1234.5, "share": 41, "defects": 3, "certified": 1}
