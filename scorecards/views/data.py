"""Tables: taken out as files, and brought in from them."""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from calculations.periods import Calendar, InvalidPeriod
from organizations.access import Access
from scorecards.links import import_href
from scorecards.selectors.exports.records import record_table, scorecard_tables
from scorecards.selectors.exports.shapes import OutTable, Wanted
from scorecards.selectors.exports.values import TooManyPeriods, value_table
from scorecards.selectors.exports.writing import XLSX, csv_chunks, xlsx_file
from scorecards.selectors.imports.data_page import data_page
from scorecards.selectors.imports.kinds import BOOK, VALUES
from scorecards.selectors.imports.rights import export_kinds, may_use_files
from scorecards.services.imports.files import MOST_BYTES
from scorecards.services.imports.steps import start_import

from .sent import refused_fields, whole_number
from .shell import member_form, member_page, shell

TOO_LARGE = f"The file has more than {MOST_BYTES // 1024**2} MB. Split it, or save it as XLSX."


@member_form
def data(request: HttpRequest, access: Access) -> HttpResponse:
    """Taking out, bringing in, and what was brought in; a file is posted here."""
    if not may_use_files(access):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, access)
    try:
        name, content = _file(request)
        kind = request.POST.get("kind", "")
        row = start_import(access=access, name=name, content=content, kind=kind)
    except ValidationError as refusal:
        return _page(request, access, refused_fields(refusal), 422)
    return redirect(import_href(access.organization.code, row.number))


def _file(request: HttpRequest) -> tuple[str, bytes]:
    """The name and the bytes of the file that was sent. Raises ValidationError."""
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        raise ValidationError({"file": "Choose a file."})
    if (sent.size or 0) > MOST_BYTES:
        raise ValidationError({"file": TOO_LARGE})
    return sent.name or "", sent.read()


def _page(
    request: HttpRequest,
    access: Access,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
    export_problem: str = "",
) -> HttpResponse:
    before = whole_number(request.GET.get("before", ""))
    typed = {**request.GET.dict(), **request.POST.dict()}
    page = data_page(access, before, typed, problems, export_problem)
    shown = shell(request, access, "data") | {"page": page}
    return render(request, "scorecards/data.html", shown, status=status)


# --- Taking out


@member_page
def export(request: HttpRequest, access: Access, table: str) -> HttpResponseBase:
    """A table as a file, as far as the reader sees it."""
    if table != BOOK and table not in export_kinds(access):
        raise Http404
    if not may_use_files(access):
        raise PermissionDenied
    try:
        wanted = _wanted(request, access)
        tables = _tables(access, table, wanted)
    except (ValidationError, TooManyPeriods) as refusal:
        said = " ".join(getattr(refusal, "messages", [str(refusal)]))
        return _page(request, access, status=422, export_problem=said)
    is_spreadsheet = table == BOOK or request.GET.get("form") == "xlsx"
    return as_file(access, table, tables, is_spreadsheet=is_spreadsheet)


def _tables(access: Access, kind: str, wanted: Wanted) -> list[OutTable]:
    if kind == BOOK:
        return scorecard_tables(access, wanted)
    if kind == VALUES:
        return [value_table(access, wanted)]
    return [record_table(access, kind, wanted)]


def as_file(
    access: Access, kind: str, tables: list[OutTable], *, is_spreadsheet: bool
) -> HttpResponseBase:
    name = "scorecards" if kind == BOOK else kind
    name = f"{access.organization.code}-{name}-{access.organization.today().isoformat()}"
    if is_spreadsheet:
        return FileResponse(
            xlsx_file(tables), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
        )
    answer = StreamingHttpResponse(csv_chunks(tables[0]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _wanted(request: HttpRequest, access: Access) -> Wanted:
    """What the address asks for. Raises ValidationError."""
    said = request.GET
    unit, kpi = said.get("unit", "").strip(), said.get("kpi", "").strip()
    if unit and access.visible_unit(unit) is None:
        raise ValidationError(f"There is no unit “{unit[:50]}” here; write its code.")
    calendar = access.organization.calendar
    return Wanted(
        unit=unit or None,
        kpi=kpi.replace("\x00", "") or None,
        first=_day(calendar, said.get("from", ""), is_end=False),
        end=_day(calendar, said.get("to", ""), is_end=True),
        is_wide=said.get("layout") == "wide",
    )


def _day(calendar: Calendar, text: str, *, is_end: bool) -> dt.date | None:
    """The first day of the period that is written, or the day after its last."""
    if not text.strip():
        return None
    try:
        period = calendar.parse_label(text)
    except InvalidPeriod as refusal:
        raise ValidationError(f"{refusal}.") from None
    return calendar.end(period) if is_end else period.start
