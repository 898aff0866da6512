"""Taking back what was done: the plan that leads to where it began."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from organizations.access import Access
from scorecards.selectors.records import ALL_KINDS

from .applying import MEANWHILE, Tell, apply
from .planning import ties
from .rights import Rights
from .shapes import Applied, Change, Deed, Plan, Problem
from .standing import Standing

OPPOSITE = {
    Deed.ADDED: Deed.REMOVED,
    Deed.CHANGED: Deed.CHANGED,
    Deed.REMOVED: Deed.ADDED,
}


def undo(
    access: Access,
    done: Sequence[Change],
    *,
    valid_from: dt.date | None = None,
    tell: Tell | None = None,
) -> Applied:
    """Take all of it back, in one transaction; raises NotApplied, which names what forbids it."""
    return apply(access, undoing(access, done, valid_from=valid_from), tell=tell)


def undoing(access: Access, done: Sequence[Change], *, valid_from: dt.date | None = None) -> Plan:
    """What leads back to where it began; what was changed meanwhile has a problem.

    valid_from: of the plan that is taken back.
    """
    standing = Standing(access, {}, removes=False)
    rights = Rights(standing)
    backward = [_opposite(change) for change in reversed(done) if change.before != change.after]
    changes = []
    for change in _ordered(backward):
        now = standing.current(change.kind).get(change.key)
        problem = rights.problem(change)
        if now != change.before:
            problem = Problem("", MEANWHILE)
        changes.append(change.refused(problem) if problem else change)
    return Plan(tuple(changes), valid_from=valid_from, restores=True)


def _opposite(change: Change) -> Change:
    return replace(
        change,
        deed=OPPOSITE[change.deed],
        before=change.after,
        after=change.before,
        problems=(),
    )


def _ordered(changes: Iterable[Change]) -> list[Change]:
    """As a plan is applied: ties that go, what comes and differs, all else that goes."""
    kinds = list(ALL_KINDS)

    def place(change: Change) -> tuple[int, int]:
        at = kinds.index(change.kind)
        if change.deed is not Deed.REMOVED:
            return 1, at
        return (0, -at) if change.kind in ties() else (2, -at)

    return sorted(changes, key=place)
