"""Joint parts: where all inputs of a formula have a value.

A joint part is one period of the formula's coarsest input, and one unit beneath where all inputs
come from the same units. A value counts only in parts where every required input has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import BoolArray, DayArray, FloatArray, IntArray, indices
from calculations.parts import OFFSET, STRIDE, Parts, rows_by_frequency
from calculations.periods import Calendar, Frequency
from calculations.series import Series

FREQUENCIES = tuple(Frequency)


@dataclass(frozen=True)
class Masking:
    """Which series are copies for which formula: places, slots, is_required (v,) by series.

    places: -1 where a series is no input. by_unit, grains (ranks of frequencies), n_required: (k,)
    by place.
    """

    places: IntArray
    slots: IntArray
    is_required: BoolArray
    by_unit: BoolArray
    grains: IntArray
    n_required: IntArray


@dataclass(frozen=True)
class Joint:
    """values: (m,) of the parts, nan where a partner is missing; then one row per joint part.

    cells: place · spans + span; days: a day within the part's period; is_complete: all required
    inputs have a value; is_due: they have one of their own, or should have by now; due_on: day
    number when the last of them is due.
    """

    values: FloatArray
    cells: IntArray
    days: DayArray
    is_complete: BoolArray
    is_due: BoolArray
    due_on: IntArray


def joint_parts(
    calendar: Calendar, series: Sequence[Series], parts: Parts, masking: Masking
) -> Joint:
    """The joint parts of all formulas, and the parts' values with those left out that lack one.

    Where a required input is not measured at all, there is no joint part to wait for.
    """
    is_leaf = np.array([one.is_measured for one in series], dtype=np.bool_)
    rows = np.flatnonzero(is_leaf[parts.series] & (masking.places[parts.series] >= 0))
    of_row = parts.series[rows]
    places = masking.places[of_row]
    days = _grain_days(calendar, series, parts, rows, masking.grains[places])
    units = np.unique(indices([one.unit for one in series]), return_inverse=True)[1]
    unit = np.where(masking.by_unit[places], units[of_row], 0)
    cells = places * parts.n_spans + parts.cells[rows] % parts.n_spans
    found, first, joint = _distinct(np.stack([cells, unit, days.astype(np.int64)]))
    needs = masking.n_required[places[first]]
    is_there = ~np.isnan(parts.values[rows])
    is_own = is_there & ~parts.is_carried[rows]
    is_possible, is_complete, has_own = (
        _has_all(joint, found, needs, masking, of_row, chosen)
        for chosen in (np.ones_like(is_there), is_there, is_own)
    )
    counts = masking.is_required[of_row] | (masking.n_required[places] == 0)
    waits = np.bincount(joint[counts & ~parts.is_due[rows]], minlength=found) > 0
    due_on = np.full(found, np.iinfo(np.int64).min)
    np.maximum.at(due_on, joint[counts], parts.due_on[rows][counts].astype(np.int64))
    values = parts.values.copy()
    is_foreign = _is_foreign(series, masking, units, places, of_row)
    values[rows[~_enters(is_complete, joint, cells, days, is_foreign)]] = np.nan
    is_due = ~waits | (is_complete & has_own)
    at = first[is_possible]
    return Joint(
        values,
        cells[at],
        days[at],
        is_complete[is_possible],
        is_due[is_possible],
        due_on[is_possible],
    )


def _is_foreign(
    series: Sequence[Series],
    masking: Masking,
    units: IntArray,
    places: IntArray,
    of_row: IntArray,
) -> BoolArray:
    """Parts of optional inputs at other units than those that the required ones come from."""
    is_leaf = np.array([one.is_measured for one in series], dtype=np.bool_)
    required = is_leaf & masking.is_required
    n_units = int(units.max(initial=0)) + 1
    at = masking.places[required] * n_units + units[required]
    is_foreign: BoolArray = masking.by_unit[places] & ~np.isin(places * n_units + units[of_row], at)
    return is_foreign


def _enters(
    is_complete: BoolArray,
    joint: IntArray,
    cells: IntArray,
    days: DayArray,
    is_foreign: BoolArray,
) -> BoolArray:
    """Whether each part counts: where its joint part is complete; a foreign one, where any is."""
    enters = is_complete[joint]
    if is_foreign.any():
        periods = cells * STRIDE + days.astype(np.int64) + OFFSET
        enters[is_foreign] = np.isin(periods[is_foreign], periods[enters])
    return enters


def _distinct(keys: IntArray) -> tuple[int, IntArray, IntArray]:
    """How many distinct columns there are, where each is first found, and which one each is."""
    if not keys.shape[1]:
        return 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = np.lexsort(keys[::-1])
    ordered = keys[:, order]
    is_new = np.append(True, (ordered[:, 1:] != ordered[:, :-1]).any(axis=0))
    joint = np.empty(order.size, dtype=np.int64)
    joint[order] = np.cumsum(is_new) - 1
    return int(is_new.sum()), order[is_new], joint


def _has_all(
    joint: IntArray,
    found: int,
    needs: IntArray,
    masking: Masking,
    of_row: IntArray,
    chosen: BoolArray,
) -> BoolArray:
    """Whether every required input is among the chosen rows of the joint part.

    Where none is required, whether any input is.
    """
    width = int(masking.slots.max(initial=0)) + 1
    required = chosen & masking.is_required[of_row]
    pairs = np.unique(joint[required] * width + masking.slots[of_row][required])
    present = np.bincount(pairs // width, minlength=found)
    is_any = np.bincount(joint[chosen], minlength=found) > 0
    has_all: BoolArray = np.where(needs > 0, present == needs, is_any)
    return has_all


def _grain_days(
    calendar: Calendar,
    series: Sequence[Series],
    parts: Parts,
    rows: IntArray,
    grains: IntArray,
) -> DayArray:
    """The first day of the coarsest input's period that contains each part."""
    days = np.empty(rows.size, dtype="M8[D]")
    for frequency, of_frequency in rows_by_frequency(series, parts.series[rows]):
        anchors = calendar.anchors(parts.ordinals[rows[of_frequency]], frequency)
        days[of_frequency] = anchors
    for rank in np.unique(grains):
        of_grain = grains == rank
        grain = FREQUENCIES[rank]
        numbered = calendar.ordinals(days[of_grain], grain)
        days[of_grain] = calendar.anchors(numbered, grain)
    return days
