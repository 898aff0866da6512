"""When each value was recorded, by whom, and what was said first where it was corrected later."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

from calculations.periods import Calendar, Frequency, Period

from .company import BY_CODE
from .dates import closed_at, closed_quarter, restated_at
from .forces import SEED
from .happenings import (
    CORRECTION_REASONS,
    CORRECTIONS,
    FORGOTTEN,
    NEW,
    NOTES,
    RESTATED,
    SILENT,
)
from .library import KPI_BY_CODE, KPIS
from .plans import KPIPlan
from .series import Key, company_series
from .targets import sites

# On the 4th systems deliver, on the 7th people report, on the 24th they correct.
_SYSTEMS, _PEOPLE, _CORRECTED = 4, 7, 24
_HAND_SHARE = 0.6  # of the monthly series, reported by people
_RECENT = dt.timedelta(days=20)


class Said(NamedTuple):
    """A value of a KPI at a unit for the period that starts on a day."""

    kpi: str
    unit: str
    start: dt.date
    value: float
    note: str | None

    @property
    def key(self) -> Key:
        return self.kpi, self.unit


class Batch(NamedTuple):
    """What was recorded at one moment by one of the people who sign in, or by the system."""

    at: dt.datetime
    role: str | None
    rows: list[Said]


def batches(now: dt.datetime) -> list[Batch]:
    """Everything that has been recorded up to now, oldest first."""
    said = list(_recorded(now))
    # Before `said` is read: they make some of the first statements wrong.
    corrections = [*_corrections(said, now), *_restatements(said, now)]
    grouped: dict[tuple[dt.datetime, str], list[Said]] = defaultdict(list)
    for at, role, row in [*said, *corrections]:
        grouped[at, role].append(row)
    return [Batch(at, role or None, rows) for (at, role), rows in sorted(grouped.items())]


_Recording = tuple[dt.datetime, str, Said]


def _recorded(now: dt.datetime) -> Iterator[_Recording]:
    calendar, today = Calendar(), now.date()
    series = company_series(pd.Timestamp(today))
    recorded = [site.key for kpi in KPIS for site in sites(kpi) if site.is_recorded]
    for key in recorded:
        kpi = KPI_BY_CODE[key[0]]
        kept = _kept(kpi, key, series[key], today)
        role = _role(kpi, key)
        for start, value in zip(kept.index.date, kept.tolist(), strict=True):
            at = _moment(kpi, calendar.end(Period(kpi.frequency, start)), role, now)
            if at <= now:
                yield at, role, Said(*key, start, value, _note(kpi, start, today))


def _moment(kpi: KPIPlan, end: dt.date, role: str, now: dt.datetime) -> dt.datetime:
    """When a period's value came in; days and weeks at once lately, in older months together."""
    if not kpi.frequency.is_finer_than(Frequency.MONTH):
        months = 1 if kpi.frequency in (Frequency.HALF, Frequency.YEAR) else 0
        return _on(_months_later(end, months), _PEOPLE if role else _SYSTEMS, now)
    if now.date() - end > _RECENT:
        return _on(_months_later(end, 1), _SYSTEMS, now)
    return dt.datetime.combine(end, dt.time(5, 10), now.tzinfo)


def _on(month: dt.date, day: int, now: dt.datetime) -> dt.datetime:
    time = dt.time(5, 10) if day == _SYSTEMS else dt.time(15, 40)
    return dt.datetime.combine(month.replace(day=day), time, now.tzinfo)


def _months_later(day: dt.date, months: int) -> dt.date:
    """The first of the month so many months later."""
    number = day.year * 12 + day.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def _role(kpi: KPIPlan, key: Key) -> str:
    """Who records it: a system (""), or the demo person whose units they are."""
    if kpi.frequency.is_finer_than(Frequency.MONTH) or not _is_by_hand(kpi, key):
        return ""
    line = set(_line(key[1]))
    if "crews_cork" in line:
        return "contributor"
    return "manager" if "installation" in line else "administrator"


def _is_by_hand(kpi: KPIPlan, key: Key) -> bool:
    share = crc32("/".join(key).encode()) % 100 / 100
    return kpi.frequency is not Frequency.MONTH or share < _HAND_SHARE


def _line(unit: str | None) -> Iterator[str]:
    while unit:
        yield unit
        unit = BY_CODE[unit].parent


def _kept(kpi: KPIPlan, key: Key, values: pd.Series, today: dt.date) -> pd.Series:
    """Without what was never reported."""
    if key in NEW:
        return values.iloc[:0]
    quarter = Calendar().canonical_start(Frequency.QUARTER, today)
    last_quarter = pd.Timestamp(quarter) - pd.DateOffset(months=3)
    if key in SILENT:
        return values[values.index < last_quarter + pd.DateOffset(months=SILENT[key])]
    if kpi.frequency is not Frequency.MONTH or not _is_by_hand(kpi, key):
        return values
    draws = np.random.default_rng([SEED, crc32("/".join(("gap", *key)).encode())]).random(
        len(values)
    )
    return values[(draws[::-1] > FORGOTTEN) | (values.index >= last_quarter)]


def _note(kpi: KPIPlan, start: dt.date, today: dt.date) -> str | None:
    if kpi.frequency is not Frequency.MONTH:
        return None
    months_ago = (today.year - start.year) * 12 + today.month - start.month
    return NOTES.get((kpi.code, months_ago))


def _corrections(said: list[_Recording], now: dt.datetime) -> Iterator[_Recording]:
    """Replace some first statements in `said` by wrong ones and yield the corrections of them."""
    candidates = [i for i, recording in enumerate(said) if _may_be_corrected(recording, now)]
    generator = np.random.default_rng([SEED, CORRECTIONS])
    for i in generator.choice(candidates, CORRECTIONS, replace=False).tolist():
        at, role, row = said[i]
        wrong = _wrong(row, float(generator.uniform(0.02, 0.07)))
        reason = CORRECTION_REASONS[i % len(CORRECTION_REASONS)]
        said[i] = at, role, row._replace(value=wrong, note=None)
        yield _quarter_later(at), role or "administrator", row._replace(note=reason)


def _restatements(said: list[_Recording], now: dt.datetime) -> Iterator[_Recording]:
    """As corrections, of values in the closed quarter that the auditors looked at."""
    start = closed_quarter(now.date()).start
    for i, (at, role, row) in enumerate(said):
        if row.start == start and row.key in RESTATED:
            share, reason = RESTATED[row.key]
            first = round(row.value * share, KPI_BY_CODE[row.kpi].decimals)
            said[i] = at, role, row._replace(value=first, note=None)
            yield restated_at(now), "administrator", row._replace(note=reason)


def restates(row: Said, at: dt.datetime, now: dt.datetime) -> bool:
    """Whether it was said of the closed quarter after that was closed."""
    calendar = Calendar()
    quarter = closed_quarter(now.date())
    period = Period(KPI_BY_CODE[row.kpi].frequency, row.start)
    is_within = row.start >= quarter.start and calendar.end(period) <= calendar.end(quarter)
    return is_within and at > closed_at(now)


def _quarter_later(at: dt.datetime) -> dt.datetime:
    """The day on which corrections are made next: in the middle month of each quarter."""
    months = (2 - at.month) % 3 or 3
    return _on(_months_later(at.date(), months), _CORRECTED, at)


def _may_be_corrected(recording: _Recording, now: dt.datetime) -> bool:
    at, _, row = recording
    kpi = KPI_BY_CODE[row.kpi]
    is_old = at < now - dt.timedelta(days=125)
    is_plain = kpi.kind == "number" and row.note is None and row.value > 0
    is_plain &= row.key not in RESTATED
    return kpi.frequency is Frequency.MONTH and is_old and is_plain


def _wrong(row: Said, share: float) -> float:
    """Lower by a share, and by at least one of the last decimal."""
    kpi = KPI_BY_CODE[row.kpi]
    step = max(row.value * share, 10.0**-kpi.decimals)
    return max(round(row.value - step, kpi.decimals), kpi.low if kpi.low is not None else -1e9)
