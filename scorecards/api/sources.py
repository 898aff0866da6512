"""Sources over HTTP: how they stand, and asking one to refresh its values now."""

from typing import Annotated, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from kpis.models import Source, SourceRun
from kpis.services.sources.running import ask_for_run
from organizations.access import Access
from organizations.models import Job, Role
from scorecards.api_errors import Problem
from scorecards.selectors.sources.lines import last_runs, live_sources, source_of, state_of

from .base import OrganizationView
from .listing import PAGING, listed
from .schema import Listing, described
from .shapes import Code, Moment, one_of


class RunAnswer(TypedDict):
    """What came of a refresh; `said` is why it failed, or what else there is to know."""

    state: Annotated[str, one_of(*SourceRun.State.values)]
    started_at: Moment
    finished_at: Moment | None
    created: int
    updated: int
    unchanged: int
    kept: int
    refused: int
    said: str


class SourceAnswer(TypedDict):
    """A source: how it stands, and its last refresh."""

    code: Code
    name: str
    kind: str
    state: Annotated[str, one_of("good", "stale", "new", "paused")]
    last_run: RunAnswer | None


class AskedAnswer(TypedDict):
    """The job that refreshes the source."""

    job: str
    state: Annotated[str, one_of(Job.State.WAITING.value, Job.State.RUNNING.value)]


class SourcesView(OrganizationView):
    """The sources of the organization, for whoever administers its root unit."""

    scopes = {"get": ("measurements:read",)}
    parameters = {"get": PAGING}

    @described(Listing(SourceAnswer), problems=("not_permitted", "invalid_cursor"))
    def get(self, request: Request, organization: str) -> Response:
        """Sources by code, without their settings."""
        _require_administrator(self.access)
        rows = list(live_sources(self.access))
        last = last_runs(rows)
        page = listed(
            request,
            rows,
            key=lambda row: (row.code,),
            answer=lambda row: _answer(row, last.get(row.pk)),
        )
        return Response(page)


class SourceRunView(OrganizationView):
    """A refresh of one source."""

    scopes = {"post": ("measurements:write",)}

    @described(AskedAnswer, status=202, problems=("not_permitted",))
    def post(self, request: Request, organization: str, source: str) -> Response:
        """Ask for a refresh; the one that waits or runs already is answered, not doubled."""
        row = source_of(self.access, source)
        if row is None:
            raise Problem("not_found")
        _require_administrator(self.access)
        job = ask_for_run(source=row, by=self.access.user)
        answer: AskedAnswer = {"job": str(job.code), "state": job.state}
        return Response(answer, 202)


def _require_administrator(access: Access) -> None:
    """Whose sources they are; a token may it by its scopes where its maker may."""
    roots = access.tree.children(None)
    may = any(access.roles.get(root.id) == Role.ADMINISTRATOR for root in roots)
    if access.limit_id is not None or not (may or access.is_unbound):
        raise Problem("not_permitted", "Only administrators of the root unit may this.")


def _answer(row: Source, run: SourceRun | None) -> SourceAnswer:
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "state": state_of(row, run),
        "last_run": _run(run) if run else None,
    }


def _run(run: SourceRun) -> RunAnswer:
    return {
        "state": run.state,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "created": run.created,
        "updated": run.updated,
        "unchanged": run.unchanged,
        "kept": run.kept,
        "refused": run.refused,
        "said": run.said,
    }
