"""Joint parts: where all inputs of a formula have a value.

A joint part is one period of the formula's coarsest input, and one unit beneath where all inputs
come from the same units. A value counts only in parts where every required input has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import BoolArray, DayArray, FloatArray, IntArray, indices
from calculations.parts import Parts, rows_by_frequency
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
    """The joint parts of all formulas, and the parts' values with those left out that lack one."""
    is_leaf = np.array([one.is_measured for one in series], dtype=np.bool_)
    rows = np.flatnonzero(is_leaf[parts.series] & (masking.places[parts.series] >= 0))
    of_row = parts.series[rows]
    places = masking.places[of_row]
    days = _grain_days(calendar, series, parts, rows, masking.grains[places])
    units = np.unique(indices([one.unit for one in series]), return_inverse=True)[1]
    unit = np.where(masking.by_unit[places], units[of_row], 0)
    spans = parts.cells[rows] % parts.n_spans
    cells = places * parts.n_spans + spans
    keys = np.stack([cells, unit, days.astype(np.int64)])
    found, first, joint = _distinct(keys)
    is_known = ~np.isnan(parts.values[rows])
    needs = masking.n_required[places[first]]
    is_complete = _complete(joint, found, needs, masking, of_row, is_known)
    counts = masking.is_required[of_row] | (masking.n_required[places] == 0)
    waits = np.bincount(joint[counts & ~parts.is_due[rows]], minlength=found) > 0
    is_lent = np.bincount(joint[counts & parts.is_carried[rows]], minlength=found) > 0
    due_on = np.full(found, np.iinfo(np.int64).min)
    np.maximum.at(due_on, joint[counts], parts.due_on[rows][counts].astype(np.int64))
    values = parts.values.copy()
    values[rows[~is_complete[joint]]] = np.nan
    return Joint(
        values, cells[first], days[first], is_complete, ~waits | (is_complete & ~is_lent), due_on
    )


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


def _complete(
    joint: IntArray,
    found: int,
    needs: IntArray,
    masking: Masking,
    of_row: IntArray,
    is_known: BoolArray,
) -> BoolArray:
    """Whether every required input has a value in the joint part; any input where none is."""
    width = int(masking.slots.max(initial=0)) + 1
    required = is_known & masking.is_required[of_row]
    pairs = np.unique(joint[required] * width + masking.slots[of_row][required])
    present = np.bincount(pairs // width, minlength=found)
    is_any = np.bincount(joint[is_known], minlength=found) > 0
    is_complete: BoolArray = np.where(needs > 0, present == needs, is_any)
    return is_complete


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
