"""How a source stands, in words: its last refresh, the next one, and what is wrong."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from calculations.schedules import next_slot, unpacked_schedule
from kpis.models import Source, SourceRun
from kpis.services.sources.kinds import kinds
from kpis.services.sources.running import JOB, key_of
from organizations.access import Access
from organizations.models import Job, Organization
from scorecards.links import source_href

State = SourceRun.State
COUNTED = (
    ("created", "new"),
    ("updated", "changed"),
    ("unchanged", "unchanged"),
    ("kept", "kept"),
    ("refused", "refused"),
)
BROKEN_OFF = "The work on it broke off."


@dataclass(frozen=True)
class SourceLine:
    """A source in the list; state is good, stale, new or paused."""

    code: str
    name: str
    href: str
    kind: str
    state: str
    state_text: str
    reason: str  # why the refresh that is tried again has failed
    last_text: str
    counts_text: str
    next_text: str
    schedule: str


@dataclass(frozen=True)
class SourcesPage:
    lines: tuple[SourceLine, ...]
    kinds: tuple[tuple[str, str, str], ...]  # code, name, hint


def live_sources(access: Access) -> "QuerySet[Source]":
    rows: QuerySet[Source] = Source.objects.live().filter(organization=access.organization)
    return rows.select_related("organization", "configured_by", "author").order_by("name", "pk")


def source_of(access: Access, code: str) -> Source | None:
    return None if "\x00" in code else live_sources(access).filter(code=code).first()


def sources_page(access: Access) -> SourcesPage:
    """By a fixed number of statements."""
    rows = list(live_sources(access))
    last = last_runs(rows)
    busy = unfinished_jobs(access.organization, rows)
    return SourcesPage(
        tuple(source_line(row, last.get(row.pk), busy.get(row.pk)) for row in rows),
        tuple((kind.code, kind.name, kind.hint) for kind in kinds().values()),
    )


def last_runs(sources: Iterable[Source]) -> dict[int, SourceRun]:
    """By source, its last run that has ended."""
    ended = SourceRun.objects.exclude(state=State.RUNNING).filter(source=OuterRef("source"))
    newest = ended.order_by("-started_at", "-pk").values("pk")[:1]
    rows = SourceRun.objects.filter(source__in=list(sources), pk=Subquery(newest))
    return {run.source_id: run for run in rows}


def last_good(sources: Iterable[Source]) -> dict[int, dt.datetime]:
    """By source, when it was last refreshed well."""
    good = SourceRun.objects.filter(source__in=list(sources), state=State.DONE)
    rows = good.order_by().values_list("source_id").annotate(at=Max("finished_at"))
    return dict(rows)


def unfinished_jobs(organization: Organization, sources: Iterable[Source]) -> dict[int, Job]:
    """By source, the refresh that waits or runs."""
    by_key = {key_of(source): source.pk for source in sources}
    jobs = Job.objects.unfinished().filter(organization=organization, kind=JOB)
    return {by_key[job.key]: job for job in jobs.filter(key__in=by_key)}


def source_line(source: Source, run: SourceRun | None, job: Job | None) -> SourceLine:
    state = state_of(source, run)
    zone = zone_of(source.organization)
    kind = kinds().get(source.kind)
    return SourceLine(
        code=source.code,
        name=source.name,
        href=source_href(source.organization.code, source.code),
        kind=kind.name if kind else source.kind,
        state=state,
        state_text=busy_text(job, zone) or idle_text(state, run),
        reason=job.reason if job and is_retry(job) else "",
        last_text=moment_text(run.started_at, zone) if run else "",
        counts_text=counts_text(run) if run else "",
        next_text=next_text(source),
        schedule=unpacked_schedule(source.schedule).told,
    )


STATES = {"good": "Up to date", "stale": "Stale", "new": "Not refreshed yet", "paused": "Paused"}


def state_of(source: Source, run: SourceRun | None) -> str:
    """A failed refresh makes it stale; paused is what it is besides."""
    if run is not None and run.state == State.FAILED:
        return "stale"
    if source.is_paused:
        return "paused"
    return "good" if run else "new"


def idle_text(state: str, run: SourceRun | None) -> str:
    """In words; what was refused stands beside what is up to date."""
    refused = run.refused if run and state == "good" else 0
    return f"{STATES[state]}, {refused:,} refused" if refused else STATES[state]


def is_retry(job: Job) -> bool:
    """Whether it has failed, and waits for the time of its next try."""
    is_later = job.state == Job.State.WAITING and job.due_at > timezone.now()
    return is_later and bool(job.reason)


def busy_text(job: Job | None, zone: zoneinfo.ZoneInfo) -> str:
    if job is None:
        return ""
    if is_retry(job):
        return f"Failed; tried again at {job.due_at.astimezone(zone):%H:%M}"
    return "Refreshing" if job.state == Job.State.RUNNING else "Waiting for a worker"


def next_text(source: Source) -> str:
    """When it is refreshed next, at the organization's place; "" while it is paused."""
    if source.is_paused:
        return ""
    zone = source.organization.time_zone
    slot = next_slot(unpacked_schedule(source.schedule), zone, timezone.now())
    return moment_text(slot, zone_of(source.organization))


def counts_text(run: SourceRun) -> str:
    """What came of it: "3 new, 2 refused"; of a failed one nothing."""
    if run.state != State.DONE:
        return ""
    said = [f"{getattr(run, name):,} {word}" for name, word in COUNTED if getattr(run, name)]
    return ", ".join(said) or "no rows"


def zone_of(organization: Organization) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(organization.time_zone)


def moment_text(at: dt.datetime, zone: zoneinfo.ZoneInfo) -> str:
    """The time at the organization's place; of another day, with its date."""
    local = at.astimezone(zone)
    is_today = local.date() == timezone.now().astimezone(zone).date()
    return f"{local:%H:%M} today" if is_today else f"{local:%Y-%m-%d %H:%M}"
