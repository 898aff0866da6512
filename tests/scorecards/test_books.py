"""Briefing books: asked for, made by a worker with its asker's rights, taken and let go of."""

import datetime as dt
import html
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from organizations.access import user_access
from organizations.models import Membership
from organizations.services.jobs.queue import MovedOn
from organizations.services.jobs.running import run_job
from organizations.services.structure import create_unit
from scorecards.models import Book
from scorecards.printing.books import page_labels
from scorecards.selectors.books import book_lines
from scorecards.services import books
from scorecards.services.refresh import refresh_scores
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/books/"
WANTED = {"units": ["sales"], "pages": ["board", "kpis"], "period": "2026-Q1", "form": "xlsx"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def sales(acme: World) -> World:
    acme.record("revenue", "sales", {"2026-01-01": 10.0, "2026-02-01": 10.0})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def asked(world: World, who: str = "alice", **about: Any) -> Book:
    access = user_access(world.users[who], "acme")
    assert access is not None
    wanted = {"title": "", **WANTED, "known_pages": tuple(page_labels()), **about}
    return books.ask_for_book(access=access, **wanted)


def lines(world: World, who: str) -> list[str]:
    access = user_access(world.users[who], "acme")
    assert access is not None
    return [line.state for line in book_lines(access)]


def made(book: Book) -> str:
    """Let a worker take it; its job's state then."""
    assert book.job is not None
    state = run_job(book.job.pk)
    book.refresh_from_db()
    return state


def test_a_book_is_made_listed_taken_and_deleted(sales: World, client: Client) -> None:
    client.force_login(sales.users["alice"])
    assert "None yet" in client.get(PAGE).content.decode()
    answer = client.post(PAGE, {**WANTED, "title": "Review <b>"}, follow=True)
    assert "Waiting for a worker" in answer.content.decode()
    book = Book.objects.get()
    assert made(book) == "done"
    assert bytes(book.content).startswith(b"PK")
    address = f"{PAGE}{book.code}/"
    text = client.get(PAGE).content.decode()
    assert f'href="{address}file/"' in text
    assert "Review &lt;b&gt;" in text
    taken = client.get(f"{address}file/")
    assert taken["Content-Disposition"].startswith('attachment; filename="acme-2026-Q1-')
    assert taken.content == bytes(book.content)
    client.post(address, {"do": "delete"})
    assert client.get(f"{address}file/").status_code == 404
    client.post(address, {"do": "restore"})
    assert client.get(f"{address}file/").status_code == 200
    with time_machine.travel(NOW + dt.timedelta(days=31)):
        client.force_login(sales.users["alice"])
        assert client.get(f"{address}file/").status_code == 404
        books.forget_old_books()
    assert not Book.objects.exists()


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"units": []}, "units"),
        ({"units": ["ada"]}, "units"),
        ({"units": ["nothing"]}, "units"),
        ({"pages": []}, "pages"),
        ({"pages": ["board", "secrets"]}, "pages"),
        ({"form": "doc"}, "form"),
        ({"period": "soon"}, "period"),
        ({"period": "2030-Q1"}, "period"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    acme: World, about: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        asked(acme, "bob", **about)
    assert list(refusal.value.message_dict) == [field]
    assert not Book.objects.exists()


def test_the_form_keeps_what_was_typed(acme: World, client: Client) -> None:
    client.force_login(acme.users["bob"])
    answer = client.post(PAGE, {**WANTED, "period": "soon", "title": "My review"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="My review"' in text
    assert 'id="wrong-period"' in text
    assert "said below" in text
    assert "Marta" not in text


def test_whoever_keeps_too_many_books_is_told(
    acme: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "MOST_BOOKS", 0)
    client.force_login(acme.users["bob"])
    text = client.post(PAGE, WANTED).content.decode()
    assert books.FULL.format(most=0) in html.unescape(text)
    assert "said below" not in text


def test_a_book_is_its_askers_while_they_see_all_of_it(sales: World, client: Client) -> None:
    """What is made has the rights of that moment; nobody else gets it, whatever their role."""
    book = asked(sales, "alice", units=["sales", "ada"])
    assert lines(sales, "root") == []
    client.force_login(sales.users["root"])
    assert client.get(f"{PAGE}{book.code}/file/").status_code == 404
    assert client.post(f"{PAGE}{book.code}/", {"do": "delete"}).status_code == 404
    Membership.objects.filter(user=sales.users["alice"]).update(role="viewer")
    assert made(book) == "failed"
    assert book.job is not None
    assert "may not see all" in book.job.reason
    assert lines(sales, "alice") == []


def test_progress_is_told_and_cancelling_stops_it(
    sales: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = asked(sales)
    books.cancel_book(book=waiting)
    assert lines(sales, "alice") == ["cancelled"]
    books.retry_book(book=Book.objects.select_related("job").get())
    told: list[tuple[int, int]] = []

    def tell(work: Any, done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 2:
            books.cancel_book(book=Book.objects.select_related("job").get())
            work.pulse._is_cancelled.set()
        work.pulse.tell(done, total)

    monkeypatch.setattr("organizations.services.jobs.leases.Work.tell", tell)
    assert made(waiting) == "cancelled"
    assert told[0] == (0, 3)
    assert not waiting.size
    monkeypatch.undo()
    books.retry_book(book=Book.objects.select_related("job").get())
    assert made(waiting) == "done"
    assert lines(sales, "alice") == ["ready"]


def test_nothing_to_show_fails_and_says_so(acme: World) -> None:
    unit = create_unit(
        organization=acme.organization,
        code="fresh",
        name="Fresh",
        kind="team",
        parent=acme.units["emea"],
    )
    book = asked(acme, units=[unit.code], pages=["board", "map"])
    assert made(book) == "failed"
    assert book.job is not None
    assert book.job.reason == "There is nothing of what was chosen in 2026-Q1."


def test_only_so_many_are_kept(acme: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_BOOKS", 1)
    first = asked(acme)
    with pytest.raises(ValidationError, match="Delete one"):
        asked(acme)
    assert Book.objects.count() == 1
    books.remove_book(book=first)
    asked(acme)
    with pytest.raises(MovedOn, match="Delete one"):
        books.restore_book(book=first)
    assert Book.objects.live().count() == 1


def test_the_page_takes_as_many_statements_for_many_books_as_for_one(
    acme: World, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(acme.users["alice"])
    asked(acme)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for _ in range(5):
        asked(acme)
    with django_assert_num_queries(len(one)):
        client.get(PAGE)


def test_books_over_the_api(sales: World, client: Client) -> None:
    scopes = ("measurements:read", "structure:read")
    maker = {"created_by": sales.users["alice"]}
    secret = sales.token(*scopes, name="books", **maker)[1]
    header = {"authorization": f"Bearer {secret}"}
    api = "/api/v1/acme/books"
    body = {"units": ["sales"], "pages": ["board", "map"]}
    asked_for = client.post(api, body, content_type="application/json", headers=header)
    assert asked_for.status_code == 202
    address = asked_for["Location"]
    assert asked_for.json()["state"] == "waiting"
    assert client.get(f"{address}/file", headers=header).status_code == 404
    assert made(Book.objects.get()) == "done"
    assert client.get(api, headers=header).json()["results"][0]["state"] == "ready"
    assert client.get(f"{address}/file", headers=header).content.startswith(b"%PDF")
    refused = client.post(
        api, {**body, "units": ["ada2"]}, content_type="application/json", headers=header
    )
    assert refused.json()["errors"][0]["pointer"] == "/units"
    assert client.delete(address, headers=header).status_code == 204
    assert client.get(address, headers=header).status_code == 404
    limited = sales.token(*scopes, name="part", unit=sales.units["sales"], **maker)[1]
    header = {"authorization": f"Bearer {limited}"}
    assert client.get(api, headers=header).status_code == 403
