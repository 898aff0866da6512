"""A file that somebody brings in, from its columns to what it did."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from organizations.access import Access
from scorecards.links import data_href, import_href
from scorecards.models import Import
from scorecards.selectors.exports.writing import XLSX, csv_chunks, xlsx_file
from scorecards.selectors.imports.import_page import import_page
from scorecards.selectors.imports.refused import refused_tables
from scorecards.selectors.imports.rights import shown_import
from scorecards.selectors.imports.tables import tables_in
from scorecards.selectors.shapes import Link
from scorecards.services.imports import steps

from .sent import whole_number
from .shell import member_form, member_page, shell


@member_form
def table_import(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """How an import stands, and the next step; alone for scripts that ask how far it is."""
    row = _row(access, number)
    if request.method == "POST":
        return _posted(request, access, row)
    return _page(request, access, row)


def _row(access: Access, number: int) -> Import:
    row = shown_import(access, number)
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    access: Access,
    row: Import,
    typed: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"page": import_page(access, row, typed)}
    if getattr(request, "htmx", None) and request.htmx.target == "import":  # type: ignore[attr-defined]
        context |= {"organization": access.organization}
        return render(request, "scorecards/_import.html", context, status=status)
    crumbs = (
        Link("Data", data_href(access.organization.code)),
        Link(f"Import {row.number}", None),
    )
    shown = shell(request, access, "data") | context | {"breadcrumbs": crumbs}
    return render(request, "scorecards/import.html", shown, status=status)


# --- The next step


def _posted(request: HttpRequest, access: Access, row: Import) -> HttpResponse:
    """The step that was asked for, or the page with what keeps it from being done."""
    do = DEEDS.get(request.POST.get("do", ""))
    typed = {"mappings": _mappings(request), "decimal": request.POST.get("decimal", "")}
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        do(request, access, row)
    except ValidationError as refusal:
        problem = " ".join(refusal.messages)
        return _page(request, access, row, typed | {"problem": problem}, 422)
    except steps.MovedOn as moved:
        return _page(request, access, _row(access, row.number), {"problem": str(moved)}, 409)
    return redirect(import_href(access.organization.code, row.number))


def _mappings(request: HttpRequest) -> list[list[str]]:
    """For each table the field of each of its columns, as they were chosen."""
    found: dict[int, dict[int, str]] = {}
    for name, field in request.POST.items():
        parts = name.split("-")
        if len(parts) == 3 and parts[0] == "column":
            table, column = whole_number(parts[1]), whole_number(parts[2])
            found.setdefault(table, {})[column] = str(field)
    return [[columns[at] for at in sorted(columns)] for _, columns in sorted(found.items())]


def _map(request: HttpRequest, access: Access, row: Import) -> None:
    decimal = request.POST.get("decimal", "")
    steps.say_mapping(
        access=access,
        row=row,
        tables=tables_in(row),
        mappings=_mappings(request),
        decimal=decimal,
    )


def _read(request: HttpRequest, access: Access, row: Import) -> None:
    steps.read_again(row=row, said=request.POST.dict())


def _apply(request: HttpRequest, access: Access, row: Import) -> None:
    attempt = whole_number(request.POST.get("version", ""))
    steps.apply_import(row=row, attempt=attempt, scope=request.POST.get("scope", ""))


def _check(request: HttpRequest, access: Access, row: Import) -> None:
    steps.check_again(row=row)


def _back(request: HttpRequest, access: Access, row: Import) -> None:
    steps.map_again(row=row)


def _cancel(request: HttpRequest, access: Access, row: Import) -> None:
    if steps.cancel_import(row=row) == Import.State.CANCELLED:
        messages.info(request, "Cancelled: nothing was stored.")


def _undo(request: HttpRequest, access: Access, row: Import) -> None:
    steps.undo_import(access=access, row=row)


DEEDS: dict[str, Callable[[HttpRequest, Access, Import], None]] = {
    "map": _map,
    "read": _read,
    "apply": _apply,
    "check": _check,
    "back": _back,
    "cancel": _cancel,
    "undo": _undo,
}


# --- What was refused


@member_page
def refused(request: HttpRequest, access: Access, number: int) -> HttpResponseBase:
    """The refused rows with the reasons, as a file of the same columns."""
    row = _row(access, number)
    if import_page(access, row).is_hidden:
        raise Http404
    tables = refused_tables(row, tables_in(row))
    if not tables:
        raise Http404
    name = f"refused-{row.number}"
    if len(tables) > 1:
        return FileResponse(
            xlsx_file(tables), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
        )
    answer = StreamingHttpResponse(csv_chunks(tables[0]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
