"""Which target holds when: each from its period until the next one begins."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kpis.models import POINTS, RANGE, Assignment, Target, TargetRevision

TargetValues = dict[str, Any]
"""baseline, floor, red_flag, target, stretch, the four of a range, curve; None = not given."""

FIGURE_NAMES = ("baseline", *POINTS, *RANGE, "curve")


@dataclass(frozen=True)
class HeldTargets:
    """The targets that stand, by assignment, in the order in which they begin."""

    by_assignment: dict[int, list[Target]]

    def at(self, assignment_id: int, day: dt.date) -> Target | None:
        """The target that holds on the day."""
        rows = self.by_assignment.get(assignment_id, [])
        place = bisect_right(rows, day, key=lambda row: row.valid_from)
        return rows[place - 1] if place else None

    def beginning(self, assignment_id: int, day: dt.date) -> Target | None:
        """The target that begins with the day itself."""
        row = self.at(assignment_id, day)
        return row if row and row.valid_from == day else None

    def begins_between(self, assignment_id: int, first: dt.date, end: dt.date) -> bool:
        """Whether one begins after the first day and before the end."""
        rows = self.by_assignment.get(assignment_id, [])
        return any(first < row.valid_from < end for row in rows)


def held_targets(assignments: Iterable[Assignment]) -> HeldTargets:
    """All targets of the assignments, by one statement."""
    rows = Target.objects.live().filter(assignment_id__in=[a.pk for a in assignments])
    held: dict[int, list[Target]] = {}
    for row in rows.order_by("assignment_id", "valid_from"):
        held.setdefault(row.assignment_id, []).append(row)
    return HeldTargets(held)


def target_values(target: Target | TargetRevision) -> TargetValues:
    return {name: getattr(target, name) for name in FIGURE_NAMES}
