"""Briefing books: asking for one, how far it is, and taking the file."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.services.jobs.queue import MovedOn
from scorecards.links import book_href, books_href
from scorecards.models import Book
from scorecards.printing.books import page_labels
from scorecards.selectors.books import TypedBook, books_page, shown_book
from scorecards.services import books as services

from .notices import say_with_undo
from .printing import TYPES, as_attachment
from .sent import refused_fields
from .shell import member_action, member_form, member_page, shell

LONGEST = 200


@member_form
def books(request: HttpRequest, access: Access) -> HttpResponse:
    """What was asked for, and the form; alone for scripts that ask how far it is."""
    if request.method != "POST":
        return _page(request, access, _wanted(request))
    typed = _typed(request)
    try:
        book = services.ask_for_book(
            access=access,
            title=typed.title,
            units=typed.units,
            pages=typed.pages,
            period=typed.period,
            form=typed.form,
            known_pages=tuple(page_labels()),
        )
    except ValidationError as refusal:
        return _page(request, access, typed, refused_fields(refusal), 422)
    messages.success(request, f"“{book.title}” is being made. You can leave this page.")
    return redirect(books_href(access.organization.code))


def _wanted(request: HttpRequest) -> TypedBook:
    """What the form begins with: the unit of an address, else nothing but the board."""
    unit = request.GET.get("unit", "")[:LONGEST]
    period = request.GET.get("period", "")[:LONGEST]
    return TypedBook(units=(unit,) if unit else (), pages=("board",), period=period)


def _typed(request: HttpRequest) -> TypedBook:
    said = request.POST
    return TypedBook(
        title=said.get("title", ""),
        units=tuple(said.getlist("units")),
        pages=tuple(said.getlist("pages")),
        period=said.get("period", "").strip()[:LONGEST],
        form=said.get("form", ""),
    )


def _page(
    request: HttpRequest,
    access: Access,
    typed: TypedBook,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = books_page(access, page_labels(), typed, problems)
    if getattr(request, "htmx", None) and request.htmx.target == "books":  # type: ignore[attr-defined]
        context = {"page": page, "organization": access.organization}
        return render(request, "scorecards/_books.html", context)
    shown = shell(request, access, "scorecards") | {"page": page}
    return render(request, "scorecards/books.html", shown, status=status)


@member_action
def book(request: HttpRequest, access: Access, book: str) -> HttpResponse:
    """Cancel it, try again, delete it, or have it back."""
    name = request.POST.get("do", "")
    found = shown_book(access, book, is_deleted=name == "restore")
    if found is None:
        raise Http404
    do = DEEDS.get(name)
    try:
        if do is None:
            messages.warning(request, "Choose what to do.")
        else:
            do(request, access, found)
    except MovedOn as moved:
        messages.warning(request, str(moved))
    return redirect(books_href(access.organization.code))


@member_page
def file(request: HttpRequest, access: Access, book: str) -> HttpResponse:
    """What was made."""
    found = shown_book(access, book)
    if found is None or not found.size:
        raise Http404
    return as_attachment(bytes(found.content), TYPES[found.form], found.file_name)


def _cancel(request: HttpRequest, access: Access, found: Book) -> None:
    services.cancel_book(book=found)
    messages.info(request, f"“{found.title}” is given up.")


def _retry(request: HttpRequest, access: Access, found: Book) -> None:
    services.retry_book(book=found)
    messages.success(request, f"“{found.title}” is made again.")


def _delete(request: HttpRequest, access: Access, found: Book) -> None:
    services.remove_book(book=found)
    address = book_href(access.organization.code, str(found.code))
    say_with_undo(request, f"“{found.title}” is deleted.", address, {"do": "restore"})


def _restore(request: HttpRequest, access: Access, found: Book) -> None:
    services.restore_book(book=found)
    messages.success(request, f"“{found.title}” is back.")


DEEDS: dict[str, Callable[[HttpRequest, Access, Book], None]] = {
    "cancel": _cancel,
    "retry": _retry,
    "delete": _delete,
    "restore": _restore,
}
