"""A dashboard in a real browser: panels load as they are seen, are moved and sized, and refresh."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from scorecards.models import Dashboard
from scorecards.selectors.dashboards.reading import panels_of
from scorecards.selectors.dashboards.shapes import PanelPlan
from tests.scorecards.dashboards_world import NOTE, TREND, measured, of
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SERIOUS = {"serious", "critical"}
OF_SALES = {"unit": "sales"}
# How many of the page's requests have been under way at once.
COUNTING = """
window.most = 0; let now = 0; const plain = window.fetch;
window.fetch = (...about) => {
  now += 1; window.most = Math.max(window.most, now);
  return plain(...about).finally(() => { now -= 1; });
};
"""


def order() -> list[int]:
    return [plan.number for plan in panels_of(Dashboard.objects.get(code="of_bob"))]


def test_twenty_panels_load_move_and_refresh(open_page: Any, acme: World) -> None:
    measured(acme)
    seen = [TREND, PanelPlan("perspectives", OF_SALES), PanelPlan("heat_map", OF_SALES), NOTE]
    of(acme, "bob", *seen, *[PanelPlan("score_trend", OF_SALES, width=12)] * 16)
    page = open_page(user=acme.users["bob"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(COUNTING)
    page.goto("/acme/dashboards/of_bob/?period=2026-Q1")
    first = page.locator("#panel-1")
    # The first request of a site may take its time: what computes signals is loaded then.
    expect(first.get_by_role("img", name="Revenue, Sales")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("img", name="Heat map of Sales")).to_be_visible()
    assert (
        sum("/panels/" in url for url in asked) < 12
    )  # those far beneath wait until they are seen
    assert page.evaluate("window.most") <= 4
    assert sum("plotly" in url for url in asked) == 1
    first.get_by_text("Table").click()
    expect(first.get_by_role("row", name="2026-03 90")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []

    page.get_by_role("button", name="Move Perspectives of Sales").press("ArrowUp")
    expect(page.locator("#live")).to_have_text("Perspectives of Sales: place 1 of 20.")
    assert order()[:3] == [2, 1, 3]
    page.get_by_label("More on Revenue, Sales").click()
    first.get_by_label("Width").select_option("12")
    first.get_by_role("button", name="Set size").click()
    expect(first).to_have_class("card panel w12 h2")
    assert panels_of(Dashboard.objects.get(code="of_bob"))[1].width == 12

    def of_the_heat_map(answer: Any) -> bool:
        return "/panels/3" in answer.url

    page.clock.install()
    with page.expect_response(of_the_heat_map):
        page.get_by_role("button", name="Full screen").click()
    expect(page.locator(".wall-title")).to_be_visible()
    with page.expect_response(of_the_heat_map) as answered:
        page.clock.fast_forward(61_000)
    assert answered.value.status == 304  # nothing has changed, so nothing is sent
