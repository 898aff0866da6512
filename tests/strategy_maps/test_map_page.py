"""The page of the strategy map: the picture, its words, its traces, and its files."""

import html
import re
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scorecards.models import Objective
from scorecards.services.closing import close_period
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import add_objective, add_theme
from strategy_maps.models import CausalLink, Evidence
from tests.strategy_maps.mapped_world import link, mapped, of
from tests.worlds import CANARY, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/sales/map/"


@pytest.fixture
def bob(acme: World) -> Client:
    """A viewer of Sales, whose map has three links."""
    mapped(acme)
    acme.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 120})
    refresh_scores(organization_id=acme.organization.pk)
    client = Client()
    client.force_login(acme.users["bob"])
    return client


def shown(client: Client, address: str = PAGE, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_the_page_draws_and_tells_the_map(acme: World, bob: Client) -> None:
    Evidence.objects.create(
        organization=acme.organization,
        link=CausalLink.objects.get(cause__code="fix", effect__code="improve"),
        verdict="contradicted",
        lag=2,
        association=-0.44,
        p_value=0.001,
        n=34,
        frequency="month",
        computed_at=timezone.now(),
    )
    page = shown(bob, period="2026-02")
    lanes = re.findall(r'class="m-lane.*?<tspan[^>]*>([^<]+)', page, re.DOTALL)
    assert lanes == ["Financial", "Internal", "Learning"]
    assert re.findall(r'data-node="(\w+)"', page)[:2] == ["grow", "improve"]
    assert page.count('class="m-link') >= 3
    label = r"Improve Sales: no data, score –.*?\. Follows from First-time fix\. Leads to Grow"
    assert re.search(label, page)
    assert "If “Train technicians” improves, then “First-time fix” improves after about two" in page
    assert "The data contradict it" in page
    assert "association −0.44 at 2 months, p < 0.01, 34 periods" in page
    assert '>×</text><text class="m-lag"' not in page  # no months are expected of that one
    assert ">×</text>" in page
    assert 'aria-current="page">Strategy map' in page
    assert "Edit</a>" not in page
    assert CANARY not in page


def test_nodes_lead_to_why_and_links_to_their_page(acme: World, bob: Client) -> None:
    page = shown(bob, period="2026-02")
    (href,) = re.findall(r'href="([^"]+trace=objective%3Agrow[^"]*)"', page)
    assert "period=2026-02" in href
    whole = shown(bob, href)
    part = bob.get(href, headers={"HX-Request": "true", "HX-Target": "trace"}).content.decode()
    for text in (whole, part):
        assert "Why " in text
        assert "Revenue" in text
    assert "<html" not in part
    nothing = shown(bob, PAGE, trace="objective:nothing\x00", period="2026-02")
    assert "no score of that name" in nothing
    (link_href,) = re.findall(r'href="([^"]+/links/train/fix/[^"]*)"\s*data-cause', page)
    told = shown(bob, link_href)
    assert "after about two quarters" in told
    assert "<form" not in told[told.index("<main") :]
    assert bob.get("/acme/units/sales/map/links/fix/train/").status_code == 404


def test_a_map_costs_the_same_for_many_links(acme: World, bob: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        shown(bob)
    learning = of(acme, "train").perspective
    theme = add_theme(scorecard=acme.scorecards["sales"], code="care", name="Care & <b>more</b>")
    for number in range(12):
        code = f"more_{number}"
        acme.objectives["sales", code] = add_objective(
            perspective=learning, code=code, name=f"More <i>{number}</i>", theme=theme
        )
        link(acme, code, "grow")
    with CaptureQueriesContext(connection) as many:
        answer = bob.get(PAGE)
    assert len(many) == len(few)
    page = answer.content.decode()
    assert page.count("data-node=") == 16
    assert "<i>3</i>" not in page
    assert "<b>more</b>" not in page
    assert "style=" not in page
    assert len(answer.content) < 100_000


def test_closed_periods_show_what_was_reported(acme: World, bob: Client) -> None:
    january = acme.organization.calendar.parse_label("2026-01")
    close_period(unit=acme.units["sales"], period=january)
    assert "2026-01 is closed" in shown(bob, period="2026-01")
    assert "is closed" not in shown(bob, period="2026-02")


def test_an_empty_map_says_what_to_do(acme: World, client: Client) -> None:
    client.force_login(acme.users["bob"])
    assert "Those who manage Sales can draw the links" in shown(client)
    client.force_login(acme.users["root"])
    assert "Draw the first link" in shown(client)
    assert "APAC has no scorecard yet" in shown(client, "/acme/units/apac/map/")
    assert "APAC has no scorecard yet" in shown(client, "/acme/units/apac/map/edit/")
    Objective.objects.filter(scorecard=acme.scorecards["sales"]).update(deleted_at=timezone.now())
    assert "Add objectives" in shown(client)
    assert client.get(PAGE, {"scorecard": "nothing"}).status_code == 404
    assert client.get("/acme/units/apac/map.svg").status_code == 404


def test_the_navigation_leads_to_the_readers_unit(acme: World, client: Client) -> None:
    for name, unit in (("bob", "sales"), ("alice", "emea"), ("root", "acme")):
        client.force_login(acme.users[name])
        assert client.get("/acme/map/")["Location"] == f"/acme/units/{unit}/map/"


# --- Files


def test_the_picture_is_a_file_that_stands_alone(acme: World, bob: Client) -> None:
    Objective.objects.filter(code="grow").update(name="Grow <script>& “more”\x0b\uffff")
    answer = bob.get("/acme/units/sales/map.svg", {"period": "2026-02"})
    assert answer["Content-Type"] == "image/svg+xml"
    assert 'filename="sales-map.svg"' in answer["Content-Disposition"]
    text = answer.content.decode()
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    for mark in ("var(", "href", "<script", "data-", "@media"):
        assert mark not in text
    assert "#0b7a66" in text
    assert "too little data, or not tested yet" in text
    assert len(root.findall(".//{*}a")) == 3 + 4
    title = root.find("{*}title")
    assert title is not None
    assert title.text == "Strategy map of Sales scorecard in 2026-02"


def test_the_picture_is_also_pixels(bob: Client) -> None:
    answer = bob.get("/acme/units/sales/map.png")
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(answer.content[at : at + 4], "big") for at in (16, 20))
    assert width > 1500
    assert height > 600
