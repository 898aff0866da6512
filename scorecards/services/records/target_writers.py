"""Writing the targets of a plan, all that come and differ by one call, and process changes."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from calculations.periods import Frequency, Period
from kpis.models import Assignment, ProcessChange, Target
from kpis.services.process_changes import declare_process_change, take_back_process_change
from kpis.services.targets import FIGURES, AssignmentFigures, remove_target, set_targets
from scorecards.selectors.records import Record

from .rows import Rows
from .shapes import Change, Problem, refused_by

# By what the service calls it: the field of the record.
FIELDS = {"period": "changed_from"}
Refusals = dict[tuple[str, Any], tuple[Problem, ...]]


def set_all(rows: Rows, changes: Sequence[Change]) -> Refusals:
    """Set the targets, all or none; what is wrong by the place of the change."""
    assignments = rows.all_of("assignments", {change.key[:2] for change in changes})
    frequencies = _frequencies(rows, changes)
    refusals: Refusals = {}
    wanted: list[AssignmentFigures] = []
    places: dict[Any, tuple[str, Any]] = {}
    for change in changes:
        assignment = assignments.get(change.key[:2])
        if assignment is None or change.after is None:
            kpi, unit = change.key[:2]
            refusals[change.place] = (Problem("unit", f"“{kpi}” is not measured at “{unit}”."),)
            continue
        calendar = rows.organization.calendar
        day = calendar.parse(change.key[2], frequencies[change.key[0]]).start
        wanted.append((assignment, day, _figures(change.after)))
        places[assignment.pk, day] = change.place
    try:
        set_targets(assignment_figures=wanted, by=rows.by, reason=rows.reason)
    except ValidationError as refusal:
        refusals |= _by_place(refusal, places)
    return refusals


def _figures(record: Record) -> dict[str, Any]:
    return {name: record[name] for name in FIGURES}


def _frequencies(rows: Rows, changes: Sequence[Change]) -> dict[str, Frequency]:
    kpis = rows.all_of("kpis", {(change.key[0],) for change in changes})
    return {code: Frequency(kpi.frequency) for (code,), kpi in kpis.items()}


def _by_place(refusal: ValidationError, places: dict[Any, tuple[str, Any]]) -> Refusals:
    if not hasattr(refusal, "error_dict"):
        return dict.fromkeys(places.values(), (refused_by(refusal),))
    return {
        places[cell]: (refused_by(ValidationError(each)),)
        for cell, each in refusal.error_dict.items()
        if cell in places
    }


def remove_one(rows: Rows, change: Change) -> None:
    kpi, unit, label = change.key
    assignment = rows.get("assignments", kpi, unit)
    frequency = Frequency(rows.get("kpis", kpi).frequency)
    day = rows.organization.calendar.parse(label, frequency).start
    target = Target.objects.live().filter(assignment=assignment, valid_from=day).first()
    if target is None:
        raise ValidationError("This target is gone already.")
    remove_target(target=target, by=rows.by, reason=rows.reason)


# --- Process changes


def write_process_change(rows: Rows, change: Change) -> None:
    """Declare it, take it back, or both where its note is another one."""
    kpi, unit, label = change.key
    assignment = rows.get("assignments", kpi, unit)
    assignment.kpi = rows.get("kpis", kpi)  # as it is by now
    calendar = rows.organization.calendar
    period = calendar.parse(label, Frequency(assignment.kpi.frequency))
    if change.before is not None:
        standing = ProcessChange.objects.live().filter(
            assignment=assignment,
            period_start__gte=period.start,
            period_start__lt=calendar.end(period),
        )
        for row in standing:
            take_back_process_change(change=row, by=rows.by)
    if change.after is not None:
        _declare(assignment, period, change.after["note"], rows)


def _declare(assignment: Assignment, period: Period, note: str, rows: Rows) -> None:
    try:
        declare_process_change(assignment=assignment, day=period.start, note=note, by=rows.by)
    except ValidationError as refusal:
        told = {FIELDS.get(name, name): each for name, each in refusal.error_dict.items()}
        raise ValidationError(told) from None
