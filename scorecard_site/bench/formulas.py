"""P10: formulas of many units and periods at once, against the same formulas cell by cell."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from calculations.aggregation import TimeRule
from calculations.arrays import FloatArray
from calculations.figures import Series, Span, Values, figures
from calculations.formulas.evaluation import evaluate
from calculations.formulas.expressions import Input, codes, required_inputs
from calculations.formulas.parsing import parsed
from calculations.periods import Calendar, Frequency, Period

from .measuring import Contender, Count, Finding, Ratio, timed_rounds
from .scalar import Compiled, Row, compiled

SEED = 20260110
MONTHS = 24
FIRST = dt.date(2024, 1, 1)
TODAY = dt.date(2026, 6, 1)
MISSING = 0.05
# The whole way from values to figures takes longer: this part of the units goes it.
FIGURES_SHARE = 5
MEASURED = ("revenue", "cost", "staff", "orders", "complaints")
# Two layers: those of the second read those of the first.
FORMULAS = {
    "margin": "(revenue - cost) / revenue",
    "per_head": "revenue / staff",
    "quality": "1 - coalesce(complaints, 0) / orders",
    "bonus": "if(margin >= 0.2, per_head * 0.1, -per_head * 0.05)",
    "overall": "max(avg(margin, quality) * 100, min(per_head, 50))",
}
CODES = (*MEASURED, *FORMULAS)
PLACES = {code: place for place, code in enumerate(CODES)}
Columns = dict[str, FloatArray]


def made_values(units: int) -> Columns:
    """By code, random values (units, months), always the same; some missing, some orders none."""
    random = np.random.default_rng(SEED)
    shape = units, MONTHS
    highest = {"revenue": 900, "cost": 800, "staff": 20, "orders": 50, "complaints": 10}
    made = {code: np.floor(random.uniform(0, highest[code], shape)) for code in MEASURED}
    for values in made.values():
        values[random.random(shape) < MISSING] = np.nan
    return made


def vectorised(measured: Columns) -> Columns:
    """Every formula once for all cells, first layer first."""
    known = {Input(code): values for code, values in measured.items()}
    shape = measured["revenue"].shape
    for code, text in FORMULAS.items():
        known[Input(code)] = evaluate(parsed(text), known, shape).values
    return {code: known[Input(code)] for code in FORMULAS}


def compiled_formulas() -> list[tuple[int, Compiled]]:
    """Where in a row each formula's value goes, and its function, in the order of layers."""
    return [(PLACES[code], compiled(parsed(text), PLACES)) for code, text in FORMULAS.items()]


def computed_row(measured: Sequence[float | None], made: Sequence[tuple[int, Compiled]]) -> Row:
    """The measured values of a cell, and behind them those of the formulas."""
    row: Row = [*measured, *[None] * len(made)]
    for place, run in made:
        row[place] = run(row)
    return row


def cell_by_cell(
    cells: Sequence[Sequence[float | None]], made: Sequence[tuple[int, Compiled]]
) -> list[Row]:
    """Every formula of every cell."""
    return [computed_row(cell, made) for cell in cells]


def formula_findings(units: int, rounds: int) -> Iterator[Finding]:
    """The evaluation alone, then the whole way from values to figures."""
    measured, made = made_values(units), compiled_formulas()
    cells = _as_cells(measured)
    samples = timed_rounds(
        [
            Contender("arrays", {"run": lambda: vectorised(measured)}),
            Contender("cells", {"run": lambda: cell_by_cell(cells, made)}),
        ],
        rounds,
    )
    what = f"{len(FORMULAS)} formulas, {units:,} units × {MONTHS} months"
    arrays, scalar = samples["arrays", "run"], samples["cells", "run"]
    yield Ratio("P10", what, arrays, scalar, "compiled scalar Python", 1 / 15)
    rows = cell_by_cell(cells, made)
    yield _differences(vectorised(measured), rows, (units, MONTHS))
    few = max(1, units // FIGURES_SHARE)
    yield from _figure_findings(
        few, {code: values[:few] for code, values in measured.items()}, rounds
    )


def _as_cells(measured: Columns) -> list[list[float | None]]:
    """For each unit and month the values in order of MEASURED; None = missing."""
    stacked = np.stack([measured[code].ravel() for code in MEASURED], axis=1)
    return [[None if v != v else v for v in cell] for cell in stacked.tolist()]  # noqa: PLR0124


def _differences(found: Columns, rows: Sequence[Row], shape: tuple[int, int]) -> Finding:
    """How many values differ, to the last bit; missing ones included."""
    stacked = np.array(rows, dtype=np.float64)
    wanted = {code: stacked[:, PLACES[code]].reshape(shape) for code in FORMULAS}
    differing = sum(
        int(
            (
                ~((found[code] == wanted[code]) | np.isnan(found[code]) & np.isnan(wanted[code]))
            ).sum()
        )
        for code in FORMULAS
    )
    missing = sum(int(np.isnan(values).sum()) for values in wanted.values())
    detail = f"({len(FORMULAS) * len(rows):,} compared, of them {missing:,} missing)"
    return Count("P10", "values that differ from those computed cell by cell", differing, 0, detail)


@dataclass(frozen=True)
class World:
    """Every KPI at every unit, as the product knows them, viewed by quarters."""

    series: tuple[Series, ...]
    values: Values
    spans: tuple[Span, ...]

    def figures(self) -> Columns:
        """By formula, values (units, quarters), the way of every page and every stored score."""
        found = figures(Calendar(), self.series, self.spans, self.values, [], TODAY).values
        return {code: found[PLACES[code] :: len(CODES)] for code in FORMULAS}


def made_world(units: int, measured: Columns) -> World:
    """Series unit by unit, each in the order of CODES."""
    calendar = Calendar()
    quarter = calendar.period(Frequency.QUARTER, FIRST)
    quarters = [calendar.shift(quarter, n) for n in range(MONTHS // 3)]
    month = calendar.period(Frequency.MONTH, FIRST)
    starts = np.array([calendar.shift(month, n).start for n in range(MONTHS)], dtype="M8[D]")
    stacked = np.stack([measured[code] for code in MEASURED], axis=1)  # (units, KPIs, months)
    unit, kpi, at = np.nonzero(~np.isnan(stacked))
    return World(
        series=tuple(_series(unit, code) for unit in range(units) for code in CODES),
        values=Values(unit * len(CODES) + kpi, starts[at], stacked[unit, kpi, at]),
        spans=tuple(_span(calendar, each) for each in quarters),
    )


def _series(unit: int, code: str) -> Series:
    if code in MEASURED:
        return Series(Frequency.MONTH, TimeRule.SUM, 1, unit=unit)
    formula = parsed(FORMULAS[code])
    read = tuple((one, unit * len(CODES) + PLACES[one]) for one in codes(formula))
    return Series(Frequency.MONTH, TimeRule.SUM, 1, unit=unit, formula=formula, inputs=read)


def _span(calendar: Calendar, period: Period) -> Span:
    return Span(period.start, calendar.end(period), period.frequency)


def _figure_findings(units: int, measured: Columns, rounds: int) -> Iterator[Finding]:
    world, cells, made = made_world(units, measured), _as_cells(measured), compiled_formulas()
    samples = timed_rounds(
        [
            Contender("arrays", {"run": world.figures}),
            Contender("cells", {"run": lambda: quarter_by_quarter(cells, made)}),
        ],
        rounds,
    )
    yield Ratio(
        "", f"from values to figures, {units:,} units × {MONTHS // 3} quarters",
        samples["arrays", "run"], samples["cells", "run"], "compiled scalar Python",
    )  # fmt: skip
    rows = quarter_by_quarter(cells, made)
    yield _differences(world.figures(), rows, (units, MONTHS // 3))


def quarter_by_quarter(
    cells: Sequence[Sequence[float | None]], made: Sequence[tuple[int, Compiled]]
) -> list[Row]:
    """The CONTROL: each formula from the sums of its inputs over the months where all exist."""
    needs = [_needed(code) for code in FORMULAS]
    runs = [_with_inputs(code, made) for code in FORMULAS]
    rows = []
    for start in range(0, len(cells), 3):
        row: Row = [None] * len(CODES)
        months = cells[start : start + 3]
        for (place, _), needed, run in zip(made, needs, runs, strict=True):
            whole = [month for month in months if all(month[at] is not None for at in needed)]
            row[place] = run([_sum(values) for values in zip(*whole, strict=True)])
        rows.append(row)
    return rows


def _needed(code: str) -> list[int]:
    """The places of the measured KPIs without which the formula has no value."""
    found: set[int] = set()
    waiting = [code]
    while waiting:
        for one in required_inputs(parsed(FORMULAS[waiting.pop()])):
            if one.code in FORMULAS:
                waiting.append(one.code)
            else:
                found.add(PLACES[one.code])
    return sorted(found)


def _with_inputs(
    code: str, made: Sequence[tuple[int, Compiled]]
) -> Callable[[Sequence[float | None]], float | None]:
    """The formula as a function of measured sums: the formulas among its inputs come first."""
    among = {PLACES[one] for one in codes(parsed(FORMULAS[code]))} | {PLACES[code]}
    return partial(_last_of, [(place, run) for place, run in made if place in among])


def _last_of(
    made: Sequence[tuple[int, Compiled]], measured: Sequence[float | None]
) -> float | None:
    row: Row = [*(measured or [None] * len(MEASURED)), *[None] * len(FORMULAS)]
    for place, run in made:
        row[place] = run(row)
    return row[made[-1][0]]


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
