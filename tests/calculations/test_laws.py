"""Laws of figures over networks: what a score must never do, whatever the data."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from calculations.figures import Figures
from calculations.rollup import RollUpRule, roll_up
from calculations.series import NOWHERE, Series
from tests.calculations.oracle import World
from tests.calculations.oracle_targets import wanted
from tests.calculations.random_networks import Case, cases, seen

law = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
EXACT = ("values", "known", "due", "scores", "coverage", "is_carried", "units_known", "units_due",
         "reasons", "points", "baselines", "kinds", "turns_on")  # fmt: skip


def assert_same(one: Figures, other: Figures, rows: Sequence[int], columns: Sequence[int]) -> None:
    """All of one equals the rows and columns of the other, bit for bit."""
    for name in EXACT:
        whole = getattr(other, name)[np.ix_(rows, columns)]
        np.testing.assert_array_equal(getattr(one, name), whole, err_msg=name)


def renumbered(world: World, order: Sequence[int]) -> World:
    """The same world with series order[0], order[1], … in this order."""
    to = {old: new for new, old in enumerate(order)} | {NOWHERE: NOWHERE}

    def moved(one: Series) -> Series:
        return replace(
            one,
            children=tuple(to[child] for child in one.children),
            weights=tuple(to[weight] for weight in one.weights),
            replacement=to[one.replacement],
            inputs=tuple((code, to[at]) for code, at in one.inputs),
            targets_from=tuple(to[at] for at in one.targets_from),
        )

    return World(
        world.calendar,
        tuple(moved(world.series[old]) for old in order),
        {(to[n], start): value for (n, start), value in world.values.items() if n in to},
        [replace(t, series=to[t.series]) for t in world.targets if t.series in to],
        world.today,
    )


def needed(series: Sequence[Series], number: int) -> set[int]:
    """The series and all that it follows from."""
    found, waiting = {NOWHERE}, [number]
    while waiting:
        at = waiting.pop()
        if at in found:
            continue
        found.add(at)
        one = series[at]
        waiting += [*one.children, *one.weights, one.replacement, *one.targets_from]
        waiting += [beneath for _, beneath in one.inputs]
    return found - {NOWHERE}


def beneath(world: World, number: int) -> set[int]:
    """The series and those whose values become its own; what only weighs is not among them."""
    one = world.series[number]
    below = [at for at in (*one.children, one.replacement) if at != NOWHERE]
    return {number}.union(*(beneath(world, at) for at in below))


def column(numbers: Sequence[float | None]) -> list[float]:
    return [np.nan if number is None else number for number in numbers]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_network_equals_its_plain_retelling(case: Case) -> None:
    found, world = case.figures(), case.world
    for number in range(len(world.series)):
        for place, span in enumerate(case.spans):
            cell, at = world.cell(number, span), (number, place)
            np.testing.assert_allclose(found.values[at], column([cell.value])[0], rtol=1e-9)
            counts = (found.known[at], found.due[at], found.units_known[at], found.units_due[at])
            assert counts == (cell.known, cell.due, cell.units_known, cell.units_due)
            assert (found.is_carried[at], found.reasons[at]) == (cell.is_carried, cell.reason)
            turns_on = found.turns_on[at].astype(object)
            assert turns_on == cell.turns_on
            target = wanted(world, number, span)
            points = [None] * 5 if target is None else target.columns
            told = [found.baselines[at], *found.points[at]]
            np.testing.assert_allclose(told, column(points), rtol=1e-9, atol=1e-12)


@law
@given(cases())
def test_scores_and_coverage_stay_within_their_bounds(case: Case) -> None:
    found = case.figures()
    scores = found.scores[~np.isnan(found.scores)]
    assert ((scores >= 0) & (scores <= 150)).all()
    assert ((found.known >= 0) & (found.known <= found.due)).all()
    assert (found.units_known <= found.units_due).all()
    coverage = found.coverage[found.due > 0]
    assert ((coverage >= 0) & (coverage <= 1)).all()
    assert np.isnan(found.coverage[found.due == 0]).all()
    assert not (found.is_carried & np.isnan(found.values)).any()


@law
@given(cases(), st.data())
def test_one_span_alone_equals_the_same_among_many(case: Case, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(case.spans) - 1))
    rows = range(len(case.world.series))
    assert_same(seen(case.world, (case.spans[place],)), case.figures(), rows, [place])


@law
@given(cases(), st.data())
def test_a_part_of_a_network_alone_equals_the_same_within(case: Case, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(case.world.series) - 1))
    order = sorted(needed(case.world.series, number))
    alone = seen(renumbered(case.world, order), case.spans)
    # What the others need stays as it is; only what stands alone is compared where all is there.
    assert_same(alone, case.figures(), order, range(len(case.spans)))


@law
@given(cases(), st.data())
def test_order_changes_nothing(case: Case, data: st.DataObject) -> None:
    world = case.world
    order = data.draw(st.permutations(range(len(world.series))))
    other = renumbered(world, order)
    series = []
    for one in other.series:
        places = data.draw(st.permutations(range(len(one.children))))
        children = tuple(one.children[place] for place in places)
        weights = tuple(one.weights[place] for place in places) if one.weights else ()
        series.append(replace(one, children=children, weights=weights))
    values = dict(data.draw(st.permutations(sorted(other.values.items()))))
    targets = data.draw(st.permutations(other.targets))
    moved = seen(World(world.calendar, tuple(series), values, targets, world.today), case.spans)
    found = case.figures()
    for name in ("known", "due", "units_known", "units_due", "is_carried", "kinds"):
        told, expected = getattr(moved, name), getattr(found, name)[list(order)]
        np.testing.assert_array_equal(told, expected, err_msg=name)
    for name in ("values", "scores", "points", "coverage"):
        told, expected = getattr(moved, name), getattr(found, name)[list(order)]
        np.testing.assert_allclose(told, expected, rtol=1e-9, atol=1e-9, err_msg=name)


@law
@given(cases(), st.sampled_from([0.001, 0.5, 3.0, 4096.0]))
def test_scores_know_no_unit_of_measure(case: Case, factor: float) -> None:
    world = replace(case.world, series=tuple(without_formulas(case.world.series)), memory={})
    scaled = World(
        world.calendar,
        world.series,
        {key: value * factor for key, value in world.values.items()},
        [
            replace(t, points=tuple(p * factor for p in t.points), baseline=t.baseline * factor)  # type: ignore[arg-type]
            for t in world.targets
        ],
        world.today,
    )
    one, other = seen(world, case.spans), seen(scaled, case.spans)
    np.testing.assert_allclose(other.values, one.values * factor, rtol=1e-9)
    np.testing.assert_allclose(other.scores, one.scores, rtol=1e-6, atol=1e-4)


def without_formulas(series: Sequence[Series]) -> list[Series]:
    """What formulas computed is recorded instead, of which there is nothing."""
    return [replace(one, formula=None, inputs=()) for one in series]


@law
@given(cases(), st.sampled_from([0.25, 2.0, 1024.0]))
def test_only_the_proportions_of_weights_count(case: Case, factor: float) -> None:
    world = replace(case.world, series=tuple(without_formulas(case.world.series)), memory={})
    weighing = {
        leaf
        for one in world.series
        for weight in one.weights
        if weight != NOWHERE
        for leaf in needed(world.series, weight)
    }
    values = {k: v * (factor if k[0] in weighing else 1.0) for k, v in world.values.items()}
    heavier = World(world.calendar, world.series, values, world.targets, world.today)
    rows = [n for n in range(len(world.series)) if weighing.isdisjoint(beneath(world, n))]
    one, other = seen(world, case.spans), seen(heavier, case.spans)
    np.testing.assert_allclose(other.values[rows], one.values[rows], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(other.known, one.known)


@law
@given(cases(), st.data())
def test_a_better_value_never_lowers_a_score(case: Case, data: st.DataObject) -> None:
    """At the KPI, and at every unit above it."""
    world = replace(case.world, series=tuple(without_formulas(case.world.series)), memory={})
    weighing = {w for one in world.series for w in one.weights if w != NOWHERE}
    weighing = {at for weight in weighing for at in needed(world.series, weight)}
    leaves = sorted({key for key in world.values if key[0] not in weighing})
    assume(leaves)
    key = data.draw(st.sampled_from(leaves))
    sign = world.series[key[0]].sign
    step = data.draw(st.floats(0.01, 50))
    targets = [t for t in world.targets if t.kind == 0]
    worse = World(world.calendar, world.series, world.values, targets, world.today)
    better = replace(worse, values={**world.values, key: world.values[key] + sign * step})
    one, other = seen(worse, case.spans), seen(better, case.spans)
    is_scored = ~np.isnan(one.scores)
    assert (np.isnan(other.scores) == ~is_scored).all()
    assert (other.scores[is_scored] >= one.scores[is_scored] - 1e-9).all()


@law
@given(
    st.lists(st.tuples(st.floats(0, 150), st.integers(0, 5)), min_size=1, max_size=8),
    st.sampled_from([rule for rule in RollUpRule if rule is not RollUpRule.MOST_FREQUENT]),
    st.booleans(),
    st.data(),
)
def test_a_better_child_never_lowers_what_is_rolled_up(
    children: list[tuple[float, int]], rule: RollUpRule, capped: bool, data: st.DataObject
) -> None:
    scores = [each for each, _ in children]
    place = data.draw(st.integers(0, len(scores) - 1))
    better = [*scores]
    better[place] = data.draw(st.floats(scores[place], 150))
    weights, groups = [weight for _, weight in children], [0] * len(children)
    full = [1.0] * len(children)
    before, after = (
        roll_up(each, full, weights, groups, 1, [rule.code], [capped]).scores[0]
        for each in (scores, better)
    )
    assert np.isnan(before) == np.isnan(after)
    assert np.isnan(before) or after >= before - 1e-9
