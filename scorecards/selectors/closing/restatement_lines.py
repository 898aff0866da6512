"""Restatements in words: what was changed, from what to what, why, by whom and when."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from calculations.display import NOTHING
from calculations.periods import Frequency, Period
from kpis.models import (
    KPI,
    Measurement,
    MeasurementRevision,
    Restatement,
    Target,
    TargetFigures,
    TargetRevision,
)
from organizations.access import Access
from scorecards.selectors.formats import number_text

# Two clock readings of one transaction lie closer together than two restatements do.
SAME_MOMENT = dt.timedelta(seconds=5)
Key = tuple[str, int, dt.date]  # subject, assignment id, start of the period


@dataclass(frozen=True)
class RestatementLine:
    kpi: str
    kpi_code: str
    unit: str
    unit_code: str
    period: str
    subject: str  # value, target
    before: str
    after: str
    unit_of_measure: str
    reason: str
    by: str
    at: dt.datetime
    at_text: str  # "2026-05-04 14:20", at the organization's place


@dataclass(frozen=True)
class Spell:
    """Something that was said from a moment on, until another was; no end: it still stands."""

    row: Any
    start: dt.datetime
    end: dt.datetime | None


def restatement_lines(access: Access, ids: Collection[int]) -> tuple[RestatementLine, ...]:
    """The restatements, oldest first, by five statements; those at units not seen are left out."""
    rows = [
        row
        for row in Restatement.objects.filter(pk__in=ids)
        .select_related("assignment__kpi", "assignment__unit", "user", "token")
        .order_by("at", "pk")
        if access.sees(row.assignment.unit_id)
    ]
    spells = _spells(rows)
    return tuple(
        _line(access, row, spells[row.subject, row.assignment_id, row.period_start]) for row in rows
    )


def _spells(rows: Sequence[Restatement]) -> dict[Key, list[Spell]]:
    spells: dict[Key, list[Spell]] = defaultdict(list)
    ids = {row.assignment_id for row in rows}
    starts = {row.period_start for row in rows}
    values = {"assignment_id__in": ids, "period_start__in": starts}
    for value in _all(rows, Measurement, MeasurementRevision, **values):
        end = getattr(value, "superseded_at", None)
        key = (Restatement.Subject.VALUE, value.assignment_id, value.period_start)
        spells[key].append(Spell(value, value.recorded_at, end))
    targets = {"assignment_id__in": ids, "valid_from__in": starts}
    for target in _all(rows, Target, TargetRevision, **targets):
        end = getattr(target, "superseded_at", None) or getattr(target, "deleted_at", None)
        key = (Restatement.Subject.TARGET, target.assignment_id, target.valid_from)
        spells[key].append(Spell(target, target.said_at, end))
    return spells


def _all(rows: Sequence[Restatement], current: Any, revisions: Any, **wanted: Any) -> Iterable[Any]:
    if rows:
        yield from current.objects.filter(**wanted)
        yield from revisions.objects.filter(**wanted)


def _line(access: Access, row: Restatement, spells: Sequence[Spell]) -> RestatementLine:
    organization, kpi = access.organization, row.assignment.kpi
    started = [spell for spell in spells if abs(spell.start - row.at) < SAME_MOMENT]
    ended = [spell for spell in spells if spell.end and abs(spell.end - row.at) < SAME_MOMENT]
    before = min(ended, key=lambda spell: abs(spell.end - row.at), default=None)  # type: ignore[operator]
    after = min(started, key=lambda spell: abs(spell.start - row.at), default=None)
    period = Period(Frequency(kpi.frequency), row.period_start)
    local = row.at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return RestatementLine(
        kpi=kpi.name,
        kpi_code=kpi.code,
        unit=row.assignment.unit.name,
        unit_code=row.assignment.unit.code,
        period=organization.calendar.label(period),
        subject=row.subject,
        before=_text(kpi, before),
        after=_text(kpi, after),
        unit_of_measure=kpi.unit_of_measure,
        reason=row.reason,
        by=str(row.user or row.token or "the system"),
        at=row.at,
        at_text=f"{local:%Y-%m-%d %H:%M}",
    )


def _text(kpi: KPI, spell: Spell | None) -> str:
    if spell is None:
        return NOTHING
    if isinstance(spell.row, TargetFigures):
        return _target_text(kpi, spell.row)
    return number_text(kpi, spell.row.value)


def _target_text(kpi: KPI, target: TargetFigures) -> str:
    if target.curve is not None:
        return "a curve"
    if target.target_low is not None:
        return f"{number_text(kpi, target.target_low)}–{number_text(kpi, target.target_high)}"
    flag = "" if target.red_flag is None else f" (red flag {number_text(kpi, target.red_flag)})"
    return number_text(kpi, target.target) + flag
