"""Random networks of series, small and full of holes, as Hypothesis strategies."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from calculations.aggregation import TimeRule
from calculations.figures import Figures, figures
from calculations.formulas.expressions import codes
from calculations.formulas.parsing import parsed
from calculations.periods import Calendar, Frequency
from calculations.series import NOWHERE, Series, Span, TargetRow, Values
from calculations.targets import TargetKind
from calculations.units import UnitRule
from tests.calculations.oracle import World

Draw = Any
INNER = [
    "a / b", "a + b", "a - prev(a)", "ytd(a) / ytd(b)", "rolling(a, 3) + b", "coalesce(a, b)",
    "if(a > 3, a, b)", "a / b + coalesce(w, 0)", "coalesce(a, 0) + b", "prev(a, 2)", "5", "b * 2",
    "rolling(a, 2) / rolling(b, 2)", "a + b * w", "prev(a) + coalesce(a, w)", "a / prev(b)",
]  # fmt: skip
OUTER = [
    "g + a", "prev(g) + g", "g / b", "coalesce(g, a)", "ytd(g)", "rolling(g, 2) * a", "g",
    "if(g > 1, a, b)", "g - prev(g)", "g + w", "coalesce(prev(g), 1) * b", "rolling(g, 3)",
]  # fmt: skip
COARSER = [Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR]
STARTS = [dt.date(2025, 11, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 16), dt.date(2026, 5, 1)]
FIRST, LAST = dt.date(2025, 9, 1), dt.date(2026, 7, 31)


@dataclass(frozen=True)
class Definition:
    """A KPI: the Series that every unit's is made from; own: units that add or replace."""

    pattern: Series
    units: tuple[int, ...]
    weighting: str = ""
    own: Mapping[int, str] | None = None
    from_above: bool = False


@dataclass(frozen=True)
class Case:
    """A world, and the spans through which it is viewed; leaf: where values are recorded."""

    world: World
    spans: tuple[Span, ...]

    def figures(self) -> Figures:
        return seen(self.world, self.spans)


def seen(world: World, spans: tuple[Span, ...]) -> Figures:
    """What the calculations make of the world."""
    rows = [(number, start, value) for (number, start), value in world.values.items()]
    return figures(
        world.calendar,
        world.series,
        spans,
        Values(
            np.array([number for number, _, _ in rows], dtype=np.int64),
            np.array([start for _, start, _ in rows], dtype="M8[D]"),
            np.array([value for _, _, value in rows], dtype=np.float64),
        ),
        world.targets,
        world.today,
    )


def nearest_beneath(parents: list[int], units: tuple[int, ...]) -> dict[int, list[int]]:
    """By unit, the nearest ones beneath among the units."""
    beneath: dict[int, list[int]] = {unit: [] for unit in units}
    for unit in units:
        above = parents[unit]
        while above >= 0 and above not in beneath:
            above = parents[above]
        if above >= 0:
            beneath[above].append(unit)
    return beneath


def numbered(
    parents: list[int], definitions: Mapping[str, Definition]
) -> tuple[list[Series], dict[tuple[str, int], int]]:
    """All KPIs at all their units as series that point at each other."""
    places = [(code, unit) for code, each in definitions.items() for unit in each.units]
    numbers = {place: number for number, place in enumerate(places)}
    series: list[Series] = []
    extra: list[Series] = []
    for code, unit in places:
        each = definitions[code]
        one = replace(each.pattern, unit=unit)
        beneath = nearest_beneath(parents, each.units)[unit] if is_rolled_up(each) else []
        if beneath:
            one = _rolled_up(one, each, beneath, code, numbers, len(places) + len(extra), extra)
        elif one.formula is not None:
            inputs = tuple((c, numbers.get((c, unit), NOWHERE)) for c in codes(one.formula))
            one = replace(one, inputs=inputs)
        if each.from_above:
            one = replace(one, targets_from=_above(parents, numbers, code, unit))
        series.append(one)
    return series + extra, numbers


def is_rolled_up(each: Definition) -> bool:
    return each.pattern.unit_rule in (UnitRule.SUM, UnitRule.MEAN)


def _rolled_up(
    one: Series,
    each: Definition,
    beneath: list[int],
    code: str,
    numbers: Mapping[tuple[str, int], int],
    next_number: int,
    extra: list[Series],
) -> Series:
    children = tuple(numbers[code, unit] for unit in beneath)
    by = each.weighting
    weights = tuple(numbers.get((by, unit), NOWHERE) for unit in beneath) if by else ()
    own = (each.own or {}).get(one.unit)
    if own == "replaces":
        extra.append(replace(one, formula=None))
        return replace(
            one, children=children, weights=weights, replacement=next_number, formula=None
        )
    if own == "adds":
        extra.append(replace(one, formula=None))
        children = (*children, next_number)
        weights = (*weights, numbers.get((by, one.unit), NOWHERE)) if by else ()
    return replace(one, children=children, weights=weights)


def _above(
    parents: list[int], numbers: Mapping[tuple[str, int], int], code: str, unit: int
) -> tuple[int, ...]:
    found = []
    while (unit := parents[unit]) >= 0:
        if (code, unit) in numbers:
            found.append(numbers[code, unit])
    return tuple(found)


@st.composite
def definitions(draw: Draw, n_units: int, *, frequencies: list[Frequency]) -> Definition:
    """A KPI whose values are recorded."""
    some = draw(st.lists(st.booleans(), min_size=n_units - 1, max_size=n_units - 1))
    units = (0, *(unit for unit, chosen in enumerate(some, 1) if chosen))
    pattern = Series(
        frequency=draw(st.sampled_from(frequencies)),
        time_rule=draw(st.sampled_from(TimeRule)),
        sign=draw(st.sampled_from([1, -1])),
        grace_days=draw(st.sampled_from([0, 0, 10])),
        carry_forward=draw(st.sampled_from([0, 0, 1, 3])),
        unit_rule=draw(st.sampled_from([UnitRule.SUM, UnitRule.MEAN, UnitRule.OWN])),
    )
    own = {unit: draw(st.sampled_from(["", "", "", "adds", "replaces"])) for unit in units}
    return Definition(pattern, units, own=own, from_above=draw(st.booleans()))


def own_series(series: list[Series], number: int) -> list[int]:
    """The series of values recorded at a unit beside or instead of those beneath."""
    one = series[number]
    beside = [child for child in one.children if series[child].unit == one.unit]
    return [*beside, *([one.replacement] if one.replacement != NOWHERE else [])]


def with_dates(draw: Draw, series: list[Series]) -> list[Series]:
    """Some assignments begin or end; what is recorded at a unit itself does as the unit's does."""
    dated = list(series)
    owned = {at for number in range(len(series)) for at in own_series(series, number)}
    for number in range(len(series)):
        if number not in owned and draw(st.integers(0, 5)) == 5:
            start = draw(st.sampled_from([None, *STARTS]))
            end = draw(st.sampled_from([None, dt.date(2026, 4, 1), dt.date(2026, 7, 1)]))
            if start is None or end is None or start < end:
                for at in (number, *own_series(series, number)):
                    dated[at] = replace(dated[at], starts_on=start, ends_on=end)
    return dated


def recorded(
    draw: Draw, calendar: Calendar, series: list[Series]
) -> dict[tuple[int, dt.date], float]:
    values: dict[tuple[int, dt.date], float] = {}
    for number, one in enumerate(series):
        if not one.is_measured:
            continue
        period = calendar.period(one.frequency, FIRST)
        amounts = draw(st.lists(st.integers(-4, 8), min_size=12, max_size=12))
        place = 0
        while period.start <= LAST:
            amount = amounts[place % 12]
            if amount > -3:  # else nothing was recorded
                values[number, period.start] = float(amount + place // 12)
            period, place = calendar.shift(period, 1), place + 1
    return values


@st.composite
def target_rows(draw: Draw, series: list[Series]) -> list[TargetRow]:
    rows = []
    for number, one in enumerate(series):
        for valid_from in (dt.date(2025, 1, 1), dt.date(2026, 3, 1)):
            how = draw(st.integers(0, 5))
            target = float(draw(st.integers(-1, 12)))
            if how >= 3:
                points = (np.nan, target - one.sign * 3 if how == 5 else np.nan, target, np.nan)
                row = TargetRow(number, valid_from, TargetKind.THRESHOLD, points)
                rows.append(replace(row, baseline=1.0) if how == 4 else row)
            elif how == 2:
                points = (target, target + 1, target + 2, target + 3)
                rows.append(TargetRow(number, valid_from, TargetKind.RANGE, points))
    return rows


@st.composite
def spans_of(draw: Draw, calendar: Calendar) -> tuple[Span, ...]:
    found = []
    for _ in range(draw(st.integers(1, 3))):
        day = draw(st.dates(dt.date(2025, 11, 1), dt.date(2026, 8, 15)))
        period = calendar.period(draw(st.sampled_from(Frequency)), day)
        span = Span(period.start, calendar.end(period), period.frequency)
        if draw(st.integers(0, 3)) == 3:
            start = calendar.fiscal_year_start(calendar.anchor(period))
            span = Span(start, span.end, Frequency.YEAR)
        found.append(span)
    return tuple(found)


@st.composite
def cases(draw: Draw) -> Case:
    calendar = Calendar(draw(st.sampled_from([1, 4])))
    n_units = draw(st.integers(1, 6))
    parents = [-1, *(draw(st.integers(max(0, n - 2), n - 1)) for n in range(1, n_units))]
    fine = [Frequency.MONTH, Frequency.MONTH, Frequency.WEEK, Frequency.QUARTER, Frequency.DAY]
    kpis: dict[str, Definition] = {}
    for code in ("w", "b", "a"):
        kpis[code] = draw(definitions(n_units, frequencies=fine))
        if kpis[code].pattern.unit_rule is UnitRule.MEAN and code != "w":
            by = draw(st.sampled_from(["", "w", "b"] if code == "a" else ["", "w"]))
            kpis[code] = replace(kpis[code], weighting=by)
    if draw(st.booleans()):  # the same units, as teams that report all
        kpis["b"] = replace(kpis["b"], units=kpis["a"].units, own=None)
        kpis["a"] = replace(kpis["a"], own=None)
    finest = max((kpis[code].pattern.frequency for code in "wba"), key=lambda each: each.rank)
    for code, formulas in (("g", INNER), ("f", OUTER)):
        if draw(st.booleans()) or (code == "g" and draw(st.booleans())):
            allowed = [each for each in COARSER if each.rank >= finest.rank]
            each = draw(definitions(n_units, frequencies=allowed))
            rule = draw(st.sampled_from([UnitRule.FORMULA, UnitRule.MEAN, UnitRule.SUM]))
            pattern = replace(
                each.pattern, unit_rule=rule, formula=parsed(draw(st.sampled_from(formulas)))
            )
            kpis[code] = replace(each, pattern=pattern)
            finest = pattern.frequency
    series, _ = numbered(parents, kpis)
    series = with_dates(draw, series)
    today = draw(st.dates(dt.date(2026, 1, 1), dt.date(2026, 9, 1)))
    values = recorded(draw, calendar, series)
    world = World(calendar, tuple(series), values, draw(target_rows(series)), today)
    return Case(world, draw(spans_of(calendar)))
