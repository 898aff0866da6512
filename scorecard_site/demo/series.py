"""The values of every KPI at every place, three years long and up to today.

Each series has a level, an index as a score is, that drifts, wobbles and follows the forces; read
backwards through what is wanted at the time it becomes a value. The random numbers of a series
depend on its own name alone and are counted back from today: adding a KPI changes no other.
"""

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from calculations.arrays import FloatArray, floats
from calculations.periods import Calendar, Frequency

from .forces import HISTORY, daily_forces, noise
from .library import KPIS
from .targets import SEASONS, Site, bounded, is_phased, sites, values_at

Key = tuple[str, str]  # codes of KPI and unit
_LAST_PHASE = 0.875  # of the year: the middle of the quarter in which its figures hold in full
_SMOOTHING = range(-1, 2)  # months over which a new year's ambition is reached


class _Slots(NamedTuple):
    """The periods of one frequency that are over, and what they were like."""

    starts: pd.DatetimeIndex
    years_ago: FloatArray
    years_back: FloatArray  # behind this year's figures: in steps at the turn of the year
    phases_back: FloatArray  # the same without steps
    forces: pd.DataFrame
    seasons: dict[str, FloatArray]


def company_series(today: pd.Timestamp) -> dict[Key, pd.Series]:
    """By KPI and unit, the values of the periods that are over, indexed by their first day.

    Those that a KPI rolls up over units are among them, those that a formula computes are not.
    """
    slots = _slots_by_frequency(today)
    series: dict[Key, pd.Series] = {}
    for kpi in KPIS:
        for site in () if kpi.formula else sites(kpi):
            series[site.key] = _series(site, slots[kpi.frequency], series)
    return series


def first_day(today: dt.date) -> dt.date:
    """The day from which on there are values."""
    month = pd.Timestamp(today).to_period("M") - HISTORY
    return month.to_timestamp().date()  # type: ignore[no-any-return]


def _series(site: Site, slots: _Slots, known: dict[Key, pd.Series]) -> pd.Series:
    if site.parts:
        return _from_parts(site, [known[part.key] for part in site.parts])
    level, season = _levels(site, slots), slots.seasons[site.kpi.season]
    back = slots.phases_back if is_phased(site.kpi) else slots.years_back
    values = values_at(site, level, back, season)
    if site.kpi.per:
        values = bounded(site.kpi, values * known[site.kpi.per, site.unit].to_numpy())
    return pd.Series(values, index=slots.starts)


def _from_parts(site: Site, parts: list[pd.Series]) -> pd.Series:
    table = pd.concat(parts, axis=1)
    values = table.sum(axis=1) if site.kpi.over == "sum" else table.mean(axis=1)
    return pd.Series(bounded(site.kpi, values.to_numpy()), index=table.index)


def _levels(site: Site, slots: _Slots) -> FloatArray:
    kpi = site.kpi
    assert site.level is not None
    pulled = sum(pull * slots.forces[force].to_numpy() for force, pull in kpi.pulls.items())
    wobble = kpi.noise * noise("/".join(site.key), slots.starts.size)
    levels: FloatArray = site.level - kpi.drift * slots.years_ago + pulled + wobble
    return levels


def _slots_by_frequency(today: pd.Timestamp) -> dict[Frequency, _Slots]:
    days = daily_forces(today)
    return {frequency: _slots(frequency, today, days) for frequency in Frequency}


def _slots(frequency: Frequency, today: pd.Timestamp, forces: pd.DataFrame) -> _Slots:
    """The periods that ended after the first day and before today or on it."""
    calendar = Calendar()
    days = forces.index.to_numpy().astype("M8[D]")
    of_day = calendar.ordinals(days, frequency)
    by_period = forces.groupby(of_day).mean()
    ends = pd.DatetimeIndex(calendar.ends(by_period.index.to_numpy(), frequency))
    by_period = by_period[(ends > pd.Timestamp(first_day(today))) & (ends <= today)]
    ordinals = by_period.index.to_numpy()
    starts = pd.DatetimeIndex(calendar.starts(ordinals, frequency))
    middles = starts + (pd.DatetimeIndex(calendar.ends(ordinals, frequency)) - starts) / 2
    return _Slots(
        starts,
        np.asarray((today - middles).days / 365.25, dtype=float),
        _smoothed_years(today, middles),
        np.asarray(today.year + _LAST_PHASE - middles.year - middles.day_of_year / 365.25),
        by_period,
        _seasons(frequency, days, of_day, ordinals),
    )


def _smoothed_years(today: pd.Timestamp, middles: pd.DatetimeIndex) -> FloatArray:
    steps = [today.year - (middles + pd.DateOffset(months=months)).year for months in _SMOOTHING]
    return floats(np.clip(np.array(steps, dtype=float), 0, None).mean(axis=0))


def _seasons(
    frequency: Frequency, days: np.ndarray, of_day: np.ndarray, ordinals: np.ndarray
) -> dict[str, FloatArray]:
    """Each profile's mean over the days of each period."""
    month = pd.DatetimeIndex(days).month.to_numpy() - 1
    table = pd.DataFrame({name: np.array(SEASONS[name])[month] for name in SEASONS})
    means = table.groupby(of_day).mean().loc[ordinals]
    return {name: means[name].to_numpy() for name in SEASONS}
