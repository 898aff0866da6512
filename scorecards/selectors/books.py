"""The page of briefing books: what can be asked for, and what was."""

import uuid
import zoneinfo
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from organizations.access import Access
from organizations.models import Job, Organization
from scorecards.links import book_file_href, book_href
from scorecards.models import Book
from scorecards.models.book import BookQuerySet

from .viewing import Viewing, default_period, viewed_period

STATES: dict[str, str] = {
    Job.State.WAITING: "Waiting for a worker",
    Job.State.RUNNING: "Being made",
    Job.State.FAILED: "Failed",
    Job.State.CANCELLED: "Cancelled",
}
READY, GONE = "ready", "Not made"
RECENT = 8  # periods to choose from, of each frequency


@dataclass(frozen=True)
class BookLine:
    """A book as its asker reads it. state: ready, or that of its job."""

    code: str
    title: str
    about: str  # "2026-Q3, PDF, 3 units"
    asked_text: str
    expires_text: str
    size_text: str
    state: str
    state_text: str
    reason: str
    done: int
    total: int
    href: str  # for what is done with it
    file_href: str  # "" until it is made
    may_cancel: bool
    may_retry: bool


@dataclass(frozen=True)
class UnitOption:
    """A unit to choose. depth: in the tree."""

    code: str
    name: str
    depth: int
    is_chosen: bool


@dataclass(frozen=True)
class PageOption:
    name: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class BooksPage:
    lines: tuple[BookLine, ...]
    units: tuple[UnitOption, ...]
    pages: tuple[PageOption, ...]
    forms: tuple[PageOption, ...]
    period: str
    periods: tuple[str, ...]
    title: str
    problem: str  # of the whole
    problems: Mapping[str, str]  # by field
    is_moving: bool  # some are being made


@dataclass(frozen=True)
class TypedBook:
    """What stands in the form."""

    title: str = ""
    units: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    period: str = ""
    form: str = "pdf"


NOTHING_TYPED = TypedBook()


def books_page(
    access: Access,
    labels: Mapping[str, str],
    typed: TypedBook = NOTHING_TYPED,
    problems: Mapping[str, str] | None = None,
) -> BooksPage:
    """labels: of the kinds of pages, by their names."""
    lines = book_lines(access)
    organization = access.organization
    period = typed.period or Viewing(organization.calendar, default_period(organization)).label
    return BooksPage(
        lines=lines,
        units=tuple(
            UnitOption(node.code, node.name, depth, node.code in typed.units)
            for node, depth in access.tree.depth_first()
            if access.sees(node.id)
        ),
        pages=tuple(PageOption(name, label, name in typed.pages) for name, label in labels.items()),
        forms=tuple(
            PageOption(form.value, str(form.label), form.value == typed.form) for form in Book.Form
        ),
        period=period,
        periods=tuple(_periods(organization)),
        title=typed.title,
        problem=(problems or {}).get("", ""),
        problems=problems or {},
        is_moving=any(line.may_cancel for line in lines),
    )


def _periods(organization: Organization) -> list[str]:
    """The last ones of each frequency, for the field's list."""
    calendar, today = organization.calendar, organization.today()
    found = []
    for frequency in organization.frequencies:
        running = calendar.period(frequency, today)
        found += [calendar.label(calendar.shift(running, -n)) for n in range(RECENT)]
    return found


def seen_books(access: Access) -> BookQuerySet:
    """What the reader has asked for; none of a token without a person."""
    mine = Book.objects.filter(organization=access.organization, asked_by=access.user)
    found: BookQuerySet = mine if access.user is not None else mine.none()
    return found.without_files().select_related("job", "organization").order_by("-asked_at", "-pk")


def book_lines(access: Access) -> tuple[BookLine, ...]:
    return tuple(
        book_line(access, book)
        for book in seen_books(access).live()
        if sees_all(access, book.units)
    )


def shown_book(access: Access, code: str, *, is_deleted: bool = False) -> Book | None:
    """The reader's own of that code, as long as they see all of its units."""
    try:
        wanted = uuid.UUID(code)
    except ValueError:
        return None
    rows = seen_books(access)
    kept = rows.exclude(deleted_at=None) if is_deleted else rows.live()
    book = kept.filter(code=wanted).first()
    return book if book is not None and sees_all(access, book.units) else None


def sees_all(access: Access, units: Collection[str]) -> bool:
    return all(access.visible_unit(code) is not None for code in units)


def book_state(book: Book) -> str:
    """ready, or as its job stands; failed where that was forgotten."""
    if book.size:
        return READY
    return book.job.state if book.job is not None else Job.State.FAILED


def book_line(access: Access, book: Book) -> BookLine:
    state, job, code = book_state(book), book.job, access.organization.code
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    count = len(book.units)
    units = f"{count} units" if count != 1 else access.tree.by_code[book.units[0]].name
    is_cancelled = job is not None and job.is_cancelled and state == Job.State.RUNNING
    name = str(book.code)
    return BookLine(
        code=name,
        title=book.title,
        about=", ".join((book.period, book.form.upper(), units)),
        asked_text=f"{book.asked_at.astimezone(zone):%Y-%m-%d %H:%M}",
        expires_text=f"{book.expires_at.astimezone(zone):%Y-%m-%d}",
        size_text=size_text(book.size),
        state=state,
        state_text="Being given up" if is_cancelled else STATES.get(state, "Ready"),
        reason=job.reason if job is not None and state == Job.State.FAILED else "",
        done=job.done if job else 0,
        total=job.total if job else 0,
        href=book_href(code, name),
        file_href=book_file_href(code, name) if state == READY else "",
        may_cancel=state in Job.UNFINISHED and not is_cancelled,
        may_retry=job is not None and state in (Job.State.FAILED, Job.State.CANCELLED),
    )


def size_text(size: int) -> str:
    """As people read it.

    >>> size_text(0), size_text(900), size_text(1_500_000)
    ('', '1 kB', '1.5 MB')
    """
    if not size:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(round(size / 1e3), 1)} kB"


def period_viewing(organization: Organization, label: str) -> Viewing:
    """Raises InvalidPeriod."""
    return Viewing(organization.calendar, viewed_period(organization, label))
