"""Strategy maps for everybody: what they show, what they never tell, and who publishes them."""

import html
import re
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Frequency
from kpis.models import KPI
from scorecards.models import Objective, PublicLink
from scorecards.selectors.public.board import public_board
from scorecards.services.editions import publish_edition
from scorecards.services.public_links import publish_map
from scorecards.services.refresh import refresh_scores
from strategy_maps.models import CausalLink, Evidence
from strategy_maps.selectors.public import PublicMap, public_map
from strategy_maps.services.links import add_link
from tests.scorecards.api_client import Api
from tests.strategy_maps.mapped_world import mapped, of
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db

MAP, SHARE = "/acme/units/sales/map/", "/acme/units/sales/map/public/"
FORM = {"do": "publish", "shows": "quarter", "period": "", "smallest": "5", "days": "30"}
Q1 = ("2026-01-01", "2026-02-01", "2026-03-01")


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """Sales with its map: Train, Fix, Improve (defects) and Grow (revenue), each link tested."""
    mapped(acme)
    publish_edition(scorecard=acme.scorecards["sales"], valid_from=START)
    KPI.objects.filter(code="revenue").update(decimals=1)
    acme.record("revenue", "sales", dict.fromkeys(Q1, 95.0))
    acme.record("defects", "sales", dict.fromkeys(Q1, 6.0))
    refresh_scores(organization_id=acme.organization.pk)
    figures = {"lag": 2, "association": 0.58, "p_value": 0.013, "n": 34, "frequency": "month"}
    for each in CausalLink.objects.all():
        about = {"organization": acme.organization, "link": each, "verdict": "confirmed"}
        Evidence.objects.create(**about, **figures, computed_at=timezone.now())
    return acme


def published(world: World, **about: Any) -> PublicLink:
    wanted: dict[str, Any] = {"frequency": Frequency.QUARTER, "days": 30, "smallest": 5} | about
    return publish_map(unit=world.units["sales"], **wanted)


def told(link: PublicLink) -> PublicMap:
    found = public_map(PublicLink.objects.get(pk=link.pk))
    assert found
    return found


def page(link: PublicLink) -> Any:
    return Client().get(f"/public/{link.secret}/")


def verdicts(shown: PublicMap) -> dict[str, str]:
    return {f"{link.cause} {link.effect}": link.verdict for link in shown.links}


def test_anybody_reads_a_published_map(
    measured: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    measured.people["alice"].name = "Mallory Quirk"
    measured.people["alice"].save()
    Objective.objects.update(owner=measured.people["alice"])
    CausalLink.objects.update(note="as Mallory wants", cause_kpi=measured.kpis["revenue"])
    # What is not published yet is nobody's business.
    Objective.objects.filter(code="fix").update(name="Secret plan")
    link = published(measured)
    with django_assert_max_num_queries(28):
        answer = page(link)
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    headers = ("X-Robots-Tag", "Referrer-Policy", "Cache-Control")
    assert [answer[name] for name in headers] == [
        "noindex, nofollow",
        "no-referrer",
        "private, no-cache",
    ]
    for shown in ("Acme", "Sales scorecard: strategy map", "2026-Q1", "on target", "not confirmed"):
        assert shown in text
    sentence = "If “Train technicians” improves, then “First-time fix” improves after about two"
    assert text.count(sentence) == 2  # on its line, and in words
    assert text.count('class="m-node ') == 4
    assert "The data confirm it" in text
    # It leads nowhere, names nobody, runs nothing, and tells no figures behind a verdict.
    assert re.findall(r'(?:href|src|action|hx-\w+)="(?!/static/|#)[^"]*"', text) == []
    for private in ("Mallory", "Secret", "<script", "0.58", "0.01", "34 periods", "style="):
        assert private not in text
    assert "Revenue" not in text  # the KPI compared
    assert "not shown" not in text


@pytest.mark.both_databases
def test_a_map_hides_what_its_board_hides(measured: World) -> None:
    measured.record("defects", "sales", {"2026-02-01": 2})
    refresh_scores(organization_id=measured.organization.pk)
    link = published(measured)
    shown, board = told(link), public_board(link)
    assert shown.board == board
    hidden = {each.code: each.is_hidden for band in shown.board.bands for each in band.objectives}
    assert hidden == {"grow": False, "improve": True, "train": False, "fix": False}
    assert verdicts(shown) == {
        "train fix": "confirmed",
        "fix improve": "not_told",
        "improve grow": "not_told",
    }
    text = page(link).content.decode()
    node = re.findall(r'<a class="m-node not_shown"(.*?)</a>', text, re.DOTALL)
    assert len(node) == 1
    assert re.search(r'class="m-score not_shown"[^>]*>not shown<', node[0])
    assert "Improve Sales" in node[0]
    assert "Counts beneath 5 are not shown" in text
    # Also where the hidden count is what a link between others compares.
    CausalLink.objects.filter(cause__code="train").update(effect_kpi=measured.kpis["defects"])
    assert verdicts(told(link))["train fix"] == "not_told"
    everything = told(published(measured, smallest=0))
    assert set(verdicts(everything).values()) == {"confirmed"}
    assert not everything.board.has_hidden


@pytest.mark.both_databases
def test_a_manager_publishes_a_map_and_revokes_it_in_the_list(measured: World) -> None:
    alice, bob = Client(), Client()
    alice.force_login(measured.users["alice"])
    bob.force_login(measured.users["bob"])
    assert f'href="{SHARE}">Share' in alice.get(MAP).content.decode()
    assert "Share" not in bob.get(MAP).content.decode()
    assert bob.get(SHARE).status_code == bob.post(SHARE, FORM).status_code == 403
    wrong = alice.post(SHARE, FORM | {"shows": "fixed", "period": "2025-Q4"})
    assert wrong.status_code == 422
    assert "Sales has no scorecard that holds in 2025-Q4" in wrong.content.decode()
    assert not PublicLink.objects.exists()
    alice.post(SHARE, FORM)
    shared = alice.get(SHARE).content.decode()
    assert "Share this strategy map" in shared
    (url,) = set(re.findall(r"http://testserver/public/[\w-]{43}/", shared))
    assert Client().get(url).status_code == 200
    assert "Public until 2026-06-03" in alice.get(MAP).content.decode()
    assert "Public until" not in alice.get("/acme/units/sales/scorecard/").content.decode()
    listed = alice.get("/acme/public/").content.decode()
    assert f'<a href="{SHARE}">Strategy map of Sales</a>' in listed
    (key,) = re.findall(r'name="link" value="(\w+)"', listed)
    alice.post("/acme/public/", {"do": "revoke", "link": key})
    assert Client().get(url).status_code == 404
    assert "Strategy map of Sales" in alice.get("/acme/changes/?kind=share").content.decode()
    link = PublicLink.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicLink.objects.filter(pk=link.pk).update(kpi=measured.kpis["defects"])


def test_maps_are_published_over_the_api(measured: World) -> None:
    add_link(cause=of(measured, "train"), effect=of(measured, "grow"))
    scopes = ("measurements:read", "structure:write")
    api = Api(measured.token(*scopes, name="maps", created_by=measured.users["alice"])[1])
    made = api.send("POST", "public-links", {"kind": "map", "unit": "sales", "period": "2026-Q1"})
    assert made.status_code == 201
    one = made.json()
    assert [one[name] for name in ("kind", "kpi", "frequency", "period")] == [
        "map",
        None,
        "quarter",
        "2026-Q1",
    ]
    answer = Client().get(one["url"])
    assert answer.content.decode().count('<a class="m-link') == 4
    assert api.get("public-links?kind=map").json()["results"] == [one]
    assert api.get("public-links?kind=board").json()["results"] == []
