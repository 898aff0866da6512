"""Background work for administrators: how it stands, trying it again, giving it up."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.models import Job
from organizations.services.jobs.queue import MovedOn, cancel_job, retry_job
from scorecards.links import jobs_href
from scorecards.selectors.jobs import job_name, job_of, jobs_page

from .notices import say_with_undo
from .shell import member_form, settings_pages, shell


@member_form
def jobs(request: HttpRequest, access: Access) -> HttpResponse:
    """What waits, runs, failed and has ended; alone for scripts that ask how far it is."""
    if "settings" not in settings_pages(access):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, access)
    do = DEEDS.get(request.POST.get("do", ""))
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        do(request, access, _job(request, access))
    except ValidationError as refusal:
        return _page(request, access, " ".join(refusal.messages), 422)
    except MovedOn as moved:
        return _page(request, access, str(moved), 409)
    return redirect(request.get_full_path())


def _job(request: HttpRequest, access: Access) -> Job:
    job = job_of(access, request.POST.get("job", ""))
    if job is None:
        raise Http404
    return job


def _page(
    request: HttpRequest, access: Access, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"page": jobs_page(access, request.GET, problem)}
    if getattr(request, "htmx", None) and request.htmx.target == "jobs":  # type: ignore[attr-defined]
        context |= {"organization": access.organization}  # type: ignore[dict-item]
        return render(request, "scorecards/_jobs.html", context, status=status)
    shown = shell(request, access, "jobs") | context
    return render(request, "scorecards/jobs.html", shown, status=status)


def _retry(request: HttpRequest, access: Access, job: Job) -> None:
    retry_job(job=job)
    messages.success(request, f"{_named(job)} is tried again.")


def _cancel(request: HttpRequest, access: Access, job: Job) -> None:
    if cancel_job(job=job) == Job.State.RUNNING:
        messages.info(request, f"{_named(job)} is being given up.")
        return
    undo = {"do": "retry", "job": str(job.code)}
    said = f"{_named(job)} is cancelled."
    say_with_undo(request, said, jobs_href(access.organization.code), undo)


def _named(job: Job) -> str:
    return f"“{job_name(job.kind)}: {job.about}”" if job.about else f"“{job_name(job.kind)}”"


DEEDS: dict[str, Callable[[HttpRequest, Access, Job], None]] = {"retry": _retry, "cancel": _cancel}
