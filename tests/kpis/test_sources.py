"""Sources: what a refresh records, keeps and refuses; who is bound by what; what stays secret."""

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from kpis.models import Measurement, MeasurementRevision, Source, SourceFeed, SourceRun
from kpis.services.sources import secrets
from kpis.services.sources.editing import (
    change_source,
    checked_settings,
    delete_source,
    let_source_win,
    line_key,
    pause_source,
    restore_source,
)
from kpis.services.sources.kinds import kinds
from kpis.services.sources.running import ask_for_run, source_access
from organizations.access import user_access, valid_token
from organizations.models import ApiToken, Job, Membership, Slot
from organizations.services.jobs.running import run_due_jobs
from organizations.services.jobs.slots import fire_due_slots
from organizations.services.structure import StaleVersion
from scorecards.services.closing import close_period
from tests.kpis.sources_world import HOURLY, new_source, refreshed, sqlite_file, typed
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db(transaction=False), pytest.mark.both_databases]
MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def now() -> object:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.SOURCES_FOLDER = str(tmp_path)
    return tmp_path


def fired(at: dt.datetime | None = None) -> int:
    """How many sources the clock asked for."""
    slots = Slot.objects.filter(what__startswith="source ")
    before = slots.count()
    fire_due_slots(at)
    return slots.count() - before


def value(acme: World, period: dt.date, kpi: str = "revenue") -> Measurement:
    return Measurement.objects.get(assignment=acme.assignment(kpi, "sales"), period_start=period)


def counts(run: SourceRun) -> tuple[int, ...]:
    return run.created, run.updated, run.unchanged, run.kept, run.refused


def test_a_refresh_records_what_is_new_and_says_what_it_refused(acme: World, folder: Path) -> None:
    rows = [
        ("revenue", "sales", "2026-03", 100),
        ("revenue", "sales", "2026-04-17", "120,5"),  # a day within it, a number as text
        ("nps", "sales", "2026-Q1", 40),
        ("rating", "sales", "2026-03", "B"),
        ("nothing", "sales", "2026-03", 1),
        ("secret_sauce", "emea", "2026-03", 1),  # the rival's
        ("revenue", "nowhere", "2026-03", 1),
        ("revenue", "sales", "2026-Q1", 1),
        ("revenue", "sales", "2031-03", 1),
        ("share", "sales", "2026-03", 101),
        ("defects", "sales", "2026-03", "many"),
        ("defects", "sales", "2026-04", None),
        ("nps", "sales", "2026-Q1", 41),
    ]
    sqlite_file(folder, rows)
    source = new_source(acme)

    run = refreshed(source, acme)

    assert (run.state, run.asked_by) == ("done", acme.users["root"])
    assert counts(run) == (4, 0, 0, 0, 8)
    assert [(line["kpi"], line["period"]) for line in run.lines][:2] == [
        ("nothing", "2026-03"),
        ("secret_sauce", "2026-03"),
    ]
    said = [line["said"] for line in run.lines]
    assert "There is no KPI" in said[0]
    assert said[0].replace("nothing", "secret_sauce") == said[1]
    assert said[-1].startswith("A row before it is for the same KPI")
    assert run.said == "1 row without a value left out."
    assert value(acme, APRIL).value == 120.5
    assert value(acme, MARCH).recorded_by == "source “CRM”"
    assert value(acme, MARCH, "rating").value == 2
    fed = SourceFeed.objects.filter(source=source).values_list("assignment__kpi__code", flat=True)
    assert set(fed) == {"revenue", "nps", "rating"}

    assert counts(refreshed(source, acme)) == (0, 0, 4, 0, 8)
    sqlite_file(folder, [("revenue", "sales", "2026-03", 101)])
    assert counts(refreshed(source, acme)) == (0, 1, 0, 0, 0)
    assert MeasurementRevision.objects.get(assignment=value(acme, MARCH).assignment).value == 100
    assert SourceFeed.objects.get(source=source).assignment == value(acme, MARCH).assignment


def test_what_was_entered_by_hand_stands_until_somebody_lets_the_source_win(
    acme: World, folder: Path
) -> None:
    sqlite_file(folder, [("revenue", "sales", "2026-03", 100), ("revenue", "sales", "2026-04", 7)])
    acme.record("revenue", "sales", {"2026-03-01": 99}, user=acme.users["carol"])
    acme.record("revenue", "sales", {"2026-04-01": 7}, user=acme.users["carol"])
    source = new_source(acme)

    run = refreshed(source, acme)
    assert counts(run) == (0, 0, 1, 1, 0)
    assert (value(acme, MARCH).value, value(acme, MARCH).user) == (99, acme.users["carol"])
    line = run.lines[0]
    assert (line["value"], line["standing"], line["verdict"]) == (100, 99, "kept")

    access = user_access(acme.users["root"], "acme")
    assert access is not None
    assert let_source_win(access=access, source=source, run=run, keys=["unknown"]) == (0, [])
    won = let_source_win(access=access, source=source, run=run, keys=[line_key(line)])
    assert won == (1, [])
    run.refresh_from_db()
    assert (run.kept, run.updated, run.lines) == (0, 1, [])
    assert (value(acme, MARCH).value, value(acme, MARCH).recorded_by) == (100, "source “CRM”")

    sqlite_file(folder, [("revenue", "sales", "2026-03", 102)])
    assert counts(refreshed(source, acme)) == (0, 1, 0, 0, 0)


def test_a_closed_period_refuses_only_what_differs(acme: World, folder: Path) -> None:
    sqlite_file(folder, [("revenue", "sales", "2026-01", 5), ("revenue", "sales", "2026-02", 5)])
    source = new_source(acme)
    refreshed(source, acme)
    for month in ("2026-01", "2026-02"):
        close(acme, month)
    sqlite_file(folder, [("revenue", "sales", "2026-01", 5), ("revenue", "sales", "2026-02", 6)])

    run = refreshed(source, acme)

    assert counts(run) == (0, 0, 1, 0, 1)
    assert "closed" in run.lines[0]["said"]


def close(acme: World, month: str) -> None:
    calendar = acme.organization.calendar
    close_period(
        unit=acme.units["sales"], period=calendar.parse_label(month), by=acme.users["root"]
    )


def test_it_may_what_whoever_configured_it_last_may_at_that_moment(
    acme: World, folder: Path
) -> None:
    sqlite_file(folder, [("revenue", "sales", "2026-03", 1), ("revenue", "emea", "2026-03", 2)])
    source = new_source(acme, by="carol")

    run = refreshed(source, acme)
    assert counts(run) == (1, 0, 0, 0, 1)
    assert "emea" in run.lines[0]["said"]

    Membership.objects.get(user=acme.users["carol"]).delete()
    run = refreshed(source, acme)
    assert (run.state, "Carol" in run.said, "no role" in run.said) == ("failed", True, True)
    assert value(acme, MARCH).value == 1

    change_source(
        source=source,
        by=acme.users["root"],
        version=source.version,
        name="CRM of Acme",
        settings=source.settings,
        secrets={},
        schedule=HOURLY,
    )
    source.refresh_from_db()
    assert counts(refreshed(source, acme)) == (1, 0, 1, 0, 0)
    assert value(acme, MARCH).recorded_by == "source “CRM of Acme”"


def test_nobody_can_use_the_author_of_a_source_as_a_token(acme: World) -> None:
    author = new_source(acme).author
    assert not ApiToken.objects.in_force().filter(pk=author.pk).exists()
    assert author.scopes == []
    assert valid_token("los_" + "a" * 40) is None
    assert not author.history.exists()


def test_a_source_that_fails_keeps_its_values_and_delays_no_other(
    acme: World, folder: Path
) -> None:
    path = sqlite_file(folder, [("revenue", "sales", "2026-03", 1)])
    source = new_source(acme)
    refreshed(source, acme)
    path.unlink()

    run = refreshed(source, acme)

    assert (run.state, run.said) == ("failed", "There is no file crm.sqlite3 in the folder.")
    assert value(acme, MARCH).value == 1
    job = Job.objects.get(code=run.job)
    assert (job.state, job.reason) == ("failed", run.said)
    assert SourceFeed.objects.filter(source=source).count() == 1


def test_a_source_that_is_away_is_tried_again_by_the_same_run(
    acme: World,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    source = new_source(acme, kind="json", url="http://127.0.0.1:9/", value_path="v", kpi="revenue")

    run = refreshed(source, acme)
    assert run.state == "failed"
    assert "cannot be reached" in run.said
    assert run_due_jobs() == 0
    with django_capture_on_commit_callbacks() as woken:
        assert ask_for_run(source=source, by=None).code == run.job  # now, not at its time
    assert len(woken) == 1
    assert run_due_jobs() == 1
    again = SourceRun.objects.get(source=source)
    assert again.started_at > run.started_at
    Job.objects.filter(code=run.job).update(due_at=NOW)
    run_due_jobs()
    assert Job.objects.get(code=run.job).state == "failed"


def test_the_schedule_asks_once_for_each_slot_and_rests_while_paused(
    acme: World, folder: Path
) -> None:
    sqlite_file(folder, [("revenue", "sales", "2026-03", 1)])
    source = new_source(acme)
    later = NOW + dt.timedelta(hours=1)

    assert [fired(NOW), fired(later), fired(later)] == [0, 1, 0]
    assert ask_for_run(source=source, by=None).state == "waiting"
    assert Job.objects.filter(kind="refresh_source").count() == 1
    run_due_jobs()
    run = SourceRun.objects.get(source=source)
    assert (run.created, run.asked_by) == (1, None)

    paused = pause_source(
        source=source, by=acme.users["root"], version=source.version, is_paused=True
    )
    assert fired(later + dt.timedelta(hours=1)) == 0
    with time_machine.travel(later + dt.timedelta(hours=3)):
        pause_source(source=paused, by=acme.users["root"], version=paused.version, is_paused=False)
        assert fired() == 0  # it goes on from now
    assert fired(later + dt.timedelta(hours=4)) == 1


def test_a_deleted_source_stands_again_paused(acme: World, folder: Path) -> None:
    sqlite_file(folder, [("revenue", "sales", "2026-03", 1)])
    source, root = new_source(acme), acme.users["root"]
    refreshed(source, acme)
    gone = delete_source(source=source, by=root, version=source.version)
    assert fired(NOW + dt.timedelta(days=1)) == 0
    assert value(acme, MARCH).value == 1

    back = restore_source(source=gone, by=root)
    assert (back.is_paused, back.deleted_at) == (True, None)
    with pytest.raises(StaleVersion):
        pause_source(source=back, by=root, version=1, is_paused=False)
    assert back.history.latest().history_user == root


# --- Secrets


WEB = {"url": "https://crm.example/a", "value_path": "v", "kpi": "revenue"}


def change(source: Source, acme: World, **said: str) -> Source:
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    kind = kinds()[source.kind]
    texts = typed(source.kind, **{**source.settings, "secret_header": "", **said})
    settings, new = checked_settings(access, kind, texts)
    return change_source(
        source=source,
        by=acme.users["root"],
        version=source.version,
        name=source.name,
        settings=settings,
        secrets=new,
        schedule=HOURLY,
    )


def test_secrets_are_stored_encrypted_and_forgotten_with_the_host(
    acme: World, settings: Settings
) -> None:
    hidden = "Authorization: Bearer zq7hush"
    source = new_source(acme, kind="json", secret_header=hidden, **WEB)
    assert secrets.secrets_of(source) == {"secret_header": hidden}
    assert not stored_anywhere("zq7hush")
    assert "secret_header" not in source.settings

    source = change(source, acme, url="https://crm.example/b")
    assert secrets.names_of(source) == {"secret_header"}

    before = settings.SECRET_KEY
    settings.SECRET_KEY = "another key that is long enough to be one, and not the former"
    settings.SECRET_KEY_FALLBACKS = [before]
    assert secrets.secrets_of(source) == {"secret_header": hidden}
    secrets.seal_anew(source)
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets.secrets_of(source) == {"secret_header": hidden}
    settings.SECRET_KEY = before
    assert secrets.names_of(source) == frozenset()
    run = refreshed(source, acme)
    assert (run.state, "enter them again" in run.said) == ("failed", True)

    source = change(source, acme, secret_header="X-Key: 2")
    source = change(source, acme, url="https://crm.example:444/b")
    assert secrets.names_of(source) == frozenset()


def test_a_password_is_not_sent_less_safely_than_it_was_meant_to_be(acme: World) -> None:
    about = {"host": "db.example", "database": "d", "user": "u", "query": "SELECT 1 AS value"}
    source = new_source(acme, kind="postgresql", password="zq7hush", tls="verify", **about)
    source = change(source, acme, query="SELECT 2 AS value")
    assert secrets.names_of(source) == {"password"}
    source = change(source, acme, tls="prefer")
    assert secrets.names_of(source) == frozenset()


def stored_anywhere(text: str) -> bool:
    with connection.cursor() as cursor:
        found = []
        for table in ("kpis_source", "kpis_historicalsource", "kpis_sourcesecret"):
            cursor.execute(f"SELECT * FROM {table}")
            found += cursor.fetchall()
    return text in str(found)


@pytest.mark.parametrize(
    ("kind", "said", "wrong"),
    [
        ("json", {"url": ""}, "url"),
        ("json", {"url": "ftp://x/"}, "url"),
        ("json", {"url": "https://u:p@x/"}, "url"),
        ("json", {"url": "https://x/{nothing}"}, "url"),
        ("json", {"url": "https://{period}.x/"}, "url"),
        ("json", {"headers": "no colon"}, "headers"),
        ("json", {"value_path": "a["}, "value_path"),
        ("json", {"kpi": "secret_sauce"}, "kpi"),
        ("json", {"unit": "rival"}, "unit"),
        ("json", {"frequency": "hour"}, "frequency"),
        ("json", {"periods": "25"}, "periods"),
        ("json", {"periods": "²"}, "periods"),
        ("json", {"rows": "a" * 201}, "rows"),
        ("sqlite", {"file": "../x"}, "file"),
        ("sqlite", {"file": "/etc/passwd"}, "file"),
        ("sqlite", {"query": "SELECT 1; SELECT 2"}, "query"),
        ("sqlite", {"query": "SELECT :when"}, "query"),
        ("postgresql", {"host": "db/x"}, "host"),
        ("postgresql", {"port": "0"}, "port"),
        ("mysql", {"tls": "never"}, "tls"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_field(
    acme: World, kind: str, said: dict[str, str], wrong: str
) -> None:
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    good = {"url": "https://x/", "value_path": "v", "file": "a", "query": "SELECT 1"}
    good |= {"host": "db", "database": "d", "user": "u"}
    with pytest.raises(ValidationError) as refused:
        checked_settings(access, kinds()[kind], typed(kind, **{**good, **said}))
    assert set(refused.value.message_dict) == {wrong}


def test_many_rows_take_no_more_statements(
    acme: World, folder: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    months = [f"{year}-{month:02}" for year in range(1990, 2026) for month in range(1, 13)]
    sqlite_file(folder, [("revenue", "sales", month, n) for n, month in enumerate(months)])
    source = new_source(acme)
    ask_for_run(source=source, by=None)
    with django_assert_max_num_queries(45):
        run_due_jobs()
    assert SourceRun.objects.get(source=source).created == len(months)
    assert source_access(source).token == source.author
