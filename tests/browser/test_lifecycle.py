"""A sentence in place on the board, and a new strategy cycle, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from scorecards.models import Commentary, Scorecard
from scorecards.services.refresh import refresh_scores
from tests.browser.test_pages import serious_findings
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_sentence_is_said_in_place_and_taken_back(open_page: Any, acme: World) -> None:
    refresh_scores(organization_id=acme.organization.pk)
    page = open_page(user=acme.users["alice"])
    page.goto("/acme/units/sales/scorecard/?period=2026-Q1")
    page.get_by_role("link", name="How is it going? Grow Sales").press("Enter")
    field = page.get_by_label("How is it going in 2026-Q1?")
    expect(field).to_be_focused()
    page.keyboard.type("Two deals slipped into April.")
    page.get_by_label("Files that show it").set_input_files(
        [{"name": "deals.csv", "mimeType": "text/csv", "buffer": b"deal;month\na;4\n"}]
    )
    assert serious_findings(page) == []
    page.get_by_role("button", name="Save").click()
    row = page.locator("tr.said")
    expect(row).to_contain_text("“Two deals slipped into April.” Alice")
    with page.expect_download() as got:
        row.get_by_role("link", name="deals.csv").click()
    assert got.value.suggested_filename == "deals.csv"
    row.get_by_role("link", name="Change").click()
    page.get_by_role("button", name="Take it back").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Two deals slipped")
    assert Commentary.objects.standing().get().evidence.count() == 1


def test_a_new_cycle_takes_over_and_is_undone(open_page: Any, acme: World) -> None:
    page = open_page(user=acme.users["alice"])
    page.goto("/acme/units/sales/scorecards/")
    page.get_by_role("link", name="New strategy cycle").click()
    page.get_by_label("Name of the draft").fill("Sales, second cycle")
    page.get_by_role("button", name="Make the draft").click()
    page.goto("/acme/units/sales/scorecards/")
    assert serious_findings(page) == []
    page.get_by_role("link", name="Activate").click()
    labels = page.locator("select[name=valid_from] option").all_inner_texts()
    page.get_by_role("combobox").select_option(index=0)
    expect(page.locator("#means")).to_contain_text("“Sales scorecard” holds until")
    assert serious_findings(page) == []
    page.get_by_role("button", name="Activate, and archive “Sales scorecard”").click()
    expect(page.get_by_text(f"“Sales, second cycle” holds from {labels[0]} on.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“Sales, second cycle” is a draft again")).to_be_visible()
    states = dict(Scorecard.objects.filter(unit=acme.units["sales"]).values_list("name", "status"))
    assert states == {"Sales scorecard": "active", "Sales, second cycle": "draft"}
