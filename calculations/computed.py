"""Values that formulas compute, for all units and spans at once.

A formula is evaluated at the viewed span and unit, from inputs aggregated to them over the parts
where all inputs exist: per period of the coarsest input, and per unit beneath where the inputs come
from the same units. Formulas among the inputs are evaluated over those same parts. Hence every
formula computes from copies of its inputs, with the parts that lack a partner left out.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.aggregation import TimeRule
from calculations.arrays import BoolArray, FloatArray, IntArray, indices
from calculations.copies import Copied, Wanted, copied
from calculations.formulas.evaluation import Reason, evaluate
from calculations.formulas.expressions import Expression, Input, inputs
from calculations.joint import FREQUENCIES, Joint
from calculations.networks import Context, Layer
from calculations.parts import OFFSET, STRIDE
from calculations.periods import Frequency
from calculations.recipes import Atom, Recipe, Recipes, Windows, seen_through, slots_of
from calculations.series import Span
from calculations.units import NEVER, Cells
from calculations.windows import lifted, through

# By the frequency of the formula and the windows that inputs are seen through.
_Copies = dict[tuple[Frequency, Windows], Copied]


@dataclass(frozen=True)
class Step:
    """A formula with the numbers it read: for the series `numbers` (k,), arrays (k, s) by input.

    values, reasons: what came out; steps: the formulas among its inputs; origins: for the others,
    the copies that they were taken from and their numbers there (k,).
    """

    expression: Expression
    numbers: IntArray
    values: FloatArray
    reasons: IntArray
    inputs: dict[Input, FloatArray]
    steps: dict[Input, "Step"]
    origins: dict[Input, tuple[Layer, IntArray]]


@dataclass(frozen=True)
class Computed:
    """Figures (k, s) of the computed series, and the steps that led to them.

    present: ascending keys (place · spans + span, own ordinal) of the own periods that went in;
    is_whole: (k,) where there are no such periods, and a value stands for the whole span.
    """

    cells: Cells
    steps: list[Step]
    present: IntArray
    is_whole: BoolArray


def computed(context: Context, numbers: IntArray, spans: Sequence[Span]) -> Computed:
    """The figures of the numbered series of the context's network in the spans."""
    recipes = Recipes(context.network)
    places: dict[Recipe, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers.tolist()):
        places[recipes.of(number)].append(place)
    copies = _copies(context, recipes, numbers, places, spans)
    cells, steps = Cells.empty(numbers.size, len(spans)), []
    for recipe, rows in places.items():
        step = _step(recipe, (), indices(rows), numbers[indices(rows)], copies, len(spans))
        steps.append(step)
        cells.values[rows] = step.values
        cells.reasons[rows] = step.reasons
    fresh = _without_carried(copies)
    for recipe, rows in places.items() if fresh else ():
        step = _step(recipe, (), indices(rows), numbers[indices(rows)], fresh, len(spans))
        cells.is_carried[rows] = ~np.isnan(cells.values[rows]) & (step.values != cells.values[rows])
    present, is_whole = _count_parts(context, numbers, cells, copies)
    return Computed(cells, steps, present, is_whole)


def _without_carried(copies: _Copies) -> _Copies:
    """The copies without what was carried forward into the viewed spans; none if nothing was.

    A value that comes out the same without it owes nothing to what was carried.
    """
    plain = [one.layer.cells for (_, windows), one in copies.items() if not windows]
    if not any(cells.is_carried.any() for cells in plain):
        return {}
    return {
        (frequency, windows): one if windows else one.without_carried()
        for (frequency, windows), one in copies.items()
    }


def _copies(
    context: Context,
    recipes: Recipes,
    numbers: IntArray,
    places: dict[Recipe, list[int]],
    spans: Sequence[Span],
) -> _Copies:
    """Copies of all inputs, those seen through the same spans together."""
    wanted: dict[tuple[Frequency, Windows], list[Wanted]] = defaultdict(list)
    for recipe, rows in places.items():
        slots = slots_of(recipe)
        for place in rows:
            series_at = recipes.series_at(int(numbers[place]))
            for slot in slots:
                row = Wanted(place, slot, series_at[slot.code])
                wanted[recipe.frequency, slot.windows].append(row)

    def compute(sources: IntArray, seen: Sequence[Span]) -> Cells:
        return computed(context, sources, seen).cells

    found = {}
    for (frequency, windows), of_spans in wanted.items():
        seen = [
            through(context.calendar, lifted(context.calendar, span, frequency), windows)
            for span in spans
        ]
        found[frequency, windows] = copied(context, seen, of_spans, numbers.size, compute)
    return found


def _step(
    recipe: Recipe,
    windows: Windows,
    places: IntArray,
    numbers: IntArray,
    copies: _Copies,
    n_spans: int,
    root: Frequency | None = None,
) -> Step:
    """Evaluate the formula, seen through the windows, at all places at once."""
    root = root or recipe.frequency
    made_of = dict(recipe.inputs)
    values: dict[Input, FloatArray] = {}
    steps: dict[Input, Step] = {}
    origins: dict[Input, tuple[Layer, IntArray]] = {}
    for one in inputs(recipe.expression):
        beneath = made_of.get(one.code)
        if beneath is None:
            continue
        seen = seen_through(windows, one, beneath.frequency)
        if isinstance(beneath, Atom):
            copy = copies[root, seen]
            origins[one] = copy.layer, copy.rows[one.code][places]
            values[one] = copy.layer.cells.values[origins[one][1]]
        else:
            steps[one] = _step(beneath, seen, places, numbers, copies, n_spans, root)
            values[one] = steps[one].values
    found = evaluate(recipe.expression, values, (places.size, n_spans))
    reasons = np.asarray(found.reasons, dtype=np.int64)
    for one, beneath_step in steps.items():
        # A missing input that could not be computed tells why.
        explains = (reasons == Reason.MISSING_INPUT) & (beneath_step.reasons > 0)
        explains &= np.isnan(values[one])
        reasons = np.where(explains, beneath_step.reasons, reasons)
    return Step(recipe.expression, numbers, found.values, reasons, values, steps, origins)


def _count_parts(
    context: Context,
    numbers: IntArray,
    cells: Cells,
    copies: _Copies,
) -> tuple[IntArray, BoolArray]:
    """Count the joint parts into the cells; returns the own periods present, and where none are.

    The parts seen through no window count; where there are none, those of all windows.
    """
    n_spans = cells.values.shape[1]
    plain = [one for (_, windows), one in copies.items() if not windows]
    has_plain = np.zeros(numbers.size, dtype=np.bool_)
    for one in plain:
        has_plain[one.joint.cells // n_spans] = True
        has_plain[one.has_parts] = True
    keys = [_added(context, numbers, cells, one.joint, np.ones_like(has_plain)) for one in plain]
    for (_, windows), one in copies.items():
        if windows:
            _added(context, numbers, cells, one.joint, ~has_plain)
    # What could not be computed has used no part of anything.
    cells.known[np.isnan(cells.values)] = 0
    present = np.unique(np.concatenate([*keys, np.zeros(0, dtype=np.int64)]))
    is_sum = np.array([context.network.series[n].time_rule is TimeRule.SUM for n in numbers])
    counted = np.bincount((present - OFFSET) // STRIDE, minlength=cells.values.size)
    per_cell = np.maximum(counted, 1).reshape(cells.values.shape)
    cells.addends[:] = np.where(is_sum.reshape(-1, 1), per_cell, 1)
    return present, ~has_plain


def _added(
    context: Context, numbers: IntArray, cells: Cells, joint: Joint, chosen: BoolArray
) -> IntArray:
    """Add the joint parts of the chosen places; returns the keys of the own periods present."""
    n_spans = cells.values.shape[1]
    rows = np.flatnonzero(chosen[joint.cells // n_spans])
    at, size = joint.cells[rows], cells.values.size
    due = joint.is_due[rows]
    complete = joint.is_complete[rows] & due
    cells.known[:] += np.bincount(at[complete], minlength=size).reshape(cells.known.shape)
    cells.due[:] += np.bincount(at[due], minlength=size).reshape(cells.due.shape)
    turns_on = np.full(size, NEVER)
    np.minimum.at(turns_on, at[~due], joint.due_on[rows][~due])
    np.minimum(cells.turns_on, turns_on.reshape(cells.turns_on.shape), out=cells.turns_on)
    days, there = joint.days[rows][complete], at[complete]
    ranks = indices([context.network.series[n].frequency.rank for n in numbers])[there // n_spans]
    ordinals = np.zeros(there.size, dtype=np.int64)
    for rank in np.unique(ranks):
        ordinals[ranks == rank] = context.calendar.ordinals(days[ranks == rank], FREQUENCIES[rank])
    return there * STRIDE + ordinals + OFFSET
