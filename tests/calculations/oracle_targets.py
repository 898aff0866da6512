"""Targets of cells said once more, over the same parts as the values; see `oracle`."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from calculations.aggregation import TimeRule
from calculations.series import NOWHERE, Span, TargetRow
from calculations.targets import TargetKind
from calculations.units import UnitRule
from tests.calculations.oracle import World, remembered

Columns = list[float | None]  # baseline, four points


@dataclass(frozen=True)
class Wanted:
    """The target of a cell: its kind, and the scores of its curve, tell what can be added to it."""

    form: tuple[int, tuple[float, ...]]
    columns: Columns


@remembered
def row_at(world: World, number: int, start: dt.date) -> TargetRow | None:
    """The target that holds at a part: its own, or the nearest one above's."""
    for at in (number, *world.series[number].targets_from):
        rows = [t for t in world.targets if t.series == at and t.valid_from <= start]
        if rows:
            return max(rows, key=lambda each: each.valid_from)
    return None


@remembered
def presence(world: World, number: int, span: Span) -> dict[dt.date, float]:
    """By own period, the share of its target that the value answers to."""
    one = world.series[number]
    starts = [period.start for period in world.own_periods(number, span)]
    if one.children:
        if world.is_replaced(number, span):
            own = presence(world, one.replacement, span)
            return {start: own.get(start, 0.0) for start in starts}
        return {start: share_of_children(world, number, span, start) for start in starts}
    if one.formula is not None:
        cell = world.cell(number, span)
        used = starts if cell.present is None else cell.present
        return {start: float(cell.value is not None and start in used) for start in starts}
    return {part.start: float(part.is_known) for part in world.parts(number, span)}


def share_of_children(world: World, number: int, span: Span, start: dt.date) -> float:
    # A value that is not summed over time stands for the whole span, and so does its share.
    is_summed = world.series[number].time_rule is TimeRule.SUM
    expected = []
    is_any = False
    for child, weight in world.weighed(number, span):
        shares = presence(world, child, span)
        if start in {period.start for period in world.own_periods(child, span)}:
            stands = shares[start] if is_summed else max(shares.values())
            expected.append((child, stands if weight else 0.0))
            is_any = is_any or (weight > 0 and shares[start] > 0)
    if not is_any:
        return 0.0
    if world.series[number].unit_rule is not UnitRule.SUM:
        return float(any(present > 0 for _, present in expected))
    amounts = [amount(world, child, span, start) for child, _ in expected]
    if any(each is None or each <= 0 for each in amounts):
        amounts = [1.0 for _ in expected]
    total = sum(each or 0.0 for each in amounts)
    pairs = zip(amounts, expected, strict=True)
    return sum((each or 0.0) * present for each, (_, present) in pairs) / total if total else 0.0


@remembered
def amount(world: World, number: int, span: Span, start: dt.date) -> float | None:
    """The single number wanted in one own period, of all the children where that is their sum."""
    row = row_at(world, number, start)
    if row is not None:
        given = row.kind is TargetKind.THRESHOLD and not math.isnan(row.points[2])
        return row.points[2] if given else None
    one = world.series[number]
    if one.unit_rule is not UnitRule.SUM or not one.children:
        return None
    amounts = [
        amount(world, child, span, start)
        for child in one.children
        if start in {period.start for period in world.own_periods(child, span)}
    ]
    if not amounts or any(each is None for each in amounts):
        return None
    return sum(each or 0.0 for each in amounts)


@remembered
def wanted(world: World, number: int, span: Span) -> Wanted | None:
    """The target of the cell."""
    one = world.series[number]
    starts = [period.start for period in world.own_periods(number, span)]
    rows = {start: row_at(world, number, start) for start in starts}
    last = next((row for row in reversed(rows.values()) if row is not None), None)
    if last is None:
        return of_children(world, number, span) if one.children else None
    present = presence(world, number, span)
    is_sum = bool(one.children) and one.unit_rule is UnitRule.SUM
    parts: list[tuple[bool, Columns]] = []
    for start, row in rows.items():
        share = present[start] if is_sum and present[start] else 1.0
        same = row is not None and form(row) == form(last)
        given: Columns = [None] * 5
        if same and row is not None:
            given = [None if math.isnan(x) else x * share for x in (row.baseline, *row.points)]
        parts.append((present[start] > 0, given))
    return Wanted(form(last), over_parts(parts, one.time_rule))


def form(row: TargetRow) -> tuple[int, tuple[float, ...]]:
    return int(row.kind), tuple(score for _, score in row.curve)


def over_parts(parts: Sequence[tuple[bool, Columns]], rule: TimeRule) -> Columns:
    """The parts with a value where there are any, else all that have a target."""
    if any(has_value for has_value, _ in parts):
        counted = [columns for has_value, columns in parts if has_value]
    else:
        counted = [columns for _, columns in parts if has_target(columns)]
    if rule is TimeRule.LAST:
        return counted[-1]
    if rule is not TimeRule.SUM:
        counted = [columns for columns in counted if has_target(columns)]
    divisor = 1 if rule is TimeRule.SUM else max(len(counted), 1)
    return [added(column, divisor) for column in zip(*counted, strict=True)] or [None] * 5


def has_target(columns: Columns) -> bool:
    return any(column is not None for column in columns)


def added(column: Sequence[float | None], divisor: float) -> float | None:
    if any(each is None for each in column):
        return None
    return sum(each or 0.0 for each in column) / divisor


def of_children(world: World, number: int, span: Span) -> Wanted | None:
    """The sum or the weighted mean of the reporting children's; of all where none reports."""
    one = world.series[number]
    if world.is_replaced(number, span):
        return wanted(world, one.replacement, span) if one.replacement != NOWHERE else None
    counted = [(child, weight) for child, weight in world.weighed(number, span) if weight]
    if not counted:
        counted = [(child, 1.0) for child in one.children if world.own_periods(child, span)]
    targets = [(wanted(world, child, span), weight) for child, weight in counted]
    first = next((target for target, _ in targets if target is not None), None)
    if first is None:
        return None
    alike = [(t, weight) for t, weight in targets if t is not None and t.form == first.form]
    is_sum = one.unit_rule is UnitRule.SUM
    if len(alike) < len([t for t, _ in targets if is_sum or t is not None]):
        return None
    total = 1.0 if is_sum else sum(weight for _, weight in alike)
    columns = zip(
        *[[None if x is None else x * weight for x in t.columns] for t, weight in alike],
        strict=True,
    )
    return Wanted(first.form, [added(column, total) for column in columns])
