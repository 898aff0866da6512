"""Aggregation over time: values and their targets over the same parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.aggregation import (
    TIME_RULES,
    TimeRule,
    aggregate,
    aggregate_each,
    aggregate_targets,
)

SUM, MEAN, LAST, MIN, MAX = TimeRule
NAN = np.nan

law = settings(max_examples=60, deadline=None)
values = st.one_of(st.just(NAN), st.floats(-1e6, 1e6))
rows = st.lists(st.tuples(values, st.integers(0, 3)), max_size=30)


@pytest.mark.parametrize(
    ("rule", "parts", "expected", "known"),
    [
        (SUM, [10, 30, 90], 130, 3),
        (SUM, [10, NAN, 90], 100, 2),
        (MEAN, [10, 30, 80], 40, 3),
        (MEAN, [10, NAN, 80], 45, 2),
        (LAST, [10, 30, 80], 80, 3),
        (LAST, [10, 30, NAN], 30, 2),
        (MIN, [10, -30, NAN], -30, 2),
        (MAX, [-10, -30, NAN], -10, 2),
        (SUM, [0, 0, 0], 0, 3),
        (SUM, [NAN, NAN, NAN], NAN, 0),
        (LAST, [NAN, NAN, NAN], NAN, 0),
        (MIN, [], NAN, 0),
        (SUM, [], NAN, 0),
    ],
)
def test_aggregate(rule: TimeRule, parts: list[float], expected: float, known: int) -> None:
    aggregated, counts = aggregate(parts, [0] * len(parts), 1, rule)

    assert aggregated.tolist() == pytest.approx([expected], nan_ok=True)
    assert counts.tolist() == [known]


def test_aggregate_each_follows_the_rule_of_each_group() -> None:
    rules = [rule.code for rule in TimeRule]
    groups = np.repeat(np.arange(5), 3)

    aggregated, _ = aggregate_each([4, 1, 7] * 5, groups, rules)

    assert aggregated.tolist() == [12, 4, 7, 1, 7]


def test_rule_codes_turn_back_into_rules() -> None:
    assert [TIME_RULES[rule.code] for rule in TimeRule] == list(TimeRule)


@pytest.mark.parametrize(
    ("rule", "targets", "parts", "expected"),
    [
        (SUM, [100, 100, 100], [100, 100, NAN], 200),
        (SUM, [100, 100, 100], [NAN, NAN, NAN], 300),
        (SUM, [100, 110, 120], [1, NAN, 1], 220),
        (LAST, [100, 110, 120], [1, 1, NAN], 110),
        (LAST, [100, 110, 120], [NAN, NAN, NAN], 120),
        (MEAN, [100, 110, 150], [1, NAN, 1], 125),
        (MIN, [100, 110, 120], [1, 1, 1], 110),
        (MAX, [100, 110, 120], [1, 1, 1], 110),
        # The target starts with the second part.
        (SUM, [NAN, 100, 100], [1, 1, 1], NAN),
        (SUM, [NAN, 100, 100], [NAN, 1, 1], 200),
        (SUM, [NAN, 100, 100], [NAN, NAN, NAN], 200),
        (MEAN, [NAN, 100, 120], [1, 1, 1], 110),
        (LAST, [NAN, 100, 120], [1, 1, 1], 120),
        (LAST, [NAN, 100, 120], [1, NAN, NAN], NAN),
        (MEAN, [NAN, NAN, NAN], [1, 1, 1], NAN),
    ],
)
def test_aggregate_targets_over_the_parts_that_have_a_value(
    rule: TimeRule, targets: list[float], parts: list[float], expected: float
) -> None:
    points = np.array(targets)[:, np.newaxis]

    aggregated = aggregate_targets(points, parts, [0, 0, 0], [rule.code])

    assert aggregated.tolist() == [pytest.approx([expected], nan_ok=True)]


@pytest.mark.parametrize("rule", TimeRule)
def test_aggregate_targets_gives_a_point_only_where_every_counted_part_does(rule: TimeRule) -> None:
    with_floor, without = [0.0, 40.0, 60.0], [NAN, 60.0, 80.0]

    aggregated = aggregate_targets([with_floor, without], [1, 1], [0, 0], [rule.code])

    assert np.isnan(aggregated[0]).tolist() == [True, False, False]


def test_aggregate_targets_without_rows() -> None:
    aggregated = aggregate_targets(np.empty((0, 2)), [], [], [SUM.code, LAST.code])

    assert np.isnan(aggregated).tolist() == [[True, True], [True, True]]


@law
@given(rows, st.lists(st.sampled_from(TimeRule), min_size=4, max_size=4))
def test_one_group_equals_all_groups_bit_for_bit(
    some: list[tuple[float, int]], rules: list[TimeRule]
) -> None:
    parts, groups = np.array([v for v, _ in some]), np.array([g for _, g in some], dtype=int)
    codes = [rule.code for rule in rules]
    points = np.stack([parts - 1, parts + 1], axis=1)
    together, counts = aggregate_each(parts, groups, codes)
    targets = aggregate_targets(points, parts, groups, codes)

    for group, code in enumerate(codes):
        own = groups == group
        alone, count = aggregate_each(parts[own], groups[own] * 0, [code])
        target = aggregate_targets(points[own], parts[own], groups[own] * 0, [code])
        assert alone.tobytes() == together[[group]].tobytes()
        assert count == counts[group]
        assert target.tobytes() == targets[[group]].tobytes()


@law
@given(st.lists(values, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_order_matters_to_last_alone(some: list[float], random: object) -> None:
    shuffled = some.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for rule in (SUM, MEAN, MIN, MAX):
        before, _ = aggregate(some, [0] * len(some), 1, rule)
        after, _ = aggregate(shuffled, [0] * len(some), 1, rule)
        assert after.tolist() == pytest.approx(before.tolist(), rel=1e-9, abs=1e-6, nan_ok=True)


@law
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_mean_and_last_lie_between_min_and_max(some: list[float]) -> None:
    lowest, mean, last, highest = (
        aggregate(some, [0] * len(some), 1, rule)[0][0] for rule in (MIN, MEAN, LAST, MAX)
    )

    assert lowest - 1e-6 <= mean <= highest + 1e-6
    assert lowest <= last <= highest
