"""An administrator's morning, with the keyboard alone: a person, a role, a unit, an objective.

Someone is invited and gets a role, a unit moves, and an objective that was removed comes back from
the history, on a desk and on a phone. On each page axe finds nothing serious; the browser complains
of nothing (`open_page` watches), so no content policy was broken.
"""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from organizations.models import Membership, Unit
from scorecards.models import Objective
from scorecards.services.arranging import remove_node
from tests.browser.test_pages import serious_findings, too_wide
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(target: Locator, key: str = "Enter") -> None:
    """With the keyboard: whatever cannot be focused cannot be pressed."""
    target.focus()
    expect(target).to_be_focused()
    target.page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    """Type into a field, or choose in a list by the first letters, as its keyboard does."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def look(page: Page) -> None:
    """Nothing serious for axe and nothing cut off."""
    assert [*too_wide(page), *serious_findings(page)] == []


def test_a_morning_with_the_keyboard(every_page: Any, acme: World) -> None:
    remove_node(scorecard=acme.scorecards["sales"], key="objective.grow", by=acme.users["alice"])
    page: Page = every_page(user=acme.users["root"])

    page.goto("/acme/people/?add=1")
    look(page)
    write(page, "Name", "Eve Moneypenny")
    write(page, "E-mail", "eve@example.org")
    write(page, "Role", "View")
    write(page, "At", "APAC")
    press(page.get_by_role("button", name="Add", exact=True))
    expect(page.get_by_role("heading", name="Eve Moneypenny")).to_be_visible()
    write(page, "Role at APAC", "Manager")
    press(page.get_by_role("button", name="Change"))
    expect(page.get_by_text("is Manager of APAC from now on")).to_be_visible()
    assert Membership.objects.get(user__email="eve@example.org").role == "manager"

    page.goto("/acme/units/?unit=sales")
    write(page, "Move to", "APAC")
    press(page.get_by_role("button", name="Show what moves with it"))
    press(page.get_by_role("button", name="Move Sales"))
    expect(page.get_by_text("“Sales” is beneath “APAC” now")).to_be_visible()
    assert Unit.objects.get(pk=acme.units["sales"].pk).parent == acme.units["apac"]

    page.goto("/acme/changes/?kind=scorecard")
    look(page)
    press(page.get_by_role("link", name="Grow Sales", exact=True).first)
    press(page.get_by_role("link", name="Bring back Objective Grow Sales"))
    expect(page.get_by_role("heading", name="Bring back “Grow Sales”?")).to_be_focused()
    look(page)
    press(page.get_by_role("button", name="Bring back"))
    expect(page.get_by_text("“Grow Sales” is back, with what was removed with it.")).to_be_visible()
    assert Objective.objects.live().filter(scorecard__unit__code="sales", code="grow").exists()
    look(page)
