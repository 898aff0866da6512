"""The library of KPIs in a real browser: narrowed while typing, a KPI defined with its look."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from kpis.models import KPI
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_kpi_is_found_copied_looked_at_and_assigned(open_page: Any, acme: World) -> None:
    """The list follows the words, the line follows the figures, the answers are kept."""
    page = open_page(user=acme.users["root"])
    page.goto("/acme/kpis/")
    page.get_by_label("Search", exact=True).fill("reve")
    expect(page.get_by_text("1 KPI ·")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/acme/kpis/\?q=reve$"))
    page.goto("/acme/kpis/new/?like=revenue")
    page.get_by_label("Name", exact=True).fill("Order intake")
    look = page.get_by_role("complementary", name="What this makes of values")
    look.get_by_label("Red flag", exact=True).fill("40")
    look.get_by_label("Target", exact=True).fill("60")
    expect(look.get_by_text("Example figures; they are not saved.")).to_be_visible()
    page.get_by_label("Lower is better").check()
    expect(look.get_by_text("The target 60 must be below the red flag 40.")).to_be_visible()
    page.get_by_label("Best within a range").check()
    expect(look.get_by_label("Red flag", exact=True)).to_be_hidden()
    page.get_by_label("Higher is better").check()
    page.locator("#id-answer_owned").get_by_label("Yes").check()
    page.get_by_role("button", name="Save KPI").click()
    expect(page.get_by_text("“Order intake” is defined.")).to_be_visible()
    kpi = KPI.objects.get(name="Order intake")
    assert kpi.answers == {"owned": {"answer": "yes", "note": ""}}
    page.goto(f"/acme/kpis/{kpi.code}/places/")
    page.get_by_role("checkbox", name="Sales Acme › EMEA", exact=True).check()
    page.get_by_label("Who answers for the value").select_option("carol")
    page.get_by_role("button", name="Measure it there").click()
    expect(page.get_by_role("row", name="Sales Acme › EMEA Carol always Change")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is not measured there after all")).to_be_visible()
