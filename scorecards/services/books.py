"""Briefing books: asking for one, giving it up, keeping the file, and letting go of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import InvalidPeriod
from organizations.access import Access
from organizations.models import Job
from organizations.models.structure import validate_text
from organizations.services.jobs.queue import MovedOn, cancel_job, enqueue, retry_job
from scorecards.models import Book
from scorecards.selectors.viewing import viewed_period

KIND = "make_book"
MOST_UNITS = 200
MOST_BOOKS = 20  # that somebody keeps at once
LONGEST_TITLE = 200
FULL = "You have {most} books already. Delete one that you need no more."


@transaction.atomic
def ask_for_book(
    *,
    access: Access,
    title: str,
    units: Sequence[str],
    pages: Sequence[str],
    period: str,
    form: str,
    known_pages: Collection[str],
) -> Book:
    """A book that a worker makes soon, with the rights that its asker has then.

    Raises ValidationError with what is wrong by field.
    """
    assert access.user is not None
    title = title.strip()
    wrong = dict(_wrong(access, units, pages, period, form, known_pages))
    wrong |= _wrong_title(title)
    if Book.objects.live().filter(**_of(access)).count() >= MOST_BOOKS:
        wrong[""] = FULL.format(most=MOST_BOOKS)
    if wrong:
        raise ValidationError(wrong if "" not in wrong else {"__all__": wrong.pop(""), **wrong})
    label = access.organization.calendar.label(viewed_period(access.organization, period))
    book = Book.objects.create(
        **_of(access),
        title=title or f"{access.organization.name}, {label}"[:LONGEST_TITLE],
        units=list(dict.fromkeys(units)),
        pages=[page for page in known_pages if page in pages],
        period=label,
        form=form,
    )
    book.job = enqueue(
        kind=KIND, organization=access.organization, args={"book": book.pk}, about=book.title
    )
    book.save()
    return book


def _of(access: Access) -> dict[str, Any]:
    return {"organization": access.organization, "asked_by": access.user}


def _wrong(
    access: Access,
    units: Sequence[str],
    pages: Sequence[str],
    period: str,
    form: str,
    known_pages: Collection[str],
) -> Iterable[tuple[str, str]]:
    """What cannot be, by field."""
    unknown = next((code for code in units if access.visible_unit(code) is None), None)
    if unknown is not None:
        yield "units", f"There is no unit “{unknown[:50]}” here."
    elif not units:
        yield "units", "Choose at least one unit."
    elif len(set(units)) > MOST_UNITS:
        yield "units", f"Choose at most {MOST_UNITS} units."
    if not pages:
        yield "pages", "Choose at least one kind of page."
    elif not set(pages) <= set(known_pages):
        yield "pages", f"Pages are {', '.join(known_pages)}."
    if form not in Book.Form.values:
        yield "form", f"Choose one of {', '.join(Book.Form.values)}."
    try:
        viewed_period(access.organization, period)
    except InvalidPeriod as refusal:
        yield "period", f"{refusal}."


def _wrong_title(title: str) -> dict[str, str]:
    if len(title) > LONGEST_TITLE:
        return {"title": f"The title is longer than {LONGEST_TITLE} characters."}
    try:
        validate_text(title)
    except ValidationError as refusal:
        return {"title": refusal.messages[0]}
    return {}


@transaction.atomic
def keep_book(*, book: Book, content: bytes) -> None:
    """The file that was made."""
    Book.objects.filter(pk=book.pk).update(content=content, size=len(content))


def cancel_book(*, book: Book) -> None:
    """Give it up. Raises MovedOn where it has ended."""
    cancel_job(job=_job(book))


def retry_book(*, book: Book) -> None:
    """Try again what failed or was cancelled. Raises MovedOn where it is not so any more."""
    retry_job(job=_job(book))


def _job(book: Book) -> Job:
    if book.job is None:
        raise MovedOn("That is too long ago: ask for the book anew.")
    return book.job


@transaction.atomic
def remove_book(*, book: Book) -> None:
    """Take it away; for a day it can be had back. What is still being made is given up."""
    now = timezone.now()
    Book.objects.filter(pk=book.pk, deleted_at=None).update(deleted_at=now)
    if book.job is not None and book.job.state in Job.UNFINISHED:
        try:
            cancel_job(job=book.job)
        except MovedOn:
            return  # it ended just now


@transaction.atomic
def restore_book(*, book: Book) -> None:
    """Have it back. Raises MovedOn where there are as many as somebody keeps."""
    mine = Book.objects.live().filter(organization=book.organization_id, asked_by=book.asked_by_id)
    if mine.exclude(pk=book.pk).count() >= MOST_BOOKS:
        raise MovedOn(FULL.format(most=MOST_BOOKS))
    Book.objects.filter(pk=book.pk).update(deleted_at=None)


def forget_old_books() -> int:
    """Let go of files that nobody can get any more; returns how many."""
    _, by_model = Book.objects.forgotten(timezone.now()).delete()
    counts: Mapping[str, int] = by_model
    return sum(counts.values())
