"""Entries of a history as people read them: what was done to what, and from what to what."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from calculations.periods import Frequency, Period
from scorecards.links import history_href
from scorecards.selectors.administration.owned import SIGN

from .events import reason_of
from .names import UNSEEN, Names
from .parts import ONLY_TOLD, Part
from .reading import Said
from .words import LONG, label_of, moment_text, value_text, with_unit

ADDED, CHANGED, REMOVED, RETURNED = "added", "changed", "removed", "back again"
REVOKED = "revoked"  # removed for good


@dataclass(frozen=True)
class Line:
    """One field: what it said before, and since."""

    name: str
    label: str
    before: str
    after: str
    is_long: bool = False

    @property
    def text(self) -> str:
        """In one line, as a list of changes says it."""
        return f"{self.label}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Entry:
    """What was done to one thing at one moment. restore_href: None where there is no way back."""

    key: str
    at_text: str
    day: str
    by: str
    way: str  # by which way it came where that was not a page: "API token “billing”"
    label: str  # "Objective"
    name: str
    deed: str
    lines: tuple[Line, ...]
    home: str | None  # the page that tells the history of the thing
    is_whole: bool = False  # the thing itself, not a part of it
    is_reversible: bool = True  # whether anything of it can be set back
    restore_href: str | None = None
    is_chosen: bool = False

    @property
    def time(self) -> str:
        return self.at_text.rpartition(" ")[2]

    @property
    def restore_text(self) -> str:
        return "Bring back" if self.deed == REMOVED else "Set back"


@dataclass(frozen=True)
class Save:
    """Entries of one minute by one person."""

    time: str
    by: str
    way: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Day:
    day: str
    saves: tuple[Save, ...]


def entry_from(said: Said, names: Names) -> Entry | None:
    """The entry in words; None where nothing was changed that anybody would read."""
    deed = deed_of(said)
    lines = changed_lines(said, names) if deed == CHANGED else ()
    if said.part.deed:
        deed, lines = said.part.deed, _reason(said)
    if deed == CHANGED and not lines:
        return None
    at_text = moment_text(said.at, names.sight.organization)
    return Entry(
        key=said.key,
        at_text=at_text,
        day=at_text.partition(" ")[0],
        by=names.by(said.record),
        way=way_of(said.record),
        label=said.part.label,
        name=name_of(said.part, said.record, names),
        deed=REVOKED if deed == REMOVED and hasattr(said.record, "revoked_at") else deed,
        lines=lines,
        home=home_of(said, names),
        is_whole=said.part.name == said.part.kind,
        is_reversible=_is_reversible(said, deed, lines, names),
    )


def _reason(said: Said) -> tuple[Line, ...]:
    """Of what happened once: what was said with it."""
    reason = reason_of(said.part.name, said.record)
    label = "Note" if said.part.name == "closing" else "Why"
    return (Line("reason", label, "", reason),) if reason else ()


def _is_reversible(said: Said, deed: str, lines: Sequence[Line], names: Names) -> bool:
    """Not what was added, what is back already, nor what went with something greater."""
    if said.part.kind in ONLY_TOLD:
        return False
    if deed == CHANGED:
        return any(line.name in said.part.restorable for line in lines)
    is_gone = deed == REMOVED and said.record.is_last and said.part.name != "scorecard"
    return is_gone and not any(
        whole.deleted_at == said.record.deleted_at for whole in _wholes(said, names)
    )


def _wholes(said: Said, names: Names) -> Iterator[Any]:
    """What the thing belongs to, and is removed and brought back with."""
    for name in ("perspective", "initiative", *said.part.ends):
        pk = getattr(said.record, f"{name}_id", None)
        row = names.row("objective" if name in said.part.ends else name, pk)
        if row is not None:
            yield row


def deed_of(said: Said) -> str:
    was_there = said.before is not None and stands(said.before)
    if not stands(said.record):
        return REMOVED
    if was_there:
        return CHANGED
    return ADDED if said.before is None else RETURNED


def stands(record: Any) -> bool:
    """Whether the thing was there, as this row of its history says it."""
    ended = (getattr(record, name, None) for name in ("deleted_at", "revoked_at"))
    return record.history_type != "-" and not any(ended)


def way_of(record: Any) -> str:
    reason = record.history_change_reason or ""
    if reason.startswith(SIGN):
        return "handed over"
    return reason[:1].lower() + reason[1:] if reason[:3] != "API" else reason


def changed_lines(said: Said, names: Names) -> tuple[Line, ...]:
    """The fields that say something else than before; of what came from elsewhere only that."""
    before, record = said.before, said.record
    if before is None:
        return ()
    lines = [
        _line(said.part, column, before, record, names)
        for column in said.part.fields
        if getattr(before, column.attname) != getattr(record, column.attname)
    ]
    came = [line for line in lines if line.name == "unit" and line.before == UNSEEN]
    return tuple(came or lines)


def _line(part: Part, column: Any, before: Any, record: Any, names: Names) -> Line:
    texts = [value_text(part, column, one, names) for one in (before, record)]
    is_long = any(len(text) > LONG or "\n" in text for text in texts)
    return Line(column.name, label_of(part, column), texts[0], texts[1], is_long)


def name_of(part: Part, record: Any, names: Names) -> str:
    """What people call the thing, as it was called then."""
    namer: Callable[[Any, Names], str] | None = part.called or NAMERS.get(part.name)
    return namer(record, names) if namer else str(record.name)


def _role(record: Any, names: Names) -> str:
    who = names.members.get(record.user_id)
    return f"{record.get_role_display()} of {names.unit_name(record.unit_id)}: {who or 'somebody'}"


def _assignment(record: Any, names: Names) -> str:
    kpi = names.row("kpi", record.kpi_id)
    return f"{kpi} at {names.unit_name(record.unit_id)}"


def _target(record: Any, names: Names) -> str:
    place = names.assignments[record.assignment_id]
    where = f"{place.kpi} at {names.unit_name(place.unit_id)}"
    wanted = "" if record.target is None else f", {with_unit(place.kpi, record.target)}"
    return f"{where} from {record.valid_from}{wanted}"


def _process_change(record: Any, names: Names) -> str:
    place = names.assignments[record.assignment_id]
    where = f"{place.kpi} at {names.unit_name(place.unit_id)}"
    return f"{where} from {record.period_start}: {record.note}"


def _link(record: Any, names: Names) -> str:
    return f"{names.row('kpi', record.kpi_id)} for {names.objective(record.objective_id)}"


def _alignment(record: Any, names: Names) -> str:
    lower, upper = (names.placed(pk) for pk in (record.objective_id, record.supported_id))
    return f"{lower} for {upper}"


def _share(record: Any, names: Names) -> str:
    if record.kpi_id is None:
        return f"{record.get_kind_display()} of {names.unit_name(record.unit_id)}"
    return f"{names.row('kpi', record.kpi_id)} at {names.unit_name(record.unit_id)}"


def _closing(record: Any, names: Names) -> str:
    label = names.sight.organization.calendar.label(record.period)
    return f"{label} at {names.unit_name(record.unit_id)}"


def _restatement(record: Any, names: Names) -> str:
    place = record.assignment
    period = Period(Frequency(place.kpi.frequency), record.period_start)
    label = names.sight.organization.calendar.label(period)
    return f"{record.subject} of {place.kpi} at {names.unit_name(place.unit_id)}, {label}"


NAMERS: dict[str, Callable[[Any, Names], str]] = {
    "role": _role,
    "assignment": _assignment,
    "target": _target,
    "process_change": _process_change,
    "link": _link,
    "alignment": _alignment,
    "share": _share,
    "closing": _closing,
    "reopening": _closing,
    "restating": _restatement,
    "serves": lambda record, names: names.placed(record.objective_id),
}


def home_of(said: Said, names: Names) -> str | None:
    """The page that tells all of the history of what the entry is about; None: there is none."""
    if said.part.kind in ONLY_TOLD:
        return None
    organization, code = names.sight.organization, _home_code(said, names)
    return history_href(organization.code, said.part.kind, code) if code else None


def _home_code(said: Said, names: Names) -> str:
    part, record = said.part, said.record
    if part.name in ("settings", "unit", "person", "kpi", "scorecard", "initiative"):
        return str(record.code)
    if part.name == "role":
        return _code(names.members.get(record.user_id))
    if part.name == "assignment":
        return _code(names.row("kpi", record.kpi_id))
    if part.name in ("target", "process_change"):
        return _code(names.assignments[record.assignment_id].kpi)
    if part.kind == "initiative":
        return _code(names.row("initiative", record.initiative_id))
    return _scorecard_code(part, record, names)


def _scorecard_code(part: Part, record: Any, names: Names) -> str:
    pk = getattr(record, "scorecard_id", None)
    if pk is None:
        objective = names.row("objective", getattr(record, f"{part.ends[0]}_id"))
        pk = objective.scorecard_id if objective else None
    return _code(names.row("scorecard", pk))


def _code(row: Any) -> str:
    return str(row.code) if row is not None else ""


def days_of(entries: Iterable[Entry]) -> tuple[Day, ...]:
    """Entries under the day and the minute in which somebody saved them."""
    days = []
    for day, of_day in groupby(entries, key=lambda entry: entry.day):
        saves = []
        for (time, by, way), group in groupby(of_day, key=lambda e: (e.time, e.by, e.way)):
            saves.append(Save(time, by, way, tuple(group)))
        days.append(Day(day, tuple(saves)))
    return tuple(days)


def with_ways_back(entries: Sequence[tuple[Entry, bool]], address: str, chosen: str) -> list[Entry]:
    """With the address by which each can be set back, where its reader may."""
    return [
        replace(
            entry,
            restore_href=f"{address}entry={entry.key}" if may and entry.is_reversible else None,
            is_chosen=entry.key == chosen,
        )
        for entry, may in entries
    ]
