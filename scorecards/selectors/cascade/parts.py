"""The targets of units beneath, from the target above: split by weights, or the same for all."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence

from calculations.aggregation import TimeRule
from calculations.target_planning import moved_points, rolled_over, split_target
from kpis.models import KPI, Target
from kpis.selectors.held_targets import FIGURE_NAMES, TargetValues, target_values

from .level import Level, Place

MOVED = ("floor", "red_flag", "stretch")
Dated = tuple[tuple[dt.date, TargetValues], ...]


class NothingLeft(ValueError):
    """The targets that are typed or stand already leave nothing to split; the message says so."""


def is_split(level: Level) -> bool:
    """Whether the parts of the units add up to the whole."""
    return level.is_sum and level.whole is not None and level.whole.target is not None


def remaining(level: Level, typed: Mapping[int, float], blanks: Sequence[int]) -> float:
    """What is left of the whole beside what was typed, and what stands at units not chosen.

    typed: by unit; blanks: the units that shall share what is left.
    """
    assert level.whole is not None
    assert level.whole.target is not None
    taken = [*typed.values()]
    for place in level.places:
        is_chosen = place.node.id in typed or place.node.id in blanks
        if not is_chosen and place.target is not None and place.target.target is not None:
            taken.append(place.target.target)
    return round(level.whole.target - math.fsum(taken), 9)


def shared(
    level: Level, typed: Mapping[int, float], weights: Mapping[int, float]
) -> dict[int, float]:
    """By unit, its part of what is left, in proportion to its weight; raises NothingLeft."""
    assert level.kpi is not None
    assert level.whole is not None
    left = remaining(level, typed, list(weights))
    if not any(weights.values()):
        raise NothingLeft("Give at least one of these units a weight above 0.")
    if left * (level.whole.target or 0) <= 0:
        raise NothingLeft(
            "The other targets leave nothing of the whole: change them, or type this one."
        )
    parts = split_target(left, list(weights.values()), TimeRule.SUM, level.kpi.decimals)
    return dict(zip(weights, parts.tolist(), strict=True))


def targets_of(level: Level, values: Mapping[int, float | None]) -> dict[int, Dated]:
    """By unit, its targets from the start on; values: the first of each, None: as above, if any.

    What changes above later changes beneath in the same proportion, unless the unit has later
    targets of its own.
    """
    assert level.own is not None
    found: dict[int, Dated] = {}
    later = _later_parts(level, values)
    for place in level.places:
        if place.node.id not in values:
            continue
        value = values[place.node.id]
        stands = value is not None and place.target is not None and place.target.target == value
        figures = None if stands else _figures(level, place, value)
        if figures is None:
            found[place.node.id] = ()
            continue
        follows = () if _has_later(level, place) else later.get(place.node.id, ())
        found[place.node.id] = ((level.own.start, figures), *follows)
    return found


def _figures(level: Level, place: Place, value: float | None) -> TargetValues | None:
    """All figures of a unit's first target; None where it is to have none."""
    kpi, whole = level.kpi, level.whole
    assert kpi is not None
    if value is None:
        is_alike = whole is not None and not level.is_sum and not kpi.takes_target_from_above
        return target_values(whole) if whole is not None and is_alike else None
    model = place.target or whole
    return _retargeted(kpi, model, value)


def _retargeted(kpi: KPI, model: Target | None, value: float) -> TargetValues:
    """The target with the value, its other points in proportion as the model's."""
    blank: TargetValues = dict.fromkeys(FIGURE_NAMES)
    if model is None or model.target is None:
        return {**blank, "target": value}
    if model.target == value:
        return target_values(model)
    points = [_number(getattr(model, name)) for name in MOVED]
    moved = moved_points(points, model.target, value, TimeRule.SUM, kpi.decimals).tolist()
    named = {name: _within(kpi, point) for name, point in zip(MOVED, moved, strict=True)}
    return {**blank, **named, "target": value}


def _later_parts(level: Level, values: Mapping[int, float | None]) -> dict[int, Dated]:
    """What the units want later, as the target above changes; nothing where it has no figure."""
    whole = level.whole
    if whole is None or not whole.target:
        return {}
    known = {unit: value for unit, value in values.items() if value is not None}
    found: dict[int, list[tuple[dt.date, TargetValues]]] = {unit: [] for unit in known}
    for target in level.later:
        if target.target is None:
            continue
        for unit, value in _proportioned(level, known, target.target).items():
            figures = _scaled(level, target, value)
            found[unit].append((target.valid_from, figures))
    return {unit: tuple(dated) for unit, dated in found.items()}


def _proportioned(level: Level, known: Mapping[int, float], total: float) -> dict[int, float]:
    """Each unit's share of another total; sums stay exact where the shares make one."""
    assert level.kpi is not None
    assert level.whole is not None
    assert level.whole.target
    whole = level.whole.target
    rest = whole - math.fsum(known.values())
    shares = [*known.values(), rest]
    if level.is_sum and all(share * whole >= 0 for share in shares):
        parts = split_target(total, shares, TimeRule.SUM, level.kpi.decimals)[:-1]
    else:
        parts = rolled_over(list(known.values()), total / whole, level.kpi.decimals)
    return dict(zip(known, parts.tolist(), strict=True))


def _scaled(level: Level, target: Target, value: float) -> TargetValues:
    assert level.kpi is not None
    return _retargeted(level.kpi, target, value)


def _has_later(level: Level, place: Place) -> bool:
    if place.assignment is None or level.own is None:
        return False
    rows = level.held.by_assignment.get(place.assignment.pk, [])
    return any(row.valid_from > level.own.start for row in rows)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _within(kpi: KPI, point: float) -> float | None:
    """A point that moved along ends at the natural bounds."""
    if math.isnan(point):
        return None
    lowest = -math.inf if kpi.natural_minimum is None else kpi.natural_minimum
    highest = math.inf if kpi.natural_maximum is None else kpi.natural_maximum
    return min(max(point, lowest), highest)


def is_typed(kpi: KPI) -> bool:
    """Whether a target of the KPI is one figure, which can be typed here."""
    return kpi.direction != KPI.Direction.RANGE
