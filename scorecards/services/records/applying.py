"""Applying a plan through the services: whole, not at all, or those of its changes that can be."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from calculations.periods import InvalidPeriod
from kpis.services.refusals import Refused
from organizations.access import Access
from organizations.models import Organization
from organizations.models.structure import on_occasion
from organizations.services.locks import lock_organization
from organizations.services.structure import InUse, StaleVersion
from scorecards.selectors.records import ALL_KINDS, Key, Record, records_of
from scorecards.services.joined import joined_kind
from scorecards.services.using import seen_in_use

from . import scorecard_writers, target_writers, writers
from .bulk import add_many
from .publishing import publish_touched
from .rows import MODELS, Rows
from .shapes import Applied, Change, Deed, NotApplied, Plan, Problem, refused_by
from .ties import check_counted_once

MEANWHILE = "This was changed meanwhile; look at it again."
UNSTORABLE = "This cannot be stored beside what stands already."
MOST_ROUNDS = 10
REFUSALS = (ValidationError, InUse, StaleVersion, Refused, InvalidPeriod, IntegrityError)

Tell = Callable[[int, int], None]
"""Is told how many of how many changes are done, and may raise to give up."""


def apply(access: Access, plan: Plan, *, tell: Tell | None = None) -> Applied:
    """Apply all of the plan in one transaction; raises NotApplied, with nothing written.

    What is done has the records as they stand after it, also of what services did by themselves.
    """
    if plan.refused:
        raise NotApplied(plan)
    with transaction.atomic():
        run = _Run(access, plan, tell)
        run.go()
        if run.problems:
            raise NotApplied(run.told())
        return Applied(run.done())


def apply_sound(access: Access, plan: Plan, *, tell: Tell | None = None) -> Applied:
    """Apply those changes that can be, in one transaction, and say which were refused.

    What depends on a refused change is refused, too.
    """
    refused = list(plan.refused)
    plan = plan.sound
    with transaction.atomic():
        for _ in range(MOST_ROUNDS):
            try:
                return Applied(apply(access, plan, tell=tell).done, tuple(refused))
            except NotApplied as found:
                refused += found.plan.refused
                plan = found.plan.sound
    return Applied((), (*refused, *plan.changes))


def rehearsed(access: Access, plan: Plan, *, tell: Tell | None = None) -> Plan:
    """The plan with the problems that only writing it shows; what it wrote is taken back."""
    with transaction.atomic():
        run = _Run(access, plan.sound, tell)
        run.go()
        transaction.set_rollback(True)
    return run.told(plan)


class _Run:
    """One transaction in which a plan is applied; problems are kept by the place of the change."""

    def __init__(self, access: Access, plan: Plan, tell: Tell | None) -> None:
        lock_organization(access.organization.pk)
        organization = Organization.objects.get(pk=access.organization.pk)
        self.access, self.plan, self.tell = replace(access, organization=organization), plan, tell
        self.rows = Rows(organization, access.user, plan.occasion, plan.reason)
        self.problems: dict[tuple[str, Key], list[Problem]] = defaultdict(list)
        self.count = 0

    def go(self) -> None:
        self.before = {kind: _by_key(self.access, kind) for kind in self._kinds()}
        changes = [change for change in self.plan.changes if self._is_as_planned(change)]
        with on_occasion(self.plan.occasion, self.access.user):
            self._open_added_scorecards(changes)
            for (kind, _), group in groupby(changes, key=_group_of):
                self._write(kind, list(group))
            self._together(lambda: check_counted_once(self.rows, changes))
            self._together(lambda: publish_touched(self.rows, self.plan, changes))

    def done(self) -> tuple[Change, ...]:
        """What differs now: the changes of the plan, and what the services did besides."""
        access = replace(self.access, organization=self.rows.organization)
        after = {kind: _by_key(access, kind) for kind in self.before}
        told = [replace(c, after=after[c.kind].get(c.key)) for c in self.plan.changes]
        planned = {change.place for change in told}
        besides = [
            Change(kind, key, Deed.ADDED, None, record)
            for kind, records in after.items()
            for key, record in records.items()
            if key not in self.before[kind] and (kind, key) not in planned
        ]
        return (*told, *besides)

    def told(self, plan: Plan | None = None) -> Plan:
        """The plan with what was found."""
        plan = plan or self.plan
        changes = (c.refused(*self.problems.get(c.place, ())) for c in plan.changes)
        return replace(plan, changes=tuple(changes))

    def _kinds(self) -> list[str]:
        kinds = {change.kind for change in self.plan.changes}
        if kinds & {"kpis", "assignments", "objective_kpis"}:
            kinds.add("assignments")  # formulas and objectives bring them along
        return [kind for kind in ALL_KINDS if kind in kinds]

    def _open_added_scorecards(self, changes: Iterable[Change]) -> None:
        """Undone, a scorecard that was added is a draft first, and then taken apart."""
        if self.plan.restores:
            of_scorecards = [c for c in changes if c.kind == "scorecards" and c.after is None]
            for change in sorted(of_scorecards, key=_start_of, reverse=True):
                self._one([change], lambda: scorecard_writers.make_draft(self.rows, change.key))  # noqa: B023

    def _is_as_planned(self, change: Change) -> bool:
        if self.before[change.kind].get(change.key) == change.before:
            return True
        self.problems[change.place].append(Problem("", MEANWHILE, "conflict"))
        return False

    def _write(self, kind: str, changes: list[Change]) -> None:
        if kind == "targets" and changes[0].deed is not Deed.REMOVED:
            self._together(lambda: target_writers.set_all(self.rows, changes))
            self._tell(len(changes))
            return
        if kind == "milestones":
            for group in _by_initiative(changes):
                self._one(group, lambda group=group: self._milestones(group))  # type: ignore[misc]
            return
        waiting = changes if self.plan.restores else self._left_of(kind, changes)
        while waiting:
            again = [c for c in waiting if not self._one([c], lambda c=c: self._record(c))]  # type: ignore[misc]
            # What could not be before the others could, may be after them.
            if kind != "kpis" or len(again) == len(waiting):
                break
            for change in again:
                del self.problems[change.place]
            waiting = again

    def _left_of(self, kind: str, changes: list[Change]) -> list[Change]:
        """What could not be stored together."""
        stored = add_many(self.rows, kind, changes)
        self._tell(len(stored))
        return [change for change in changes if change.place not in stored]

    def _one(self, changes: Sequence[Change], write: Callable[[], None]) -> bool:
        """Whether it could be written; what is wrong is kept beside each of the changes."""
        try:
            with transaction.atomic():
                write()
        except REFUSALS as found:
            refusal = seen_in_use(self.access, found) if isinstance(found, InUse) else found
            for change in changes:
                self.problems[change.place] += problems_of(refusal, change.kind)
                self.rows.reread(change.kind, change.key)
            return False
        self._tell(len(changes))
        return True

    def _together(self, write: Callable[[], Mapping[Any, Iterable[Problem]]]) -> None:
        """A deed for many changes, which says by their places what is wrong; then it is undone."""
        with transaction.atomic():
            found = write()
            if found:
                transaction.set_rollback(True)
        for place, problems in found.items():
            self.problems[place] += problems

    def _record(self, change: Change) -> None:
        if change.deed is Deed.ADDED and self.plan.restores and change.kind in MODELS:
            row = self.rows.removed(change.kind, change.key)
            if row is not None:
                RESTORERS.get(change.kind, scorecard_writers.restore_row)(self.rows, change, row)
                return
        tie = joined_kind(change.kind)
        (tie.write if tie else WRITERS[change.kind])(self.rows, change)

    def _milestones(self, changes: Sequence[Change]) -> None:
        if self.rows.has("initiatives", changes[0].key[0]):
            scorecard_writers.write_milestones(self.rows, changes)

    def _tell(self, count: int) -> None:
        self.count += count
        if self.tell is not None and count:
            self.tell(min(self.count, len(self.plan.changes)), len(self.plan.changes))


def _by_key(access: Access, kind: str) -> dict[Key, Record]:
    return {ALL_KINDS[kind].key_of(record): record for record in records_of(access, kind)}


def _group_of(change: Change) -> tuple[str, bool]:
    return change.kind, change.deed is Deed.REMOVED and change.kind != "milestones"


def _start_of(change: Change) -> dt.date:
    return (change.before or {}).get("starts_on") or dt.date.min


def _by_initiative(changes: Iterable[Change]) -> Iterator[list[Change]]:
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[str(change.key[0])].append(change)
    yield from groups.values()


def problems_of(refusal: Exception, kind: str) -> list[Problem]:
    """What a service refused, by the fields of the record; what belongs to none by ""."""
    if isinstance(refusal, IntegrityError):
        return [Problem("", UNSTORABLE, "conflict")]
    if isinstance(refusal, InUse):
        return [Problem("", str(refusal), "in_use", tuple(refusal.users))]
    if isinstance(refusal, InvalidPeriod):
        return [Problem("", f"{refusal}.")]
    if not isinstance(refusal, ValidationError):
        return [Problem("", str(refusal), _code(refusal))]
    if not hasattr(refusal, "error_dict"):
        return [refused_by(refusal)]
    known = ALL_KINDS[kind].by_name
    return [
        refused_by(ValidationError(each), name if name in known else "")
        for name, each in refusal.error_dict.items()
    ]


def _code(refusal: Exception) -> str:
    if isinstance(refusal, StaleVersion):
        return "conflict"
    return refusal.code if isinstance(refusal, Refused) else "invalid_value"


WRITERS: dict[str, Callable[[Rows, Change], None]] = {
    "settings": writers.write_settings,
    "people": writers.write_person,
    "units": writers.write_unit,
    "roles": writers.write_role,
    "kpis": writers.write_kpi,
    "assignments": writers.write_assignment,
    "targets": target_writers.remove_one,
    "process_changes": target_writers.write_process_change,
    "scorecards": scorecard_writers.write_scorecard,
    "perspectives": scorecard_writers.write_perspective,
    "themes": scorecard_writers.write_theme,
    "objectives": scorecard_writers.write_objective,
    "objective_kpis": scorecard_writers.write_objective_kpi,
    "alignments": scorecard_writers.write_alignment,
    "initiatives": scorecard_writers.write_initiative,
}
RESTORERS: dict[str, Callable[[Rows, Change, Any], None]] = {
    "people": writers.restore_person,
    "units": writers.restore_unit,
    "kpis": writers.restore_removed_kpi,
    "assignments": writers.restore_removed_assignment,
}
