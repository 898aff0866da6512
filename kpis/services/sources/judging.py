"""What a refresh would do with each row that a source brings: the same for a try and for a run."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from calculations.numerals import InvalidNumber
from calculations.periods import Frequency, InvalidPeriod
from calculations.tables.numbers import decimal_mark, read_number
from kpis.models import Measurement
from kpis.services.places import Places
from kpis.services.refusals import Refusal, Refused, quoted
from kpis.services.resolution import RowToRecord, resolved_rows
from kpis.services.storage import StoredRow
from organizations.access import Access

from .shapes import RawRow, Settings

AT_ONCE = 2000  # keys of one question to the database
TWICE = "A row before it is for the same KPI, unit and period; only the first one is taken."


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
    KEPT = "kept"
    REFUSED = "refused"
    EMPTY = "empty"


@dataclass(frozen=True)
class Judged:
    """A row with what becomes of it. standing: the value that is there; said: why, where asked."""

    kpi: str
    unit: str
    period: str
    value: float | str
    verdict: Verdict
    said: str = ""
    standing: float | None = None
    assignment_id: int | None = None
    start: str = ""


Key = tuple[int, str]


def judged(
    access: Access, rows: Sequence[tuple[RawRow, str]], settings: Settings, *, locks: bool = False
) -> list[Judged]:
    """Each row with the label of the period that was asked for, and what becomes of it.

    access: of whoever configured the source. Nothing is stored. locks: what stands is held until
    the end of the transaction, so that what is entered by hand meanwhile comes after.
    """
    told = _told(rows, settings)
    stored, refusals = resolved_rows(access, told)
    by_index = {refusal.index: refusal for refusal in refusals}
    accepted = iter(stored)
    found: list[StoredRow | Refusal] = [
        by_index[index] if index in by_index else next(accepted) for index in range(len(told))
    ]
    closed = _closed_keys(access, told, by_index.values())
    standing = _standing([row[:2] for row in stored] + list(closed.values()), locks=locks)
    return [
        _judged(raw, row, each, closed.get(index), standing)
        for index, ((raw, _), row, each) in enumerate(zip(rows, told, found, strict=True))
    ]


def _told(rows: Sequence[tuple[RawRow, str]], settings: Settings) -> list[RowToRecord | Refusal]:
    mark = decimal_mark(raw.value for raw, _ in rows if isinstance(raw.value, str))
    told: list[RowToRecord | Refusal] = []
    for index, (raw, window) in enumerate(rows):
        try:
            told.append(_row(raw, window, settings, mark))
        except Refused as refused:
            told.append(refused.at(index))
    return told


def _row(raw: RawRow, window: str, settings: Settings, mark: str) -> RowToRecord:
    if is_empty(raw.value):
        raise Refused("empty", "There is no value.", "value")
    kpi = _text(raw.kpi) or settings.get("kpi", "")
    if not kpi:
        raise Refused("unknown_kpi", "The row names no KPI, and none is chosen.", "kpi")
    return RowToRecord(
        kpi=kpi,
        unit=_text(raw.unit) or settings.get("unit", "") or None,
        period=_period(raw.period) or window,
        value=_number(raw.value, mark),
    )


def is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(said: Any) -> str:
    """A code as it is said; what is no plain text or number is none that we know."""
    if said is None:
        return ""
    is_plain = isinstance(said, str | int | float) and not isinstance(said, bool)
    return str(said).strip()[:200] if is_plain else "?"


def _period(said: Any) -> str:
    """A label or a day; of a moment its day, and of a year its number."""
    if isinstance(said, dt.datetime):
        return said.date().isoformat()
    if isinstance(said, dt.date):
        return said.isoformat()
    text = _text(int(said) if isinstance(said, float) and said.is_integer() else said)
    is_moment = len(text) > 10 and text[10] in "T " and text[4] == text[7] == "-"
    return text[:10] if is_moment else text


def _number(value: Any, mark: str) -> float | str:
    """The number, or the text of what may be the label of a grade."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Refused("not_a_number", f"{quoted(str(value))} is not a number.", "value")
    if isinstance(value, str):
        try:
            return read_number(value, mark)
        except InvalidNumber:
            return value.strip()[:200]
    try:
        return float(value)
    except OverflowError:
        raise Refused("out_of_range", "The number is too large.", "value") from None


def _closed_keys(
    access: Access, told: Sequence[RowToRecord | Refusal], refusals: Iterable[Refusal]
) -> dict[int, Key]:
    """Where rows of closed periods belong, by their index: one that says the same is no news."""
    indexes = [refusal.index for refusal in refusals if refusal.code == "period_closed"]
    rows = {index: told[index] for index in indexes}
    asked = {index: row for index, row in rows.items() if isinstance(row, RowToRecord)}
    if not asked:
        return {}
    places = Places(access, list(asked.values()))
    calendar = access.organization.calendar
    keys = {}
    for index, row in asked.items():
        try:
            place = places.find(row)
            period = calendar.parse(row.period, Frequency(place.frequency))
        except (Refused, InvalidPeriod):
            continue
        keys[index] = (place.assignment_id, period.start.isoformat())
    return keys


def _standing(keys: Sequence[Key], *, locks: bool) -> dict[Key, tuple[float, bool]]:
    """What stands at the keys: the value, and whether a person has entered it."""
    stored = Measurement.objects.order_by("assignment_id", "period_start")
    if locks:
        stored = stored.select_for_update()
    found = {}
    ids = sorted({assignment_id for assignment_id, _ in keys})
    starts = [start for _, start in keys]
    for begin in range(0, len(ids), AT_ONCE):
        rows = stored.filter(
            assignment_id__in=ids[begin : begin + AT_ONCE],
            period_start__range=(min(starts), max(starts)),
        )
        for pk, start, value, user_id in rows.values_list(
            "assignment_id", "period_start", "value", "user_id"
        ):
            found[pk, start.isoformat()] = (value, user_id is not None)
    return found


def _judged(
    raw: RawRow,
    row: RowToRecord | Refusal,
    found: StoredRow | Refusal,
    closed: Key | None,
    standing: dict[Key, tuple[float, bool]],
) -> Judged:
    if isinstance(row, Refusal):
        verdict = Verdict.EMPTY if row.code == "empty" else Verdict.REFUSED
        period = _period(raw.period)
        shown = "" if raw.value is None else str(raw.value)[:60]
        return Judged(_text(raw.kpi), _text(raw.unit), period, shown, verdict, row.detail)
    names = (row.kpi, row.unit or "", row.period, row.value)
    if isinstance(found, Refusal):
        value, _ = standing.get(closed, (None, False)) if closed else (None, False)
        if value is not None and value == row.value:
            return Judged(*names, Verdict.SAME, "", value)
        said = TWICE if found.code == "duplicate_row" else found.detail
        return Judged(*names, Verdict.REFUSED, said, value)
    key = found[:2]
    value, is_by_hand = standing.get(key, (None, False))
    verdict = _verdict(found.value, value, is_by_hand=is_by_hand)
    said = "It was entered by hand, and stands." if verdict is Verdict.KEPT else ""
    return Judged(*names, verdict, said, value, *key)


def _verdict(value: float, standing: float | None, *, is_by_hand: bool) -> Verdict:
    if standing is None:
        return Verdict.NEW
    if value == standing:
        return Verdict.SAME
    return Verdict.KEPT if is_by_hand else Verdict.CHANGED
