"""The page of background work: what administrators see of it, and what they may do."""

import datetime as dt
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.services.sources.running import JOB as SOURCE_JOB
from kpis.services.sources.running import key_of
from organizations.models import Job
from tests.kpis.sources_world import new_source
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/jobs/"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


def job(world: World, state: str = "waiting", **about: Any) -> Job:
    ended = {"finished_at": NOW} if state not in Job.UNFINISHED else {}
    leased = {"lease_until": NOW, "started_at": NOW} if state == "running" else {}
    return Job.objects.create(
        organization=world.organization,
        state=state,
        **{"kind": "remind", "due_at": NOW, **ended, **leased, **about},
    )


def test_it_shows_how_everything_stands(acme: World, rival: World, root: Client) -> None:
    job(acme, "running", about="Ada", done=3, total=10)
    job(acme, "failed", about="Bob", tries=8, reason="The mail server is away.")
    job(acme, about="Carol", due_at=NOW + dt.timedelta(days=1))
    job(acme, "done", about="Dan")
    job(rival, about=CANARY)
    text = root.get(PAGE).content.decode()
    for said in ("3 of 10", "8 of 8", "The mail server is away.", "from 2026-05-05 12:00"):
        assert said in text
    assert text.index("Ada") < text.index("Bob") < text.index("Carol") < text.index("Dan")
    assert CANARY not in text
    failed = root.get(PAGE, {"state": "failed", "kind": "remind"}).content.decode()
    assert "Bob" in failed
    assert "Carol" not in failed


def test_an_empty_page_says_so(acme: World, root: Client) -> None:
    text = root.get(PAGE).content.decode()
    assert "Nothing to show" in text
    assert "every 3s" not in text


def test_scripts_are_answered_the_part_that_moves(acme: World, root: Client) -> None:
    job(acme, "running")
    answer = root.get(PAGE, headers={"hx-request": "true", "hx-target": "jobs"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="jobs"')
    assert "every 3s" in text


@pytest.mark.parametrize(
    ("state", "do", "then", "said"),
    [
        ("failed", "retry", "waiting", "is tried again"),
        ("cancelled", "retry", "waiting", "is tried again"),
        ("waiting", "cancel", "cancelled", "is cancelled"),
        ("running", "cancel", "running", "is being given up"),
    ],
)
def test_what_administrators_do(
    acme: World, root: Client, state: str, do: str, then: str, said: str
) -> None:
    row = job(acme, state, about="Ada")
    answer = root.post(PAGE, {"do": do, "job": str(row.code)}, follow=True)
    row.refresh_from_db()
    assert (row.state, row.is_cancelled) == (then, do == "cancel")
    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "do", "status"),
    [
        ("done", "retry", 409),
        ("done", "cancel", 409),
        ("failed", "cancel", 409),
        ("failed", "dance", 422),
    ],
)
def test_what_is_refused_stays(acme: World, root: Client, state: str, do: str, status: int) -> None:
    row = job(acme, state)
    assert root.post(PAGE, {"do": do, "job": str(row.code)}).status_code == status
    row.refresh_from_db()
    assert row.state == state


def test_a_job_of_another_organization_is_none(acme: World, rival: World, root: Client) -> None:
    theirs = job(rival, "failed")
    for code in (str(theirs.code), "00000000-0000-0000-0000-000000000000", "1", ""):
        assert root.post(PAGE, {"do": "retry", "job": code}).status_code == 404


def test_many_jobs_cost_no_more(
    acme: World, root: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        job(acme, "failed", about=f"Job {number:02}.")
    with django_assert_num_queries(8):
        text = root.get(PAGE).content.decode()
    assert ("Job 49." in text, "Job 50." in text) == (True, False)
    older = re.search(r'href="([^"]+)">Older<', text)
    assert older
    text = root.get(html.unescape(older[1])).content.decode()
    assert [f"Job {number:02}." in text for number in (49, 50, 59)] == [False, True, True]
    assert ">Older<" not in text
    assert f'href="{PAGE}?state=failed">First page<' in text


def test_a_refresh_leads_to_its_source(acme: World, root: Client) -> None:
    source = new_source(acme)
    job(acme, "failed", kind=SOURCE_JOB, key=key_of(source), about="CRM")
    text = " ".join(root.get(PAGE).content.decode().split())
    assert '<a href="/acme/sources/crm/">CRM</a>' in text
