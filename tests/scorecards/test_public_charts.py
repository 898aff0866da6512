"""Charts for everybody, the board of a closed period, and the list of all that is public."""

import datetime as dt
import json
import re
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Frequency
from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from scorecards.models import PublicLink
from scorecards.selectors.public.board import public_board
from scorecards.selectors.public.chart import PublicChart, public_chart
from scorecards.services.closing import close_period
from scorecards.services.public_links import (
    publish_board,
    publish_chart,
    restore_public_link,
    revoke_public_link,
)
from scorecards.services.refresh import refresh_scores
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

SHARE = "/acme/units/sales/kpis/defects/public/"
FORM = {"do": "publish", "shows": "latest", "period": "", "smallest": "5", "days": "30"}
MONTHS = {f"2026-0{month}-01": 6.0 for month in (1, 2, 3, 4)}


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """Four months of Sales with as many defects each."""
    acme.record("revenue", "sales", dict.fromkeys(MONTHS, 95.0))
    acme.record("defects", "sales", MONTHS)
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def published(world: World, kpi: str = "defects", unit: str = "sales", **about: Any) -> PublicLink:
    wanted: dict[str, Any] = {"days": 30, "smallest": 5} | about
    return publish_chart(kpi=world.kpis[kpi], unit=world.units[unit], **wanted)


def chart(link: PublicLink) -> PublicChart:
    found = public_chart(PublicLink.objects.select_related("kpi").get(pk=link.pk))
    assert found
    return found


def page(link: PublicLink) -> Any:
    return Client().get(f"/public/{link.secret}/")


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


# --- What anybody reads


def test_anybody_reads_a_published_chart(
    measured: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    measured.people["alice"].name = "Mallory Quirk"
    measured.people["alice"].save()
    about = {"owner": measured.people["alice"], "description": "As Mallory wants"}
    KPI.objects.filter(code="defects").update(**about)
    measured.record("defects", "sales", {"2026-04-01": 7}, user=measured.users["alice"])
    link = published(measured)
    with django_assert_max_num_queries(10):
        answer = page(link)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    for shown in ("Acme", "Defects", "Sales", "2026-04", "below target", "Period", "Status"):
        assert shown in text
    assert "Mallory" not in text
    # It leads nowhere, and runs nothing but the chart's own script.
    assert re.findall(r'(?:href|src|action|hx-\w+)="(?!/static/|#)[^"]*"', text) == []
    scripts = re.findall(r"<script[^>]*>", text)
    assert len(scripts) == 2
    figure = json.loads(re.findall(r'application/json">(.*?)</script>', text, re.DOTALL)[0])
    assert figure["data"][-1]["y"][-4:] == [6.0, 6.0, 6.0, 7.0]
    assert figure["layout"]["shapes"]
    # What is running is not over: it is not shown.
    assert chart(link).period == "2026-04"
    label = measured.organization.calendar.parse_label("2026-02")
    assert [row.period for row in chart(published(measured, period=label)).rows] == [
        "2026-02",
        "2026-01",
    ]


@pytest.mark.both_databases
def test_small_counts_are_nowhere_in_the_chart(measured: World) -> None:
    """The points and all that is computed from them are as if the months were empty."""
    empty = chart(published(measured, smallest=0))
    measured.record("defects", "sales", {"2026-02-01": 1, "2026-04-01": 0})
    link = published(measured)
    told = chart(link)
    rows = {row.period: (row.said, row.actual.text, row.score.status) for row in told.rows}
    assert rows["2026-02"] == rows["2026-04"] == ("fewer than 5", "–", "no_data")
    assert rows["2026-03"][1] == "6"
    assert told.latest
    assert (told.latest.period, told.latest.is_hidden) == ("2026-04", True)
    assert told.headline == "Actual against target"  # since when would tell the last one's status
    assert told.figure["data"][-1]["y"][-4:] == [6.0, None, 6.0, None]
    assert told.figure["data"][-1]["customdata"][-1] == "no target"
    assert told.figure["layout"]["yaxis"]["range"] == empty.figure["layout"]["yaxis"]["range"]
    table = {row[0]: row[2] for row in told.figure["layout"]["meta"]["table"]["rows"]}
    assert (table["2026-02"], table["2026-03"]) == (None, 6.0)
    text = page(link).content.decode()
    assert "Counts beneath 5 are not shown" in text
    assert "in 2026-03" in text  # the alternative ends with the last value that is told
    assert chart(published(measured, smallest=0)).latest.actual.text == "0"  # type: ignore[union-attr]


def test_what_a_formula_or_units_beneath_make_of_small_counts_is_hidden(measured: World) -> None:
    about: dict[str, Any] = {"organization": measured.organization, "unit_of_measure": "%"}
    rate = define_kpi(
        code="rate", name="Rate", formula="100 * prev(defects, 1) / revenue", decimals=1, **about
    )
    assign_kpi(kpi=rate, unit=measured.units["sales"])
    cases = define_kpi(
        organization=measured.organization, code="cases", name="Cases", unit_rule="sum"
    )
    for unit in ("emea", "sales"):
        assign_kpi(kpi=cases, unit=measured.units[unit])
    measured.kpis |= {"rate": rate, "cases": cases}
    measured.record("cases", "sales", MONTHS)
    of_rate, of_cases = published(measured, "rate"), published(measured, "cases", "emea")
    assert not chart(of_rate).has_hidden
    assert [row.actual.text for row in chart(of_cases).rows] == ["6"] * 4
    measured.record("defects", "sales", {"2026-02-01": 2})
    measured.record("cases", "sales", {"2026-02-01": 2})
    # A formula may look at other periods: none of it is told.
    assert {row.said for row in chart(of_rate).rows} == {"not shown"}
    assert [row.is_hidden for row in chart(of_cases).rows] == [False, False, True, False]


def test_a_chart_ends_with_what_it_shows(measured: World) -> None:
    """Unknown, ended, revoked, of a person, of a KPI that is measured no more: all alike."""
    links = [published(measured, days=days) for days in (30, 30, 30, 1)]
    revoke_public_link(link=links[0])
    answers = [page(links[0])]
    PublicLink.objects.filter(pk=links[1].pk).update(unit=measured.units["ada"])
    answers.append(page(links[1]))
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        answers.append(page(links[3]))
        with pytest.raises(ValidationError, match="has ended"):
            restore_public_link(link=revoke_public_link(link=links[3]))
    Assignment.objects.filter(kpi__code="defects").update(deleted_at=NOW)
    answers += [page(links[2]), Client().get("/public/nothing/")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    with pytest.raises(ValidationError, match="not measured"):
        published(measured)


@pytest.mark.both_databases
def test_a_link_shows_one_thing(measured: World) -> None:
    link = published(measured)
    wrong: list[dict[str, Any]] = [{"kind": "board"}, {"kpi": None}, {"kind": "map"}]
    for about in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            PublicLink.objects.filter(pk=link.pk).update(**about)


# --- Boards of closed periods


def board_link(world: World, **about: Any) -> PublicLink:
    wanted: dict[str, Any] = {"frequency": Frequency.QUARTER, "days": 30, "smallest": 5} | about
    return publish_board(unit=world.units["sales"], **wanted)


def closed(world: World) -> None:
    quarter = world.organization.calendar.parse_label("2026-Q1")
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True):
        close_period(
            unit=world.units["sales"], period=quarter, by=world.users["alice"], note="Secret"
        )


@pytest.mark.both_databases
def test_the_board_of_a_closed_period_shows_what_was_reported(measured: World) -> None:
    closed(measured)
    about = {"user": measured.users["alice"], "reason": "Mallory erred"}
    measured.record("defects", "sales", {"2026-02-01": 9}, **about)
    refresh_scores(organization_id=measured.organization.pk)
    told = public_board(board_link(measured))
    assert told
    (defects,) = told.bands[1].objectives[0].kpis
    assert (defects.row.actual.text, told.reported_on) == ("18", "2026-05-04")
    text = page(board_link(measured)).content.decode()
    assert "reported when the period was closed on 2026-05-04" in text
    assert not re.search(r"Secret|Alice|Mallory|>\s*21\b", text)
    # What was small then is hidden, whatever stands now.
    assert public_board(board_link(measured, smallest=7)).is_hidden  # type: ignore[union-attr]


def test_a_report_hides_small_counts_that_are_gone_since(measured: World) -> None:
    measured.record("defects", "sales", {"2026-02-01": 2})
    refresh_scores(organization_id=measured.organization.pk)
    closed(measured)
    Assignment.objects.filter(kpi__code="defects").update(deleted_at=NOW)
    told = public_board(board_link(measured))
    assert told
    assert [band.is_hidden for band in told.bands] == [False, True]
    (defects,) = told.bands[1].objectives[0].kpis
    assert (defects.said, defects.row.actual.text, told.score.value) == ("not shown", "", None)
    assert told.trend is None


# --- Publishing and the list


@pytest.mark.both_databases
def test_a_manager_publishes_a_chart_and_revokes_it_in_the_list(measured: World) -> None:
    alice = signed_in(measured, "alice")
    kpi = "/acme/kpis/defects/?unit=sales"
    assert f'href="{SHARE}"' in alice.get(kpi).content.decode()
    assert "Nothing of your units is public" in alice.get("/acme/public/").content.decode()
    alice.post(SHARE, FORM)
    board_link(measured, by=measured.users["root"])
    text = alice.get(SHARE).content.decode()
    (url,) = set(re.findall(r"http://testserver/public/[\w-]{43}/", text))
    assert Client().get(url).status_code == 200
    assert "Public until 2026-06-03" in alice.get(kpi).content.decode()
    board = alice.get("/acme/units/sales/scorecard/").content.decode()
    assert "Public until 2026-06-03" in board
    told = alice.get("/acme/public/").content.decode()
    assert re.findall(r'href="(/acme/units/[^"]+public/)"', told) == [
        SHARE,
        "/acme/units/sales/scorecard/public/",
    ]
    assert "Up to the last month that is over" in told
    key = re.findall(r'name="link" value="(\w+)"', told)[0]
    said = alice.post("/acme/public/", {"do": "revoke", "link": key}, follow=True)
    assert "The address is revoked" in said.content.decode()
    assert Client().get(url).status_code == 404
    alice.post("/acme/public/", {"do": "restore", "link": key})
    assert Client().get(url).status_code == 200
    changes = alice.get("/acme/changes/?kind=share").content.decode()
    assert "Defects at Sales" in changes
    assert "Board of Sales" in changes


def test_what_cannot_be_published_is_said(measured: World) -> None:
    alice = signed_in(measured, "alice")
    wrong = [
        ({"shows": "month"}, "period"),
        ({"shows": "fixed", "period": "2026-Q1"}, "period"),
        ({"shows": "fixed", "period": "2026-06"}, "period"),
        ({"days": "0"}, "days"),
        ({"smallest": "101"}, "smallest"),
    ]
    for sent, field in wrong:
        answer = alice.post(SHARE, FORM | sent)
        assert answer.status_code == 422, sent
        assert f'id="said-{field}"' in answer.content.decode(), sent
    assert not PublicLink.objects.exists()


def test_who_may_not_publish_or_revoke(measured: World) -> None:
    link = published(measured, by=measured.users["root"])
    key = {"do": "revoke", "link": link.digest[:12]}
    for name in ("bob", "carol"):
        client = signed_in(measured, name)
        assert client.get(SHARE).status_code == client.post(SHARE, FORM).status_code == 403
        assert client.post("/acme/public/", key).status_code == 403
        assert "Public until" not in client.get("/acme/kpis/defects/?unit=sales").content.decode()
    # Alice manages EMEA: what is above is not hers.
    PublicLink.objects.update(unit=measured.units["acme"])
    alice = signed_in(measured, "alice")
    assert alice.post("/acme/public/", key).status_code == 404
    assert "Defects" not in alice.get("/acme/public/").content.decode()
    assert PublicLink.objects.in_force().exists()
