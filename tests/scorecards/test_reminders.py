"""Reminders of values that are due: who gets them, when, once, and how they stop."""

import datetime as dt
import re
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kpis.models import KPI, Assignment
from organizations.access import user_access
from organizations.models import Job, Membership, Organization
from organizations.services.jobs.running import run_due_jobs
from organizations.services.jobs.slots import fire_due_slots
from scorecards.models import ReminderChoice
from scorecards.selectors.entry.due import values_due
from scorecards.selectors.entry.owed import debtors
from scorecards.selectors.reminders import SALT, stop_code
from scorecards.services.reminders import choose_reminders
from tests.worlds import CANARY, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

# Tuesday to Monday; the value of April is due from 1 May, a Friday.
APRIL_IS_DUE = dt.date(2026, 5, 1)


@pytest.fixture
def owing(acme: World, settings: Settings) -> World:
    """Carol answers for revenue, of which April is missing; Bob, who may not, for defects."""
    settings.SITE_URL = "https://scores.example.org"
    Assignment.objects.update(starts_on=dt.date(2026, 4, 1))
    answer_for(acme, "revenue", "carol")
    answer_for(acme, "defects", "bob")
    return acme


def answer_for(world: World, kpi: str, person: str, unit: str = "sales") -> None:
    assignment = world.assignment(kpi, unit)
    assignment.responsible = world.people[person]
    assignment.save()


def morning(day: str, at: str = "07:00") -> None:
    """What the clock and the workers do at that time."""
    with time_machine.travel(f"{day}T{at}:30Z", tick=False):
        fire_due_slots()
        while run_due_jobs():
            pass


def chosen(world: World, rhythm: str, name: str = "carol") -> None:
    choose_reminders(organization=world.organization, user=world.users[name], rhythm=rhythm)


def test_a_reminder_says_what_is_due_and_where_it_is_entered(
    owing: World, mailoutbox: list[EmailMessage]
) -> None:
    morning("2026-05-01")
    (mail,) = mailoutbox
    assert mail.to == ["carol@example.org"]
    assert mail.subject == "Acme: 1 value is due"
    html = str(mail.alternatives[0][0])  # type: ignore[attr-defined]
    for said in (
        "Revenue for 2026-04, due since 1 May",
        "https://scores.example.org/acme/units/sales/values/",
        "https://scores.example.org/acme/values/",
        "https://scores.example.org/acme/me/",
        "https://scores.example.org/acme/reminders/",
    ):
        assert said in mail.body
        assert said in html
    stop = re.search(r"https://scores.example.org/reminders/stop/\S+/", str(mail.body))
    assert stop
    assert mail.extra_headers["List-Unsubscribe"] == f"<{stop[0]}>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        ("", [1, 8]),  # as it becomes due, and a week later
        ("news", [1, 8]),
        ("daily", list(range(1, 13))),
        ("weekly", [4, 11]),
        ("never", []),
    ],
)
def test_each_rhythm_has_its_days(
    owing: World, mailoutbox: list[EmailMessage], rhythm: str, days: list[int]
) -> None:
    if rhythm:
        chosen(owing, rhythm)
    found = []
    for day in range(1, 13):
        mailoutbox.clear()
        morning(f"2026-05-{day:02}")
        if day == 1:
            morning("2026-05-01", "07:01")  # once for each slot
        assert len(mailoutbox) <= 1
        found += [day] * len(mailoutbox)
    assert found == days


def test_it_is_seven_at_the_organizations_place(
    owing: World, mailoutbox: list[EmailMessage]
) -> None:
    Organization.objects.filter(code="acme").update(time_zone="America/New_York")
    chosen(owing, "daily")
    morning("2026-05-03", "10:58")
    before = len(mailoutbox)  # the slot of yesterday
    morning("2026-05-03", "10:59")
    assert len(mailoutbox) == before == 1
    morning("2026-05-03", "11:00")
    assert len(mailoutbox) == 2


def test_after_a_downtime_one_reminder_tells_of_all(
    owing: World, mailoutbox: list[EmailMessage]
) -> None:
    morning("2026-04-29")
    morning("2026-05-03")
    assert len(mailoutbox) == 1


def test_who_gets_none(owing: World, mailoutbox: list[EmailMessage]) -> None:
    """Bob may only read, Alice has left, Root has no address; Carol has entered hers by now."""
    for name in ("alice", "root"):
        chosen(owing, "daily", name)
    answer_for(owing, "nps", "alice")
    answer_for(owing, "share", "root")
    owing.users["alice"].is_active = False
    owing.users["alice"].save()
    owing.users["root"].email = ""
    owing.users["root"].save()
    with time_machine.travel("2026-05-01T07:00:30Z", tick=False):
        fire_due_slots()
        assert run_due_jobs(seconds=0) == 1  # whom to remind
        owing.record("revenue", "sales", {"2026-04-01": 90})
        run_due_jobs()
    assert mailoutbox == []
    assert Job.objects.filter(kind="remind").get().state == "done"
    Membership.objects.live().get(user=owing.users["carol"]).mark_deleted()
    assert debtors(owing.organization) == []


def test_what_is_owed_is_what_the_page_of_values_shows(owing: World) -> None:
    KPI.objects.filter(code="nps").update(owner=owing.people["carol"])
    with time_machine.travel("2026-07-02T07:00Z", tick=False):
        (found,) = debtors(owing.organization)
        access = user_access(owing.users["carol"], "acme")
        assert access
        page = values_due(access)
    shown = {
        (unit.code, row.code, row.cell.label)
        for unit in page.units
        for row in unit.rows
        if row.is_mine and row.cell.kind == "due"
    }
    assert shown == {(s.assignment.unit.code, s.assignment.kpi.code, s.label) for s in found.due}
    assert len(shown) == 4


def test_more_people_cost_no_more_statements(owing: World) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            debtors(owing.organization)
        return len(queries)

    with time_machine.travel("2026-07-02T07:00Z", tick=False):
        before = statements()
        answer_for(owing, "nps", "alice")
        answer_for(owing, "share", "root")
        answer_for(owing, "revenue", "root", "emea")
        assert len(debtors(owing.organization)) == 3
        assert statements() == before


# --- A mail server of flesh and blood


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks SMTP; `answers` says what it answers to a command instead of yes, "" = hangs up."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.answers: dict[str, str] = {}
        self.mails: list[str] = []


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(f"{self.server.answers.get('greeting', '220 here')}\r\n".encode())
        while line := self.rfile.readline().decode():
            word = line[:4].upper().strip()
            said = self.server.answers.get(word, {"DATA": "354 go on"}.get(word, "250 yes"))
            if not said:
                return
            self.wfile.write(f"{said}\r\n".encode())
            if said.startswith("354"):
                self.data()

    def data(self) -> None:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        self.server.mails.append("".join(lines))
        if said := self.server.answers.get(".", "250 taken"):
            self.wfile.write(f"{said}\r\n".encode())
        else:
            self.finish()
            self.connection.close()


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_TIMEOUT = 5
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "state", "said", "n_sent"),
    [
        ({}, "done", "", 1),
        ({"greeting": "421 busy"}, "waiting", "does not answer", 0),
        ({"RCPT": "450 later"}, "waiting", "did not take the e-mail (450)", 0),
        ({"RCPT": "550 unknown"}, "failed", "refuses the e-mail to this address (550)", 0),
        ({"DATA": "451 busy"}, "waiting", "(451)", 0),
        # It hangs up after the last line: it may have taken the mail.
        ({".": ""}, "failed", "Nobody knows whether it was", 1),
    ],
)
def test_a_mail_is_sent_once_whatever_the_server_does(
    owing: World, server: MailServer, answers: dict[str, str], state: str, said: str, n_sent: int
) -> None:
    server.answers.update(answers)
    morning("2026-05-01")
    job = Job.objects.get(kind="remind")
    assert (job.state, len(server.mails)) == (state, n_sent)
    assert said in job.reason
    server.answers.clear()
    morning("2026-05-01", "07:05")
    assert len(server.mails) == (0 if "550" in said else 1)
    if state == "done":
        assert f"Message-ID: <{job.code}@scores.example.org>" in server.mails[0]


def test_none_are_made_while_no_mail_server_is_named(owing: World, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    morning("2026-05-01")
    assert not Job.objects.exists()


# --- Choosing and stopping


def rhythm(world: World, name: str = "carol") -> str | None:
    rows = ReminderChoice.objects.filter(organization=world.organization)
    row = rows.filter(user=world.users[name]).first()
    return row.rhythm if row else None


def test_people_choose_for_themselves(acme: World, client: Client) -> None:
    client.force_login(acme.users["carol"])
    page = client.get("/acme/reminders/").content.decode()
    assert re.search(r'value="news"\s+checked', page)
    answer = client.post("/acme/reminders/", {"rhythm": "hourly"})
    assert answer.status_code == 422
    assert "Choose when" in answer.content.decode()
    assert client.post("/acme/reminders/", {"rhythm": "weekly"}).status_code == 302
    assert (rhythm(acme), rhythm(acme, "bob")) == ("weekly", None)
    assert "/acme/reminders/" in client.get("/acme/values/").content.decode()


def test_the_link_of_a_mail_stops_reminders_without_signing_in(acme: World, rival: World) -> None:
    client = Client(enforce_csrf_checks=True)
    link = f"/reminders/stop/{stop_code(acme.organization, acme.users['carol'])}/"
    page = client.get(link)
    assert (page.status_code, rhythm(acme)) == (200, None)  # whoever fetches it changes nothing
    assert "Stop the reminders" in page.content.decode()
    for _ in range(2):
        answer = client.post(link, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, rhythm(acme)) == (200, "never")
    assert CANARY not in answer.content.decode()
    carol = acme.users["carol"]
    Membership.objects.live().get(user=carol).mark_deleted()
    assert client.post(link).status_code == 404


def test_a_link_by_a_code_is_too_old_whoever_has_the_code_now(acme: World, client: Client) -> None:
    old = Signer(salt=SALT).sign_object(["acme", "carol"])
    for answer in (client.get(f"/reminders/stop/{old}/"), client.post(f"/reminders/stop/{old}/")):
        assert (answer.status_code, rhythm(acme)) == (410, None)
        assert "This link is too old. Sign in" in answer.content.decode()


@pytest.mark.parametrize("forge", [lambda code: code[:-1], lambda code: "x" + code, lambda _: "x"])
def test_links_cannot_be_made_up(acme: World, client: Client, forge: Any) -> None:
    code = stop_code(acme.organization, acme.users["carol"])
    assert client.post(f"/reminders/stop/{forge(code)}/").status_code == 404
    assert rhythm(acme) is None
