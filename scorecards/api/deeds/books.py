"""Briefing books over HTTP: asked for, looked after, taken and let go of."""

from typing import Annotated, TypedDict

import msgspec
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.models import Job
from organizations.services.jobs.queue import MovedOn
from scorecards.api.base import PersonsView
from scorecards.api.listing import PAGING, listed_query
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.shapes import Code, Moment, one_of
from scorecards.api_errors import Problem
from scorecards.models import Book
from scorecards.printing.books import page_labels
from scorecards.selectors.books import READY, book_state, seen_books, sees_all, shown_book
from scorecards.selectors.viewing import Viewing, default_period
from scorecards.services.books import MOST_UNITS, ask_for_book, cancel_book, remove_book

from .bodies import deed_body, refused

# What a worker puts into a book, it does with all that the token's maker may see.
SCOPES = ("measurements:read", "structure:read")
UUID = {"type": "string", "format": "uuid"}
BOOK = {"book": Parameter("Code of a briefing book.", UUID)}
BYTES = "application/octet-stream"
BINARY = {"type": "string", "contentMediaType": BYTES}


class NewBook(msgspec.Struct, forbid_unknown_fields=True):
    """What a book is to hold. Without a period, the last one that is over; without a title, one of
    its own. pages: `board`, `map`, `kpis` of critical objectives, `initiatives`.
    """

    units: Annotated[
        list[Annotated[str, Meta(max_length=50, examples=["sales"])]],
        Meta(min_length=1, max_length=MOST_UNITS),
    ]
    pages: Annotated[
        list[Annotated[str, Meta(max_length=50, examples=["board"])]],
        Meta(min_length=1, max_length=20),
    ]
    form: Annotated[str, one_of(*Book.Form.values)] = "pdf"
    period: Annotated[str, Meta(min_length=1, max_length=20, examples=["2026-Q1"])] | None = None
    title: Annotated[str, Meta(max_length=200)] = ""


class BookAnswer(TypedDict):
    """A book. state: `ready`, or that of the work; reason: why that failed."""

    code: str
    title: str
    units: list[Code]
    pages: list[str]
    period: str
    form: Annotated[str, one_of(*Book.Form.values)]
    state: Annotated[str, one_of(READY, *Job.State.values)]
    reason: str
    done: int
    total: int
    size: int
    asked_at: Moment
    expires_at: Moment


class BooksBase(PersonsView):
    """Books are people's: a token acts for its maker."""

    scopes = {"get": SCOPES, "post": SCOPES, "delete": SCOPES}
    persons_things = "Books"

    def row(self, code: str) -> Book:
        found = shown_book(self.access, code)
        if found is None:
            raise Problem("not_found")
        return found

    def address(self, row: Book) -> str:
        place = {"organization": self.access.organization.code, "book": str(row.code)}
        return reverse("api-book", kwargs=place)


class BooksView(BooksBase):
    """Files for meetings."""

    http_method_names = ["get", "head", "post"]
    parameters = {"get": PAGING}

    @described(Listing(BookAnswer))
    def get(self, request: Request, organization: str) -> Response:
        """Your own, as long as you see all of their units. Each is kept for 30 days."""
        mine = seen_books(self.access).live()
        shown = [row.pk for row in mine if sees_all(self.access, row.units)]
        rows = mine.filter(pk__in=shown).order_by()
        return Response(listed_query(request, rows, key=("pk",), answer=_answer))

    @described(BookAnswer, body=NewBook, status=202, problems=("invalid_body",))
    def post(self, request: Request, organization: str) -> Response:
        """Ask for a book. A worker makes it with the rights that you have then; ask its address how
        it stands, and take its file.
        """
        said = deed_body(request, NewBook)
        own = self.access.organization
        try:
            row = ask_for_book(
                access=self.access,
                title=said.title,
                units=said.units,
                pages=said.pages,
                period=said.period or Viewing(own.calendar, default_period(own)).label,
                form=said.form,
                known_pages=tuple(page_labels()),
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        answer = Response(_answer(row), status=202)
        answer["Location"] = self.address(row)
        return answer


class BookView(BooksBase):
    """One book."""

    http_method_names = ["get", "head", "delete"]

    @described(BookAnswer, parameters=BOOK)
    def get(self, request: Request, organization: str, book: str) -> Response:
        """How it stands."""
        return Response(_answer(self.row(book)))

    @described(status=204, parameters=BOOK)
    def delete(self, request: Request, organization: str, book: str) -> Response:
        """Let go of it; what is still being made is given up."""
        remove_book(book=self.row(book))
        return Response(status=204)


class BookFileView(BooksBase):
    """What was made."""

    http_method_names = ["get", "head"]

    @described(BINARY, answer_type=BYTES, parameters=BOOK)
    def get(self, request: Request, organization: str, book: str) -> HttpResponse:
        """The file; 404 until it is made."""
        row = self.row(book)
        if not row.size:
            raise Problem("not_found")
        answer = HttpResponse(bytes(row.content), content_type=BYTES)
        answer["Content-Disposition"] = f'attachment; filename="{row.file_name}"'
        return answer


class BookCancelView(BooksBase):
    """Giving it up."""

    http_method_names = ["post"]

    @described(BookAnswer, parameters=BOOK, problems=("conflict",))
    def post(self, request: Request, organization: str, book: str) -> Response:
        """Give up what is being made: at once where it waits, and soon where it runs."""
        try:
            cancel_book(book=self.row(book))
        except MovedOn as moved:
            raise Problem("conflict", str(moved)) from None
        return Response(_answer(self.row(book)))


def _answer(row: Book) -> BookAnswer:
    state = book_state(row)
    job = row.job
    return {
        "code": str(row.code),
        "title": row.title,
        "units": row.units,
        "pages": row.pages,
        "period": row.period,
        "form": row.form,
        "state": state,
        "reason": job.reason if job is not None and state == Job.State.FAILED else "",
        "done": job.done if job else 0,
        "total": job.total if job else 0,
        "size": row.size,
        "asked_at": row.asked_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
    }
