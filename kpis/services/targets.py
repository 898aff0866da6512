"""Targets: setting one keeps what it said before and marks every score that it reaches."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from calculations.periods import Frequency
from calculations.targets import InvalidTarget, TargetKind, check_target
from kpis.models import (
    KPI,
    POINTS,
    RANGE,
    VALUE_LIMIT,
    Assignment,
    Restatement,
    Target,
    TargetRevision,
)
from kpis.selectors.series import SIGNS
from organizations.models import User
from organizations.models.structure import change_reason
from organizations.services.structure import require_same_organization

from .changes import note_changes
from .closed import ClosedPlaces, checked_reason
from .refusals import Refused

FIGURES = ("baseline", *POINTS, *RANGE, "curve")
GONE = "This target was removed meanwhile."

# An assignment, a day of the period from which the target holds, and its figures.
AssignmentFigures = tuple[Assignment, dt.date, dict[str, Any]]
Cell = tuple[int, dt.date]


@transaction.atomic
def set_target(
    *,
    assignment: Assignment,
    valid_from: dt.date,
    by: User | None = None,
    at: dt.datetime | None = None,
    reason: str | None = None,
    **figures: Any,
) -> Target:
    """Want these figures from the period on that contains the day, until the next target.

    figures: baseline, floor, red_flag, target, stretch; or the four of a range; or a curve of
    [value, score]. They replace those of a target that starts with the same period. reason: why
    closed periods are restated; whether the user may is for the caller to check. Raises
    ValidationError with a sentence when the figures contradict each other or the KPI's direction,
    or when a closed period would want them without a reason.
    """
    try:
        (target,) = set_targets(
            assignment_figures=[(assignment, valid_from, figures)], by=by, at=at, reason=reason
        )
    except ValidationError as refusal:
        raise ValidationError(refusal.messages) from None
    return target


@transaction.atomic
def set_targets(
    *,
    assignment_figures: Sequence[AssignmentFigures],
    by: User | None,
    at: dt.datetime | None = None,
    reason: str | None = None,
) -> list[Target]:
    """Set many targets of one organization as `set_target` does each; all of them or none.

    Targets that say so already are left alone. A bounded number of statements for any number of
    targets. Raises ValidationError that maps the cell (assignment id, day as given) of each bad
    target to its sentence. Returns the targets in their order.
    """
    if not assignment_figures:
        return []
    batch = _Batch(assignment_figures, by, at or timezone.now(), _valid_reason(reason))
    batch.check()
    return batch.store()


@transaction.atomic
def remove_target(*, target: Target, by: User | None, reason: str | None = None) -> None:
    """Let the target before hold on; what this one said is kept.

    reason: as in `set_target`. Raises ValidationError.
    """
    now, reason = timezone.now(), _valid_reason(reason)
    row = Target.objects.live().select_for_update().filter(pk=target.pk).first()
    if row is None:
        raise ValidationError(GONE)
    assignment = Assignment.objects.select_related("kpi__organization").get(pk=row.assignment_id)
    following = _Standing([assignment.pk]).start_after(assignment.pk, row.valid_from)
    closed = ClosedPlaces(assignment.kpi.organization)
    is_closed = _is_closed(closed, assignment, row.valid_from, following, reason)
    TargetRevision.objects.bulk_create([_revision(row, by, now)])
    if by is not None:
        row._history_user = by
    row.mark_deleted()
    if is_closed:
        Restatement.objects.bulk_create([_restatement(row, by, now, reason or "")])
    _note(assignment.organization_id, [row], now)


@dataclass(frozen=True)
class _Wanted:
    """One of the targets to set; following: the start of the one after it."""

    cell: Cell
    assignment: Assignment
    start: dt.date
    figures: dict[str, Any]
    current: Target | None
    following: dt.date | None

    @property
    def is_said(self) -> bool:
        """Whether the target that stands says so already."""
        return self.current is not None and all(
            getattr(self.current, name) == value for name, value in self.figures.items()
        )


class _Standing:
    """The live targets of some assignments, by one statement; locked, since they may change."""

    def __init__(self, assignment_ids: Iterable[int]) -> None:
        rows = Target.objects.live().filter(assignment_id__in=set(assignment_ids))
        rows = rows.select_for_update().order_by("assignment_id", "valid_from")
        self.by_start = {(row.assignment_id, row.valid_from): row for row in rows}
        self.starts: dict[int, list[dt.date]] = defaultdict(list)
        for assignment_id, start in self.by_start:
            self.starts[assignment_id].append(start)

    def start_after(self, assignment_id: int, start: dt.date) -> dt.date | None:
        """When the next target begins."""
        return next((each for each in self.starts[assignment_id] if each > start), None)


class _Batch:
    """Targets to set together."""

    def __init__(
        self,
        rows: Sequence[AssignmentFigures],
        by: User | None,
        at: dt.datetime,
        reason: str | None,
    ) -> None:
        self.by, self.at, self.reason = by, at, reason
        ids = {assignment.pk for assignment, _, _ in rows}
        known = Assignment.objects.select_related("kpi__organization", "unit").in_bulk(list(ids))
        self.organization = known[rows[0][0].pk].kpi.organization
        require_same_organization(self.organization.pk, *known.values())
        self.standing = _Standing(ids)
        self.wanted = [self._wanted(known[each.pk], day, figures) for each, day, figures in rows]
        self.closed = ClosedPlaces(self.organization)
        self.restated: list[_Wanted] = []

    def _wanted(self, assignment: Assignment, day: dt.date, figures: dict[str, Any]) -> _Wanted:
        frequency = Frequency(assignment.kpi.frequency)
        start = self.organization.calendar.canonical_start(frequency, day)
        return _Wanted(
            cell=(assignment.pk, day),
            assignment=assignment,
            start=start,
            figures={**dict.fromkeys(FIGURES), **figures},
            current=self.standing.by_start.get((assignment.pk, start)),
            following=self.standing.start_after(assignment.pk, start),
        )

    def check(self) -> None:
        """Raise ValidationError, by cell, unless all of them can be set."""
        errors: dict[Any, list[ValidationError]] = {}
        seen: set[Cell] = set()
        for each in self.wanted:
            try:
                if (each.assignment.pk, each.start) in seen:
                    raise ValidationError("Another target here starts with the same period.")
                seen.add((each.assignment.pk, each.start))
                self._check(each)
            except ValidationError as refusal:
                errors[each.cell] = refusal.error_list
        if errors:
            raise ValidationError(errors)

    def _check(self, wanted: _Wanted) -> None:
        if unknown := [name for name in wanted.figures if name not in FIGURES]:
            raise ValidationError(f"A target has no {', '.join(unknown)}.")
        check_figures(wanted.assignment.kpi, wanted.figures)
        if wanted.is_said:
            return
        place = wanted.assignment, wanted.start, wanted.following
        if _is_closed(self.closed, *place, self.reason):
            self.restated.append(wanted)

    def store(self) -> list[Target]:
        """Store what differs, each kind of row by one statement."""
        changed = [each for each in self.wanted if not each.is_said]
        old = [each.current for each in changed if each.current is not None]
        TargetRevision.objects.bulk_create(_revision(row, self.by, self.at) for row in old)
        for each in changed:
            if each.current is not None:
                self._fill(each.current, each)
        history = {"default_user": self.by, "default_change_reason": change_reason()}
        if old:
            columns = [*FIGURES, "said_at", "version"]
            bulk_update_with_history(old, Target, columns, **history)
        new = [self._new(each) for each in changed if each.current is None]
        if new:
            bulk_create_with_history(new, Target, **history)
        rows = {(row.assignment_id, row.valid_from): row for row in (*old, *new)}
        _note(self.organization.pk, rows.values(), self.at)
        Restatement.objects.bulk_create(
            _restatement(rows[each.assignment.pk, each.start], self.by, self.at, self.reason or "")
            for each in self.restated
        )
        known = self.standing.by_start | rows
        return [known[each.assignment.pk, each.start] for each in self.wanted]

    def _fill(self, row: Target, wanted: _Wanted) -> None:
        for name, value in wanted.figures.items():
            setattr(row, name, value)
        row.said_at, row.version = self.at, row.version + 1

    def _new(self, wanted: _Wanted) -> Target:
        return Target(
            organization_id=self.organization.pk,
            assignment=wanted.assignment,
            valid_from=wanted.start,
            said_at=self.at,
            **wanted.figures,
        )


def _valid_reason(reason: str | None) -> str | None:
    try:
        return checked_reason(reason)
    except Refused as refused:
        raise ValidationError({"reason": refused.detail}) from None


def _is_closed(
    closed: ClosedPlaces,
    assignment: Assignment,
    start: dt.date,
    following: dt.date | None,
    reason: str | None,
) -> bool:
    """Whether a closed period wants what holds from the start on; ValidationError if unreasoned."""
    frequency = Frequency(assignment.kpi.frequency)
    closing = closed.reached(assignment.unit_id, frequency, start, following)
    if closing is not None and reason is None:
        raise ValidationError(closed.sentence(closing), "period_closed")
    return closing is not None


def _revision(target: Target, by: User | None, at: dt.datetime) -> TargetRevision:
    return TargetRevision(
        organization_id=target.organization_id,
        assignment_id=target.assignment_id,
        valid_from=target.valid_from,
        said_at=target.said_at,
        superseded_at=max(at, target.said_at),
        superseded_by=by,
        **{name: getattr(target, name) for name in FIGURES},
    )


def _restatement(target: Target, by: User | None, at: dt.datetime, reason: str) -> Restatement:
    return Restatement(
        organization_id=target.organization_id,
        assignment_id=target.assignment_id,
        period_start=target.valid_from,
        subject=Restatement.Subject.TARGET,
        reason=reason,
        at=at,
        user=by,
    )


def _note(organization_id: int, targets: Iterable[Target], at: dt.datetime) -> None:
    """Every score from the targets' starts on is to be computed again."""
    latest_first = sorted(targets, key=lambda target: target.valid_from, reverse=True)
    note_changes(organization_id, {row.assignment_id: row.valid_from for row in latest_first}, at)


def check_figures(kpi: KPI, wanted: dict[str, Any]) -> None:
    """Refuse figures that could not be scored as meant, with a sentence that says why."""
    kind, points = _form(kpi, wanted)
    try:
        check_target(
            kind,
            points,
            sign=SIGNS[KPI.Direction(kpi.direction)] or 1,
            natural_minimum=kpi.natural_minimum,
            natural_maximum=kpi.natural_maximum,
        )
    except InvalidTarget as refusal:
        raise ValidationError(f"{refusal}.") from None


def _form(kpi: KPI, wanted: dict[str, Any]) -> tuple[TargetKind, Any]:
    for name in ("baseline", *POINTS, *RANGE):
        _check_size(name, wanted.get(name))
    is_range = any(wanted[name] is not None for name in RANGE)
    has_points = any(wanted[name] is not None for name in POINTS)
    if wanted["curve"] is not None:
        if is_range or has_points:
            raise ValidationError("A target is either a curve, or points, or a range.")
        return TargetKind.CUSTOM, wanted["curve"]
    if is_range != (kpi.direction == KPI.Direction.RANGE):
        raise ValidationError(
            "A KPI that is best within a range takes a range or a curve as its target;"
            " others take neither range."
        )
    if is_range and has_points:
        raise ValidationError("A target is either a curve, or points, or a range.")
    if is_range:
        return TargetKind.RANGE, [wanted[name] for name in RANGE]
    return TargetKind.THRESHOLD, [wanted[name] for name in POINTS]


def _check_size(name: str, value: float | None) -> None:
    """What the database would refuse: not a number, or endlessly large."""
    if value is not None and not (math.isfinite(value) and abs(value) <= VALUE_LIMIT):
        words = name.replace("_", " ")
        raise ValidationError(f"The {words} must be a number within ±{VALUE_LIMIT:g}.")
