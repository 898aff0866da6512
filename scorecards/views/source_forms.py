"""Setting a source up, changing it, and trying it before anything is stored."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from calculations.schedules import InvalidSchedule, Schedule, unpacked_schedule
from kpis.models import Source
from kpis.services.sources.asking import kind_of
from kpis.services.sources.editing import (
    change_source,
    checked_settings,
    create_source,
    kept_secrets,
)
from kpis.services.sources.judging import Verdict
from kpis.services.sources.running import tried
from kpis.services.sources.secrets import names_of
from kpis.services.sources.shapes import Kind, NothingFetched, SourceFailed
from organizations.access import Access
from organizations.services.structure import StaleVersion
from scorecards.links import source_href
from scorecards.selectors.kpis.texts import suggested_code
from scorecards.selectors.sources.forms import (
    VERDICTS,
    Tried,
    Typed,
    beside_current,
    default_texts,
    source_form,
    stored_texts,
    tried_rows,
    typed_texts,
)
from scorecards.selectors.sources.lines import live_sources
from scorecards.selectors.sources.rivals import rivals_at

from .sent import refused_fields, whole_number
from .shell import member_form, shell
from .sources import found_source, require_administrator

FORGOTTEN = "Its secret was forgotten, because it asks {}: type it again."


@member_form
def create(request: HttpRequest, access: Access) -> HttpResponse:
    """A new source of the kind in the address."""
    require_administrator(access)
    kind = _kind(request.GET.get("kind", ""))
    if request.method != "POST":
        return _page(request, access, kind, None, Typed(default_texts(kind)))
    texts = typed_texts(kind, request.POST.dict())
    if request.POST.get("do") == "try":
        return _try(request, access, kind, None, texts)
    try:
        row = _created(access, kind, texts)
    except ValidationError as refusal:
        return _page(request, access, kind, None, Typed(texts, refused_fields(refusal)), 422)
    messages.success(request, f"“{row}” is set up. Refresh it now, or wait for its schedule.")
    return redirect(source_href(access.organization.code, row.code))


@member_form
def edit(request: HttpRequest, access: Access, source: str) -> HttpResponse:
    """All of a source but its code and its kind."""
    row = found_source(access, source)
    require_administrator(access)
    kind = _kind(row.kind)
    if request.method != "POST":
        return _page(request, access, kind, row, Typed(stored_texts(kind, row)))
    texts = typed_texts(kind, request.POST.dict()) | {"code": row.code}
    if request.POST.get("do") == "try":
        return _try(request, access, kind, row, texts)
    version = whole_number(request.POST.get("version", ""))
    try:
        before, had = row.settings, names_of(row)
        row = _changed(access, kind, row, texts, version)
    except StaleVersion:
        now = found_source(access, source)
        return _page(request, access, kind, now, beside_current(kind, now, texts, version), 409)
    except ValidationError as refusal:
        return _page(request, access, kind, row, Typed(texts, refused_fields(refusal)), 422)
    messages.success(request, f"“{row}” is saved.")
    if had - names_of(row):
        messages.warning(request, FORGOTTEN.format(_why_forgotten(before, row.settings)))
    return redirect(source_href(access.organization.code, row.code))


def _kind(code: str) -> Kind:
    try:
        return kind_of(code)
    except SourceFailed:
        raise Http404 from None


# --- Saving


def _why_forgotten(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    changed = {name for name, said in now.items() if before.get(name) != said}
    if changed & {"url", "host"}:
        return "another host"
    return "with another encryption" if "tls" in changed else "elsewhere, or as another user"


def _created(access: Access, kind: Kind, texts: Mapping[str, str]) -> Source:
    settings, secrets, schedule, name = _checked(access, kind, texts)
    return create_source(
        organization=access.organization,
        code=_code(access, texts["code"].strip(), name),
        name=name,
        kind=kind.code,
        settings=settings,
        secrets=secrets,
        schedule=schedule,
        by=require_administrator(access),
    )


def _changed(
    access: Access, kind: Kind, row: Source, texts: Mapping[str, str], version: int
) -> Source:
    if version != row.version:
        raise StaleVersion(row)
    settings, secrets, schedule, name = _checked(access, kind, texts)
    return change_source(
        source=row,
        by=require_administrator(access),
        version=version,
        name=name,
        settings=settings,
        secrets=secrets,
        schedule=schedule,
    )


def _checked(
    access: Access, kind: Kind, texts: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str], Schedule, str]:
    """What the texts mean; raises ValidationError, by field, with all that is wrong."""
    problems: dict[str, str] = {}
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    schedule = None
    try:
        settings, secrets = checked_settings(access, kind, texts)
    except ValidationError as refusal:
        problems |= refused_fields(refusal)
    try:
        schedule = unpacked_schedule(texts)
    except InvalidSchedule as refusal:
        problems[refusal.field] = str(refusal)
    name = texts["name"].strip()
    if not name:
        problems["name"] = "Write a name, as people know the system."
    if problems or schedule is None:
        raise ValidationError(problems)
    return settings, secrets, schedule, name


def _code(access: Access, code: str, name: str) -> str:
    """The code that was typed, or one made of the name."""
    taken = list(live_sources(access).values_list("code", flat=True))
    if code in taken:
        said = f"There is a source `{code}` already; choose another code."
        raise ValidationError({"code": said})
    code = code or suggested_code(name, taken)
    if not code or code == "new":
        said = "The name makes no code; write one." if not code else "Choose another code."
        raise ValidationError({"code": said})
    return code


# --- Trying


def _try(
    request: HttpRequest,
    access: Access,
    kind: Kind,
    row: Source | None,
    texts: Mapping[str, str],
) -> HttpResponse:
    """What it would bring now; nothing is stored."""
    try:
        settings, typed = checked_settings(access, kind, texts)
        kept = kept_secrets(row, settings) if row else {}
        found = _tried(access, kind, row, settings, {**kept, **typed})
    except ValidationError as refusal:
        problems = refused_fields(refusal)
        named = Tried(problem="Nothing was asked: some fields cannot be used yet.")
        return _page(request, access, kind, row, Typed(texts, problems, tried=named), 422)
    return _page(request, access, kind, row, Typed(texts, tried=found))


def _tried(
    access: Access,
    kind: Kind,
    row: Source | None,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
) -> Tried:
    try:
        answer, rows = tried(access, access.organization, kind.code, settings, secrets)
    except NothingFetched as reason:
        return Tried(str(reason), reason.request, reason.answer)
    places = {each.assignment_id for each in rows if each.assignment_id is not None}
    counts = [(VERDICTS[each], sum(row.verdict is each for row in rows)) for each in Verdict]
    return Tried(
        request=answer.fetched[-1].request,
        answer=answer.fetched[-1].answer,
        rows=tried_rows(rows),
        total=len(rows),
        counts=", ".join(f"{count:,} {word}" for word, count in counts if count),
        rivals=rivals_at(access, places, row),
    )


def _page(
    request: HttpRequest,
    access: Access,
    kind: Kind,
    row: Source | None,
    typed: Typed,
    status: int = 200,
) -> HttpResponse:
    form = source_form(access, kind, row, typed)
    if getattr(request, "htmx", None) and request.htmx.target == "try":  # type: ignore[attr-defined]
        return render(request, "scorecards/_source_try.html", {"form": form})
    context: dict[str, Any] = shell(request, access, "")
    context |= {"form": form, "breadcrumbs": form.breadcrumbs}
    return render(request, "scorecards/source_form.html", context, status=status)
