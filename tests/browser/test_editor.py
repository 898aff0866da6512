"""The editor in a real browser: from a blank scorecard to a score, and putting parts in order."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.selectors.structure.periods import current_period
from scorecards.services.refresh import refresh_scores
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
APAC = "/acme/units/apac/scorecard/"
SALES = "/acme/units/sales/scorecard/edit/"
MOST_STEPS = 25


class Steps:
    """Clicks and filled fields, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.taken = page, 0

    def click(self, name: str, role: Any = "button") -> None:
        self.taken += 1
        self.page.get_by_role(role, name=name).first.click()

    def fill(self, label: str, text: str, key: str = "") -> None:
        """Typed into the field of that label, or of that id; key: pressed afterwards."""
        self.taken += 1
        field = self.page.locator(label) if label[0] == "#" else self.page.get_by_label(label)
        field.fill(text)
        if key:
            field.press(key)

    def go(self, address: str) -> None:
        """A click on a link that leads there."""
        self.taken += 1
        self.page.goto(address)


def test_from_a_blank_scorecard_to_a_score(every_page: Any, acme: World) -> None:
    page = every_page(user=acme.users["root"])
    steps = Steps(page)
    page.goto(APAC)
    steps.click("Create a scorecard")
    steps.fill("Weight of Financial", "60", "Enter")
    expect(page.locator('[id="perspective.financial"] .e-share')).to_have_text("95 %")
    steps.fill("Weight of Customer", "40", "Tab")
    expect(page.locator('[id="perspective.customer"] .e-share')).to_have_text("39 %")
    steps.fill("Add an objective to Financial", "Earn more", "Enter")
    steps.click("Add a KPI to Earn more", "link")
    expect(page.get_by_label("Search the library")).to_be_focused()
    steps.fill("Search the library", "revenue")
    steps.click("Add Revenue")
    steps.click("Set a target", "link")
    steps.fill("#id-target", "100")
    steps.click("Save target")
    steps.go(f"{APAC}edit/")
    steps.click("Enter a value", "link")
    record(steps, acme)
    steps.go(f"{APAC}edit/")
    steps.click("Activate", "link")
    steps.click("Activate")
    expect(page.get_by_role("cell", name="Active")).to_be_visible()
    refresh_scores(organization_id=acme.organization.pk)
    steps.go(f"{APAC}?period={running(acme)}")
    expect(page.get_by_role("link", name="Score 100.0: why?", exact=True)).to_be_visible()
    assert steps.taken < MOST_STEPS


def running(world: World) -> str:
    return world.organization.calendar.label(current_period(world.organization))


def record(steps: Steps, world: World) -> None:
    """The value of the running month, which the target holds for."""
    steps.taken += 1
    steps.page.locator("#record-period").select_option(running(world))
    steps.page.wait_for_load_state("networkidle")
    steps.fill("#record-value", "120")
    steps.click("Save")
    expect(steps.page.get_by_role("status").first).to_contain_text("120")


def test_parts_are_rearranged_by_keyboard_and_by_pointer(open_page: Any, acme: World) -> None:
    def keys() -> list[str]:
        return [node.key for node in structure_nodes(acme.scorecards["sales"])][1:]

    page = open_page(user=acme.users["alice"])
    page.goto(SALES)
    page.get_by_role("button", name="Move Nps").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_have_text("“Nps” is number 1 of 2 in “Grow Sales”.")
    expect(page.get_by_role("button", name="Move Nps")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # before the first is answered
    expect(page.locator("#live")).to_have_text("“Nps” is number 1 of 2 in “Improve Sales”.")
    assert keys().index("kpi.improve.nps") == len(keys()) - 2
    handle = page.get_by_role("button", name="Move Improve Sales").bounding_box()
    onto = page.locator('[id="objective.grow"]').bounding_box()
    assert handle
    assert onto
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(handle["x"] + 8, onto["y"] + 20, steps=3)
    page.mouse.move(handle["x"] + 8, onto["y"] + 4, steps=2)
    page.mouse.up()
    expect(page.locator("#live")).to_have_text("“Improve Sales” is number 1 of 2 in “Financial”.")
    assert keys()[:2] == ["perspective.financial", "objective.improve"]
    # What is typed while a row is being saved stays.
    page.get_by_label("Name of the objective Grow Sales").fill("Grow faster")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    expect(page.locator("#live")).to_contain_text("weight of “Grow faster” 1 → 7")
    page.get_by_role("link", name="More of Grow").click()
    expect(page.get_by_label("Description")).to_be_focused()
    page.get_by_role("button", name="Remove Grow faster").click()
    expect(page.locator('[id="objective.grow"]')).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Name of the objective Grow faster")).to_be_visible()
