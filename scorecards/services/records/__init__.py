"""Writing records: what would change is planned, looked at, applied through the services, undone.

The contract, for those who build on it (the records themselves: `scorecards.selectors.records`):

`plan(access, records, removes=…, valid_from=…) -> Plan`
    records: by name of the kind, the records that were given, whole or in part. Nothing is
    written. `Plan.changes` are in the order of applying; each says kind, key, deed, the whole
    record before and after, its place among those given (`row`), and its problems (field, text).
    What is not among the changes is unchanged (`Plan.unchanged` counts it by kind).
`removal(access, kind, key) -> Plan`
    The plan that takes one record away.
`rehearsed(access, plan) -> Plan`
    The plan with the problems that only the database and the services know: it is applied in a
    transaction that is rolled back.
`apply(access, plan, tell=…) -> Applied`
    All of it in one transaction, through the services; raises `NotApplied` with nothing written,
    where any change has a problem or was overtaken meanwhile (`NotApplied.plan` tells which).
    `tell(done, total)` is called as it goes on, and may raise to give up.
`apply_sound(access, plan, tell=…) -> Applied`
    Those changes that can be; `Applied.refused` are the others.
`undoing(access, done) -> Plan`
    The plan that takes back what was `done`; what was changed meanwhile has a problem there. Whole:
    `undo(access, done)`, which raises `NotApplied`; in part: `apply_sound` of that plan.
`packed(done)`, `unpacked(rows)`
    Changes as JSON can keep them.
"""

from .applying import Tell, apply, apply_sound, rehearsed
from .planning import plan, removal
from .shapes import (
    Applied,
    Change,
    Deed,
    NotApplied,
    Plan,
    Problem,
    Records,
    packed,
    unpacked,
)
from .undoing import undo, undoing

__all__ = [
    "Applied",
    "Change",
    "Deed",
    "NotApplied",
    "Plan",
    "Problem",
    "Records",
    "Tell",
    "apply",
    "apply_sound",
    "packed",
    "plan",
    "rehearsed",
    "removal",
    "undo",
    "undoing",
    "unpacked",
]
