"""What a worker does with an import: read it, check it, apply it, or undo it."""

from collections.abc import Callable
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from calculations.tables.csv_files import UnreadableTable
from organizations.access import Access, user_access
from organizations.models import User
from organizations.services.jobs.leases import GivenUp, Pulse
from scorecards.models import Import
from scorecards.models.table_import import packed, unpacked
from scorecards.selectors.imports.kinds import VALUES
from scorecards.selectors.imports.mapping import first_mapping, table_signature
from scorecards.selectors.imports.tables import tables_in

from .files import read_file
from .leases import MOST_TRIES, claimed, finish, pulse, release
from .records import apply_records, check_records, undo_records
from .shapes import Findings, Outcome, Overtaken, Shown, Undone
from .tabulating import tables_of
from .value_undoing import undo_values
from .values import apply_values, check_values

State = Import.State
NO_ROLE = "Whoever asked for it has no role here any more, so nothing was done."
KEPT_BREAKING = (
    "The work on it broke off {tries} times, so it is not tried again. Try it with fewer rows, and"
    " tell your administrator."
)
OVERTAKEN = (
    "Something was changed after the file was checked, so nothing was stored. Look at what it would"
    " do now, and apply it again."
)

logger = structlog.get_logger(__name__)


def run_import(*, import_id: int) -> str:
    """Do what the import waits for; returns its state then. Safe to run twice or at once."""
    job = claimed(import_id)
    if job is None:
        return ""
    try:
        with pulse(job) as heart:
            _do(job, heart)
    except GivenUp:
        _give_up(job)
    except UnreadableTable as refusal:
        _fail(job, str(refusal))
    finally:
        release(job)
    return str(Import.objects.values_list("state", flat=True).get(pk=job.pk))


def _do(job: Import, heart: Pulse) -> None:
    if job.is_cancelled and job.state != State.UNDOING:
        raise GivenUp
    if job.tries > MOST_TRIES:
        _fail(job, KEPT_BREAKING.format(tries=MOST_TRIES))
        return
    access = _access(job)
    if access is None:
        _fail(job, NO_ROLE)
        return
    DEEDS[job.state](job, access, heart)


def _access(job: Import) -> Access | None:
    """What whoever asked for this may do at this moment."""
    user: User | None = job.undone_by if job.state == State.UNDOING else job.created_by
    return user_access(user, job.organization.code) if user else None


def _give_up(job: Import) -> None:
    """Cancelled by somebody; where another worker has it, this changes nothing."""
    mine = Import.objects.filter(pk=job.pk, state=job.state, attempt=job.attempt, is_cancelled=True)
    now = timezone.now()
    mine.update(
        state=State.CANCELLED,
        finished_at=now,
        changed_at=now,
        lease_until=None,
        **WITHOUT_FILE,
    )


def _fail(job: Import, said: str) -> None:
    """It cannot be done: why. What was applied before stays, and can still be read."""
    if job.state == State.UNDOING:
        finish(job, state=State.DONE, said=said[:1000])
        return
    finish(job, state=State.FAILED, said=said[:1000], finished_at=timezone.now())


# --- Reading


def _read(job: Import, access: Access, heart: Pulse) -> None:
    options = dict(job.options)
    wanted = options.get("kind", "")
    found = read_file(bytes(job.content), job.file_name, options)
    calendar = access.organization.calendar
    kind, tables = tables_of(found.sheets, options, wanted, calendar)
    told = table_signature(tables)
    known = bool(kind)
    finish(
        job,
        state=State.MAPPING,
        kind=kind,
        tables=packed([table.packed() for table in tables]),
        signature=told,
        mapping=first_mapping(access, kind, told, tables) if known else [],
        total=sum(len(table.rows) for table in tables),
        done=0,
        options=options
        | {
            "read_encoding": found.encoding,
            "read_delimiter": found.delimiter,
            "sheets": [sheet.name for sheet in found.sheets if sheet.name],
        },
    )


# --- Checking


def _check(job: Import, access: Access, heart: Pulse) -> None:
    findings = _findings(job, access, heart)
    _show(job, access, findings)


def _findings(job: Import, access: Access, heart: Pulse) -> Findings:
    tables = tables_in(job)
    if job.kind == VALUES:
        return check_values(access, tables[0], job.options)
    return check_records(access, tables, job.options, heart.tell)


def _show(job: Import, access: Access, findings: Findings, said: str = "") -> None:
    finish(
        job,
        state=State.READY,
        report=_report(access, findings),
        said=said,
        done=0,
        total=findings.n_good,
        **findings.counts,
    )


def _report(access: Access, findings: Findings) -> bytes:
    """What was found, with the units that whoever reads it must see."""
    return packed(
        {
            "changes": [change.packed() for change in findings.changes],
            "problems": [problem.packed() for problem in findings.problems],
            "digest": findings.digest,
            "sees": sorted(access.visible_unit_ids),
        }
    )


# --- Applying


def _apply(job: Import, access: Access, heart: Pulse) -> None:
    """The effect and the state that tells of it, in one transaction."""
    try:
        with transaction.atomic():
            outcome = _outcome(job, access, heart)
            _conclude(job, access, outcome)
    except Overtaken:
        _show(job, access, _findings(job, access, heart), OVERTAKEN)


def _outcome(job: Import, access: Access, heart: Pulse) -> Outcome:
    tables = tables_in(job)
    shown = Shown(unpacked(job.report)["digest"], job.scope == Import.Scope.WHOLE)
    if job.kind == VALUES:
        return apply_values(access, tables[0], job.options, shown, heart.tell)
    return apply_records(access, tables, job.options, shown, heart.tell)


def _conclude(job: Import, access: Access, outcome: Outcome) -> None:
    report = unpacked(job.report)
    count = outcome.added + outcome.changed
    rows = _refused_rows(job, report["problems"])
    finish(
        job,
        state=State.DONE,
        finished_at=timezone.now(),
        added=outcome.added,
        changed=outcome.changed,
        done=count,
        total=count,
        effect=packed(outcome.effect),
        report=packed(report | {"refused": rows}),
        **WITHOUT_FILE,
    )


def _refused_rows(job: Import, problems: list[list[Any]]) -> list[dict[str, Any]]:
    """The rows that were refused, as they are in the file, by sheet: to be corrected."""
    refused = []
    for table in tables_in(job):
        numbers = {problem[1] for problem in problems if problem[0] == table.sheet}
        rows = [row for row in table.rows if row[0] in numbers]
        if rows:
            refused.append({"sheet": table.sheet, "header": table.header, "rows": rows})
    return refused


# --- Undoing


@transaction.atomic
def _undo(job: Import, access: Access, heart: Pulse) -> None:
    effect = unpacked(job.effect) or {}
    undone = Undone(0)
    if "values" in effect:
        undone = undo_values(access, effect)
    elif "records" in effect:
        undone = undo_records(access, effect, heart.tell)
    report = unpacked(job.report) or {}
    finish(
        job,
        state=State.UNDONE,
        report=packed(report | {"left": list(undone.left), "n_undone": undone.count}),
        effect=b"",
        said="",
    )


Deed = Callable[[Import, Access, Pulse], None]
DEEDS: dict[str, Deed] = {
    State.READING: _read,
    State.CHECKING: _check,
    State.APPLYING: _apply,
    State.UNDOING: _undo,
}
WITHOUT_FILE: dict[str, Any] = {"content": b"", "tables": b""}
