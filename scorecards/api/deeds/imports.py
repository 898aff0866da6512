"""Imports over HTTP: a file is brought in, looked at, applied, and taken back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict

import django_filters
import msgspec
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.urls import reverse
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api.base import PersonsView
from scorecards.api.listing import PAGING, filtered, listed_query
from scorecards.api.records.refusals import body_problem
from scorecards.api.records.values import FieldError
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.shapes import Moment
from scorecards.api_errors import Problem
from scorecards.models import Import
from scorecards.selectors.imports.import_page import import_page
from scorecards.selectors.imports.kinds import BOOK, TABLE_KINDS, VALUES
from scorecards.selectors.imports.rights import (
    ADMINISTERED,
    may_use_files,
    seen_imports,
    shown_import,
)
from scorecards.selectors.imports.tables import Skipped, Table, skipped_columns, tables_in
from scorecards.services.imports import steps
from scorecards.services.imports.files import MOST_BYTES
from scorecards.services.imports.records import mark_of_records
from scorecards.services.imports.value_rows import mark_of

from .bodies import deed_body, refused

FORM = "multipart/form-data"
KINDS = (*TABLE_KINDS, BOOK)
LARGE = ("content", "tables", "report", "effect")
# What a worker does, it does with all that the token's maker may do: so a token needs both.
SCOPES = ("measurements:write", "structure:write")
FILTERS = {
    "kind": Parameter("Imports of this kind only.", {"type": "string", "enum": list(KINDS)}),
    "state": Parameter(
        "Imports of this state only.", {"type": "string", "enum": list(Import.State.values)}
    ),
}
NUMBER = {"number": Parameter("Number of the import.", {"type": "integer", "minimum": 1})}


class ProblemAnswer(TypedDict):
    """Why something of a row is refused."""

    sheet: str
    row: int
    column: str
    said: str
    text: str


class ImportAnswer(TypedDict):
    """How an import stands. `attempt` names what was shown, for applying it."""

    number: int
    kind: str
    file_name: str
    state: str
    said: str
    attempt: int
    added: int
    changed: int
    unchanged: int
    refused: int
    done: int
    total: int
    created_by: str
    created_at: Moment


class SkippedAnswer(TypedDict):
    """A column that is passed over, although cells of it say something.

    `name` is empty where rows have more cells than the header. `rows`: the first ten by number.
    """

    sheet: str
    column: str
    name: str
    cells: int
    rows: list[int]


class ImportDetail(ImportAnswer):
    """With its columns, and the first hundred of what is refused.

    `skipped`: cells that no column's meaning reaches. `left`: what an undoing has left as it is,
    since somebody changed it. `decimals`: how each table writes numbers, `point` or `comma`, as it
    was said or as its cells tell; empty where nothing tells.
    """

    columns: list[list[str]]
    mappings: list[list[str]]
    decimals: list[str]
    problems: list[ProblemAnswer]
    skipped: list[SkippedAnswer]
    left: list[str]


class Mapping(msgspec.Struct, forbid_unknown_fields=True):
    """For each table the field of each column, "" for none; left out, as they were guessed."""

    mappings: list[list[Annotated[str, Meta(max_length=100)]]] | None = None
    decimal: Literal["", "point", "comma"] = ""


class Applying(msgspec.Struct, forbid_unknown_fields=True):
    """What was looked at, and whether all of it is applied or what has no problem."""

    attempt: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    scope: Literal["whole", "good"] = "whole"


class ImportsBase(PersonsView):
    """Imports are people's: a token acts for its maker."""

    scopes = {"get": SCOPES, "post": SCOPES}
    persons_things = "Files"

    def row(self, number: int) -> Import:
        row = shown_import(self.access, number) if number < 2**31 else None
        is_for_people = self.access.token is not None and row and _kind(row) not in _of_tokens()
        if row is None or is_for_people:
            raise Problem("not_found")
        return row

    def address(self, number: int) -> str:
        place = {"organization": self.access.organization.code, "number": number}
        return reverse("api-import", kwargs=place)


class ImportFilters(django_filters.FilterSet):  # type: ignore[misc]
    """By what they hold, and how they stand."""

    kind = django_filters.ChoiceFilter(choices=[(each, each) for each in KINDS])
    state = django_filters.ChoiceFilter(choices=Import.State.choices)


class ImportsView(ImportsBase):
    """Files that were brought in."""

    http_method_names = ["get", "head", "post"]
    parameters = {"get": ("kind", "state", *PAGING)}

    @described(Listing(ImportAnswer), parameters=FILTERS)
    def get(self, request: Request, organization: str) -> Response:
        """Your own imports; administrators of the root unit see all.

        A token sees those of the kinds that it may bring in.
        """
        rows = seen_imports(self.access).defer(*LARGE)
        if self.access.token is not None:
            is_said = Q(kind="", options__kind__in=_of_tokens())
            rows = rows.filter(Q(kind__in=_of_tokens()) | is_said)
        rows = filtered(request, ImportFilters, rows)
        return Response(listed_query(request, rows, key=("number",), answer=_answer))

    @described(
        ImportAnswer,
        body={
            FORM: {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "kind": {"type": "string", "enum": list(KINDS)},
                },
            }
        },
        status=202,
        problems=("invalid_body",),
    )
    def post(self, request: Request, organization: str) -> Response:
        """Bring in a file: CSV or a spreadsheet. A worker reads it; ask its address how it stands.
        A token says `kind`, and brings in no people, units or roles.
        """
        if not may_use_files(self.access):
            raise Problem("not_permitted")
        sent, kind = self._sent(request)
        try:
            name, content = sent.name or "", sent.read()
            row = steps.start_import(access=self.access, name=name, content=content, kind=kind)
        except ValidationError as refusal:
            raise refused(refusal) from None
        answer = Response(_answer(row), status=202)
        answer["Location"] = self.address(row.number)
        return answer

    def _sent(self, request: Request) -> tuple[Any, str]:
        """The file and its kind. Raises Problem."""
        form = request._request
        if not (request.content_type or "").startswith(FORM):
            raise Problem("unsupported_media_type", f"Send the file as {FORM}.")
        sent, kind = form.FILES.get("file"), form.POST.get("kind", "")
        if not isinstance(sent, UploadedFile):
            raise _wrong("file", "missing_field", "Send a file in the field file.")
        if (sent.size or 0) > MOST_BYTES:
            raise Problem("body_too_large")
        if self.access.token is not None and kind not in _of_tokens():
            raise _wrong("kind", "invalid_value", f"Write one of {', '.join(_of_tokens())}.")
        return sent, kind


class ImportView(ImportsBase):
    """One import."""

    http_method_names = ["get", "head"]

    @described(ImportDetail, parameters=NUMBER)
    def get(self, request: Request, organization: str, number: int) -> Response:
        """How it stands, what its columns are taken for, and what is refused."""
        return Response(self._detail(self.row(number)))

    def _detail(self, row: Import) -> ImportDetail:
        page = import_page(self.access, row)
        tables = tables_in(row) if not page.is_hidden else []
        return {
            **_answer(row),
            "columns": [list(table.header) for table in tables],
            "mappings": row.mapping if not page.is_hidden else [],
            "decimals": [_mark(table, row) for table in tables],
            "problems": [
                {
                    "sheet": each.sheet,
                    "row": each.row,
                    "column": each.column,
                    "said": each.said,
                    "text": each.text,
                }
                for each in page.problems
            ],
            "skipped": [_skipped(table.sheet, each) for table, each in _passed_over(tables)],
            "left": list(page.left),
        }


class StepView(ImportsBase):
    """The next step of an import, which a worker takes."""

    http_method_names = ["post"]

    def stepped(self, number: int, step: Any) -> Response:
        """Take the step. Raises Problem."""
        row = self.row(number)
        try:
            step(row)
        except ValidationError as refusal:
            raise refused(refusal) from None
        except steps.MovedOn as moved:
            raise Problem("conflict", str(moved)) from None
        answer = Response(_answer(self.row(number)), status=202)
        answer["Location"] = self.address(number)
        return answer


STEP = {"status": 202, "parameters": NUMBER, "problems": ("conflict", "invalid_body")}


class MapView(StepView):
    """What its columns are."""

    @described(ImportAnswer, body=Mapping, **STEP)
    def post(self, request: Request, organization: str, number: int) -> Response:
        """Say what each column is, and let the rows be checked."""
        self.row(number)
        said = deed_body(request, Mapping)
        return self.stepped(number, lambda row: self._map(row, said))

    def _map(self, row: Import, said: Mapping) -> None:
        steps.say_mapping(
            access=self.access,
            row=row,
            tables=tables_in(row),
            mappings=row.mapping if said.mappings is None else said.mappings,
            decimal=said.decimal,
        )


class ApplyView(StepView):
    """Applying what was checked."""

    @described(ImportAnswer, body=Applying, **STEP)
    def post(self, request: Request, organization: str, number: int) -> Response:
        """Apply what the check has shown."""
        self.row(number)
        said = deed_body(request, Applying)
        return self.stepped(
            number,
            lambda row: steps.apply_import(row=row, attempt=said.attempt, scope=said.scope),
        )


class CancelView(StepView):
    """Giving it up."""

    @described(ImportAnswer, **STEP)
    def post(self, request: Request, organization: str, number: int) -> Response:
        """Give it up; what is stored already stays."""
        return self.stepped(number, lambda row: steps.cancel_import(row=row))


class UndoView(StepView):
    """Taking it back."""

    @described(ImportAnswer, **STEP)
    def post(self, request: Request, organization: str, number: int) -> Response:
        """Take back what it did, as far as nobody has changed it since."""
        return self.stepped(number, lambda row: steps.undo_import(access=self.access, row=row))


def _of_tokens() -> tuple[str, ...]:
    """Kinds that a token may bring in: people, units and roles stay with people."""
    return tuple(kind for kind in TABLE_KINDS if kind not in ADMINISTERED)


def _kind(row: Import) -> str:
    """As it was found, or, before that, as it was said."""
    return str(row.kind or row.options.get("kind", ""))


def _mark(table: Table, row: Import) -> str:
    """The decimal mark by which the table is read."""
    if not table.mapping:
        return ""
    mark = mark_of if table.kind == VALUES else mark_of_records
    return mark(table, row.options)


def _passed_over(tables: Sequence[Table]) -> list[tuple[Table, Skipped]]:
    return [(table, each) for table in tables for each in skipped_columns(table)]


def _skipped(sheet: str, column: Skipped) -> SkippedAnswer:
    return {
        "sheet": sheet,
        "column": column.letter,
        "name": column.name,
        "cells": column.cells,
        "rows": list(column.rows),
    }


def _wrong(field: str, code: str, detail: str) -> Problem:
    return body_problem([FieldError(field, code, detail).at()])


def _answer(row: Import) -> ImportAnswer:
    return {
        "number": row.number,
        "kind": _kind(row),
        "file_name": row.file_name,
        "state": row.state,
        "said": row.said,
        "attempt": row.attempt,
        "added": row.added,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "refused": row.refused,
        "done": row.done,
        "total": row.total,
        "created_by": str(row.created_by),
        "created_at": row.created_at.isoformat(),
    }
