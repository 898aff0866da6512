"""Background work over HTTP, for administrators of the root unit who are signed in."""

from collections.abc import Callable
from typing import Annotated, TypedDict

import django_filters
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.access import Access, Action
from organizations.models import Job
from organizations.services.jobs.queue import MovedOn, cancel_job, retry_job
from scorecards.api_errors import Problem
from scorecards.selectors.jobs import job_of

from .base import OrganizationView
from .listing import PAGING, filtered, listed_query
from .schema import Listing, Parameter, described
from .shapes import Moment, one_of

UUID = {"type": "string", "format": "uuid"}
JOB = {"job": Parameter("Code of the job.", UUID)}
STATE = Parameter("Jobs of this state only.", {"type": "string", "enum": list(Job.State.values)})


class JobAnswer(TypedDict):
    """A job: what it is, how it stands, and why it failed last."""

    code: str
    kind: str
    about: str
    state: Annotated[str, one_of(*Job.State.values)]
    reason: str
    tries: int
    done: int
    total: int
    due_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class JobFilters(django_filters.FilterSet):  # type: ignore[misc]
    """By state."""

    state = django_filters.ChoiceFilter(choices=Job.State.choices)


class JobsView(OrganizationView):
    """What waits, runs, failed and has ended."""

    parameters = {"get": ("state", *PAGING)}

    @described(
        Listing(JobAnswer),
        parameters={"state": STATE},
        problems=("not_permitted", "invalid_cursor"),
    )
    def get(self, request: Request, organization: str) -> Response:
        """Jobs, the oldest first; for administrators of the root unit who are signed in."""
        if not administers_all(self.access):
            raise Problem("not_permitted", "Only administrators of the root unit see this.")
        rows = Job.objects.filter(organization=self.access.organization)
        found = filtered(request, JobFilters, rows)
        return Response(listed_query(request, found, key=("pk",), answer=_answer))


class JobStepView(OrganizationView):
    """A job, and what can be done to it."""

    def stepped(self, code: str, step: Callable[..., object]) -> Response:
        """Take the step. Raises Problem."""
        found = job_of(self.access, code) if administers_all(self.access) else None
        if found is None:
            raise Problem("not_found")
        try:
            step(job=found)
        except MovedOn as moved:
            raise Problem("conflict", str(moved)) from None
        found.refresh_from_db()
        return Response(_answer(found))


class JobRetryView(JobStepView):
    """A job that failed or was cancelled."""

    @described(JobAnswer, parameters=JOB, problems=("conflict",))
    def post(self, request: Request, organization: str, job: str) -> Response:
        """Try it again from its beginning, at once."""
        return self.stepped(job, retry_job)


class JobCancelView(JobStepView):
    """A job that waits or runs."""

    @described(JobAnswer, parameters=JOB, problems=("conflict",))
    def post(self, request: Request, organization: str, job: str) -> Response:
        """Give it up: at once where it waits, and soon where it runs. What it has done stays."""
        return self.stepped(job, cancel_job)


def administers_all(access: Access) -> bool:
    """No scope of a token allows it."""
    return any(access.can(Action.ADMINISTER, root.id) for root in access.tree.children(None))


def _answer(job: Job) -> JobAnswer:
    return {
        "code": str(job.code),
        "kind": job.kind,
        "about": job.about,
        "state": job.state,
        "reason": job.reason,
        "tries": job.tries,
        "done": job.done,
        "total": job.total,
        "due_at": job.due_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
