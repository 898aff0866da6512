"""One target per cell: aggregated over the parts that its value came from, and over units."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.aggregation import TIME_RULES, aggregate_targets
from calculations.arrays import BoolArray, FloatArray, IntArray, floats, indices
from calculations.networks import Network, part_counts
from calculations.parts import Parts
from calculations.series import Series, TargetRow
from calculations.targets import TargetKind, Targets, padded_points
from calculations.units import Cells, Family, UnitRule, child_weights

FIRST_POINT, MAIN_POINT = 1, 3  # columns: baseline, four points, then the values of a curve


@dataclass(frozen=True, slots=True)
class CellTargets:
    """Targets of c cells: forms tell which can be added (-1 = none); columns (c, 5 + p)."""

    forms: IntArray
    kinds: IntArray
    columns: FloatArray
    curve_scores: FloatArray

    @property
    def targets(self) -> Targets:
        return Targets(
            self.kinds, self.columns[:, FIRST_POINT:5], self.columns[:, 5:], self.curve_scores
        )

    def put(self, to: IntArray, of: IntArray) -> None:
        """Give some cells the targets of others."""
        for column in (self.forms, self.kinds, self.columns, self.curve_scores):
            column[to] = column[of]


def part_amounts(targets: Sequence[TargetRow], rows: IntArray) -> FloatArray:
    """The single number wanted in each part, nan without a target, -inf where it is not one number.

    A part with a range does not take its children's numbers for its own: only nan is filled in.
    """
    points = [t.points[2] if t.kind is TargetKind.THRESHOLD else np.nan for t in targets]
    numbers = [-np.inf if np.isnan(point) else point for point in points]
    return floats([*numbers, np.nan])[rows]


def cell_targets(
    network: Network,
    targets: Sequence[TargetRow],
    parts: Parts,
    rows: IntArray,
    present: FloatArray,
    cells: Cells,
) -> CellTargets:
    """The target of every cell; rows: the number of the target row of each part, -1 = none.

    present: (m,) how much of each part has a value. A sum over units is compared with the share of
    its own target that its reporting children stand for; without a target of its own, it is
    compared with theirs.
    """
    found = _own_targets(network.series, targets, parts, rows, present)
    is_measured = part_counts(parts, len(network.series)) > 0
    for family in network.families:
        is_replaced = _take_replacement(network, family.parents, cells, found)
        _inherit_from_children(family, cells, found, is_measured, is_replaced)
    return found


def _take_replacement(
    network: Network, parents: IntArray, cells: Cells, found: CellTargets
) -> BoolArray:
    """Whether values recorded at the unit itself count (k, s); they bring their own target."""
    n_spans = cells.values.shape[1]
    own = network.replacements[parents]
    is_replaced: BoolArray = (own >= 0)[:, None] & ~np.isnan(cells.values[own])
    rows, spans = np.nonzero(is_replaced)
    to, of = parents[rows] * n_spans + spans, own[rows] * n_spans + spans
    lacks = found.forms[to] < 0
    found.put(to[lacks], of[lacks])
    return is_replaced


def _own_targets(
    series: Sequence[Series],
    targets: Sequence[TargetRow],
    parts: Parts,
    rows: IntArray,
    present: FloatArray,
) -> CellTargets:
    """Aggregated over the parts with a value that have the form of the cell's last target."""
    n_cells = len(series) * parts.n_spans
    rules = np.repeat(indices([TIME_RULES.index(s.time_rule) for s in series]), parts.n_spans)
    scores_of_curves = [tuple(y for _, y in t.curve) for t in targets]
    forms = indices([_form(t, scores_of_curves) for t in targets] + [-1])
    cell_rows = _last_target_rows(parts, rows, n_cells)
    has_same_form = forms[rows] == forms[cell_rows][parts.cells]
    columns = _target_columns(targets)[np.where(has_same_form, rows, len(targets))]
    is_sum = np.array([s.is_rolled_up and s.unit_rule is UnitRule.SUM for s in series], np.bool_)
    is_scaled = (is_sum[parts.series] if len(series) else np.zeros(0, np.bool_)) & (present > 0)
    columns = columns * np.where(is_scaled, present, 1.0)[:, None]
    has_value = np.where(present > 0, 1.0, np.nan)
    kinds = indices([t.kind for t in targets] + [TargetKind.THRESHOLD])[cell_rows]
    is_yes_no = np.repeat(np.array([s.is_yes_no for s in series], dtype=np.bool_), parts.n_spans)
    curve_scores = padded_points([t.curve for t in targets] + [()])[1]
    return CellTargets(
        forms=forms[cell_rows],
        kinds=np.where(is_yes_no, TargetKind.YES_NO, kinds),
        columns=aggregate_targets(columns, has_value, parts.cells, rules),
        curve_scores=curve_scores[cell_rows],
    )


def _form(target: TargetRow, scores_of_curves: list[tuple[float, ...]]) -> int:
    """Targets of one form can be aggregated: the same kind, and curves with the same scores."""
    curve = tuple(y for _, y in target.curve)
    return target.kind if not curve else 10 + scores_of_curves.index(curve)


def _target_columns(targets: Sequence[TargetRow]) -> FloatArray:
    """(t + 1, 5 + p): baseline, four points, values of the curve; the last row is "no target"."""
    curve_values = padded_points([t.curve for t in targets] + [()])[0]
    points = floats([(t.baseline, *t.points) for t in targets] + [(np.nan,) * 5])
    return np.hstack([points, curve_values])


def _last_target_rows(parts: Parts, rows: IntArray, n_cells: int) -> IntArray:
    """The number of the target of each cell's last part that has one; -1 where none has."""
    last = np.full(n_cells, -1, dtype=np.int64)
    has_target = np.flatnonzero(rows >= 0)
    np.maximum.at(last, parts.cells[has_target], has_target)
    return np.append(rows, -1)[last]


def _inherit_from_children(
    family: Family,
    cells: Cells,
    found: CellTargets,
    is_measured: BoolArray,
    is_replaced: BoolArray,
) -> None:
    """Give parents without a target the sum or the mean of their reporting children's.

    Targets of different forms have neither: a number and a range, or curves with other scores.
    is_measured: (n, s) whether a series has parts; is_replaced: (k, s) whether the parent's own
    values count instead of the children's.
    """
    n_spans = cells.values.shape[1]
    spans = np.arange(n_spans)
    weights = child_weights(cells, family)
    is_any = np.zeros((family.parents.size, n_spans), dtype=np.bool_)
    np.logical_or.at(is_any, family.groups, weights > 0)
    # Before the first value, all children stand for the whole.
    weights = np.where(is_any[family.groups], weights, is_measured[family.children])
    weights = np.where(is_replaced[family.groups], 0.0, weights).ravel()
    of_children = (family.children[:, None] * n_spans + spans).ravel()
    of_parents = (family.parents[family.groups][:, None] * n_spans + spans).ravel()
    lacks = (found.forms[of_parents] < 0) & (weights > 0)
    weights, of_children, of_parents = weights[lacks], of_children[lacks], of_parents[lacks]
    if not of_parents.size:
        return
    groups, chosen = _grouped(of_parents)
    has_target = found.forms[of_children] >= 0
    first = _first_with_target(groups, has_target, chosen.size)
    counts = has_target & (found.forms[of_children] == found.forms[of_children[first[groups]]])
    by_sum = _by_sum(family, len(found.forms) // n_spans)[chosen // n_spans]
    differs = has_target | by_sum[groups]  # a sum needs the targets of all its children
    is_apart = np.bincount(groups[differs & ~counts], minlength=chosen.size) > 0
    is_given = (np.bincount(groups[counts], minlength=chosen.size) > 0) & ~is_apart
    columns = _combined(found.columns[of_children], weights, groups, counts, by_sum)
    to = chosen[is_given]
    found.put(to, of_children[first][is_given])
    found.columns[to] = columns[is_given]


def _by_sum(family: Family, n_series: int) -> BoolArray:
    """(n,) whether a series is a parent that sums its children up."""
    is_sum = np.zeros(n_series, dtype=np.bool_)
    is_sum[family.parents[family.is_sum]] = True
    return is_sum


def _grouped(of_parents: IntArray) -> tuple[IntArray, IntArray]:
    chosen, groups = np.unique(of_parents, return_inverse=True)
    return groups.reshape(-1), chosen


def _first_with_target(groups: IntArray, has_target: BoolArray, n_groups: int) -> IntArray:
    """The first row of each group with a target; the group's last row where none has."""
    first = np.full(n_groups, groups.size - 1, dtype=np.int64)
    rows = np.flatnonzero(has_target)
    np.minimum.at(first, groups[rows], rows)
    return first


def _combined(
    columns: FloatArray, weights: FloatArray, groups: IntArray, counts: BoolArray, by_sum: BoolArray
) -> FloatArray:
    """Sum or weighted mean of each column over the counted rows of each group."""
    n_groups = by_sum.size
    rows = np.flatnonzero(counts)
    groups, weights = groups[rows], weights[rows]
    total = np.bincount(groups, weights=weights, minlength=n_groups)
    added = [
        np.bincount(groups, weights=weights * column, minlength=n_groups)
        for column in columns[rows].T
    ]
    divisor = np.where(by_sum | (total == 0), 1.0, total)
    return np.stack(added, axis=1) / divisor[:, None]
