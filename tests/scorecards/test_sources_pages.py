"""Pages of sources: setting up, trying, refreshing, pausing, conflicts, and what is never shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries, Settings

from kpis.models import Measurement, Source, SourceRun
from kpis.services.sources import secrets
from organizations.services.jobs.running import run_due_jobs
from scorecards.services.refresh import refresh_scores
from tests.kpis.sources_world import new_source, refreshed, sqlite_file, typed
from tests.organizations.raw_server import answer, raw_server
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db
PAGE, NEW = "/acme/sources/crm/", "/acme/sources/new/?kind="
FILE = {"file": "crm.sqlite3", "query": "SELECT * FROM figures"}
HUSH = "Authorization: Bearer zq7hush"
WHEN = {"name": "CRM", "every": "day", "at": "06:30"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.SOURCES_FOLDER = str(tmp_path)
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    sqlite_file(tmp_path, [("revenue", "sales", "2026-03", 100), ("nothing", "sales", "2026", 1)])
    return tmp_path


def text(answer_: object) -> str:
    return " ".join(answer_.content.decode().split())  # type: ignore[attr-defined]


def test_a_source_is_set_up_refreshed_paused_deleted_and_brought_back(
    acme: World, root: Client, folder: Path
) -> None:
    assert "Let values come by themselves" in text(root.get("/acme/sources/"))
    assert "Every day" in text(root.get(f"{NEW}sqlite"))

    saved = root.post(f"{NEW}sqlite", typed("sqlite", **FILE, **WHEN), follow=True)
    assert (saved.status_code, saved.redirect_chain[-1][0]) == (200, PAGE)
    assert "2026-05-05 06:30" in text(saved)
    assert "Waiting for a worker" in text(root.post(PAGE, {"do": "run"}, follow=True))
    run_due_jobs()
    seen = text(root.get(PAGE))
    for said in ("1 new, 1 refused", "There is no KPI", "Revenue, Sales", "Root"):
        assert said in seen
    assert "Up to date, 1 refused" in text(root.get("/acme/sources/"))

    paused = text(root.post(PAGE, {"do": "pause", "version": "1"}, follow=True))
    assert "is paused" in paused
    assert "Resume" in paused
    assert root.post(PAGE, {"do": "delete", "version": "1"}).status_code == 409
    assert "goes on" in text(root.post(PAGE, {"do": "resume", "version": "2"}, follow=True))
    gone = root.post(PAGE, {"do": "delete", "version": "3"}, follow=True)
    assert "Undo" in text(gone)
    assert root.get(PAGE).status_code == 404
    undo = {"do": "restore", "source": "crm"}
    assert "stands again" in text(root.post("/acme/sources/", undo, follow=True))


def test_a_try_shows_what_would_become_of_each_row_and_stores_nothing(
    acme: World, root: Client, folder: Path
) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 99}, user=acme.users["carol"])
    form = typed("sqlite", **FILE, **WHEN) | {"do": "try"}

    seen = text(root.post(f"{NEW}sqlite", form))

    assert "2 rows: 1 kept, 1 refused. Nothing is stored." in seen
    assert "99 stands. It was entered by hand" in seen
    assert "SELECT * FROM figures" in seen
    assert not Source.objects.exists()
    assert Measurement.objects.count() == 1
    wrong = root.post(f"{NEW}sqlite", form | {"query": ""})
    assert (wrong.status_code, "some fields cannot be used yet" in text(wrong)) == (422, True)
    missing = text(root.post(f"{NEW}sqlite", form | {"file": "none.sqlite3"}))
    assert "There is no file none.sqlite3" in missing


@pytest.mark.parametrize(
    ("content", "status", "said", "told"),
    [
        (b'{"found": [1]}', "200 OK", {"rows": "data"}, "there is no list of rows"),
        (b'{"X-Key": "kept-by-us"}', "500 Broken", {}, "The answer is the status 500"),
        (b"<!DOCTYPE html>found", "200 OK", {}, "web page"),
        (b"found", "200 OK", {}, "The answer is not JSON"),
    ],
)
def test_a_try_shows_the_answer_that_cannot_be_used(
    root: Client, folder: Path, content: bytes, status: str, said: dict[str, str], told: str
) -> None:
    with raw_server(answer(content, status=status)) as server:
        form = typed("json", url=server.url("/a"), value_path="v", **said) | {"do": "try"}
        form["secret_header"] = "X-Key: kept-by-us"
        seen = text(root.post(f"{NEW}json", form))
    assert told in seen
    assert f"<h3>Asked</h3> <pre>GET {server.url('/a')} X-Key: (kept secret)</pre>" in seen
    shown = escape(content.decode().replace("kept-by-us", "(kept secret)"))
    assert f"Status {status[:3]}, {len(content)} bytes {shown}</pre>" in seen


def test_a_try_of_an_empty_form_names_each_field_where_it_answers(root: Client) -> None:
    sent = typed("json") | {"do": "try"}
    part = root.post(f"{NEW}json", sent, headers={"HX-Request": "true", "HX-Target": "try"})
    seen = text(part)
    assert seen.startswith('<div id="try"')
    assert '<a href="#id-url">Address</a>: ' in seen
    assert '<a href="#id-value_path">Path of the value</a>: This cannot stay empty.' in seen


def test_a_refresh_that_is_tried_again_says_when_and_why(
    acme: World, root: Client, folder: Path
) -> None:
    source = new_source(acme, kind="json", url="http://127.0.0.1:9/", value_path="v")
    refreshed(source, acme)
    for page in ("/acme/sources/", PAGE):
        seen = text(root.get(page))
        assert "Failed; tried again at 12:0" in seen
        assert "cannot be reached" in seen
        assert "Waiting for a worker" not in seen
    assert "Waiting for a worker" in text(root.post(PAGE, {"do": "run"}, follow=True))


def test_what_a_form_cannot_use_is_said_beside_the_field_and_kept(
    acme: World, root: Client
) -> None:
    sent = typed("json", url="https://x/{nothing}", value_path="v", kpi="secret_sauce")
    sent |= {"name": "", "every": "week", "at": "25:00", "secret_header": HUSH}
    refused = root.post(f"{NEW}json", sent)

    assert refused.status_code == 422
    seen = text(refused)
    for said in ("There is no {nothing}", "There is no KPI of this code", "Write a name"):
        assert said in seen
    assert "Write a time from 00:00 to 23:59" in seen
    assert "https://x/{nothing}" in seen
    assert "zq7hush" not in seen
    assert "What you typed is not shown again" in seen
    assert root.get(f"{NEW}nothing").status_code == 404
    assert root.post(PAGE, {"do": "run"}).status_code == 404


def test_a_secret_is_sent_to_its_host_and_never_shown(
    acme: World, root: Client, folder: Path
) -> None:
    with raw_server(answer(b'[{"v": 5, "m": "2026-03"}]')) as server:
        about = {"url": server.url("/a"), "value_path": "v", "period_path": "m"}
        source = new_source(acme, kind="json", kpi="nps", secret_header=HUSH, **about)
        form = typed("json", kpi="nps", **about) | WHEN | {"version": "1"}
        seen = [text(root.get(PAGE)), text(root.get(f"{PAGE}edit/"))]
        seen.append(text(root.post(f"{PAGE}edit/", form | {"do": "try"})))
        assert "One is kept" in seen[1]
        elsewhere = server.url("/a", host="localhost")
        seen.append(text(root.post(f"{PAGE}edit/", form | {"do": "try", "url": elsewhere})))
    heads = [head.decode() for head in server.asked]

    assert ["zq7hush" in head for head in heads] == [True, False]
    assert not any("zq7hush" in page for page in seen)
    assert "Secret header" in seen[0]
    assert root.post(f"{PAGE}edit/", form).status_code == 302
    assert secrets.secrets_of(source) == {"secret_header": HUSH}
    moved = form | {"version": "2", "url": elsewhere}
    said = "Its secret was forgotten, because it asks another host: type it again."
    assert said in text(root.post(f"{PAGE}edit/", moved, follow=True))


def test_a_stale_save_shows_both_versions(acme: World, root: Client, folder: Path) -> None:
    new_source(acme, **FILE)
    form = typed("sqlite", **FILE) | WHEN | {"version": "1"}
    root.post(f"{PAGE}edit/", form | {"name": "Theirs", "periods": "3"})

    stale = root.post(f"{PAGE}edit/", form | {"name": "Mine"})

    seen = text(stale)
    assert stale.status_code == 409
    assert "Root saved this source" in seen
    assert 'value="Mine"' in seen
    assert "Saved meanwhile: <b>Theirs</b>" in seen
    assert 'name="version" value="2"' in seen
    assert 'name="periods" value="3"' in seen
    assert Source.objects.get().name == "Theirs"


def test_the_source_wins_where_somebody_lets_it(acme: World, root: Client, folder: Path) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 99}, user=acme.users["carol"])
    source = new_source(acme, **FILE)
    run = refreshed(source, acme)
    key = f"{acme.assignment('revenue', 'sales').pk} 2026-03-01"
    assert key in text(root.get(PAGE))

    deed = {"do": "win", "run": str(run.pk)}
    assert root.post(PAGE, deed).status_code == 422
    assert root.post(PAGE, {**deed, "run": "999999", "row": key}).status_code == 404
    assert "1 value is the source’s now" in text(root.post(PAGE, {**deed, "row": key}, follow=True))
    assert Measurement.objects.get().value == 100


def test_the_page_of_a_kpi_says_where_its_values_come_from(
    acme: World, root: Client, folder: Path
) -> None:
    source = new_source(acme, **FILE)
    refreshed(source, acme)
    sqlite_file(folder, []).unlink()
    refreshed(source, acme)
    refresh_scores(organization_id=acme.organization.pk)
    page = "/acme/kpis/revenue/?unit=sales"
    seen = text(root.get(page))
    assert f'<a href="{PAGE}">CRM</a>, refreshed 12:00 today' in seen
    assert "Stale: the last refresh failed" in seen
    assert "no file crm.sqlite3" in seen
    assert "source “CRM”" in seen  # beside the value

    root.force_login(acme.users["bob"])
    bobs = text(root.get(page))
    assert "<b>CRM</b>" in bobs
    assert "Stale" in bobs
    assert "crm.sqlite3" not in bobs
    assert root.get(PAGE).status_code == 403


def test_two_sources_of_the_same_place_are_warned_of_on_both_pages_and_by_a_try(
    acme: World, root: Client, folder: Path
) -> None:
    refreshed(new_source(acme, **FILE), acme)
    form = typed("sqlite", **FILE, **WHEN) | {"name": "Second", "code": "second"}
    warning = f'<a href="{PAGE}">CRM</a> brings values for the same places: Revenue, Sales.'
    tried = " ".join(text(root.post(f"{NEW}sqlite", form | {"do": "try"})).split())
    assert warning in tried
    assert "for the same places" not in text(root.get(PAGE))

    chosen = form | {"kpi": "revenue", "unit": "sales"}
    seen = " ".join(text(root.post(f"{NEW}sqlite", chosen, follow=True)).split())
    assert "Second" in seen
    assert warning in seen
    assert "Second</a> brings values for the same places" in text(root.get(PAGE))
    Source.objects.get(code="second").mark_deleted()
    assert "for the same places" not in text(root.get(PAGE))


def test_the_list_takes_as_many_statements_for_many(
    acme: World, rival: World, root: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = new_source(acme, kind="json", url=f"https://{CANARY}/", value_path="v")
    Source.objects.filter(pk=other.pk).update(organization=rival.organization)
    assert CANARY not in text(root.get("/acme/sources/"))
    assert root.get(PAGE).status_code == 404
    new_source(acme, **FILE)
    for number in range(3):
        copy = Source.objects.get(organization=acme.organization, code="crm")
        copy.pk, copy.code = None, f"crm_{number}"
        copy.author = acme.token(name=f"author {number}")[0]
        copy.save()
        SourceRun.objects.create(
            organization=acme.organization,
            source=copy,
            started_at=NOW,
            finished_at=NOW,
            state="done",
        )
    root.get("/acme/sources/")
    with django_assert_num_queries(8):
        root.get("/acme/sources/")
