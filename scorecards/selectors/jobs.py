"""The page of background work: what waits, runs, failed and has ended, for administrators."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from kpis.services.sources.running import JOB as SOURCE_JOB
from kpis.services.sources.running import key_of
from organizations.access import Access
from organizations.models import Job
from organizations.services.jobs.handlers import Handler, handlers
from organizations.services.jobs.running import most_tries
from scorecards.links import jobs_href, source_href

from .kpis.form_words import Option
from .sources.lines import live_sources

State = Job.State
MOST_LINES = 50  # of each state
# What wants somebody's attention first.
GROUPS = (
    (State.RUNNING, "Running", "started_at"),
    (State.FAILED, "Failed", "-finished_at"),
    (State.WAITING, "Waiting", "due_at"),
    (State.DONE, "Done", "-finished_at"),
    (State.CANCELLED, "Cancelled", "-finished_at"),
)


@dataclass(frozen=True)
class JobLine:
    """A job as people read it, with what they may do about it."""

    code: str
    name: str
    href: str  # of the source that it refreshes; "" of other work
    about: str
    state: str
    when: str  # "since 14:02", "from 2026-05-04 14:20"
    tries: str  # "2 of 8"; "" for the first
    reason: str
    done: int
    total: int
    progress: str  # "12 of 40"; "" where nobody tells
    is_cancelled: bool
    may_retry: bool
    may_cancel: bool


@dataclass(frozen=True)
class JobGroup:
    """Jobs of one state."""

    state: str
    title: str
    count: int
    lines: tuple[JobLine, ...]
    more_href: str  # the jobs after these, "" where there are none
    more_text: str
    first_href: str  # "" where these are the first


@dataclass(frozen=True)
class JobsPage:
    """All of the page; narrowed to what the address names."""

    groups: tuple[JobGroup, ...]
    kinds: tuple[Option, ...]
    states: tuple[Option, ...]
    kind: str
    state: str
    is_moving: bool  # something runs, or is about to
    waiting_since: str  # since when the first job that is due waits for a worker
    all_href: str
    problem: str


def jobs_page(access: Access, asked: Mapping[str, str], problem: str = "") -> JobsPage:
    """By two statements and one more for each state that has jobs.

    asked: kind, state, and after: the code of a job of that state, which are told from the next on.
    """
    kind, state = asked.get("kind", ""), asked.get("state", "")
    after = job_of(access, asked.get("after", "")) if state else None
    after = after if after is not None and after.state == state else None
    now = timezone.now()
    rows = Job.objects.filter(organization=access.organization)
    oldest = rows.due(now).order_by("due_at").values_list("due_at", flat=True).first()
    shown = rows.filter(kind=kind) if kind in handlers() else rows
    counts = _counts(shown)
    about = _About(access, kind if kind in handlers() else "", now)
    return JobsPage(
        groups=tuple(
            _group(shown, one, title, order, counts[one], after, about)
            for one, title, order in GROUPS
            if counts[one] and state in ("", one)
        ),
        kinds=tuple(Option(one.kind, one.name) for one in _by_name()),
        states=tuple(Option(one, title) for one, title, _ in GROUPS),
        kind=kind,
        state=state,
        is_moving=bool(counts[State.RUNNING] or oldest),
        waiting_since=_moment(oldest, about.zone, now) if oldest else "",
        all_href=jobs_href(access.organization.code),
        problem=problem,
    )


def job_of(access: Access, code: str) -> Job | None:
    """The organization's job of that code; None alike for none and for another's."""
    try:
        wanted = uuid.UUID(code)
    except ValueError:
        return None
    jobs = Job.objects.filter(organization=access.organization)
    return jobs.select_related("organization").filter(code=wanted).first()


def job_name(kind: str) -> str:
    """What jobs of the kind are called."""
    known = handlers().get(kind)
    return known.name if known else kind


def _by_name() -> list[Handler]:
    return sorted(handlers().values(), key=lambda one: one.name)


def _counts(rows: QuerySet[Job]) -> dict[str, int]:
    return rows.aggregate(**{one: Count("pk", filter=Q(state=one)) for one in State.values})


class _About:
    """What all lines of a page are told with."""

    def __init__(self, access: Access, kind: str, now: dt.datetime) -> None:
        self.access, self.kind, self.now = access, kind, now
        self.zone = zoneinfo.ZoneInfo(access.organization.time_zone)

    @cached_property
    def sources(self) -> dict[str, str]:
        """Where the source of a job stands, by the job's key."""
        code = self.access.organization.code
        return {key_of(row): source_href(code, row.code) for row in live_sources(self.access)}

    def href(self, state: str, after: str = "") -> str:
        return jobs_href(self.access.organization.code, kind=self.kind, state=state, after=after)


def _group(
    rows: QuerySet[Job],
    state: str,
    title: str,
    order: str,
    count: int,
    after: Job | None,
    about: _About,
) -> JobGroup:
    found = rows.filter(state=state).order_by(order, "pk")
    if after is not None:
        found = found.filter(_behind(after, order))
    shown = list(found[: MOST_LINES + 1])
    lines = tuple(_line(job, about) for job in shown[:MOST_LINES])
    has_more = len(shown) > MOST_LINES
    return JobGroup(
        state=state,
        title=title,
        count=count,
        lines=lines,
        more_href=about.href(state, lines[-1].code) if has_more else "",
        more_text="Older" if order.startswith("-") else "Later",
        first_href=about.href(state) if after is not None else "",
    )


def _behind(job: Job, order: str) -> Q:
    """What follows the job in its order."""
    name = order.removeprefix("-")
    at = getattr(job, name)
    beyond = "lt" if order.startswith("-") else "gt"
    return Q(**{f"{name}__{beyond}": at}) | Q(**{name: at, "pk__gt": job.pk})


def _line(job: Job, about: _About) -> JobLine:
    return JobLine(
        code=str(job.code),
        name=job_name(job.kind),
        href=about.sources.get(job.key, "") if job.kind == SOURCE_JOB else "",
        about=job.about,
        state=job.state,
        when=_when(job, about.zone, about.now),
        tries=f"{job.tries} of {most_tries(job.kind)}" if job.tries > 1 else "",
        reason=job.reason,
        done=job.done,
        total=job.total,
        progress=f"{job.done:,} of {job.total:,}" if job.total else "",
        is_cancelled=job.is_cancelled,
        may_retry=job.state in (State.FAILED, State.CANCELLED),
        may_cancel=job.state in Job.UNFINISHED and not job.is_cancelled,
    )


def _when(job: Job, zone: zoneinfo.ZoneInfo, now: dt.datetime) -> str:
    if job.state == State.WAITING:
        word = "since" if job.due_at <= now else "from"
        return f"{word} {_moment(job.due_at, zone, now)}"
    if job.state == State.RUNNING:
        return f"since {_moment(job.started_at or now, zone, now)}"
    return _moment(job.finished_at or now, zone, now)


def _moment(at: dt.datetime, zone: zoneinfo.ZoneInfo, now: dt.datetime) -> str:
    """The time at the organization's place; of another day, with its date."""
    local = at.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if is_today else f"{local:%Y-%m-%d %H:%M}"
