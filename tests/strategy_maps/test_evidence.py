"""What the figures say of causal links: looked at by a worker, told on the link's page."""

import datetime as dt
import doctest
import html
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calculations.periods import Calendar, Frequency, Period
from organizations.models import Job
from organizations.services.jobs.running import run_job
from organizations.services.jobs.slots import fire_due_slots
from scorecards.models import ScoreSheet
from scorecards.services.lifecycle import archive_scorecard
from scorecards.services.structure import add_objective
from strategy_maps.drawing import lag_bars
from strategy_maps.models import CausalLink, Evidence
from strategy_maps.selectors.evidence import series, told
from strategy_maps.services.evidence import refresh_evidence
from strategy_maps.services.links import change_link
from tests.strategy_maps.mapped_world import link, mapped, of
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MONTHS = 48
PAGE = "/acme/units/sales/map/links/train/improve/"


@pytest.fixture(autouse=True)
def _in_may() -> Iterator[None]:
    """Of 2026: April is over, May runs."""
    with time_machine.travel(NOW, tick=True):
        yield


def scored(world: World, lag: int = 4, *, sign: int = 1) -> None:
    """Four years of monthly scores: what training brings, fewer defects follow later."""
    random = np.random.default_rng(7)
    train = 80 + np.cumsum(random.normal(0, 4, MONTHS))
    improve = 80 + sign * (np.roll(train, lag) - 80) + random.normal(0, 2, MONTHS)
    calendar, running = Calendar(), Calendar().parse_label("2026-05")
    sheets = []
    for place in range(MONTHS + 1):
        now = min(place, MONTHS - 1)
        scores = {"train": float(train[now]), "improve": float(improve[now]), "grow": None}
        sheets.append(
            ScoreSheet(
                organization=world.organization,
                scorecard=world.scorecards["sales"],
                frequency=Frequency.MONTH,
                period_start=calendar.shift(running, place - MONTHS).start,
                detail={"objectives": {code: {"score": score} for code, score in scores.items()}},
            )
        )
    own = ScoreSheet.objects.filter(scorecard=world.scorecards["sales"], frequency=Frequency.MONTH)
    own.delete()
    ScoreSheet.objects.bulk_create(sheets)


def seen(world: World) -> dict[tuple[str, str], Evidence]:
    refresh_evidence(scorecard=world.scorecards["sales"])
    rows = Evidence.objects.select_related("link__cause", "link__effect")
    return {(row.link.cause.code, row.link.effect.code): row for row in rows}


def test_a_worker_tests_a_link_when_it_is_added_and_every_night(acme: World) -> None:
    assert not doctest.testmod(series).failed
    mapped(acme)
    scored(acme)
    row = link(acme, "train", "improve", lag_from=2, lag_to=6)
    job = Job.objects.get(kind="refresh_evidence")  # one, however many links were added
    assert (run_job(job.pk), job.about) == ("done", "Sales scorecard")
    found = Evidence.objects.get(link=row)
    assert (found.verdict, found.lag, found.frequency) == ("confirmed", 4, "month")
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert [figure["lag"] for figure in found.profile] == [2, 3, 4, 5, 6]
    assert found.n == found.profile[2]["n"] == MONTHS - 4
    assert (
        found.basis == "the score of “Train technicians” and the score of “Improve Sales”, by month"
    )
    assert Evidence.objects.get(link__effect__code="grow").verdict == "too_little"
    # Every night again, and nothing is written where the figures say the same.
    before = list(Evidence.objects.order_by("pk").values())
    fire_due_slots()
    again = Job.objects.get(kind="refresh_evidence", state="waiting")
    assert run_job(again.pk) == "done"
    assert fire_due_slots() == 0
    assert list(Evidence.objects.order_by("pk").values()) == before
    # What is expected otherwise is looked at anew.
    change_link(link=row, is_inverse=True)
    assert not Evidence.objects.filter(link=row).exists()
    assert run_job(Job.objects.get(kind="refresh_evidence", state="waiting").pk) == "done"
    assert Evidence.objects.get(link=row).verdict == "contradicted"


def test_values_of_chosen_kpis_are_compared_turned_so_that_more_is_better(acme: World) -> None:
    """Fewer defects is better: where revenue follows defects upwards, it gets worse with them."""
    mapped(acme)
    row = CausalLink.objects.get(cause__code="improve", effect__code="grow")
    random, calendar = np.random.default_rng(3), Calendar()
    defects = random.integers(5, 60, 40).astype(float)
    starts = [
        calendar.shift(Period(Frequency.MONTH, dt.date(2026, 5, 1)), n - 40).start.isoformat()
        for n in range(40)
    ]
    acme.record("defects", "sales", dict(zip(starts, defects, strict=True)))
    revenue = np.roll(defects, 3) * 2 + random.normal(0, 2, 40)
    acme.record("revenue", "sales", dict(zip(starts[3:], revenue[3:], strict=True)))
    acme.record("revenue", "sales", {"2026-05-01": 9999.0})  # runs still: it is left out
    chosen: dict[str, Any] = {"cause_kpi": acme.kpis["defects"], "effect_kpi": acme.kpis["revenue"]}
    change_link(link=row, is_inverse=True, lag_from=2, lag_to=4, **chosen)
    found = seen(acme)["improve", "grow"]
    assert (found.verdict, found.lag, found.n) == ("confirmed", 3, 37)
    assert found.association is not None
    assert found.association < -0.9
    assert found.basis == "“Defects” and “Revenue”, by month"
    change_link(link=CausalLink.objects.get(pk=row.pk), effect_kpi=acme.kpis["nps"])
    assert seen(acme)["improve", "grow"].frequency == "quarter"
    with_score = change_link(link=CausalLink.objects.get(pk=row.pk), cause_kpi=None)
    assert seen(acme)["improve", "grow"].verdict == "too_little"
    assert with_score.cause_kpi is None


def test_the_number_of_statements_does_not_grow_with_links_and_periods(acme: World) -> None:
    mapped(acme)
    scored(acme)
    assert acme.scorecards["sales"].organization == acme.organization  # read once
    with CaptureQueriesContext(connection) as few:
        refresh_evidence(scorecard=acme.scorecards["sales"])
    for code in ("one", "two", "three", "four"):
        objective = add_objective(perspective=of(acme, "fix").perspective, code=code, name="O")
        acme.objectives["sales", code] = objective
        link(acme, "train", code)
    with CaptureQueriesContext(connection) as many:
        refresh_evidence(scorecard=acme.scorecards["sales"])
    assert len(few) == len(many)
    assert Evidence.objects.count() == 7
    archive_scorecard(scorecard=acme.scorecards["sales"], ends_on=dt.date(2026, 5, 1))
    Job.objects.all().delete()
    with time_machine.travel(dt.datetime(2026, 6, 4, 12, tzinfo=dt.UTC)):
        fire_due_slots()
    assert not Job.objects.filter(kind="refresh_evidence").exists()


def test_the_page_of_a_link_says_what_the_data_say_and_why(acme: World) -> None:
    assert not doctest.testmod(told).failed
    assert not doctest.testmod(lag_bars).failed
    mapped(acme)
    scored(acme)
    link(acme, "train", "improve", lag_from=2, lag_to=6)
    alice, bob = Client(), Client()
    alice.force_login(acme.users["alice"])
    bob.force_login(acme.users["bob"])
    page = told_at(bob)
    assert "Not tested yet." in page
    assert "Test now" not in page
    assert bob.post(PAGE, {"do": "test"}).status_code == 403
    assert alice.post(PAGE, {"do": "test"}).headers["Location"].startswith(PAGE)
    page = told_at(alice)
    assert "are tested with the data as they are now" in page
    assert "Test now" in page
    said = (
        "Confirmed. When “Train technicians” improved, “Improve Sales” improved 4 months later,"
        " over 44 months. So clear a pattern arises by chance less than once in 1,000 tries."
    )
    assert said in page
    assert page.count('class="lag-bar"') == 5
    assert "4 months later clearest" in page
    assert "2022-05 to 2025-12, 44 of 44 periods known" in page  # the cause, as the lag asks for
    assert "2022-09 to 2026-04, 44 of 44 periods known" in page
    assert "No proof." in page
    other = told_at(bob, "/acme/units/sales/map/links/improve/grow/")
    assert "Too little data. At least 24 months with both figures are needed; there are" in other


def told_at(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    text = html.unescape(answer.content.decode())
    return " ".join(re.sub(r"</?(strong|th|span|td)[^>]*>", "", text).split())
