"""The rows of the histories, the newest first, each with what its row said before.

A row's own order is that in which its history was written (`history_id`); those of several rows
are put together by their moments. However many entries there are, a page of them takes two
statements for each kind of row at most.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.crypto import constant_time_compare, salted_hmac

from .events import as_record, closings, reopenings, restatements
from .parts import PARTS, Part
from .sight import Sight, is_of_initiative

STAMP = "%Y%m%dT%H%M%S%f"
CURSOR = re.compile(r"([0-9]{8}T[0-9]{12})\.([0-9]{1,5})", re.ASCII)
KEY = re.compile(r"([a-z]{1,20})~([0-9]{8}T[0-9]{12})~([0-9a-f]{12})", re.ASCII)
MOST_TOGETHER = 2000  # entries of one moment through which a page can be turned


@dataclass(frozen=True)
class Said:
    """A row as it was saved at a moment, and as it was before; None: it was not there."""

    part: Part
    record: Any
    before: Any | None

    @property
    def at(self) -> dt.datetime:
        moment: dt.datetime = self.record.history_date
        return moment

    @property
    def key(self) -> str:
        """What an address calls it: when it was, and which of that moment."""
        return f"{self.part.name}~{self.at.astimezone(dt.UTC):{STAMP}}~{_seal(self)}"


def _seal(said: Said) -> str:
    about = f"{said.part.name}.{said.record.history_id}"
    return salted_hmac("scorecards.history", about).hexdigest()[:12]


@dataclass(frozen=True)
class Cursor:
    """Where a page of the history begins: at a moment, after so many of its entries."""

    at: dt.datetime
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.at.astimezone(dt.UTC):{STAMP}}.{self.skipped}"


def cursor(text: str) -> Cursor | None:
    """The cursor that an address says; None, the newest, for whatever is none."""
    found = CURSOR.fullmatch(text)
    moment = _moment(found[1]) if found else None
    return Cursor(moment, min(int(found[2]), MOST_TOGETHER)) if found and moment else None


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


Scope = Sequence[tuple[Part, Q]]


def page_of(
    sight: Sight, scope: Scope, start: Cursor | None, most: int
) -> tuple[list[Said], Cursor | None]:
    """So many entries, the newest first, and where the next page begins; None at the end."""
    skipped = start.skipped if start else 0
    until = Q(history_date__lte=start.at) if start else Q()
    found: list[tuple[Part, Any]] = []
    for part, condition in scope:
        rows = _records(part).filter(condition & until)
        rows = rows.order_by("-history_date", "-history_id")
        some = rows[: most + skipped + 1]
        found += [(part, as_record(part.name, row) if part.deed else row) for row in some]
    found.sort(key=_newest_first)
    shown, more = found[skipped : skipped + most], found[skipped + most :]
    after = _after(shown, start) if more else None
    return _told(sight, shown), after


EVENTS = {"closing": closings, "reopening": reopenings, "restating": restatements}


def _newest_first(row: tuple[Part, Any]) -> tuple[Any, ...]:
    part, record = row
    return (-record.history_date.timestamp(), list(PARTS).index(part.name), -record.history_id)


def _after(shown: Sequence[tuple[Part, Any]], start: Cursor | None) -> Cursor:
    last = shown[-1][1].history_date
    skipped = sum(record.history_date == last for _, record in shown)
    if start is not None and start.at == last:
        skipped += start.skipped
    return Cursor(last, skipped)


def _records(part: Part) -> Any:
    if part.deed:
        return EVENTS[part.name]()
    others = part.model.history.filter(id=OuterRef("id"))
    older = others.filter(history_id__lt=OuterRef("history_id")).order_by("-history_id")
    newer = others.filter(history_id__gt=OuterRef("history_id"))
    return part.model.history.select_related("history_user").annotate(
        before_id=Subquery(older.values("history_id")[:1]), is_last=~Exists(newer)
    )


def _told(sight: Sight, found: Iterable[tuple[Part, Any]]) -> list[Said]:
    """With what stood before, leaving out what was elsewhere then."""
    found = list(found)
    before: dict[tuple[str, int], Any] = {}
    for part in {part.name: part for part, _ in found}.values():
        ids = [record.before_id for own, record in found if own is part and record.before_id]
        if ids:
            for record in part.model.history.filter(history_id__in=ids):
                before[part.name, record.history_id] = record
    said = [Said(part, row, before.get((part.name, row.before_id))) for part, row in found]
    hidden = sight.hidden_until({_initiative(one) for one in said} - {None})
    return [one for one in said if not _is_hidden(one, hidden)]


def _initiative(said: Said) -> Any:
    if not is_of_initiative(said.part):
        return None
    return said.record.id if said.part.name == "initiative" else said.record.initiative_id


def _is_hidden(said: Said, hidden: dict[int, Any]) -> bool:
    until = hidden.get(_initiative(said))
    return until is not None and said.at <= until


def entry_of(sight: Sight, scope: Scope, key: str) -> Said | None:
    """The entry that an address names, if it is one of the scope."""
    found = KEY.fullmatch(key)
    moment = _moment(found[2]) if found else None
    if found is None or moment is None:
        return None
    for part, condition in scope:
        if part.name == found[1]:
            rows = _records(part).filter(condition, history_date=moment)
            for said in _told(sight, [(part, row) for row in rows[:MOST_TOGETHER]]):
                if constant_time_compare(_seal(said), found[3]):
                    return said
    return None


def newest(part: Part, row: Any, version: int) -> Said | None:
    """The entry by which the row got that version."""
    records = _records(part).filter(id=row.pk, version=version).order_by("-history_id")
    record = records.first()
    if record is None:
        return None
    before = part.model.history.filter(history_id=record.before_id).first()
    return Said(part, record, before)
