"""Sources for administrators: how they stand, and refreshing, pausing and deleting them."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.models import Source, SourceRun
from kpis.services.sources.editing import (
    delete_source,
    let_source_win,
    pause_source,
    restore_source,
)
from kpis.services.sources.running import ask_for_run
from organizations.access import Access
from organizations.models import User
from organizations.services.jobs.queue import MovedOn, cancel_job
from organizations.services.structure import StaleVersion
from scorecards.links import source_href, sources_href
from scorecards.selectors.shapes import Link
from scorecards.selectors.sources.feeding import administers_root
from scorecards.selectors.sources.lines import source_of, sources_page, unfinished_jobs
from scorecards.selectors.sources.page import source_page

from .notices import say_with_undo
from .sent import whole_number
from .shell import member_form, shell

Deed = Callable[[HttpRequest, Access, Source], str]
STALE = "“{}” was changed meanwhile. Look at it, and do this again."


def require_administrator(access: Access) -> User:
    """Whoever may set sources up: an administrator of the topmost unit."""
    if access.user is None or not administers_root(access):
        raise PermissionDenied
    return access.user


def found_source(access: Access, code: str) -> Source:
    source = source_of(access, code)
    if source is None:
        raise Http404
    return source


@member_form
def sources(request: HttpRequest, access: Access) -> HttpResponse:
    """All sources; a deletion is taken back here."""
    require_administrator(access)
    if request.method != "POST":
        return _list(request, access)
    if request.POST.get("do") != "restore":
        return _list(request, access, "Choose what to do.", 422)
    try:
        return redirect(_restore(request, access))
    except ValidationError as refusal:
        return _list(request, access, " ".join(refusal.messages), 422)


@member_form
def source(request: HttpRequest, access: Access, source: str) -> HttpResponse:
    """One source; what is done with it is posted here."""
    row = found_source(access, source)
    require_administrator(access)
    if request.method != "POST":
        return _page(request, access, row)
    do = DEEDS.get(request.POST.get("do", ""))
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        return redirect(do(request, access, row))
    except StaleVersion as stale:
        return _page(
            request, access, found_source(access, source), STALE.format(stale.current), 409
        )
    except MovedOn as moved:
        return _page(request, access, row, str(moved), 409)
    except ValidationError as refusal:
        return _page(request, access, row, " ".join(refusal.messages), 422)


def _list(
    request: HttpRequest, access: Access, problem: str = "", status: int = 200
) -> HttpResponse:
    context = shell(request, access, "") | {"page": sources_page(access), "problem": problem}
    return render(request, "scorecards/sources.html", context, status=status)


def _page(
    request: HttpRequest, access: Access, row: Source, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"page": source_page(access, row), "problem": problem}
    if getattr(request, "htmx", None) and request.htmx.target == "source":  # type: ignore[attr-defined]
        part = {**context, "organization": access.organization}
        return render(request, "scorecards/_source.html", part, status=status)
    crumbs = (Link("Sources", sources_href(access.organization.code)), Link(row.name, None))
    shown = shell(request, access, "") | context | {"breadcrumbs": crumbs}
    return render(request, "scorecards/source.html", shown, status=status)


# --- Deeds


def _run(request: HttpRequest, access: Access, row: Source) -> str:
    ask_for_run(source=row, by=access.user)
    return _home(row)


def _cancel(request: HttpRequest, access: Access, row: Source) -> str:
    job = unfinished_jobs(access.organization, [row]).get(row.pk)
    if job is None:
        raise MovedOn("It has ended meanwhile, so there is nothing to cancel.")
    cancel_job(job=job)
    messages.info(request, "The refresh is given up; what stands stays.")
    return _home(row)


def _pause(request: HttpRequest, access: Access, row: Source) -> str:
    by = require_administrator(access)
    row = pause_source(source=row, by=by, version=_version(request), is_paused=True)
    undo = {"do": "resume", "version": str(row.version)}
    say_with_undo(request, f"“{row}” is paused; its values stay.", _home(row), undo)
    return _home(row)


def _resume(request: HttpRequest, access: Access, row: Source) -> str:
    by = require_administrator(access)
    row = pause_source(source=row, by=by, version=_version(request), is_paused=False)
    messages.success(request, f"“{row}” goes on by its schedule.")
    return _home(row)


def _delete(request: HttpRequest, access: Access, row: Source) -> str:
    delete_source(source=row, by=require_administrator(access), version=_version(request))
    home = sources_href(access.organization.code)
    undo = {"do": "restore", "source": row.code}
    say_with_undo(request, f"“{row}” is deleted; the values that it brought stay.", home, undo)
    return home


def _win(request: HttpRequest, access: Access, row: Source) -> str:
    """Record what the run brought over the chosen values that were entered by hand."""
    run = SourceRun.objects.filter(source=row, pk=whole_number(request.POST.get("run", ""))).first()
    if run is None:
        raise Http404
    keys = request.POST.getlist("row")
    if not keys:
        raise ValidationError("Choose the values that the source shall overwrite.")
    count, refused = let_source_win(access=access, source=row, run=run, keys=keys)
    if count:
        said = "1 value is" if count == 1 else f"{count} values are"
        messages.success(request, f"{said} the source’s now.")
    for each in refused[:5]:
        messages.warning(request, each)
    return _home(row)


def _restore(request: HttpRequest, access: Access) -> str:
    """The source of that code that was deleted last."""
    code = request.POST.get("source", "").replace("\x00", "")
    gone = Source.objects.filter(organization=access.organization, code=code)
    row = gone.exclude(deleted_at=None).order_by("-deleted_at").first()
    if row is None:
        raise Http404
    row = restore_source(source=row, by=require_administrator(access))
    messages.success(request, f"“{row}” stands again, paused: look at it before it goes on.")
    return _home(row)


DEEDS: dict[str, Deed] = {
    "run": _run,
    "cancel": _cancel,
    "pause": _pause,
    "resume": _resume,
    "delete": _delete,
    "win": _win,
}


def _version(request: HttpRequest) -> int:
    """The version that the sender has seen; 0, which no row has, where it says none."""
    return whole_number(request.POST.get("version", ""))


def _home(row: Source) -> str:
    return source_href(row.organization.code, row.code)
