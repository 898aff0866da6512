"""How a KPI's value came about: from raw values over time, units and formulas to one number."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from calculations.arrays import IntArray
from calculations.computed import Step
from calculations.figures import Figures
from calculations.formulas.evaluation import Reason
from calculations.formulas.expressions import Input, filled_in, inputs
from calculations.networks import Layer
from calculations.series import NOWHERE, Series
from calculations.units import UnitRule
from kpis.models import KPI, Assignment
from kpis.selectors.series import Facts
from organizations.access import Access
from scorecards.links import kpi_href
from scorecards.selectors.boards.marks import PLURALS, REASONS, period_label, unit_noun
from scorecards.selectors.formats import figure, recorded_text, target_figure
from scorecards.selectors.scoring.said import SaidKey, SaidValue, said_values
from scorecards.selectors.shapes import Figure

from .restated import restated_texts
from .shapes import TracePart, ValueStep

# Beyond so many units beneath, only those directly beneath are told of; each has a page of its own.
TOLD_DEEPLY = 60


@dataclass(frozen=True)
class ValueTracer:
    """Tells how the values of series came about in one span (a column) of the figures."""

    access: Access
    facts: Facts
    figures: Figures
    column: int
    period: str  # label of the viewed period
    as_of: str | None = None
    at: dt.datetime | None = None

    def step(self, row: int) -> ValueStep:
        """How the value of the series came about."""
        return self._step(self.figures.layer, row, self._is_small(row))

    def _is_small(self, row: int) -> bool:
        return sum(1 for _ in _beneath(self.facts.series, row)) <= TOLD_DEEPLY

    def _step(self, layer: Layer, number: int, is_deep: bool) -> ValueStep:
        one = layer.network.series[number]
        replaces = one.is_rolled_up and one.replacement != NOWHERE
        if replaces and not np.isnan(layer.cells.values[one.replacement, self.column]):
            step = self._measured(layer, one.replacement)
            told = f"Recorded here, which replaces the units beneath. {step.sentence}"
            return replace(step, sentence=told)
        if one.is_rolled_up:
            return self._rolled_up(layer, number, is_deep)
        if one.is_computed:
            return self._computed_here(layer, number)
        return self._measured(layer, number)

    def _assignment(self, layer: Layer, number: int) -> Assignment:
        return self.facts.assignments[int(layer.network.sources[number])]

    def _base(self, layer: Layer, number: int, kind: str, sentence: str) -> ValueStep:
        assignment = self._assignment(layer, number)
        kpi, cells = assignment.kpi, layer.cells
        unit = self.access.tree.by_id.get(assignment.unit_id)
        code, name = (unit.code, unit.name) if unit else ("", "")
        organization = self.access.organization.code
        return ValueStep(
            kind=kind,
            code=kpi.code,
            name=kpi.name,
            unit_code=code,
            unit_name=name,
            value=figure(kpi, float(cells.values[number, self.column])),
            unit_of_measure=kpi.unit_of_measure,
            rule=layer.network.series[number].time_rule.value,
            sentence=sentence,
            known=int(cells.known[number, self.column]),
            due=int(cells.due[number, self.column]),
            is_carried=bool(cells.is_carried[number, self.column]),
            href=kpi_href(organization, kpi.code, code, self.period, as_of=self.as_of),
        )

    # Measured

    def _measured(self, layer: Layer, number: int) -> ValueStep:
        parts = tuple(self._parts(layer, number))
        one = layer.network.series[number]
        base = self._base(layer, number, "measured", "")
        return replace(base, parts=parts, sentence=_measured_sentence(one, base, parts))

    def _parts(self, layer: Layer, number: int) -> Iterator[TracePart]:
        parts = layer.parts
        rows = np.flatnonzero(parts.cells == number * parts.n_spans + self.column)
        assignment = self._assignment(layer, number)
        kpi, one = assignment.kpi, layer.network.series[number]
        for place in rows.tolist():
            start: dt.date = parts.starts[place].item()
            state = _state(layer, place)
            is_recorded = state in ("known", "left_out")
            said = self._said.get((assignment.pk, start)) if is_recorded else None
            shown = layer.known[place] if state == "left_out" else parts.values[place]
            yield TracePart(
                period_label=period_label(self.facts.calendar, one.frequency, parts.starts[place]),
                value=figure(kpi, float(shown)),
                target=self._part_target(layer, kpi, place),
                state=state,
                recorded_text=recorded_text(said, self.access.organization) if said else "",
                note=said.note if said else "",
                due_text=_due_text(parts.due_on[place], state),
                restated=self._restated.get((assignment.pk, start), "") if is_recorded else "",
            )

    def _part_target(self, layer: Layer, kpi: KPI, place: int) -> Figure:
        """The target that holds at the part; copies within formulas have none."""
        row = int(self.figures.target_rows[place]) if layer is self.figures.layer else -1
        if row < 0:
            return figure(kpi, None)
        target = self.facts.targets[row]
        x = [value for value, _ in target.curve]
        y = [score for _, score in target.curve]
        return target_figure(kpi, target.kind, target.points, x, y)

    @cached_property
    def _recorded(self) -> set[SaidKey]:
        """The values of the span, in every layer."""
        return {
            (self._assignment(layer, int(number)).pk, start)
            for layer in self._layers()
            for number, start in _known_parts(layer, self.column)
        }

    @cached_property
    def _said(self) -> dict[SaidKey, SaidValue]:
        """Who recorded the values of the span."""
        keys = self._recorded
        return said_values({pk for pk, _ in keys}, {start for _, start in keys}, self.at)

    @cached_property
    def _restated(self) -> dict[SaidKey, str]:
        """Why values of the span were restated."""
        ids, starts = {pk for pk, _ in self._recorded}, {start for _, start in self._recorded}
        return restated_texts(self.access.organization, ids, starts, self.at)

    def _layers(self) -> Iterator[Layer]:
        yield self.figures.layer
        waiting = list(self.figures.steps)
        while waiting:
            step = waiting.pop()
            waiting += step.steps.values()
            yield from (layer for layer, _ in step.origins.values())

    # Rolled up

    def _rolled_up(self, layer: Layer, number: int, is_deep: bool) -> ValueStep:
        one, cells = layer.network.series[number], layer.cells
        kpi = self._assignment(layer, number).kpi
        weights = self._weights(layer, one)
        seen, hidden = [], []
        for child, weight in zip(one.children, weights, strict=True):
            if not self.access.sees(layer.network.series[child].unit):
                hidden.append((child, weight))
                continue
            is_told = is_deep or layer.network.series[child].is_measured
            step = (
                self._step(layer, child, is_deep)
                if is_told
                else self._base(layer, child, "rolled_up", "")
            )
            seen.append(replace(step, weight=weight))
        children = [*seen, *([self._hidden(layer, hidden, one, kpi)] if hidden else [])]
        known = int(cells.units_known[number, self.column])
        due = int(cells.units_due[number, self.column])
        noun = unit_noun(self.facts, int(layer.network.sources[number]))
        told = f"The {one.unit_rule} of {known} of {due} {noun}{self._weighed(layer, one)}."
        sentence = told if due else "Nothing is due yet from the units beneath."
        base = self._base(layer, number, "rolled_up", sentence)
        return replace(base, rule=one.unit_rule.value, children=tuple(children))

    def _weighed(self, layer: Layer, one: Series) -> str:
        weighing = [number for number in one.weights if number != NOWHERE]
        return f", weighted by {self._assignment(layer, weighing[0]).kpi.name}" if weighing else ""

    def _weights(self, layer: Layer, one: Series) -> list[float]:
        """What each child counts with: 0 where it has no value of the span's own, or no weight."""
        cells, column = layer.cells, self.column
        weights = [1.0] * len(one.children)
        if one.weights:
            known = [cells.values[n, column] if n != NOWHERE else np.nan for n in one.weights]
            weights = [float(np.fmax(weight, 0.0)) for weight in known]
        reports = cells.reports
        return [
            weight if reports[child, column] else 0.0
            for child, weight in zip(one.children, weights, strict=True)
        ]

    def _hidden(
        self, layer: Layer, hidden: Sequence[tuple[int, float]], one: Series, kpi: KPI
    ) -> ValueStep:
        """The units that the reader may not see, as one."""
        values = [float(layer.cells.values[child, self.column]) for child, _ in hidden]
        counted = [(value, w) for value, (_, w) in zip(values, hidden, strict=True) if w > 0]
        total = sum(weight * value for value, weight in counted)
        weight = sum(weight for _, weight in counted)
        is_sum = one.unit_rule is UnitRule.SUM
        value = (total if is_sum else total / weight) if weight else np.nan
        return ValueStep(
            kind="hidden",
            code="",
            name="",
            unit_code="",
            unit_name="",
            value=figure(kpi, value),
            unit_of_measure=kpi.unit_of_measure,
            rule="",
            sentence=f"{len(hidden)} that you may not see",
            known=0,
            due=0,
            weight=float(weight > 0) if is_sum else weight,
        )

    # Computed

    def _computed_here(self, layer: Layer, number: int) -> ValueStep:
        """A computed series of the main layer with its steps; a copy of one only with its value."""
        base = self._base(layer, number, "computed", "")
        if layer is not self.figures.layer:
            kpi = self._assignment(layer, number).kpi
            return replace(base, formula=kpi.formula)
        step, place = self._step_of(number)
        return self._computed(base, step, place, number)

    def _step_of(self, number: int) -> tuple[Step, int]:
        for step in self.figures.steps:
            places = np.flatnonzero(step.numbers == number)
            if places.size:
                return step, int(places[0])
        raise LookupError(number)

    def _computed(self, base: ValueStep, step: Step, place: int, number: int) -> ValueStep:
        one = self.facts.series[number]
        numbers = dict(one.inputs)
        told_inputs: list[tuple[str, ValueStep]] = []
        texts: dict[Input, str] = {}
        for read in inputs(step.expression):
            at = numbers.get(read.code, NOWHERE)
            told = self._input(step, read, place, at) if at != NOWHERE else None
            if told is not None:
                told_inputs.append((str(read), told))
                if told.value.value is not None:
                    texts[read] = told.value.text
        reason = Reason(int(step.reasons[place, self.column]))
        value = float(step.values[place, self.column])
        kpi = self.facts.assignments[number].kpi
        return replace(
            base,
            value=figure(kpi, value),
            formula=kpi.formula,
            filled_in=filled_in(step.expression, texts),
            inputs=tuple(told_inputs),
            sentence=self._computed_sentence(base, step, number, reason),
        )

    def _input(self, step: Step, read: Input, place: int, at: int) -> ValueStep:
        """What the formula read: a formula of its own, or a copy of what is measured."""
        beneath = step.steps.get(read)
        if beneath is not None:
            base = self._base(self.figures.layer, at, "computed", "")
            # Within another formula it is computed over that one's parts, which are told there.
            return self._computed(replace(base, known=0, due=0), beneath, place, at)
        layer, rows = step.origins[read]
        return self._step(layer, int(rows[place]), self._is_small(at))

    def _computed_sentence(self, base: ValueStep, step: Step, number: int, reason: Reason) -> str:
        if reason in REASONS:
            return f"No value: {REASONS[reason]}."
        absent = [code for code, at in self.facts.series[number].inputs if at == NOWHERE]
        if absent:
            return f"{_listed(absent)} is not measured at {base.unit_name}."
        if reason is Reason.MISSING_INPUT:
            return "No value: an input is missing."
        if 0 < base.known < base.due:
            return f"Computed from {base.known} of {base.due} values: those with every input."
        return "Computed from its inputs."


def _beneath(series: Sequence[Series], row: int) -> Iterator[int]:
    for child in series[row].children:
        yield child
        yield from _beneath(series, child)


def _known_parts(layer: Layer, column: int) -> Iterable[tuple[int, dt.date]]:
    parts = layer.parts
    chosen = (parts.cells % max(parts.n_spans, 1) == column) & ~np.isnan(layer.known)
    numbers: IntArray = parts.series[chosen]
    return zip(numbers.tolist(), parts.starts[chosen].tolist(), strict=True)


def _state(layer: Layer, place: int) -> str:
    parts = layer.parts
    if np.isnan(parts.values[place]):
        if not np.isnan(layer.known[place]):
            return "left_out"
        return "missing" if parts.is_due[place] else "not_yet_due"
    return "carried" if parts.is_carried[place] else "known"


def _due_text(due_on: np.datetime64, state: str) -> str:
    if state == "missing":
        return f"overdue since {due_on}"
    return f"due by {due_on - np.timedelta64(1, 'D')}" if state == "not_yet_due" else ""


def _measured_sentence(one: Series, base: ValueStep, parts: Sequence[TracePart]) -> str:
    if base.is_carried:
        return "Nothing is recorded for it yet: an earlier value is carried forward."
    if base.due == 0:
        return "Nothing is due yet in this period."
    if len(parts) <= 1:
        return "The value of its own period." if base.known else "Its value is overdue."
    due = f"{base.known} of {base.due} due {PLURALS[one.frequency]}"
    return f"The {one.time_rule} of {due}; the target is that of the same {PLURALS[one.frequency]}."


def _listed(codes: Sequence[str]) -> str:
    return " and ".join(f"`{code}`" for code in codes)
