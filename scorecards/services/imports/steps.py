"""What people do with an import: bring a file, say what its columns are, apply, cancel, undo.

Each step is one conditional update: of two people, or of a person and a worker, one is first, and
the other is told how it stands.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from calculations.tables.csv_files import DELIMITERS, ENCODINGS
from organizations.access import Access
from organizations.services.locks import lock_organization
from scorecards.models import Import
from scorecards.selectors.imports.kinds import BOOK, TABLE_KINDS
from scorecards.selectors.imports.mapping import is_field, mapping_problem
from scorecards.selectors.imports.tables import Table

from .files import MOST_BYTES
from .waking import wake_import

State = Import.State
READ_OPTIONS = ("encoding", "delimiter", "sheet", "header_row", "kind")
MARKS = ("", "point", "comma")
MOST_OPEN = 20  # files of one person that wait for something


class MovedOn(Exception):
    """The import is not any more where it was when the page was made."""

    def __init__(self) -> None:
        super().__init__("It has moved on meanwhile: this is how it stands now.")


@transaction.atomic
def start_import(*, access: Access, name: str, content: bytes, kind: str = "") -> Import:
    """Keep the file and let a worker read it. Raises ValidationError, by field."""
    if access.user is None:
        raise ValidationError("Files are brought in by people.")
    _check_file(access, content, kind)
    lock_organization(access.organization.pk)
    mine = Import.objects.filter(organization=access.organization)
    last = mine.aggregate(last=Max("number"))["last"] or 0
    row = Import.objects.create(
        organization=access.organization,
        number=last + 1,
        kind="",
        file_name=_file_name(name),
        size=len(content),
        content=content,
        options={"kind": kind} if kind else {},
        created_by=access.user,
    )
    wake_import(row.pk)
    return row


def _check_file(access: Access, content: bytes, kind: str) -> None:
    if kind and kind != BOOK and kind not in TABLE_KINDS:
        raise ValidationError({"kind": "Choose a kind of table."})
    if not content:
        raise ValidationError({"file": "The file is empty. Choose one with a table in it."})
    if len(content) > MOST_BYTES:
        said = f"The file has more than {MOST_BYTES // 1024**2} MB. Split it, or save it as XLSX."
        raise ValidationError({"file": said})
    waiting = Import.objects.filter(
        organization=access.organization, created_by=access.user, state__in=Import.OPEN
    )
    if waiting.count() >= MOST_OPEN:
        said = f"{MOST_OPEN} files of yours wait to be finished. Finish or cancel some of them."
        raise ValidationError({"file": said})


def _file_name(name: str) -> str:
    """The name without what does not show."""
    text = unicodedata.normalize("NFC", name.replace("\x00", ""))
    shown = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "_" for c in text)
    return shown.strip()[-200:] or "file"


def read_again(*, row: Import, said: Mapping[str, str]) -> None:
    """Read the file in another way: another sheet, header, encoding, delimiter or kind."""
    options: dict[str, Any] = {name: said[name] for name in READ_OPTIONS if said.get(name)}
    if "header_row" in options:
        number = str(options["header_row"])
        options["header_row"] = int(number) if number.isdecimal() and len(number) < 7 else 0
    known = {"encoding": ENCODINGS, "delimiter": DELIMITERS, "sheet": row.options.get("sheets", ())}
    for name, values in known.items():
        if name in options and options[name] not in values:
            del options[name]
    if options.get("kind") not in (None, BOOK, *TABLE_KINDS):
        raise ValidationError({"kind": "Choose a kind of table."})
    states = (State.MAPPING, State.READY, State.FAILED)
    waiting = Q(state__in=states) & ~Q(content=b"")
    _go(row, waiting, State.READING, options=options, mapping=[], finished_at=None, said="")


def say_mapping(
    *, access: Access, row: Import, tables: Sequence[Table], mappings: list[list[str]], decimal: str
) -> None:
    """Say what each column is, and let a worker check the rows.

    Raises ValidationError: what no column says, or two say.
    """
    calendar = access.organization.calendar
    if decimal not in MARKS or len(mappings) != len(tables):
        raise MovedOn
    for table, mapping in zip(tables, mappings, strict=True):
        if len(mapping) != len(table.header) or not all(
            not name or is_field(table.kind, name, table.header[position], calendar)
            for position, name in enumerate(mapping)
        ):
            raise MovedOn
        problem = mapping_problem(table.kind, mapping)
        if problem:
            raise ValidationError(f"{table.sheet}: {problem}" if len(tables) > 1 else problem)
    options = {**row.options, "decimal": decimal}
    waiting = Q(state__in=(State.MAPPING, State.READY))
    _go(row, waiting, State.CHECKING, mapping=mappings, options=options, said="")


def check_again(*, row: Import) -> None:
    """Let the rows be checked once more, as everything stands now."""
    _go(row, Q(state=State.READY), State.CHECKING, said="")


def map_again(*, row: Import) -> None:
    """Go back to what the columns are."""
    ready = Import.objects.filter(pk=row.pk, state=State.READY, attempt=row.attempt)
    if not ready.update(state=State.MAPPING, changed_at=timezone.now()):
        raise MovedOn


def apply_import(*, row: Import, attempt: int, scope: str) -> None:
    """Apply what was shown; attempt: of the check that was looked at.

    Raises ValidationError where there is nothing to apply, MovedOn where it is not that any more.
    """
    if scope not in Import.Scope.values:
        raise ValidationError("Choose whether to apply all rows or those without a problem.")
    if scope == Import.Scope.WHOLE and row.refused:
        raise ValidationError("Some rows have a problem: correct them, or apply the others.")
    if not row.added + row.changed:
        raise ValidationError("The file changes nothing, so there is nothing to apply.")
    waiting = Q(state=State.READY, attempt=attempt)
    _go(row, waiting, State.APPLYING, scope=scope, said="", done=0)


@transaction.atomic
def cancel_import(*, row: Import) -> str:
    """Give it up; returns the state then. What a worker has stored stays stored."""
    now = timezone.now()
    idle = Q(lease_until=None) | ~Q(state__in=Import.WORKING)
    mine = Import.objects.filter(pk=row.pk, state__in=Import.OPEN)
    given_up = mine.filter(idle).update(
        state=State.CANCELLED,
        is_cancelled=True,
        finished_at=now,
        changed_at=now,
        content=b"",
        tables=b"",
    )
    if not given_up and not mine.update(is_cancelled=True):
        raise MovedOn
    if not given_up:
        wake_import(row.pk)
    return str(Import.objects.values_list("state", flat=True).get(pk=row.pk))


def undo_import(*, access: Access, row: Import) -> None:
    """Take back what it did, as far as nobody has changed it since."""
    done = Q(state=State.DONE) & ~Q(effect=b"")
    _go(row, done, State.UNDOING, undone_by=access.user, said="")


@transaction.atomic
def _go(row: Import, waiting: Q, state: str, **fields: Any) -> None:
    """To a state in which a worker takes it; raises MovedOn where it is not waiting any more."""
    rows = Import.objects.filter(waiting, pk=row.pk)
    now = timezone.now()
    if not rows.update(state=state, tries=0, lease_until=None, changed_at=now, **fields):
        raise MovedOn
    wake_import(row.pk)
