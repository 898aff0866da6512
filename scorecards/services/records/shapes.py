"""What a plan for records is made of, and what applying it did."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError

from scorecards.selectors.records import ALL_KINDS, Form, Key, Record, Value

TOLD_AS = {
    "period_closed": "period_closed",
    "conflict": "conflict",
    "unique": "already_exists",
    "unique_together": "already_exists",
}
# What Django says of our unique constraints, whose names end so.
TAKEN = re.compile(r"Constraint “\w+_code_once” is violated\.")
OCCASION = "import of records"  # as the history says it
Records = Mapping[str, Sequence[Mapping[str, Value]]]


class Deed(StrEnum):
    """What is done to a record."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Problem:
    """Why a change cannot be: the field at fault, "" for the whole record, and what to do.

    code: for programs. users: what uses a record that cannot be removed.
    """

    field: str
    text: str
    code: str = "invalid_value"
    users: tuple[str, ...] = ()


def refused_by(refusal: ValidationError, name: str = "") -> Problem:
    """What a service refused, with the code that tells it from a wrong value."""
    codes = {TOLD_AS[each.code] for each in refusal.error_list if each.code in TOLD_AS}
    if any(TAKEN.fullmatch(text) for text in refusal.messages):
        return Problem(name, "This is taken already; choose another code.", "already_exists")
    return Problem(name, " ".join(refusal.messages), min(codes, default="invalid_value"))


@dataclass(frozen=True)
class Change:
    """A record that is to differ. before, after: the whole record, None where there is none.

    row: its place in what was given, None for what is removed because it was not given.
    """

    kind: str
    key: Key
    deed: Deed
    before: Record | None = None
    after: Record | None = None
    problems: tuple[Problem, ...] = ()
    row: int | None = None

    @property
    def place(self) -> tuple[str, Key]:
        return self.kind, self.key

    @property
    def title(self) -> str:
        """How a sentence names it: `sales_scorecard / grow`."""
        return " / ".join(str(part) for part in self.key if part != "") or "settings"

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ; of a new record those that say something."""
        kind, after = ALL_KINDS[self.kind], self.after
        if after is None:
            return ()
        old = kind.blank() if self.before is None else self.before
        return tuple(name for name in kind.names if old.get(name) != after.get(name))

    def refused(self, *problems: Problem) -> "Change":
        return replace(self, problems=(*self.problems, *problems))


@dataclass(frozen=True)
class Plan:
    """What would be done, in the order in which it is applied; unchanged: how many, by kind.

    valid_from: the day from which changed structures shall be valid, None for the running period,
    or the first that is open. restores: what is added is the row that was removed, if it is there.
    occasion: as the history says it. reason: why targets of closed periods are restated; that the
    writer may is for the caller to check.
    """

    changes: tuple[Change, ...] = ()
    unchanged: Mapping[str, int] = field(default_factory=dict)
    valid_from: dt.date | None = None
    restores: bool = False
    occasion: str = OCCASION
    reason: str | None = None

    @property
    def refused(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.problems)

    @property
    def sound(self) -> "Plan":
        """The plan without the changes that cannot be."""
        return replace(self, changes=tuple(each for each in self.changes if not each.problems))

    def counts(self, kind: str | None = None) -> dict[Deed, int]:
        """How many changes without a problem of each deed, of a kind or of all."""
        sound = [c for c in self.sound.changes if kind in (None, c.kind)]
        return {deed: sum(change.deed is deed for change in sound) for deed in Deed}


@dataclass(frozen=True)
class Applied:
    """What was done, in order, and what was refused; `packed` of done is kept for undoing it."""

    done: tuple[Change, ...] = ()
    refused: tuple[Change, ...] = ()


class NotApplied(Exception):
    """Nothing was done, since some changes cannot be; `plan` names them with their problems."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        first = next(iter(plan.refused), None)
        why = f"{first.title}: {first.problems[0].text}" if first else "Nothing was applied."
        super().__init__(why)


def packed(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes as JSON can hold them."""
    return [
        {
            "kind": change.kind,
            "key": [_packed(part) for part in change.key],
            "deed": change.deed.value,
            "before": _packed_record(change.before),
            "after": _packed_record(change.after),
            "row": change.row,
        }
        for change in changes
    ]


def unpacked(rows: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """The changes of which `packed` made the rows."""
    return tuple(
        Change(
            kind=row["kind"],
            key=tuple(row["key"]),
            deed=Deed(row["deed"]),
            before=_unpacked_record(row["kind"], row["before"]),
            after=_unpacked_record(row["kind"], row["after"]),
            row=row["row"],
        )
        for row in rows
    )


def _packed(value: Value) -> Value:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _packed_record(record: Record | None) -> Record | None:
    return record and {name: _packed(value) for name, value in record.items()}


def _unpacked_record(kind: str, record: Record | None) -> Record | None:
    fields = ALL_KINDS[kind].by_name
    return record and {
        name: _unpacked(fields[name].form, value)
        for name, value in record.items()
        if name in fields
    }


def _unpacked(form: Form, value: Value) -> Value:
    if value is None:
        return None
    if form is Form.DATE:
        return dt.date.fromisoformat(value)
    return Decimal(value) if form is Form.MONEY else value
