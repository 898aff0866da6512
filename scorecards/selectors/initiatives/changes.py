"""What changed in an initiative, by whom and when: its history in words, the newest save first."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from organizations.access import Access
from organizations.models import Person
from scorecards.models import Initiative, InitiativeObjective, Milestone, Objective
from scorecards.selectors.formats import money_text
from scorecards.selectors.viewing import AsOf

from .reading import ToldInitiative, served_objectives

MOST_SAVES = 60
ADDED = "Added"
UNSEEN = "something that you may not see"
LABELS = {
    "name": "Name",
    "unit_id": "Unit",
    "owner_id": "Owner",
    "status": "Status",
    "starts_on": "Starts on",
    "ends_on": "Ends on",
    "percent_done": "Percent done",
    "budget_planned": "Budget planned",
    "budget_spent": "Spent",
    "currency": "Currency",
}


@dataclass(frozen=True)
class Save:
    """What somebody changed at one moment, in sentences."""

    at_text: str
    by: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Names:
    """What ids stand for, as far as the reader sees them."""

    units: dict[int, str]
    people: dict[int, str]
    objectives: dict[int, str]


Key = tuple[dt.datetime, Any]


def initiative_saves(
    access: Access, told: ToldInitiative, as_of: AsOf | None = None
) -> tuple[list[Save], int]:
    """The latest saves, and how many older ones there are; eight statements at most."""
    records = {
        model: _records(model, name, told.row.pk, as_of)
        for model, name in (
            (Initiative, "id"),
            (Milestone, "initiative_id"),
            (InitiativeObjective, "initiative_id"),
        )
    }
    names = _names(access, records)
    since = _seen_since(access, records[Initiative])
    lines: dict[Key, list[str]] = defaultdict(list)
    people: dict[Any, str] = {}
    for model, said in SAID.items():
        latest: dict[int, Any] = {}
        for record in records[model]:
            people[record.history_user_id] = str(record.history_user or "the system")
            key = (record.history_date, record.history_user_id)
            lines[key] += said(latest.get(record.id), record, names)
            latest[record.id] = record
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    saves = [
        Save(f"{at.astimezone(zone):%Y-%m-%d %H:%M}", people[user], _told(lines[at, user]))
        for at, user in sorted(lines, key=lambda key: key[0], reverse=True)
        if lines[at, user] and at >= since
    ]
    return saves[:MOST_SAVES], max(0, len(saves) - MOST_SAVES)


def _told(lines: list[str]) -> tuple[str, ...]:
    """The first save says how many milestones it came with, not each of them."""
    if lines[0] != ADDED:
        return tuple(lines)
    milestones = [line for line in lines if line.startswith("Milestone")]
    count = len(milestones)
    with_them = f" with {count} milestone{'' if count == 1 else 's'}" if count else ""
    return (ADDED + with_them, *(line for line in lines[1:] if line not in milestones))


def _records(model: Any, name: str, pk: int, as_of: AsOf | None) -> list[Any]:
    """All that was ever said, the oldest first."""
    said = model.history.filter(**{name: pk}).select_related("history_user")
    if as_of:
        said = said.filter(history_date__lte=as_of.at)
    return list(said.order_by("history_date", "history_id"))


def _seen_since(access: Access, records: list[Any]) -> dt.datetime:
    """When it last came from a unit that the reader does not see: what was before is not theirs."""
    moments: list[dt.datetime] = [records[0].history_date]
    for before, record in pairwise(records):
        if before.unit_id not in access.visible_unit_ids:
            moments.append(record.history_date)
    return moments[-1]


def _names(access: Access, records: dict[Any, list[Any]]) -> _Names:
    owners = {record.owner_id for record in records[Initiative]} - {None}
    ids = {record.objective_id for record in records[InitiativeObjective]}
    gone = Objective.objects.filter(
        pk__in=ids, scorecard__unit_id__in=access.visible_unit_ids
    ).values_list("pk", "name")
    standing = served_objectives(access, ids=ids)
    served = {each.id: f"{each.name} ({each.unit.name})" for each in standing}
    return _Names(
        units={pk: access.tree.by_id[pk].name for pk in access.visible_unit_ids},
        people={pk: person.name for pk, person in Person.objects.in_bulk(owners).items()},
        objectives=dict(gone) | served,
    )


def _said_initiative(before: Any, record: Any, names: _Names) -> Iterator[str]:
    if before is None:
        yield ADDED
        return
    if bool(before.deleted_at) != bool(record.deleted_at):
        yield "Deleted" if record.deleted_at else "Restored"
    for name, label in LABELS.items():
        old, new = getattr(before, name), getattr(record, name)
        if old != new:
            shown = [_shown(name, value, record, names) for value in (old, new)]
            yield f"{label}: {shown[0]} → {shown[1]}"
    if before.description != record.description:
        yield "Description rewritten" if record.description else "Description removed"


def _shown(name: str, value: Any, record: Any, names: _Names) -> str:
    if value in (None, ""):
        return "none"
    if name == "unit_id":
        return names.units.get(value, UNSEEN)
    if name == "owner_id":
        return names.people.get(value, UNSEEN)
    if name == "percent_done":
        return f"{value} %"
    if name.startswith("budget"):
        return money_text(value, record.currency)
    return str(value)


def _said_milestone(before: Any, record: Any, names: _Names) -> Iterator[str]:
    name = f"Milestone “{record.name}”"
    was_there = before is not None and before.deleted_at is None
    if record.deleted_at or not was_there:
        if record.deleted_at:
            yield f"{name} removed"
        else:
            done = f", done {record.done_on}" if record.done_on else ""
            yield f"{name} added, due {record.due_on}{done}"
        return
    if before.name != record.name:
        yield f"Milestone “{before.name}” is now called “{record.name}”"
    if before.due_on != record.due_on:
        yield f"{name} due {before.due_on} → {record.due_on}"
    if before.done_on != record.done_on:
        yield f"{name} done {record.done_on}" if record.done_on else f"{name} not done after all"


def _said_link(before: Any, record: Any, names: _Names) -> Iterator[str]:
    name = names.objectives.get(record.objective_id)
    what = f"“{name}”" if name else UNSEEN
    yield f"Serves {what} no more" if record.deleted_at else f"Serves {what}"


SAID: dict[Any, Callable[[Any, Any, _Names], Iterator[str]]] = {
    Initiative: _said_initiative,
    Milestone: _said_milestone,
    InitiativeObjective: _said_link,
}
