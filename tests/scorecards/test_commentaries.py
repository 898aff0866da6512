"""What people say of objectives: who may, what stands when, and the files that show it."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import unit_tree
from scorecards.models import Commentary, EvidenceFile, ReportedSheet
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.commentaries import said_lines
from scorecards.selectors.closing.report_document import opened_report
from scorecards.selectors.viewing import AsOf
from scorecards.services.closing import close_period
from scorecards.services.commentaries import (
    StaleCommentary,
    restore_commentary,
    say_commentary,
    take_back_commentary,
)
from scorecards.services.evidence import Upload
from scorecards.services.refresh import refresh_scores
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/units/sales/scorecard/commentary/"
BOARD = "/acme/units/sales/scorecard/?period=2026-Q1"
PDF, PNG = b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n..."


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True):
        yield


def quarter(world: World, label: str = "2026-Q1") -> Period:
    return world.organization.calendar.parse_label(label)


def say(world: World, text: str = "Slow start.", **about: Any) -> Commentary:
    said: dict[str, Any] = {"objective": "grow", "period": quarter(world)}
    said |= {"by": world.users["alice"], "scorecard": world.scorecards["sales"]}
    return say_commentary(text=text, **(said | about))


def told(world: World, at: dt.datetime | None = None) -> str:
    """What the board says of the objective, now or as of a moment."""
    access = Access(organization=world.organization, roles={}, is_unbound=True)
    node, sales = unit_tree(world.organization).by_code["sales"], world.scorecards["sales"]
    as_of = AsOf("then", at) if at else None
    data = board_data(access, node, sales, quarter(world), as_of)
    said = data.said.get("grow") if data else None
    return said.text if said else ""


def workbook(folder: str = "xl/") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr(f"{folder}workbook.xml", "")
    return file.getvalue()


def test_what_was_said_is_superseded_taken_back_and_brought_back(acme: World) -> None:
    sales = acme.scorecards["sales"]
    first = say(acme, files=[Upload("a/b\\Q1.pdf", PDF), Upload("c.png", PNG)])
    second = say(acme, " Better\n now. ", seen=first.said_at, kept=["Q1.pdf"])
    assert say(acme, "Better now.", seen=second.said_at, kept=["Q1.pdf"]) == second
    assert [e.name for e in second.evidence.all()] == ["Q1.pdf"]
    assert EvidenceFile.objects.count() == 2  # shared by both sentences
    about: dict[str, Any] = {"scorecard": sales, "objective": "grow", "period": quarter(acme)}
    gone = take_back_commentary(**about, seen=second.said_at, by=acme.users["root"])
    now = told(acme)
    back = restore_commentary(**about, said_at=gone.said_at, by=acme.users["root"])
    assert (now, told(acme)) == ("", "Better now.")
    assert [e.name for e in back.evidence.all()] == ["Q1.pdf"]
    assert told(acme, first.said_at) == "Slow start."
    assert told(acme, first.said_at - dt.timedelta(seconds=1)) == ""
    attempts: list[Callable[[], object]] = [
        lambda: say(acme, "Unseen."),
        lambda: say(acme, "Old.", seen=second.said_at),
        lambda: take_back_commentary(**about, seen=second.said_at, by=None),
        lambda: restore_commentary(**about, said_at=first.said_at, by=None),
    ]
    for attempt in attempts:
        with pytest.raises(StaleCommentary) as stale:
            attempt()
        assert stale.value.standing == back


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"text": "  \n "}, "Write a sentence"),
        ({"text": "x" * 501}, "at most 500"),
        ({"text": "nul \x00"}, "cannot be stored"),
        ({"objective": "nothing"}, "no objective"),
        ({"label": "2026-06"}, "not begun"),
        ({"label": "2026-W02"}, "does not report by week"),
        ({"files": [Upload("x.exe", b"MZ")]}, "no PDF"),
        ({"files": [Upload(".csv", b"a")]}, "no PDF"),
        ({"files": [Upload("x.pdf", b"")]}, "empty"),
        ({"files": [Upload("x.pdf", PNG)]}, "something else"),
        ({"files": [Upload("x.webp", b"RIFF1234AVI ")]}, "something else"),
        ({"files": [Upload("x.csv", b"a\x00b")]}, "something else"),
        ({"files": [Upload("x.docx", workbook())]}, "something else"),
        ({"files": [Upload("x.xlsx", b"PK\x03\x04")]}, "something else"),
        ({"files": [Upload("x.txt", b"a" * 10_000_001)]}, "larger than 10 MB"),
        ({"files": [Upload("x.txt", b"a"), Upload("d/x.txt", b"b")]}, "twice"),
        ({"files": [Upload(f"{n}.txt", b"a") for n in range(6)]}, "at most 5"),
        ({"files": [Upload("a\u202e.txt", b"a")]}, "plain characters"),
        ({"files": [Upload("a" * 197 + ".txt", b"a")]}, "plain characters"),
    ],
)
def test_what_cannot_be_said_is_refused(acme: World, about: dict[str, Any], why: str) -> None:
    label = about.pop("label", "")
    period = {"period": quarter(acme, label)} if label else {}
    with pytest.raises(ValidationError, match=why):
        say(acme, **(about | period))
    assert not Commentary.objects.exists()


def test_limits_are_met_exactly(acme: World) -> None:
    files = [Upload("a.XLSX", workbook()), Upload("b.txt", b"a" * 10_000_000)]
    said = say(acme, "x" * 500, files=files)
    kept = ["a.XLSX", "b.txt"]
    more = [Upload(f"{n}.jpg", b"\xff\xd8\xff" + bytes([n])) for n in range(3)]
    assert say(acme, "y", seen=said.said_at, kept=kept, files=more).evidence.count() == 5


def test_a_closed_period_keeps_what_was_said(acme: World) -> None:
    refresh_scores(organization_id=acme.organization.pk)
    first = say(acme, files=[Upload("q.csv", b"a;b")])
    closing = close_period(unit=acme.units["acme"], period=quarter(acme))
    with pytest.raises(ValidationError, match="is closed"):
        say(acme, "Later.", seen=first.said_at)
    content = ReportedSheet.objects.get(
        closing=closing, scorecard=acme.scorecards["sales"], frequency="quarter"
    ).content
    document = opened_report(content)
    row = document.board.perspectives[0].objectives[0]
    explained = document.trace.children[0].children[0]
    assert row.said == explained.said
    assert row.said is not None
    assert (row.said.text, row.said.evidence[0].href) == ("Slow start.", "")
    old = content.replace(msgspec_said(content), "null")
    assert opened_report(old).board.perspectives[0].objectives[0].said is None


def msgspec_said(content: str) -> str:
    start = content.index('"said":{') + len('"said":')
    return content[start : content.index("]}", start) + 2]


@pytest.mark.parametrize(("name", "status"), [("bob", 403), ("carol", 403), ("alice", 200)])
def test_managers_may_say_how_it_goes(acme: World, client: Client, name: str, status: int) -> None:
    client.force_login(acme.users[name])
    asked = client.get(f"{PAGE}?objective=grow&period=2026-Q1")
    posted = client.post(PAGE, {"objective": "grow", "period": "2026-Q1", "text": "So."})
    assert (asked.status_code, posted.status_code) == (status, 302 if status == 200 else status)
    link = b"How is it going?" if status != 200 else b"Change<span"
    assert (link in client.get(BOARD).content) is (status == 200)


def test_an_owner_who_records_values_may_speak_of_their_own(acme: World, client: Client) -> None:
    objective = acme.objectives["sales", "grow"]
    objective.owner = acme.people["carol"]
    objective.save()
    client.force_login(acme.users["carol"])
    own, other = (f"{PAGE}?objective={code}&period=2026-Q1" for code in ("grow", "improve%00"))
    assert (client.get(own).status_code, client.get(other).status_code) == (200, 403)
    assert client.get(BOARD).content.count(b"How is it going?") == 1
    objective.owner = acme.people["bob"]
    objective.save()
    client.force_login(acme.users["bob"])
    assert client.get(own).status_code == 403


def test_the_sentence_and_its_file_on_the_board(acme: World, rival: World, client: Client) -> None:
    client.force_login(acme.users["alice"])
    form = {"objective": "grow", "period": "2026-Q1"}
    file = SimpleUploadedFile("Übersicht.csv", b"a;b\n1;2\n")
    client.post(PAGE, form | {"text": "Two <b>deals</b> slipped.", "files": [file]})
    page = client.get(f"{BOARD}&trace=objective:grow").content.decode()
    assert page.count("Two &lt;b&gt;deals&lt;/b&gt; slipped.") == 2  # on the row, in the trace
    digest = EvidenceFile.objects.get().sha256
    address = f"/acme/units/sales/evidence/{digest}/"
    headers = {"authorization": f"Bearer {acme.token('structure:read')[1]}"}
    told_by_api = Client(headers=headers).get("/api/v1/acme/units/sales/scorecard?period=2026-Q1")
    said = told_by_api.json()["perspectives"][0]["objectives"][0]["said"]
    assert said["text"] == "Two <b>deals</b> slipped."
    assert said["evidence"] == [{"name": "Übersicht.csv", "sha256": digest}]
    assert address in page
    for reader, status in (("bob", 200), ("charlie", 404)):
        client.force_login((acme.users | rival.users)[reader])
        answer = client.get(address)
        assert answer.status_code == status
        if status == 200:
            assert answer.content == b"a;b\n1;2\n"
            assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9C")
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "private" in answer["Cache-Control"]
    assert client.get(address.replace("sales", "emea")).status_code == 404


def test_two_who_write_at_once_see_both_sentences(acme: World, client: Client) -> None:
    client.force_login(acme.users["alice"])
    form = {"objective": "grow", "period": "2026-Q1", "seen": "", "text": "Mine."}
    say(acme, "Theirs.", by=acme.users["root"])
    answer = client.post(PAGE, form)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Theirs." in page
    assert ">Mine.</textarea>" in page
    seen = Commentary.objects.standing().get().said_at.isoformat()
    assert client.post(PAGE, form | {"seen": seen}).status_code == 302
    assert told(acme) == "Mine."
    wrong = client.post(PAGE, form | {"text": "", "seen": ""})
    assert wrong.status_code == 409
    stale = client.post(f"{PAGE}remove/", form)
    assert stale.status_code == 409


def test_what_is_refused_stands_beside_its_field_with_what_was_typed(
    acme: World, client: Client
) -> None:
    client.force_login(acme.users["alice"])
    form = {"objective": "grow", "period": "2026-Q1", "text": "y" * 501}
    file = SimpleUploadedFile("a.exe", b"MZ")
    answer = client.post(PAGE, form | {"files": [file]})
    assert answer.status_code == 422
    assert "it has 501" in answer.content.decode()
    assert "y" * 501 in answer.content.decode()
    said = client.post(PAGE, form | {"text": "So."}, follow=True).content.decode()
    assert "Said for 2026-Q1." in said
    seen = Commentary.objects.get().said_at.isoformat()
    gone = client.post(f"{PAGE}remove/", form | {"seen": seen}, follow=True).content.decode()
    assert "Undo" in gone
    restored = client.post(f"{PAGE}restore/", form | {"said_at": seen})
    assert (restored.status_code, told(acme)) == (302, "So.")


def test_a_sentence_costs_a_board_two_statements(
    acme: World, django_assert_num_queries: Any
) -> None:
    asked = (acme.organization, "sales", acme.scorecards["sales"], quarter(acme))
    with django_assert_num_queries(1):
        said_lines(*asked)
    say(acme, files=[Upload("a.txt", b"a"), Upload("b.txt", b"b")])
    say(acme, objective="improve", files=[Upload("c.txt", b"c")])
    with django_assert_num_queries(2) as spoken:
        lines = said_lines(*asked)
    assert [len(line.evidence) for line in lines.values()] == [2, 1]
    assert not any('"content"' in query["sql"] for query in spoken.captured_queries)
