"""Before something is set back: what it says now, what it said then, and what follows from it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import history_href
from scorecards.models import Scorecard
from scorecards.selectors.editions.reading import current_starts
from scorecards.selectors.structure.periods import (
    current_period,
    first_open_day,
    offered_periods,
)

from .names import UNSEEN, Names, names_of
from .parts import PARTS, Part
from .reading import Said
from .rights import may_hang
from .sight import Sight
from .telling import name_of, stands
from .words import label_of, moment_text, value_text

SIDES = ("before", "after")


@dataclass(frozen=True)
class ThenField:
    """A field that says something else now than then; problem: why it cannot be set back."""

    name: str
    label: str
    now: str
    then: str
    is_chosen: bool
    problem: str = ""


@dataclass(frozen=True)
class Asked:
    """What the form of a restoration says, or an address that opens it; fields None: all."""

    key: str
    side: str = "before"
    fields: Collection[str] | None = None
    valid_from: str = ""
    reason: str = ""
    problem: str = ""
    is_stale: bool = False


@dataclass(frozen=True)
class Restoration:
    """An entry that is to be set back, with what stands now.

    periods: from which a scorecard's structure may hold so, by label; empty where nothing is
    published. asks_reason: whether periods are closed that want the target.
    """

    said: Said
    row: Any
    asked: Asked
    name: str
    at_text: str
    fields: tuple[ThenField, ...]
    cancel_href: str
    other_href: str
    version: int  # of the row as it stands now
    is_gone: bool  # it is not there now, so that all of it comes back
    periods: dict[str, Period] = field(default_factory=dict)
    period: str = ""
    asks_reason: bool = False

    @property
    def key(self) -> str:
        return self.said.key

    @property
    def part(self) -> Part:
        return self.said.part

    @property
    def brings_more(self) -> bool:
        """Whether other things were removed together with it, and come back with it."""
        is_whole = self.part.kind in ("scorecard", "initiative") and self.part.is_published
        return self.is_gone and is_whole

    @property
    def then(self) -> Any | None:
        """The row as it shall be; None: not there."""
        record = self.said.before if self.asked.side == "before" else self.said.record
        if self.is_gone:
            return self.row
        return record if record is not None and stands(record) else None

    @property
    def choosable(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if not each.problem)

    @property
    def valid_from(self) -> dt.date | None:
        chosen = self.periods.get(self.period)
        return chosen.start if chosen else None


def restoration_of(sight: Sight, said: Said, asked: Asked, kind: str, code: str) -> Restoration:
    """A fixed number of statements."""
    row = said.part.model._default_manager.get(pk=said.record.id)
    names = names_of(sight, [said, replace(said, record=row, before=None)])
    address = history_href(sight.organization.code, kind, code)
    other = SIDES[asked.side == SIDES[0]]
    found = Restoration(
        said=said,
        row=row,
        asked=asked,
        name=name_of(said.part, row, names),
        at_text=moment_text(said.at, sight.organization),
        fields=(),
        cancel_href=address,
        other_href=f"{address}?entry={said.key}&side={other}",
        version=row.version,
        is_gone=getattr(row, "deleted_at", None) is not None,
    )
    found = replace(found, fields=tuple(_fields(found, names)))
    unit_id = place_of(said.part, row)
    if said.part.kind == "scorecard" and said.part.is_published:
        return _with_periods(sight.access, found, unit_id)
    if said.part.name == "target":
        return replace(found, asks_reason=_is_closed(sight.access, unit_id, row.valid_from))
    return found


def _fields(found: Restoration, names: Names) -> list[ThenField]:
    """Those that differ; chosen are the ones of the entry, or those that were asked for."""
    then, part, asked = found.then, found.part, found.asked
    if then is None or found.is_gone:
        return []
    wanted = asked.fields
    if wanted is None and asked.side == "before" and found.said.before is not None:
        wanted = [
            column.name
            for column in part.fields
            if getattr(found.said.before, column.attname)
            != getattr(found.said.record, column.attname)
        ]
    fields = []
    for column in part.fields:
        if getattr(then, column.attname) == getattr(found.row, column.attname):
            continue
        now, text = (value_text(part, column, row, names) for row in (found.row, then))
        problem = _problem(names.sight, part, column, getattr(then, column.attname), text)
        is_chosen = not problem and (wanted is None or column.name in wanted)
        fields.append(ThenField(column.name, label_of(part, column), now, text, is_chosen, problem))
    return fields


def _problem(sight: Sight, part: Part, column: Any, value: Any, text: str) -> str:
    if column.name not in part.restorable:
        return "This is changed on its own page."
    if text == UNSEEN:
        return "You may not see what stood here."
    if part.name == "unit" and column.name == "parent" and not may_hang(sight, value):
        return "You may not hang units there."
    is_moved = part.name == "initiative" and column.name == "unit"
    if is_moved and not sight.access.can(Action.EDIT_STRUCTURE, value):
        return "You may not edit initiatives there."
    return ""


def place_of(part: Part, row: Any) -> int | None:
    """The unit to which a row that stands, or stood, belongs."""
    for step in part.unit.split("__") if part.unit else ():
        row = getattr(row, step)
    return row if part.unit else None


def scorecard_of(row: Any) -> Scorecard:
    """The scorecard to whose structure the row belongs."""
    found = row if isinstance(row, Scorecard) else getattr(row, "scorecard", None)
    if found is not None:
        return found
    part = next(part for part in PARTS.values() if isinstance(row, part.model))
    of_objective: Scorecard = getattr(row, part.ends[0]).scorecard
    return of_objective


def _with_periods(access: Access, found: Restoration, unit_id: int | None) -> Restoration:
    """A draft holds from when it is activated, so there is nothing to choose."""
    scorecard, node = scorecard_of(found.row), access.tree.by_id.get(unit_id or 0)
    if scorecard.status != Scorecard.State.ACTIVE or node is None:
        return found
    open_from = first_open_day(access, node)
    periods = offered_periods(access.organization, current_starts(scorecard), open_from)
    running = access.organization.calendar.label(current_period(access.organization))
    usual = running if running in periods else next(iter(periods), "")
    asked = found.asked.valid_from
    return replace(found, periods=periods, period=asked if asked in periods else usual)


def _is_closed(access: Access, unit_id: int | None, day: dt.date) -> bool:
    node: UnitNode | None = access.tree.by_id.get(unit_id or 0)
    open_from = first_open_day(access, node) if node else None
    return open_from is not None and day < open_from
