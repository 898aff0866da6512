"""The formula editor in a real browser: typing, completing by the keyboard, looking, saving."""

import pytest
from playwright.sync_api import expect

from calculations.periods import Frequency
from kpis.models import KPI
from kpis.services.library import assign_kpi, define_kpi
from tests.worlds import World

from .conftest import OpenPage
from .test_pages import overflow, serious_findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "/acme/kpis/new/"


@pytest.fixture
def priced(acme: World) -> World:
    cost = define_kpi(
        organization=acme.organization, code="cost", name="Cost of sales", unit_of_measure="k€"
    )
    assign_kpi(kpi=cost, unit=acme.units["sales"])
    calendar = acme.organization.calendar
    running = calendar.period(Frequency.MONTH, acme.organization.today())
    months = [calendar.shift(running, -n).start.isoformat() for n in range(1, 4)]
    acme.record("revenue", "sales", dict.fromkeys(months, 120))
    acme.record("cost", "sales", dict.fromkeys(months, 30))
    return acme


def test_formula_is_completed_by_the_keyboard_looked_at_and_saved(
    open_page: OpenPage, priced: World
) -> None:
    page = open_page(user=priced.users["alice"])
    page.goto(NEW)
    page.get_by_label("Name", exact=True).fill("Gross margin")
    expect(page.get_by_label("Code", exact=True)).to_have_value("gross_margin")
    page.get_by_label("Decimals").fill("2")
    page.get_by_role("checkbox", name="Sales").check()
    area = page.get_by_role("combobox", name="Formula")
    area.press_sequentially("(rev")
    expect(page.locator("#formula-completions li")).to_have_text(["revenueRevenue · k€ · month"])
    expect(area).to_have_attribute("aria-expanded", "true")
    expect(area).to_have_attribute("aria-activedescendant", "completion-0")
    area.press("Enter")
    expect(area).to_have_value("(revenue")
    expect(page.locator("#formula-completions")).to_be_hidden()
    area.press_sequentially(" - c")
    chosen = page.locator("#formula-completions [aria-selected=true]")
    expect(chosen).to_contain_text("certified")
    area.press("ArrowDown")
    area.press("ArrowDown")
    expect(chosen).to_contain_text("Cost of sales")
    area.press("Tab")
    area.press_sequentially(") / re")
    area.press("Escape")
    expect(page.locator("#formula-completions")).to_be_hidden()
    area.press_sequentially("venue")
    expect(area).to_have_value("(revenue - cost) / revenue")
    preview = page.locator("#formula-preview")
    expect(preview).to_contain_text("(120 − 30) / 120 = 0.75")
    page.get_by_role("button", name="Save KPI").click()
    expect(page).to_have_url("/acme/kpis/gross_margin/?unit=sales")
    expect(page.get_by_text("“Gross margin” is defined.")).to_be_visible()
    assert KPI.objects.get(code="gross_margin").formula == "(revenue - cost) / revenue"
    expect(page.locator(".follows code")).to_have_text("(revenue - cost) / revenue")


def test_mistake_is_marked_while_it_is_typed(open_page: OpenPage, priced: World) -> None:
    page = open_page(user=priced.users["alice"])
    page.goto(NEW)
    page.locator("#id-formula").fill("revnue - cost")
    expect(page.locator("#formula-preview mark")).to_have_text("revnue")
    expect(page.locator("#formula-preview")).to_contain_text("did you mean `revenue`?")
    page.locator("#id-formula").fill("")
    expect(page.locator("#formula-preview")).to_be_empty()


def test_what_does_not_apply_is_hidden(open_page: OpenPage, priced: World) -> None:
    page = open_page(user=priced.users["alice"])
    page.goto(NEW)
    expect(page.get_by_label("Grade 1", exact=True)).to_be_hidden()
    page.get_by_label("Graded").check()
    expect(page.get_by_label("Unit of measure")).to_be_hidden()
    expect(page.locator("#id-formula")).to_be_hidden()
    page.get_by_label("Grade 4", exact=True).fill("D")
    expect(page.get_by_label("Grade 5", exact=True)).to_have_value("")
    expect(page.get_by_label("Weighted by")).to_be_hidden()
    page.get_by_label("Mean a unit").check()
    expect(page.get_by_label("Weighted by")).to_be_visible()


def test_form_is_sound_in_every_form(every_page: OpenPage, priced: World) -> None:
    page = every_page(user=priced.users["alice"])
    page.goto("/acme/kpis/revenue/edit/")
    assert not serious_findings(page)
    assert overflow(page) <= 0
    page.goto(NEW)
    page.locator("#id-formula").press_sequentially("re")
    expect(page.locator("#formula-completions")).to_be_visible()
    assert not serious_findings(page)
    page.locator("#id-decimals").fill("2")
    page.locator("#id-formula").fill("(revenue - cost) / revenue")
    expect(page.locator("#formula-preview")).to_contain_text("= 0.75")
    assert not serious_findings(page)
    assert overflow(page) <= 0
