"""Roll-up: the published examples, every rule, and the laws."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculations.means import weighted_means
from calculations.rollup import (
    ROLL_UP_RULES,
    RollUp,
    RollUpRule,
    roll_up,
    status_counts,
)

MEAN, WORST, BEST, MOST_FREQUENT = RollUpRule
NAN = np.nan

law = settings(max_examples=80, deadline=None)
children = st.tuples(
    st.one_of(st.just(NAN), st.floats(0, 150), st.sampled_from([0.0, 50.0, 100.0, 150.0])),
    st.one_of(st.just(NAN), st.floats(0, 1)),
    st.one_of(st.just(0.0), st.floats(0.01, 1000)),
    st.integers(0, 3),
)
pools = st.lists(children, max_size=24)
rule_lists = st.lists(st.sampled_from(RollUpRule), min_size=4, max_size=4)
cap_lists = st.lists(st.booleans(), min_size=4, max_size=4)


def one_group(
    scores: Sequence[float],
    weights: Sequence[float] | None = None,
    rule: RollUpRule = MEAN,
    *,
    coverages: Sequence[float] | None = None,
    capped: bool = False,
) -> RollUp:
    n = len(scores)
    return roll_up(
        scores,
        [1.0] * n if coverages is None else coverages,
        [1.0] * n if weights is None else weights,
        [0] * n,
        1,
        [rule.code],
        [capped],
    )


def test_weighted_mean_of_known_scores() -> None:
    assert one_group([80, 60, 40, 20], [50, 25, 15, 10]).scores.tolist() == [63]


def test_a_missing_child_gives_its_weight_to_the_others() -> None:
    rolled = one_group([80, 60, NAN, 20], [50, 25, 15, 10], coverages=[1, 1, 0, 1])

    assert rolled.scores.tolist() == pytest.approx([57 / 0.85])
    assert rolled.coverages.tolist() == pytest.approx([0.85])
    assert rolled.effective_weights.tolist() == pytest.approx([50 / 85, 25 / 85, 0, 10 / 85])


def test_capped_children_cannot_hide_a_failure() -> None:
    assert one_group([150, 30]).scores.tolist() == [90]
    assert one_group([150, 30], capped=True).scores.tolist() == [65]


@pytest.mark.parametrize(
    ("rule", "scores", "weights", "expected", "shares"),
    [
        (WORST, [80, 30, 120], [1, 1, 1], 30, [0, 1, 0]),
        (WORST, [80, 30, 120], [1, 0, 1], 80, [1, 0, 0]),
        (WORST, [80, NAN, 120], [1, 1, 1], 80, [1, 0, 0]),
        (WORST, [30, 30, 120], [1, 3, 1], 30, [0.25, 0.75, 0]),
        (BEST, [80, 30, 120], [1, 1, 1], 120, [0, 0, 1]),
        (BEST, [80, 30, 120], [1, 1, 0], 80, [1, 0, 0]),
        (MOST_FREQUENT, [20, 80, 90, 140], [1, 1, 3, 9], 87.5, [0, 0.25, 0.75, 0]),
        # two on target, two critical: a tie goes to the worse
        (MOST_FREQUENT, [10, 30, 110, 120], [1, 1, 9, 9], 20, [0.5, 0.5, 0, 0]),
        # a child with weight 0 has no vote
        (MOST_FREQUENT, [10, 30, 110, 120], [1, 0, 1, 1], 115, [0, 0, 0.5, 0.5]),
        (MOST_FREQUENT, [NAN, NAN, 110, NAN], [1, 1, 1, 1], 110, [0, 0, 1, 0]),
        (MEAN, [80, 30], [0, 2], 30, [0, 1]),
    ],
)
def test_rules(
    rule: RollUpRule,
    scores: list[float],
    weights: list[float],
    expected: float,
    shares: list[float],
) -> None:
    rolled = one_group(scores, weights, rule)

    assert rolled.scores.tolist() == pytest.approx([expected])
    assert rolled.effective_weights.tolist() == pytest.approx(shares)


def test_best_of_capped_children_is_100_at_most() -> None:
    assert one_group([150, 120, 30], rule=BEST, capped=True).scores.tolist() == [100]


@pytest.mark.parametrize("rule", RollUpRule)
@pytest.mark.parametrize(
    ("scores", "weights"), [([NAN, NAN], [1, 1]), ([80, 90], [0, 0]), ([], []), ([NAN], [0])]
)
def test_no_child_that_counts_is_no_data(
    rule: RollUpRule, scores: list[float], weights: list[float]
) -> None:
    assert np.isnan(one_group(scores, weights, rule).scores).tolist() == [True]


@pytest.mark.parametrize(
    ("coverages", "weights", "expected"),
    [
        ([1, 1], [1, 1], 1),
        ([1, 0], [3, 1], 0.75),
        ([0.5, 1], [2, 2], 0.75),
        ([1, NAN], [1, 9], 1),  # what is not due yet does not count
        ([0, NAN], [1, 9], 0),
        ([1, 0], [1, 0], 1),  # context only
        ([NAN, NAN], [1, 1], NAN),
        ([1, 1], [0, 0], NAN),
        ([], [], NAN),
    ],
)
def test_coverage(coverages: list[float], weights: list[float], expected: float) -> None:
    rolled = one_group([80.0] * len(weights), weights, coverages=coverages)

    assert rolled.coverages.tolist() == pytest.approx([expected], nan_ok=True)


def test_a_value_reported_before_it_is_due_scores() -> None:
    rolled = one_group([80, 60], coverages=[NAN, 1])

    assert rolled.scores.tolist() == [70]
    assert rolled.coverages.tolist() == [1]


def test_rounding_does_not_carry_a_mean_past_150() -> None:
    mean = weighted_means([np.full((3, 1), 150.0)], np.array([0.5, 0.1, 0.7]), np.zeros(3, int), 1)
    assert mean[0] > 150
    assert one_group([150] * 3, [0.5, 0.1, 0.7]).scores.tolist() == [150]


def test_groups_without_children() -> None:
    rolled = roll_up([80], [1], [1], [1], 3, [0, 1, 3], [False, True, True])

    assert rolled.scores.tolist() == pytest.approx([NAN, 80, NAN], nan_ok=True)
    assert rolled.coverages.tolist() == pytest.approx([NAN, 1, NAN], nan_ok=True)


def test_status_counts_by_group() -> None:
    counts = status_counts([0, 2, 2, 3, 4], [0, 0, 0, 2, 2], 3)

    assert counts.tolist() == [[1, 0, 2, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]
    assert status_counts([], [], 1).tolist() == [[0, 0, 0, 0, 0]]


def test_rule_codes_turn_back_into_rules() -> None:
    assert [ROLL_UP_RULES[rule.code] for rule in RollUpRule] == list(RollUpRule)


Pool = list[tuple[float, float, float, int]]


def rolled_up(pool: Pool, rules: list[RollUpRule], caps: list[bool]) -> RollUp:
    scores, coverages, weights, groups = np.array(pool, dtype=float).reshape(-1, 4).T
    codes = [rule.code for rule in rules]
    return roll_up(scores, coverages, weights, groups.astype(int), len(rules), codes, caps)


@law
@given(pools, rule_lists, cap_lists)
def test_scores_and_coverages_are_bounded(
    pool: Pool, rules: list[RollUpRule], caps: list[bool]
) -> None:
    rolled = rolled_up(pool, rules, caps)
    scores, coverages = (a[~np.isnan(a)] for a in (rolled.scores, rolled.coverages))

    assert ((scores >= 0) & (scores <= 150)).all()
    assert ((coverages >= 0) & (coverages <= 1)).all()


@law
@given(pools, rule_lists, cap_lists)
def test_one_group_equals_all_groups_bit_for_bit(
    pool: Pool, rules: list[RollUpRule], caps: list[bool]
) -> None:
    together = rolled_up(pool, rules, caps)

    for group in range(4):
        rows = [row for row, child in enumerate(pool) if child[3] == group]
        own = [(*pool[row][:3], 0) for row in rows]
        alone = rolled_up(own, [rules[group]], [caps[group]])
        assert alone.scores.tobytes() == together.scores[[group]].tobytes()
        assert alone.coverages.tobytes() == together.coverages[[group]].tobytes()
        assert alone.effective_weights.tobytes() == together.effective_weights[rows].tobytes()


@law
@given(pools, rule_lists, cap_lists, st.permutations(range(24)))
def test_order_does_not_matter(
    pool: Pool, rules: list[RollUpRule], caps: list[bool], order: list[int]
) -> None:
    before = rolled_up(pool, rules, caps)
    after = rolled_up([pool[i] for i in order if i < len(pool)], rules, caps)

    assert after.scores.tolist() == pytest.approx(before.scores.tolist(), rel=1e-9, nan_ok=True)
    assert after.coverages.tolist() == pytest.approx(
        before.coverages.tolist(), rel=1e-9, nan_ok=True
    )


@law
@given(pools, rule_lists, cap_lists, st.floats(0.001, 1000))
def test_only_proportions_of_weights_matter(
    pool: Pool, rules: list[RollUpRule], caps: list[bool], factor: float
) -> None:
    before = rolled_up(pool, rules, caps)
    after = rolled_up([(s, c, w * factor, g) for s, c, w, g in pool], rules, caps)

    assert after.scores.tolist() == pytest.approx(before.scores.tolist(), rel=1e-9, nan_ok=True)
    assert after.effective_weights.tolist() == pytest.approx(before.effective_weights.tolist())


@law
@given(pools, rule_lists, cap_lists)
def test_a_child_that_does_better_never_lowers_its_parent(
    pool: Pool, rules: list[RollUpRule], caps: list[bool]
) -> None:
    # Most frequent is left out: a better child can end a tie in favour of a lower mean.
    rules = [MEAN if rule is MOST_FREQUENT else rule for rule in rules]
    better = [(min(score + 10, 150), c, w, g) for score, c, w, g in pool]

    before, after = rolled_up(pool, rules, caps).scores, rolled_up(better, rules, caps).scores

    known = ~np.isnan(before)
    assert (np.isnan(after) == ~known).all()
    assert (after[known] >= before[known] - 1e-9).all()


@law
@given(pools, rule_lists, cap_lists)
def test_effective_weights_explain_the_score(
    pool: Pool, rules: list[RollUpRule], caps: list[bool]
) -> None:
    rolled = rolled_up(pool, rules, caps)
    for group, parent in enumerate(rolled.scores):
        rows = [(i, child[0]) for i, child in enumerate(pool) if child[3] == group]
        shares = {i: rolled.effective_weights[i] for i, _ in rows}
        scores = {i: min(score, 100) if caps[group] else score for i, score in rows}
        explained = sum(share * scores[i] for i, share in shares.items() if share > 0)
        if np.isnan(parent):
            assert not any(shares.values())
        else:
            assert sum(shares.values()) == pytest.approx(1)
            assert explained == pytest.approx(parent)


@law
@given(st.lists(pools.filter(bool), min_size=1, max_size=3), rule_lists, cap_lists)
def test_a_period_among_many_equals_the_period_alone_bit_for_bit(
    drawn: list[Pool], rules: list[RollUpRule], caps: list[bool]
) -> None:
    n = min(len(pool) for pool in drawn)
    scores, coverages = (
        np.array([[pool[row][column] for pool in drawn] for row in range(n)]) for column in (0, 1)
    )
    weights, groups = ([child[column] for child in drawn[0][:n]] for column in (2, 3))
    codes = [rule.code for rule in rules]
    together = roll_up(scores, coverages, weights, groups, 4, codes, caps)

    for period in range(len(drawn)):
        alone = roll_up(scores[:, period], coverages[:, period], weights, groups, 4, codes, caps)
        assert alone.scores.tobytes() == together.scores[:, period].tobytes()
        assert alone.coverages.tobytes() == together.coverages[:, period].tobytes()
        assert alone.effective_weights.tobytes() == together.effective_weights[:, period].tobytes()


def test_status_counts_of_many_periods() -> None:
    counts = status_counts([[0, 2], [2, 2], [3, 4]], [0, 0, 2], 3)

    assert counts.shape == (3, 2, 5)
    assert counts[0].tolist() == [[1, 0, 1, 0, 0], [0, 0, 2, 0, 0]]
    assert counts[1].tolist() == [[0] * 5, [0] * 5]
    assert counts[2].tolist() == [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]
