"""The page of one source: what it feeds, its runs, and what was kept or refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpis.models import Source, SourceFeed, SourceRun
from kpis.services.sources.editing import line_key
from kpis.services.sources.judging import Verdict
from kpis.services.sources.kinds import kinds
from kpis.services.sources.secrets import names_of
from organizations.access import Access
from organizations.models import Job
from scorecards.links import kpi_href, source_edit_href
from scorecards.selectors.formats import grouped
from scorecards.selectors.shapes import Link

from .lines import (
    BROKEN_OFF,
    SourceLine,
    counts_text,
    last_good,
    last_runs,
    moment_text,
    source_line,
    unfinished_jobs,
    zone_of,
)
from .rivals import Rival, rivals_of

SHOWN_RUNS, SHOWN_FEEDS = 20, 30


@dataclass(frozen=True)
class RunLine:
    """A run in the table of the last ones."""

    started: str
    by: str
    periods: str
    counts: str
    state: str
    said: str


@dataclass(frozen=True)
class RowLine:
    """A row that a run kept from overwriting, or refused. key: "" where it cannot be taken."""

    key: str
    kpi: str
    unit: str
    period: str
    value: str
    standing: str
    said: str

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.kpi, self.unit, self.period)))


@dataclass(frozen=True)
class SourcePage:
    """All that the page shows; job: what waits or runs."""

    code: str
    name: str
    version: int
    line: SourceLine
    facts: tuple[tuple[str, str], ...]
    rivals: tuple[Rival, ...]
    feeds: tuple[Link, ...]
    more_feeds: int
    is_paused: bool
    reason: str  # why it is stale; "" where it is not
    good_text: str  # when it was last refreshed well
    job: Job | None
    busy_text: str
    percent_text: str
    runs: tuple[RunLine, ...]
    run_id: int | None
    kept: tuple[RowLine, ...]
    refused: tuple[RowLine, ...]
    n_refused: int
    edit_href: str


def source_page(access: Access, source: Source) -> SourcePage:
    """By a fixed number of statements."""
    runs = list(
        SourceRun.objects.filter(source=source)
        .select_related("asked_by")
        .order_by("-started_at", "-pk")[:SHOWN_RUNS]
    )
    job = unfinished_jobs(access.organization, [source]).get(source.pk)
    last = last_runs([source]).get(source.pk)
    good = last_good([source]).get(source.pk)
    line = source_line(source, last, job)
    feeds = _feeds(access, source)
    shown = _latest_done(runs)
    rows = [_row(each) for each in shown.lines] if shown else []
    zone = zone_of(access.organization)
    return SourcePage(
        code=source.code,
        name=source.name,
        version=source.version,
        line=line,
        facts=_facts(source, line),
        rivals=rivals_of(access, source),
        feeds=feeds[:SHOWN_FEEDS],
        more_feeds=max(len(feeds) - SHOWN_FEEDS, 0),
        is_paused=source.is_paused,
        reason=last.said if last and line.state == "stale" else "",
        good_text=moment_text(good, zone) if good else "",
        job=job,
        busy_text=line.state_text if job else "",
        percent_text=f"{job.done} of {job.total} periods asked for" if job and job.total else "",
        runs=tuple(_run(each, source, job) for each in runs),
        run_id=shown.pk if shown else None,
        kept=tuple(each for each in rows if each.key),
        refused=tuple(each for each in rows if not each.key),
        n_refused=shown.refused if shown else 0,
        edit_href=source_edit_href(access.organization.code, source.code),
    )


def _latest_done(runs: list[SourceRun]) -> SourceRun | None:
    return next((run for run in runs if run.state == SourceRun.State.DONE), None)


def _facts(source: Source, line: SourceLine) -> tuple[tuple[str, str], ...]:
    kind = kinds().get(source.kind)
    labels = {field.name: field.label for field in kind.fields} if kind else {}
    where = [
        (labels[name], source.settings.get(name, ""))
        for name in ("url", "host", "database", "file")
        if name in labels
    ]
    secrets = names_of(source)
    kept = [label for name, label in labels.items() if name in secrets]
    facts = [
        ("Kind", line.kind),
        *where,
        ("Schedule", line.schedule),
        ("Next", line.next_text or "paused"),
        ("Records as far as", f"{source.configured_by} may"),
    ]
    if kept:
        facts.append(("Kept encrypted", ", ".join(kept)))
    return tuple(facts)


def _feeds(access: Access, source: Source) -> tuple[Link, ...]:
    rows = SourceFeed.objects.filter(source=source).select_related("assignment__kpi")
    found = []
    for row in rows.order_by("assignment__kpi__name", "assignment_id"):
        unit = access.tree.by_id.get(row.assignment.unit_id)
        if unit is None or not access.sees(unit.id):
            continue
        kpi = row.assignment.kpi
        href = kpi_href(access.organization.code, kpi.code, unit.code)
        found.append(Link(f"{kpi.name}, {unit.name}", href))
    return tuple(found)


def _run(run: SourceRun, source: Source, job: Job | None) -> RunLine:
    is_lost = run.state == SourceRun.State.RUNNING and (job is None or job.code != run.job)
    state = SourceRun.State.FAILED if is_lost else run.state
    return RunLine(
        started=moment_text(run.started_at, zone_of(source.organization)),
        by=str(run.asked_by) if run.asked_by else "the schedule",
        periods=run.periods if state == SourceRun.State.DONE else "",
        counts=counts_text(run),
        state=state,
        said=BROKEN_OFF if is_lost else run.said if state != SourceRun.State.RUNNING else "",
    )


def _row(line: Mapping[str, Any]) -> RowLine:
    is_kept = line["verdict"] == Verdict.KEPT
    return RowLine(
        key=line_key(line) if is_kept else "",
        kpi=line["kpi"],
        unit=line["unit"],
        period=line["period"],
        value=value_text(line["value"]),
        standing=value_text(line["standing"]),
        said=line["said"],
    )


def value_text(value: Any) -> str:
    """A value as a source says it, or as it stands."""
    if value is None:
        return ""
    return grouped(f"{value:.12g}") if isinstance(value, int | float) else str(value)
