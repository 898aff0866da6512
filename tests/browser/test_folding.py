"""Long tables on a phone: folded group by group, by the keyboard and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kpis.models import Target
from tests.browser.conftest import NARROW, WIDE, session_cookie
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TARGETS = "/acme/units/sales/targets/?year=2026"
STRUCTURE = "/acme/units/sales/scorecard/structure/"


def scriptless(browser: Any, live_app: Any, user: Any, width: int) -> Page:
    context = browser.new_context(
        base_url=live_app.url,
        viewport={"width": width, "height": 800},
        java_script_enabled=False,
    )
    context.add_cookies([session_cookie(user, live_app.url)])
    page: Page = context.new_page()
    return page


def test_targets_fold_by_objective(browser: Any, live_app: Any, acme: World) -> None:
    page = scriptless(browser, live_app, acme.users["alice"], NARROW)
    page.goto(TARGETS)
    revenue, defects = page.get_by_label("Revenue, 2026-02"), page.get_by_label("Defects, 2026-02")
    expect(revenue).to_be_visible()
    expect(defects).to_be_hidden()
    page.get_by_role("checkbox", name="Internal process Improve Sales").press("Space")
    expect(defects).to_be_visible()
    defects.fill("3")
    page.get_by_role("checkbox", name="Financial Grow Sales").press("Space")
    expect(revenue).to_be_hidden()
    page.get_by_role("button", name="Save targets").click()
    expect(page.get_by_text("Saved 1 target.")).to_be_visible()
    assert Target.objects.live().filter(assignment=acme.assignment("defects", "sales")).count() == 2
    page.context.close()


def test_a_group_with_a_refused_target_is_open(browser: Any, live_app: Any, acme: World) -> None:
    page = scriptless(browser, live_app, acme.users["alice"], NARROW)
    page.goto(TARGETS)
    group = page.get_by_role("checkbox", name="Internal process Improve Sales")
    group.press("Space")
    page.get_by_label("Defects, 2026-02").fill("few")
    group.press("Space")
    page.get_by_role("button", name="Save targets").click()
    expect(page.get_by_label("Defects, 2026-02")).to_have_value("few")
    expect(page.get_by_label("Defects, 2026-02")).to_be_visible()
    page.context.close()


def test_a_structure_folds_beneath_its_objectives(browser: Any, live_app: Any, acme: World) -> None:
    page = scriptless(browser, live_app, acme.users["alice"], NARROW)
    page.goto(STRUCTURE)
    expect(page.get_by_label("Weight of Revenue")).to_be_visible()
    defects = page.get_by_label("Weight of Defects")
    expect(defects).to_be_hidden()
    expect(page.get_by_label("Weight of Improve Sales")).to_be_visible()
    page.get_by_role("checkbox", name="beneath Improve Sales").press("Space")
    expect(defects).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("path", [TARGETS, STRUCTURE])
def test_nothing_folds_on_a_wide_screen(open_page: Any, acme: World, path: str) -> None:
    page = open_page(width=WIDE, user=acme.users["alice"])
    page.goto(path)
    rows = page.locator("main tbody tr")
    assert rows.count() > 7
    assert all(row.is_visible() for row in rows.all())
    expect(page.locator(".fold input").first).to_be_hidden()
