"""Webhooks: what is told to whom, signed so that receivers can tell, and never lost."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from organizations.models import Job
from organizations.services.jobs.queue import retry_job
from organizations.services.jobs.running import run_due_jobs
from organizations.services.structure import StaleVersion, changed
from scorecards.models import Webhook, WebhookChannel, WebhookDelivery
from scorecards.services.closing import close_period
from scorecards.services.refresh import refresh_scores
from scorecards.services.webhooks import announcing, keeping
from scorecards.services.webhooks.keeping import add_webhook, change_webhook, renew_secret
from scorecards.services.webhooks.secrets import key_of
from tests.kpis.sources_world import new_source
from tests.worlds import CANARY, NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/webhooks/"
EVERYTHING = list(Webhook.Event.values)


@dataclass
class Receiver:
    """A server of flesh and blood; answers: the statuses that it gives, the last one for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", "4")
            self.send_header("Retry-After", "120")
            self.end_headers()
            if status != 204:
                self.wfile.write(b"so\x00!")

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def hook(world: World, url: str, unit: str = "acme", **about: Any) -> tuple[Webhook, str]:
    fields = {"name": "CRM", "url": url, "unit": world.units[unit], "events": EVERYTHING, **about}
    return add_webhook(organization=world.organization, **fields)


def refreshed(world: World) -> None:
    refresh_scores(organization_id=world.organization.pk)


def test_what_is_recorded_and_what_follows_is_told(acme: World, receiver: Receiver) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 50, "2026-02-01": 95})
    refreshed(acme)
    hook(acme, receiver.url)
    acme.record("revenue", "sales", {"2026-02-01": 101.5, "2026-03-01": 99})
    refreshed(acme)
    assert receiver.got == []  # told by a worker, never within the transaction
    run_due_jobs()
    values = next(each for each in receiver.told if each["type"] == "value.recorded")
    assert values["data"]["organization"] == "acme"
    told = [
        (each["kpi"], each["unit"], each["period"], each["value"])
        for each in values["data"]["values"]
    ]
    assert told == [
        ("revenue", "sales", "2026-02", 101.5),
        ("revenue", "sales", "2026-03", 99),
    ]
    changes = [
        (each["of"], each["code"], each["period"], each["from"], each["to"])
        for each in receiver.told
        if each["type"] == "status.changed"
        for each in each["data"]["changes"]
        if each["unit"] == "sales" and each["period"] == "2026-02"
    ]
    rises = ("2026-02", "below_target", "on_target")
    assert sorted(changes) == [("kpi", "revenue", *rises), ("objective", "grow", *rises)]
    refreshed(acme)
    run_due_jobs()
    assert len(receiver.told) == 2  # nothing is told twice


def test_closing_is_told_with_its_note(acme: World, receiver: Receiver) -> None:
    hook(acme, receiver.url, unit="emea", events=["period.closed"])
    april = acme.organization.calendar.parse_label("2026-04")
    close_period(unit=acme.units["apac"], period=april)
    close_period(unit=acme.units["emea"], period=april, note="Reviewed.")
    run_due_jobs()
    (told,) = receiver.told
    about = told["data"]["periods"][0]
    assert (about["unit"], about["period"], about["note"]) == ("emea", "2026-04", "Reviewed.")


def told_of_values(world: World) -> list[Webhook]:
    at_work = announcing.webhooks_at_work(world.organization)
    return announcing.listeners(at_work, "value.recorded")


def test_nothing_leaves_its_unit_its_organization_or_an_individual(
    acme: World, rival: World, receiver: Receiver
) -> None:
    hook(acme, receiver.url, unit="apac", events=["value.recorded"])
    hook(rival, receiver.url, unit="emea", events=["status.changed"])
    acme.record("revenue", "sales", {"2026-03-01": 99})
    rival.record("secret_sauce", "emea", {"2026-01-01": 1})
    refreshed(acme)
    refreshed(rival)
    assert not WebhookDelivery.objects.exists()
    hook(acme, receiver.url, name="All")
    assert told_of_values(rival) == []
    happening = announcing.Happening(acme.units["ada"].pk, {"kpi": CANARY})
    webhooks = told_of_values(acme)
    announcing.announce(acme.organization, webhooks, "value.recorded", "values", [happening])
    assert not WebhookDelivery.objects.exists()


def test_a_receiver_can_tell_that_it_is_ours(acme: World, receiver: Receiver) -> None:
    webhook, secret = hook(acme, receiver.url)
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    newer = renew_secret(webhook=webhook)
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    with time_machine.travel(NOW + dt.timedelta(days=2)):
        keeping.test_webhook(webhook=webhook)
        run_due_jobs()
    signed_with = [[secret], [newer, secret], [newer]]
    for (headers, body), secrets in zip(receiver.got, signed_with, strict=True):
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
        signatures = headers["webhook-signature"].split(" ")
        assert signatures == [
            "v1,"
            + base64.b64encode(hmac.new(key_of(each), content, hashlib.sha256).digest()).decode()
            for each in secrets
        ]
    stored = WebhookChannel.objects.get(webhook=webhook)
    assert secret not in str(vars(stored)) + str(list(Webhook.history.values()))


def test_what_is_refused_is_sent_again_under_the_same_name(acme: World, receiver: Receiver) -> None:
    webhook, _ = hook(acme, receiver.url)
    receiver.answers = [500, 503, 204]
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    job = Job.objects.get()
    assert (job.state, job.reason) == ("waiting", "The receiver answered 500.")
    assert job.due_at > timezone.now() + dt.timedelta(seconds=100)  # as the receiver asked
    assert WebhookChannel.objects.get().failing_since
    with time_machine.travel(job.due_at, tick=False):
        run_due_jobs()
    assert WebhookDelivery.objects.get().said == "so!"
    with time_machine.travel(Job.objects.get().due_at, tick=False):
        run_due_jobs()
    assert Job.objects.get().state == "done"
    assert WebhookChannel.objects.get().failing_since is None
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_dead_receiver_is_paused_after_days(acme: World, receiver: Receiver) -> None:
    webhook, _ = hook(acme, receiver.url)
    receiver.answers = [400]
    keeping.test_webhook(webhook=webhook)
    tries = 0
    while (job := Job.objects.get()).state == "waiting" and tries < 20:
        at = max(job.due_at, NOW + dt.timedelta(days=tries))
        with time_machine.travel(at, tick=False):
            run_due_jobs()
        tries += 1
    assert (job.state, tries) == ("failed", 8)
    channel = WebhookChannel.objects.get()
    assert "3 days" in channel.paused_why
    acme.record("revenue", "sales", {"2026-03-01": 99})
    refreshed(acme)
    assert WebhookDelivery.objects.count() == 1
    keeping.resume_webhook(webhook=webhook)
    receiver.answers = [410]
    retry_job(job=job)
    run_due_jobs()
    assert "410" in WebhookChannel.objects.get().paused_why


def test_private_addresses_are_refused_at_once(acme: World) -> None:
    webhook, _ = hook(acme, "http://127.0.0.1:9/hook")
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    assert Job.objects.get().state == "failed"
    assert "not public" in WebhookDelivery.objects.get().said


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://user:word@example.com/"}, "url"),
        ({"url": "https://example.com/" + "x" * 500}, "url"),
        ({"events": []}, "events"),
        ({"events": ["nonsense"]}, "events"),
        ({"unit": "ada"}, "unit"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    acme: World, about: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        hook(acme, **{"url": "https://example.com/", **about})
    assert field in refused.value.message_dict
    assert not Webhook.objects.exists()


def test_it_never_crosses_the_border(acme: World, rival: World) -> None:
    with pytest.raises(ValidationError, match="no such"):
        add_webhook(
            organization=acme.organization,
            name="x",
            url="https://example.com/",
            unit=rival.units["emea"],
            events=EVERYTHING,
        )


# --- The pages


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


FORM = {
    "do": "add",
    "name": "CRM",
    "url": "https://example.com/hook",
    "unit": "emea",
    "events": ["value.recorded", "period.closed"],
}


def test_from_an_empty_page_to_one_that_is_told(root: Client, acme: World) -> None:
    assert "No other system is told yet" in root.get(PAGE).content.decode()
    answer = root.post(PAGE, FORM, follow=True)
    page = answer.content.decode()
    assert "whsec_" in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert "whsec_" not in root.get(f"{PAGE}crm/").content.decode()
    webhook = Webhook.objects.get()
    assert (webhook.unit, webhook.events) == (acme.units["emea"], FORM["events"])
    rows = root.get(PAGE).content.decode()
    assert "example.com" in rows
    assert "active" in rows


def test_what_was_typed_stays_with_what_is_wrong(root: Client) -> None:
    page = root.post(PAGE, FORM | {"url": "example.com", "events": []}).content.decode()
    for said in ("https://host/path", "Choose what it is told.", 'value="example.com"', "CRM"):
        assert said in page
    assert root.post(PAGE, FORM | {"unit": "nowhere"}).status_code == 422
    assert root.post(PAGE, FORM | {"do": "nonsense"}).status_code == 422
    assert root.post(PAGE, FORM | {"name": "a\x00b"}).status_code == 422


def test_changes_pauses_and_removal_can_be_undone(root: Client, acme: World) -> None:
    hook(acme, "https://example.com/")
    here = f"{PAGE}crm/"
    saved = FORM | {"do": "save", "version": "1", "name": "Sales CRM"}
    assert root.post(here, saved).status_code == 302
    stale = root.post(here, saved | {"name": "Mine"})
    assert stale.status_code == 409
    assert "Sales CRM" in stale.content.decode()
    assert 'value="Mine"' in stale.content.decode()
    assert "Paused since" in root.post(here, {"do": "pause"}, follow=True).content.decode()
    assert "Paused since" not in root.post(here, {"do": "resume"}, follow=True).content.decode()
    assert "whsec_" in root.post(here, {"do": "renew"}, follow=True).content.decode()
    assert root.post(here, {"do": "test"}).status_code == 302
    assert "waiting" in root.get(here).content.decode()
    assert root.post(here, {"do": "remove", "version": "1"}).status_code == 409
    assert "Undo" in root.post(here, {"do": "remove", "version": "2"}, follow=True).content.decode()
    assert root.get(here).status_code == 404
    root.post(PAGE, {"do": "restore", "webhook": "crm"})
    assert root.get(here).status_code == 200


def test_a_failed_message_is_sent_again_from_the_page(root: Client, acme: World) -> None:
    webhook, _ = hook(acme, "http://127.0.0.1:9/")
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    here, job = f"{PAGE}crm/", Job.objects.get()
    assert "Send again" in root.get(here).content.decode()
    assert root.post(here, {"do": "repeat", "job": str(job.code)}).status_code == 302
    assert Job.objects.get().state == "waiting"
    for wrong in (str(job.code), "nonsense", "0" * 32):
        assert root.post(here, {"do": "repeat", "job": wrong}).status_code == 422


def test_pages_cost_the_same_for_many(root: Client, acme: World) -> None:
    def statements(address: str) -> int:
        with CaptureQueriesContext(connection) as context:
            assert root.get(address).status_code == 200
        return len(context)

    webhook, _ = hook(acme, "https://example.com/")
    keeping.test_webhook(webhook=webhook)
    few = statements(PAGE), statements(f"{PAGE}crm/")
    for number in range(5):
        hook(acme, "https://example.com/", name=f"More {number}")
        keeping.test_webhook(webhook=webhook)
    assert (statements(PAGE), statements(f"{PAGE}crm/")) == few


def test_there_are_not_too_many(acme: World) -> None:
    for number in range(keeping.MOST):
        hook(acme, "https://example.com/", name=f"Number {number}")
    with pytest.raises(ValidationError, match="remove one first"):
        hook(acme, "https://example.com/")


def test_two_writers_see_both_versions(acme: World) -> None:
    webhook, _ = hook(acme, "https://example.com/")
    about: dict[str, Any] = {"url": webhook.url, "unit": webhook.unit, "events": EVERYTHING}
    change_webhook(webhook=webhook, version=1, name="First", **about)
    with pytest.raises(StaleVersion):
        change_webhook(webhook=webhook, version=1, name="Second", **about)


def test_the_documented_check_accepts_ours_only(acme: World, receiver: Receiver) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/webhooks.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example
    found: dict[str, Any] = {}
    exec(example.group(1), found)
    webhook, secret = hook(acme, receiver.url)
    keeping.test_webhook(webhook=webhook)
    run_due_jobs()
    ((headers, body),) = receiver.got
    assert found["is_ours"](secret, headers, body.encode())
    assert not found["is_ours"](secret, headers, body.encode() + b" ")
    assert not found["is_ours"]("whsec_" + "A" * 44, headers, body.encode())
    with time_machine.travel(NOW + dt.timedelta(hours=1)):
        assert not found["is_ours"](secret, headers, body.encode())


def test_what_was_set_up_stands_among_what_changed(root: Client, acme: World) -> None:
    webhook, _ = hook(acme, "https://example.com/", name="Ledger")
    about: dict[str, Any] = {"url": "https://example.com/new", "unit": webhook.unit}
    told = [Webhook.Event.PERIOD_CLOSED]
    change_webhook(webhook=webhook, version=1, name="Ledger", events=told, **about)
    source = new_source(acme)
    source.settings |= {"query": "select 42"}
    changed(source, acme.users["root"])
    keeping.remove_webhook(webhook=webhook, version=2, by=acme.users["root"])
    page = root.get("/acme/changes/?kind=webhook").content.decode()
    assert page.count("Ledger") >= 3
    assert "https://example.com/new" in page
    assert "value.recorded" in page
    assert "select 42" in root.get("/acme/changes/?kind=source").content.decode()
    root.force_login(acme.users["alice"])
    assert "Ledger" not in root.get("/acme/changes/").content.decode()
