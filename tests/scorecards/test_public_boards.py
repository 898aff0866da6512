"""Boards for everybody: what they show, what they never tell, and who publishes them."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from calculations.periods import Frequency
from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from scorecards.models import PublicLink
from scorecards.selectors.public.board import PublicBoard, PublicKpi, public_board
from scorecards.services.assessments import assess
from scorecards.services.editions import publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.public_links import publish_board, revoke_public_link
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import link_kpi
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db

SHARE = "/acme/units/sales/scorecard/public/"
FORM = {"do": "publish", "shows": "quarter", "period": "", "smallest": "5", "days": "30"}
Q1 = ("2026-01-01", "2026-02-01", "2026-03-01")


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """A quarter of Sales: revenue in k€ with decimals, defects as whole numbers."""
    KPI.objects.filter(code="revenue").update(decimals=1)
    acme.record("revenue", "sales", dict.fromkeys(Q1, 95.0))
    acme.record("nps", "sales", {"2026-01-01": 41.5})
    acme.record("defects", "sales", dict.fromkeys(Q1, 6.0))
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def published(world: World, unit: str = "sales", **about: Any) -> PublicLink:
    wanted: dict[str, Any] = {"frequency": Frequency.QUARTER, "days": 30, "smallest": 5} | about
    return publish_board(unit=world.units[unit], **wanted)


def page(link: PublicLink | str) -> Any:
    secret = link if isinstance(link, str) else link.secret
    return Client().get(f"/public/{secret}/")


def board(link: PublicLink) -> PublicBoard:
    found = public_board(PublicLink.objects.get(pk=link.pk))
    assert found
    return found


def kpi(told: PublicBoard, code: str) -> PublicKpi:
    rows = (row for band in told.bands for each in band.objectives for row in each.kpis)
    return next(row for row in rows if row.row.code == code)


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


# --- What anybody reads


def test_anybody_reads_a_published_board(
    measured: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    link = published(measured)
    with django_assert_max_num_queries(25):
        answer = page(link)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert {
        name: answer[name] for name in ("X-Robots-Tag", "Referrer-Policy", "Cache-Control")
    } == {
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-cache",
    }
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not answer.cookies
    for shown in ("Acme", "Sales scorecard", "2026-Q1", "Revenue", "285", "on target"):
        assert shown in text
    assert "not shown" not in text
    # It leads nowhere, names nobody, and runs nothing.
    assert re.findall(r'(?:href|src|action|hx-\w+)="(?!/static/|#)[^"]*"', text) == []
    assert "<script" not in text


def test_no_names_notes_or_initiatives_are_told(measured: World) -> None:
    secretive = "Mallory Quirk"
    measured.people["alice"].name = secretive
    measured.people["alice"].save()
    KPI.objects.update(owner=measured.people["alice"])
    objective = measured.objectives["sales", "grow"]
    objective.owner = measured.people["alice"]
    objective.description = f"as {secretive} wants"
    objective.save()
    publish_edition(scorecard=measured.scorecards["sales"], valid_from=START)
    add_initiative(unit=measured.units["sales"], code="crm", name=f"Plan of {secretive}")
    assess(
        scorecard=measured.scorecards["sales"],
        node="objective",
        code="grow",
        period=measured.organization.calendar.parse_label("2026-Q1"),
        status="critical",
        reason=f"{secretive} said so",
        by=measured.users["alice"],
    )
    measured.record("nps", "sales", {"2026-01-01": 42}, user=measured.users["alice"])
    refresh_scores(organization_id=measured.organization.pk)
    text = page(published(measured)).content.decode()
    assert "Mallory" not in text
    assert "said so" not in text
    assert "critical" in text


def test_unknown_expired_and_revoked_answer_alike(measured: World) -> None:
    link, ends, of_ada = (
        published(measured),
        published(measured, days=1),
        published(measured, "emea"),
    )
    revoke_public_link(link=link)
    answers = [page(link), page("nothing"), page("x" * 43)]
    PublicLink.objects.filter(pk=of_ada.pk).update(unit=measured.units["ada"])
    answers.append(page(of_ada))
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        answers.append(page(ends))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_the_secret_is_not_stored(measured: World, settings: Settings) -> None:
    link = published(measured)
    secret = link.secret
    assert len(secret) == 43
    assert secret not in str(PublicLink.objects.filter(pk=link.pk).values().get())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one, surely, by now"
    assert link.secret == secret
    settings.SECRET_KEY_FALLBACKS = []
    assert link.secret == ""
    assert page(secret).status_code == 200


def test_the_latest_period_moves_on_and_a_fixed_one_stays(measured: World) -> None:
    fixed = measured.organization.calendar.parse_label("2026-Q1")
    latest, stays = published(measured), published(measured, period=fixed)
    with time_machine.travel(dt.datetime(2026, 7, 20, tzinfo=dt.UTC), tick=True):
        PublicLink.objects.update(expires_at=timezone.now() + dt.timedelta(days=9))
        assert (board(latest).period, board(stays).period) == ("2026-Q2", "2026-Q1")


# --- Small counts


def test_a_count_that_is_large_enough_hides_nothing(measured: World) -> None:
    told = board(published(measured))
    assert not told.has_hidden
    assert not told.is_hidden
    assert kpi(told, "defects").row.actual.text == "18"


@pytest.mark.both_databases
def test_a_small_count_hides_all_that_would_tell_it(measured: World) -> None:
    """One month of two: the quarter's sum, its score, and the scores above go with it."""
    measured.record("defects", "sales", {"2026-02-01": 2})
    refresh_scores(organization_id=measured.organization.pk)
    link = published(measured)
    told = board(link)
    hidden = kpi(told, "defects")
    assert (hidden.is_hidden, hidden.said) == (True, "not shown")  # 14, but made of a small one
    assert hidden.row.actual.text == hidden.row.variance.text == hidden.row.year_to_date.text == ""
    assert hidden.row.score.value is None
    assert hidden.row.polyline.points == ()
    assert hidden.row.trend.values[-1] is None
    assert hidden.row.change_text == ""
    grow, improve = (band.objectives[0] for band in told.bands)
    assert (grow.is_hidden, improve.is_hidden) == (False, True)
    assert grow.score.value is not None
    assert improve.score.value is None
    assert [band.is_hidden for band in told.bands] == [False, True]
    assert told.is_hidden
    assert [told.score.value, told.trend, told.score.counts] == [None, None, None]
    text = page(link).content.decode()
    assert "Counts beneath 5 are not shown" in text
    assert not re.search(r">\s*14\b", text)
    # The month itself says "fewer than"; the months beside it stay.
    month = published(measured, frequency=Frequency.MONTH)
    february = measured.organization.calendar.parse_label("2026-02")
    PublicLink.objects.filter(pk=month.pk).update(period_start=february.start)
    row = kpi(board(month), "defects")
    assert (row.is_hidden, row.said) == (True, "fewer than 5")
    assert row.row.trend.values[-2:] == (6.0, None)
    PublicLink.objects.filter(pk=month.pk).update(
        period_start=measured.organization.calendar.parse_label("2026-03").start
    )
    row = kpi(board(month), "defects")
    assert (row.is_hidden, row.row.actual.text) == (False, "6")
    assert (row.row.change_text, row.row.year_to_date.text) == ("", "")
    assert not board(published(measured, smallest=2)).has_hidden


def test_what_a_formula_makes_of_a_small_count_is_hidden(measured: World) -> None:
    rate = define_kpi(
        organization=measured.organization,
        code="rate",
        name="Rate",
        unit_of_measure="%",
        decimals=1,
        formula="100 * defects / revenue",
    )
    assign_kpi(kpi=rate, unit=measured.units["sales"])
    link_kpi(objective=measured.objectives["sales", "grow"], kpi=rate)
    publish_edition(scorecard=measured.scorecards["sales"], valid_from=START)
    refresh_scores(organization_id=measured.organization.pk)
    link = published(measured)
    assert not kpi(board(link), "rate").is_hidden
    measured.record("defects", "sales", {"2026-02-01": 2})
    refresh_scores(organization_id=measured.organization.pk)
    row = kpi(board(link), "rate")
    assert (row.is_hidden, row.said) == (True, "not shown")


def test_a_formula_tells_no_small_count_of_a_period_that_is_not_shown(measured: World) -> None:
    sales, start = measured.units["sales"], dt.date(2024, 1, 1)
    measured.record("defects", "sales", {f"2025-{month:02}-01": 9 for month in range(1, 13)})
    Assignment.objects.filter(unit=sales).update(starts_on=start)
    about: dict[str, Any] = {"organization": measured.organization, "unit_of_measure": "%"}
    about["decimals"] = 1
    for code, formula in (("past", "prev(defects, 14)"), ("roll", "rolling(defects, 12)")):
        follows = define_kpi(code=code, name=code, formula=formula, **about)
        assign_kpi(kpi=follows, unit=sales)
        link_kpi(objective=measured.objectives["sales", "grow"], kpi=follows)
    publish_edition(scorecard=measured.scorecards["sales"], valid_from=START)
    refresh_scores(organization_id=measured.organization.pk)
    link = published(measured)
    assert not any(kpi(board(link), code).is_hidden for code in ("past", "roll"))
    measured.record("defects", "sales", {"2025-02-01": 2})
    assert all(kpi(board(link), code).is_hidden for code in ("past", "roll"))
    assert not kpi(board(link), "defects").is_hidden


def test_scores_above_a_hidden_one_are_hidden_in_other_scorecards_too(measured: World) -> None:
    measured.record("defects", "sales", {"2026-02-01": 2})
    refresh_scores(organization_id=measured.organization.pk)
    for unit in ("emea", "acme"):
        told = board(published(measured, unit))
        assert [band.is_hidden for band in told.bands] == [False, True], unit
        assert told.is_hidden


# --- Publishing


@pytest.mark.both_databases
def test_a_manager_publishes_and_revokes(measured: World) -> None:
    alice = signed_in(measured, "alice")
    assert f'href="{SHARE}"' in alice.get("/acme/units/sales/scorecard/").content.decode()
    assert "Make it public" in alice.get(SHARE).content.decode()
    alice.post(SHARE, FORM)
    text = alice.get(SHARE).content.decode()
    (url,) = set(re.findall(r"http://testserver/public/[\w-]{43}/", text))
    assert "hides counts beneath 5" in text
    assert Client().get(url).status_code == 200
    (key,) = set(re.findall(r'name="link" value="(\w+)"', text))
    tag = Client().get(url)["ETag"]
    undo = alice.post(SHARE, {"do": "revoke", "link": key}, follow=True).content.decode()
    assert "The address is revoked" in undo
    # On the next request, whatever the reader's browser keeps.
    assert Client().get(url, headers={"if-none-match": tag}).status_code == 404
    assert 'name="do" value="restore"' in undo
    alice.post(SHARE, {"do": "restore", "link": key})
    assert Client().get(url).status_code == 200
    alice.post(SHARE, {"do": "revoke", "link": key})
    told = alice.get("/acme/changes/?kind=share").content.decode()
    assert re.findall(r'log-deed">(\w+)', told) == ["revoked", "back", "revoked", "added"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"shows": "week"}, "period"),
        ({"shows": "fixed", "period": "soon"}, "period"),
        ({"shows": "fixed", "period": "2026-W11"}, "period"),
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"smallest": "101"}, "smallest"),
        ({"smallest": "few"}, "smallest"),
        ({"smallest": ""}, "smallest"),
    ],
)
def test_what_cannot_be_published_is_said(
    measured: World, sent: dict[str, str], field: str
) -> None:
    answer = signed_in(measured, "alice").post(SHARE, FORM | sent)
    assert answer.status_code == 422
    assert f'id="said-{field}"' in answer.content.decode()
    assert not PublicLink.objects.exists()


def test_who_may_not_publish(measured: World) -> None:
    for name in ("bob", "carol"):
        client = signed_in(measured, name)
        assert client.get(SHARE).status_code == client.post(SHARE, FORM).status_code == 403
        assert SHARE not in client.get("/acme/units/sales/scorecard/").content.decode()
    adas = SHARE.replace("sales", "ada")
    assert signed_in(measured, "root").post(adas, FORM).status_code == 403
    with pytest.raises(ValidationError):
        published(measured, "ada")
    assert not PublicLink.objects.exists()
