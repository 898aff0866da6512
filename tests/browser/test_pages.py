"""Every page in a real browser: wide and narrow, light and dark, with axe, without complaints."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from organizations.models import User
from organizations.services.jobs.running import run_due_jobs
from scorecards.services.assessments import assess
from scorecards.services.closing import close_period
from scorecards.services.editions import publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import add_objective, link_kpi
from scorecards.services.webhooks.keeping import add_webhook
from scorecards.services.webhooks.keeping import test_webhook as send_test
from tests.browser.conftest import NARROW, WIDE
from tests.worlds import PASSWORD, START, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOARD = "/acme/units/sales/scorecard/?period=2026-Q1"
PAGES = [
    "/acme/?period=2026-Q1",
    BOARD,
    f"{BOARD}&trace=scorecard",
    f"{BOARD}&trace=objective:grow",
    f"{BOARD}&trace=kpi:grow:revenue",
    "/acme/units/sales/scorecard/?period=2024-Q1",
    "/acme/units/sales/scorecard/?period=2026-Q9",
    "/acme/units/apac/scorecard/",
    "/acme/kpis/",
    "/acme/kpis/?q=nothing+like+it",
    "/acme/kpis/new/?like=revenue",
    "/acme/kpis/revenue/places/?edit=sales",
    "/acme/kpis/revenue/?unit=sales&period=2026-Q1",
    "/acme/kpis/revenue/?unit=sales&period=2026-Q1&edit=2026-03",
    f"{BOARD}&as_of=2026-04-15",
    f"{BOARD}&trace=objective:improve",
    "/acme/units/sales/scorecard/structure/",
    "/acme/units/sales/scorecard/edit/?open=objective.grow",
    "/acme/units/sales/targets/?year=2026",
    "/acme/units/sales/targets/revenue/?period=2026-01",
    "/acme/units/sales/targets/revenue/split/?year=2026",
    "/acme/units/sales/targets/roll-over/?year=2026",
    "/acme/units/sales/values/?until=2026-04",
    "/acme/values/",
    "/acme/units/sales/closing/?period=2026-Q2",
    "/acme/units/sales/closing/?period=2026-Q1",
    "/acme/units/sales/closing/?period=2026-01",
    "/acme/units/sales/scorecard/?period=2026-01&trace=kpi:grow:revenue",
    "/acme/units/sales/scorecard/?period=2026-01&figures=reported",
    "/acme/kpis/revenue/?unit=sales&period=2026-01&edit=2026-01",
    "/acme/initiatives/",
    "/acme/initiatives/?view=timeline",
    "/acme/initiatives/?view=costs",
    "/acme/initiatives/crm/",
    "/acme/initiatives/crm/edit/",
    "/acme/dashboards/new/?of=sales",
    "/acme/units/sales/dashboard/?view=tables&period=2026-Q1",
    "/acme/units/acme/alignment/?view=matrix",
    "/acme/units/emea/alignment/?view=tree&period=2026-Q1",
    "/acme/units/emea/alignment/?view=gaps",
    "/acme/units/emea/alignment/?view=above",
    "/acme/units/acme/cascade/grow/",
    "/acme/search/?q=sales",
    "/acme/search/",
    "/accounts/password/change/",
    "/accounts/logout/",
]
ADMINISTRATORS_PAGES = [
    "/acme/units/?unit=sales&to=apac",
    "/acme/units/?unit=apac&add=1",
    "/acme/settings/text/",
    "/acme/people/?add=1",
    "/acme/people/alice/",
    "/acme/people/ada/",
    "/acme/webhooks/?add=1",
    "/acme/webhooks/crm/",
]
OPEN_PAGES = ["/accounts/login/", "/accounts/password/reset/"]
SERIOUS = {"serious", "critical"}
# What colours and widths decide; whatever else axe looks at is the same in every form of a page.
OF_THE_FORM = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]


@pytest.fixture
def measured(acme: World) -> World:
    for month, value in (("01", 90), ("02", 120), ("03", 70)):
        acme.record("revenue", "sales", {f"2026-{month}-01": value}, user=acme.users["carol"])
    acme.record("nps", "sales", {"2026-01-01": 41.5})
    add_initiative(
        unit=acme.units["sales"],
        code="crm",
        name="One customer file",
        objectives=[acme.objectives["sales", "grow"]],
        milestones=[("Chosen", dt.date(2026, 2, 1), None)],
        starts_on=START,
        ends_on=dt.date(2026, 12, 31),
        budget_planned=1000,
        budget_spent=1200,
        currency="EUR",
    )
    refresh_scores(organization_id=acme.organization.pk)
    return acme


@pytest.fixture
def reviewed(measured: World) -> World:
    """January is closed and one value of it restated; a manager assessed an objective of Q1."""
    alice, calendar = measured.users["alice"], measured.organization.calendar
    assess(
        scorecard=measured.scorecards["sales"],
        node="objective",
        code="improve",
        period=calendar.parse_label("2026-Q1"),
        status="critical",
        reason="The two largest customers have given notice.",
        by=alice,
    )
    sales = measured.units["sales"]
    close_period(unit=sales, period=calendar.parse_label("2026-01"), by=alice, note="As shown.")
    measured.record("revenue", "sales", {"2026-01-01": 95}, user=alice, reason="A late invoice.")
    refresh_scores(organization_id=measured.organization.pk)
    told(measured)
    return measured


def told(world: World) -> None:
    """Another system could not be told of something."""
    about: dict[str, Any] = {"unit": world.units["acme"], "events": ["period.closed"]}
    url = f"http://127.0.0.1:9/{'x' * 200}"
    webhook, _ = add_webhook(organization=world.organization, name="CRM", url=url, **about)
    send_test(webhook=webhook)
    run_due_jobs()


AXE = Axe().axe_script
ONLY_VIOLATIONS = {"resultTypes": ["violations"], "iframes": False, "selectors": True}


def serious_findings(page: Page, **options: Any) -> list[str]:
    """What axe calls serious or critical on the page as it stands; options: of its run."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = page.evaluate(
        "options => axe.run(options).then(told => told.violations)", ONLY_VIOLATIONS | options
    )
    return [
        f"{page.url}: {rule['id']}: {node['target']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def findings_in_every_form(page: Page, address: str) -> list[str]:
    """Wide and light by every rule, then narrow and dark by those that may tell otherwise."""
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer is not None, address
    assert answer.status == 200, address
    findings = serious_findings(page) + too_wide(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": NARROW, "height": 900})
    rules = {"runOnly": {"type": "rule", "values": OF_THE_FORM}}
    return findings + serious_findings(page, **rules) + too_wide(page)


def too_wide(page: Page) -> list[str]:
    by = overflow(page)
    return [f"{page.url} is {by} px wider than its window"] if by > 0 else []


@pytest.mark.parametrize(
    ("reader", "addresses"),
    [
        ("alice", PAGES[::2]),
        ("alice", PAGES[1::2]),
        ("root", ADMINISTRATORS_PAGES),
        ("", OPEN_PAGES),
    ],
    ids=["even", "odd", "administration", "open"],
)
def test_every_page_is_sound_in_every_form(
    open_page: Any, reviewed: World, reader: str, addresses: list[str]
) -> None:
    page = open_page(user=reviewed.users.get(reader))
    findings = [found for address in addresses for found in findings_in_every_form(page, address)]
    assert findings == []


def test_signing_in_and_out(page: Page, measured: World) -> None:
    page.goto(BOARD)
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sales scorecard")
    page.get_by_label("Account of Alice").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(BOARD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_click_on_a_score_opens_its_trace_and_escape_closes_it(
    open_page: Any, measured: World
) -> None:
    page = open_page(user=measured.users["bob"])
    page.goto(BOARD)
    page.get_by_role("row", name="Grow Sales").get_by_role("link", name="Score").or_(
        page.locator("tr", has_text="Grow Sales").locator(".score a, td a[hx-get]")
    ).first.click()
    panel = page.locator("#trace")
    expect(panel.get_by_role("heading", level=2)).to_contain_text("Why")
    expect(panel).to_contain_text("Revenue")
    assert "trace=objective" in page.url
    page.reload()
    expect(panel).to_contain_text("Revenue")
    page.keyboard.press("Escape")
    expect(panel.get_by_role("heading", level=2)).to_have_count(0)
    assert "trace=" not in page.url


def test_a_stale_board_refreshes_itself(open_page: Any, measured: World) -> None:
    page = open_page(user=measured.users["bob"])
    measured.record("revenue", "sales", {"2026-03-01": 500})
    page.goto(BOARD)
    expect(page.get_by_text("Scores are being refreshed")).to_be_visible()
    expect(page.locator("#board")).to_contain_text("710")
    refresh_scores(organization_id=measured.organization.pk)
    expect(page.get_by_text("Scores are being refreshed")).to_have_count(0, timeout=10_000)


def test_the_chart_is_drawn_with_its_table_beside(open_page: Any, measured: World) -> None:
    page = open_page(user=measured.users["alice"])
    page.goto("/acme/kpis/revenue/?unit=sales&period=2026-Q1")
    expect(page.locator(".chart svg.main-svg").first).to_be_visible(timeout=20_000)
    expect(page.get_by_role("table").last).to_contain_text("2026-02")
    expect(page.locator("code, pre").last).to_contain_text("curl -X POST")


def test_the_keyboard_reaches_search(open_page: Any, measured: World) -> None:
    page = open_page(user=measured.users["alice"])
    page.goto("/acme/")
    page.keyboard.press("/")
    page.keyboard.type("improve")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Improve Sales")).to_be_visible()


@pytest.fixture
def scriptless(browser: Any, live_app: Any, measured: World) -> Iterator[Page]:
    """A browser that runs no scripts, signed in as Bob."""
    from tests.browser.conftest import session_cookie

    context = browser.new_context(base_url=live_app.url, java_script_enabled=False)
    context.add_cookies([session_cookie(measured.users["bob"], live_app.url)])
    yield context.new_page()
    context.close()


def test_reading_works_without_scripts(scriptless: Page) -> None:
    scriptless.goto(BOARD)
    scriptless.locator("tr", has_text="Grow Sales").locator(
        "a[href*='trace=objective']"
    ).first.click()
    expect(scriptless.locator("#trace")).to_contain_text("Revenue")
    scriptless.goto("/acme/kpis/revenue/?unit=sales")
    expect(scriptless.locator("body")).to_contain_text("2026-02")


def add_objectives(world: World, *kpis: list[str]) -> None:
    """One objective of Sales more for each list of KPIs, valid from the start."""
    perspective = world.objectives["sales", "improve"].perspective
    for number, codes in enumerate(kpis):
        objective = add_objective(
            perspective=perspective, code=f"more_{number}", name=f"One thing more, number {number}"
        )
        for code in codes:
            link_kpi(objective=objective, kpi=world.kpis[code])
    publish_edition(scorecard=world.scorecards["sales"], valid_from=START)


def test_a_board_prints_on_one_landscape_page(open_page: Any, measured: World) -> None:
    """A full one: nine objectives with nineteen KPIs."""
    add_objectives(measured, ["share", "certified", "nps", "rating"], *[["share", "certified"]] * 6)
    page = open_page(user=measured.users["alice"])
    page.goto(BOARD)
    expect(page.locator("tr.kpi")).to_have_count(19)
    assert re.findall(rb"/Count (\d+)", page.pdf(format="A4", landscape=True)) == [b"1"]


def test_a_long_restated_report_prints_on_one_landscape_page(
    open_page: Any, measured: World
) -> None:
    """Twelve objectives with thirty-one KPIs, closed, and a value of each month restated."""
    codes = ["share", "certified", "nps"]
    add_objectives(measured, *[codes] * 8, *[codes[:2]] * 2)
    refresh_scores(organization_id=measured.organization.pk)
    alice, calendar = measured.users["alice"], measured.organization.calendar
    period = calendar.parse_label("2026-Q1")
    close_period(unit=measured.units["sales"], period=period, by=alice, note="As presented")
    for month in ("01", "02", "03"):
        restated = {f"2026-{month}-01": 140.0}
        measured.record("revenue", "sales", restated, user=alice, reason="Booked late")
    refresh_scores(organization_id=measured.organization.pk)
    page = open_page(user=alice)
    page.goto(BOARD)
    expect(page.locator("tr.kpi")).to_have_count(31)
    expect(page.locator(".restatements tbody tr")).to_have_count(3)
    assert re.findall(rb"/Count (\d+)", page.pdf(format="A4", landscape=True)) == [b"1"]


def test_a_trace_prints_after_its_board(open_page: Any, reviewed: World) -> None:
    page = open_page(user=reviewed.users["alice"])
    page.goto(f"{BOARD}&trace=objective:grow")
    printed = page.pdf(format="A4", landscape=True)
    assert re.findall(rb"/Count (\d+)", printed) == [b"2"]
    page.emulate_media(media="print")
    expect(page.locator("#trace h2")).to_be_visible()
    expect(page.locator("#trace .assessment")).to_be_hidden()
    assert overflow(page) <= 0


def test_a_list_that_scrolls_does_not_lengthen_its_page(open_page: Any, reviewed: World) -> None:
    page = open_page(user=reviewed.users["alice"])
    page.goto("/acme/kpis/revenue/?unit=sales&period=2026-Q1")
    beneath = """() => document.documentElement.scrollHeight
        - document.querySelector("#main").getBoundingClientRect().bottom - scrollY"""
    assert page.evaluate(beneath) < 200


def test_a_member_of_nothing_is_told_what_to_do(open_page: Any, acme: World) -> None:
    page = open_page(user=User.objects.create_user("new@example.org", PASSWORD))
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("not a member")


def test_error_pages_say_where_to_go(browser: Any, live_app: Any, acme: World) -> None:
    """Outside the watched pages: the browser itself reports an answer of 404."""
    context = browser.new_context(base_url=live_app.url)
    page = context.new_page()
    assert page.goto("/nowhere/at/all").status == 404
    expect(page.get_by_role("link", name="Go to the start")).to_be_visible()
    expect(page.locator(":focus")).to_have_text("There is nothing here")
    assert serious_findings(page) == []
    context.close()
