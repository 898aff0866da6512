"""Refreshing a source: what a worker does, and how it is asked to."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from calculations.schedules import unpacked_schedule
from kpis.models import Source, SourceFeed, SourceRun
from kpis.models.source import LONGEST_SAID
from kpis.services.measurements import record_measurements
from kpis.services.resolution import RowToRecord
from organizations.access import Access, user_access
from organizations.models import Job, Organization, User
from organizations.services.jobs.handlers import Recurring
from organizations.services.jobs.leases import GivenUp, Work, WorkFailed, WorkPutOff
from organizations.services.jobs.queue import enqueue

from .asking import Asked, asked, kind_of
from .judging import Judged, Verdict, judged
from .secrets import seal_anew, secrets_of
from .shapes import SourceAway, SourceFailed

JOB = "refresh_source"
TRIES = 3
MOST_LINES = 100  # of rows that are kept or refused
RUNS_KEPT = 200  # of each source
NO_ROLE = (
    "{name}, who configured this source last, has no role here any more, so nothing was recorded."
    " An administrator who saves it again takes it over."
)
RELATED = ("organization", "configured_by", "author")
State = SourceRun.State


def key_of(source: Source) -> str:
    """By which a source is queued once at most."""
    return f"source {source.pk}"


@transaction.atomic
def ask_for_run(*, source: Source, by: User | None) -> Job:
    """Queue a refresh now, unless one runs already; one that waits for a retry waits no longer."""
    job = enqueue(
        kind=JOB,
        organization=source.organization,
        args={"source": source.pk, "by": by.pk if by else None},
        key=key_of(source),
        about=source.name,
    )
    now = timezone.now()
    later = Job.objects.filter(pk=job.pk, state=Job.State.WAITING, due_at__gt=now)
    if later.update(due_at=now):  # queueing has woken a worker already
        job.due_at = now
    return job


def scheduled_sources(now: dt.datetime) -> Iterable[Recurring]:
    """Every source that is not paused, with its schedule."""
    rows = Source.objects.live().filter(is_paused=False).select_related("organization")
    for source in rows.order_by("pk"):
        yield Recurring(
            organization=source.organization,
            what=key_of(source),
            schedule=unpacked_schedule(source.schedule),
            since=source.scheduled_at,
            kind=JOB,
            args={"source": source.pk},
            key=key_of(source),
            about=source.name,
        )


def refresh_source(work: Work) -> None:
    """Ask the source and record what it says; what came of it stays as a run."""
    source = _source(work)
    run = _begun(work, source)
    try:
        answer = asked(
            source.organization,
            kind_of(source.kind),
            source.settings,
            secrets_of(source),
            tell=work.tell,
        )
        with work.finishing():
            _record(source, run, answer)
    except SourceAway as reason:
        _fail(run, str(reason))
        raise WorkPutOff(str(reason)) from None
    except SourceFailed as reason:
        _fail(run, str(reason))
        raise WorkFailed(str(reason)) from None
    except GivenUp:
        _fail(run, "It was cancelled.")
        raise
    except Exception:
        _fail(run, "Something unexpected went wrong. The log of the workers says more.")
        raise


def _source(work: Work) -> Source:
    rows = Source.objects.live().filter(organization=work.organization, pk=work.args["source"])
    source: Source | None = rows.select_related(*RELATED).first()
    if source is None:
        raise WorkFailed("The source was deleted meanwhile.")
    return source


def _begun(work: Work, source: Source) -> SourceRun:
    """The run of this job; a second try begins it anew."""
    run, _ = SourceRun.objects.update_or_create(
        job=work.job.code,
        defaults={
            "organization": source.organization,
            "source": source,
            "asked_by_id": work.args.get("by"),
            "state": State.RUNNING,
            "started_at": timezone.now(),
            "finished_at": None,
        },
    )
    return run


def _fail(run: SourceRun, said: str) -> None:
    """Whatever stood before stands still: the last good values are kept."""
    SourceRun.objects.filter(pk=run.pk).update(
        state=State.FAILED, finished_at=timezone.now(), said=said[:LONGEST_SAID]
    )


def note_broken_off(job: Job, reason: str) -> None:
    """The worker was ended: until another try begins, that is what became of the run."""
    run = SourceRun.objects.filter(job=job.code, state=State.RUNNING).first()
    if run is not None:
        _fail(run, reason)


# --- Recording


def source_access(source: Source) -> Access:
    """What whoever configured the source may do now, in the source's own words.

    Raises SourceFailed where they hold no role any more.
    """
    access = user_access(source.configured_by, source.organization.code)
    if access is None:
        raise SourceFailed(NO_ROLE.format(name=source.configured_by))
    return as_source(access, source)


def as_source(access: Access, source: Source) -> Access:
    """The same rights; what is recorded is said by the source."""
    return replace(access, token=source.author)


def _record(source: Source, run: SourceRun, answer: Asked) -> None:
    access = source_access(source)
    rows = judged(access, answer.rows, source.settings, locks=True)
    fresh = [row for row in rows if row.verdict in (Verdict.NEW, Verdict.CHANGED)]
    recorded = record_measurements(
        access=access, rows=[row_to_record(row) for row in fresh], is_atomic=False
    )
    counts = Counter(row.verdict for row in rows)
    run.created, run.updated = recorded.created, recorded.updated
    run.unchanged = counts[Verdict.SAME] + recorded.unchanged
    run.kept = counts[Verdict.KEPT]
    run.refused = counts[Verdict.REFUSED] + len(recorded.rejected)
    run.periods, run.said = answer.periods, _said(rows, counts)
    run.lines = lines_of(rows)
    run.state, run.finished_at = State.DONE, timezone.now()
    run.save()
    _feed(source, rows)
    seal_anew(source)
    _tidy(source)


def row_to_record(row: Judged) -> RowToRecord:
    return RowToRecord(kpi=row.kpi, unit=row.unit or None, period=row.period, value=row.value)


def _said(rows: Sequence[Judged], counts: Counter[Verdict]) -> str:
    if not rows:
        return "The source brought no rows."
    if count := counts[Verdict.EMPTY]:
        rows_text = "1 row" if count == 1 else f"{count:,} rows"
        return f"{rows_text} without a value left out."
    return ""


def lines_of(rows: Sequence[Judged]) -> list[dict[str, Any]]:
    """The first rows that were kept or refused, as a run keeps them: kept ones first."""
    told = [row for row in rows if row.verdict in (Verdict.KEPT, Verdict.REFUSED)]
    told.sort(key=lambda row: row.verdict is not Verdict.KEPT)
    return [asdict(row) for row in told[:MOST_LINES]]


def _feed(source: Source, rows: Sequence[Judged]) -> None:
    """Note for which KPIs at which units it brings values."""
    ids = {row.assignment_id for row in rows if row.assignment_id is not None}
    known = set(SourceFeed.objects.filter(source=source).values_list("assignment_id", flat=True))
    SourceFeed.objects.filter(source=source, assignment_id__in=known - ids).delete()
    SourceFeed.objects.bulk_create(
        SourceFeed(organization=source.organization, source=source, assignment_id=pk)
        for pk in sorted(ids - known)
    )


def _tidy(source: Source) -> None:
    runs = SourceRun.objects.filter(source=source).order_by("-started_at", "-pk")
    old = runs.values_list("pk", flat=True)[RUNS_KEPT : RUNS_KEPT + 100]
    SourceRun.objects.filter(pk__in=list(old)).delete()


# --- Trying


def tried(
    access: Access, organization: Organization, kind: str, settings: Any, secrets: Any
) -> tuple[Asked, list[Judged]]:
    """What a source would bring for its newest period, and what would become of it.

    Stores nothing. Raises SourceFailed and SourceAway.
    """
    found = asked(organization, kind_of(kind), settings, secrets, most_periods=1)
    return found, judged(access, found.rows, settings)
