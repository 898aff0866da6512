"""What a definition that is still being written would yield, by the arithmetic of everything else.

Nothing is stored: the KPI and the assignments that it would have stand beside the stored ones.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from django.core.exceptions import ValidationError

from calculations.computed import Step
from calculations.figures import Figures, Span
from calculations.formulas.evaluation import Reason
from calculations.formulas.expressions import Input, codes, filled_in, inputs
from calculations.formulas.parsing import InvalidFormula, check_codes, parsed
from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment
from kpis.selectors.graph import KPIEdges, kpi_edges
from kpis.selectors.network import Proposal
from kpis.selectors.series import Facts, kpi_facts
from kpis.services.definitions import NOT_STORED, checked_inputs
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.selectors.boards.marks import PLURALS, REASONS, unit_noun
from scorecards.selectors.formats import number_text

from .definition import Chain, kpi_chain

SHOWN_PERIODS = 3


@dataclass(frozen=True)
class MarkedText:
    """A text with the part that is wrong."""

    before: str
    marked: str
    after: str


@dataclass(frozen=True)
class PreviewPeriod:
    """One period; formula: with its numbers filled in; parts: "2 of 3 months".

    reason: why there is no value.
    """

    label: str
    value: str
    formula: str = ""
    parts: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Preview:
    """Either what is wrong, in a sentence and where, or the figures at a unit, newest first."""

    problem: str = ""
    marked: MarkedText | None = None
    periods: tuple[PreviewPeriod, ...] = ()
    unit: UnitNode | None = None
    units: tuple[UnitNode, ...] = ()
    unit_of_measure: str = ""
    inputs_text: str = ""  # what the inputs are measured in
    chain: Chain | None = None


def formula_preview(
    access: Access, kpi: KPI, unit_ids: Collection[int], unit_code: str = ""
) -> Preview | None:
    """What the definition yields at the unit in its last periods; None without a formula.

    kpi: stored or not, with all that was typed, which is never stored here. unit_ids: where it
    would be measured beside the units where it is. unit_code: a unit of those that the answer
    offers; by default the first where the KPI, or all that its formula reads, is measured.
    """
    if not kpi.formula:
        return None
    try:
        check_codes(kpi.formula, _known_codes(kpi))
        input_ids = checked_inputs(kpi)
    except InvalidFormula as refusal:
        return Preview(refusal.sentence, _marked(kpi.formula, refusal))
    except ValidationError as refusal:
        return Preview(" ".join(refusal.messages))
    kpi.pk = kpi.pk or NOT_STORED
    edges = kpi_edges(access.organization).with_inputs(kpi.pk, input_ids)
    chain = kpi_chain(access, kpi, edges)
    units = _units(access, kpi, unit_ids, input_ids)
    chosen = next((unit for unit in units if unit.code == unit_code), None)
    chosen = chosen or (units[0] if units else None)
    if chosen is None:
        return Preview(chain=chain)
    proposal = _proposal(access, kpi, {*unit_ids, chosen.id}, edges, chosen)
    offered = tuple(sorted(units, key=lambda unit: _places(access)[unit.id]))
    periods, told = _periods(access, kpi, proposal, chosen)
    return Preview("", None, periods, chosen, offered, kpi.unit_of_measure, told, chain)


def _known_codes(kpi: KPI) -> list[str]:
    live = KPI.objects.live().filter(organization_id=kpi.organization_id)
    return [*live.values_list("code", flat=True), kpi.code]


def _marked(text: str, refusal: InvalidFormula) -> MarkedText:
    start, end = refusal.start, refusal.end
    return MarkedText(text[:start], text[start:end] or " ", text[end:])


# --- Where


def _places(access: Access) -> dict[int, int]:
    return {node.id: place for place, (node, _) in enumerate(access.tree.depth_first())}


def _units(
    access: Access, kpi: KPI, unit_ids: Collection[int], input_ids: Collection[int]
) -> list[UnitNode]:
    """Units seen with all beneath: where the KPI is or would be measured, then its inputs.

    In the order of the tree, but those where all inputs are measured before the others.
    """
    rows = Assignment.objects.live().filter(kpi_id__in={kpi.pk, *input_ids})
    measured: dict[int, set[int]] = {unit_id: {kpi.pk} for unit_id in unit_ids}
    for kpi_id, unit_id in rows.values_list("kpi_id", "unit_id"):
        measured.setdefault(unit_id, set()).add(kpi_id)
    places = _places(access)
    seen = [unit_id for unit_id in measured if unit_id in places and _sees_all(access, unit_id)]
    seen.sort(
        key=lambda unit_id: (
            kpi.pk not in measured[unit_id],
            not measured[unit_id].issuperset(input_ids),
            places[unit_id],
        )
    )
    return [access.tree.by_id[unit_id] for unit_id in seen]


def _sees_all(access: Access, unit_id: int) -> bool:
    """Whether no formula over what lies beneath can tell the reader of a unit that is not seen."""
    return all(access.sees(node.id) for node in access.tree.beneath(unit_id))


def _proposal(
    access: Access, kpi: KPI, unit_ids: Collection[int], edges: KPIEdges, chosen: UnitNode
) -> Proposal:
    """The KPI and all that it needs, at the chosen unit and those beneath where it is measured."""
    beneath = {node.id for node in access.tree.beneath(chosen.id)}
    needed = KPI.objects.in_bulk(list(edges.needs(kpi.pk)))
    stored = list(
        Assignment.objects.live().filter(kpi_id__in={kpi.pk, *needed}, unit_id__in=beneath)
    )
    own = [each for each in stored if each.kpi_id == kpi.pk]
    for assignment in own:
        assignment.kpi = kpi
    places = {(each.kpi_id, each.unit_id) for each in stored}
    units = sorted({each.unit_id for each in own} | (beneath & set(unit_ids)))
    # Saving lets everything that the KPI needs be measured wherever it is measured itself.
    missing = [
        (each, unit_id)
        for each in (kpi, *(needed[pk] for pk in sorted(needed)))
        for unit_id in units
        if (each.pk, unit_id) not in places
    ]
    proposed = [
        Assignment(pk=-number, organization=access.organization, kpi=each, unit_id=unit_id)
        for number, (each, unit_id) in enumerate(missing, start=1)
    ]
    return Proposal(edges, (*own, *proposed))


# --- How much


def _periods(
    access: Access, kpi: KPI, proposal: Proposal, unit: UnitNode
) -> tuple[tuple[PreviewPeriod, ...], str]:
    """The last own periods that are over, newest first; and the units of the inputs."""
    organization, calendar = access.organization, access.organization.calendar
    running = calendar.period(Frequency(kpi.frequency), organization.today())
    periods = [calendar.shift(running, -n) for n in range(1, SHOWN_PERIODS + 1)]
    spans = [Span(p.start, calendar.end(p), p.frequency) for p in periods]
    at = next(
        each for each in proposal.assignments if each.kpi_id == kpi.pk and each.unit_id == unit.id
    )
    facts = kpi_facts(organization, [at], spans, proposal=proposal)
    shown = _Shown(kpi, unit, facts, facts.figures(spans))
    labels = [calendar.label(period) for period in periods]
    told = tuple(
        shown.period(column, period, label)
        for column, (period, label) in enumerate(zip(periods, labels, strict=True))
    )
    return told, shown.inputs_text()


@dataclass(frozen=True)
class _Shown:
    """The figures of the KPI, which is the first series of all, as people read them."""

    kpi: KPI
    unit: UnitNode
    facts: Facts
    figures: Figures

    def period(self, column: int, period: Period, label: str) -> PreviewPeriod:
        value = float(self.figures.values[0, column])
        text = number_text(self.kpi, value)
        if self.facts.series[0].is_rolled_up:
            reason = "no unit beneath has a value" if math.isnan(value) else ""
            return PreviewPeriod(label, text, "", self._units_text(column), reason)
        step, row = self._step()
        numbers = _numbers(step, row, column)
        if math.isnan(value):
            # What lacks a partner has not gone in, but its reader looks for what is missing.
            formula = self._filled_in(step, self._alone(step, column) | numbers)
            return PreviewPeriod(label, text, formula, "", self._reason(step, row, column, label))
        formula = f"{self._filled_in(step, numbers)} = {text}"
        return PreviewPeriod(label, text, formula, self._parts(column))

    def _filled_in(self, step: Step, numbers: dict[Input, float]) -> str:
        texts = {one: self._input_text(one, number) for one, number in numbers.items()}
        return filled_in(step.expression, texts)

    def _step(self) -> tuple[Step, int]:
        """How the first series was computed: the step, and the row in it."""
        for step in self.figures.steps:
            rows = np.flatnonzero(step.numbers == 0)
            if rows.size:
                return step, int(rows[0])
        raise LookupError("The series is not computed.")

    def _units_text(self, column: int) -> str:
        known, due = (
            int(counts[0, column]) for counts in (self.figures.units_known, self.figures.units_due)
        )
        return f"{known} of {due} {unit_noun(self.facts, 0)} beneath"

    def _parts(self, column: int) -> str:
        """The parts that went in: "2 of 3 months"; "" for the whole of one."""
        known, due = int(self.figures.known[0, column]), int(self.figures.due[0, column])
        if due <= 1 and known == due:
            return ""
        read = [self._series(code) for code in codes(parsed(self.kpi.formula))]
        found = [self.facts.series[number] for number in read if number is not None]
        if not found or any(one.is_rolled_up for one in found):
            return f"{known} of {due} values"
        coarsest = max((one.frequency for one in found), key=lambda each: each.rank)
        return f"{known} of {due} {PLURALS[coarsest]}"

    def _series(self, code: str) -> int | None:
        """The number of that KPI's series at the unit."""
        for number, assignment in enumerate(self.facts.assignments):
            if assignment.kpi.code == code and assignment.unit_id == self.unit.id:
                return number
        return None

    def _input_text(self, one: Input, value: float) -> str:
        number = self._series(one.code)
        kpi = self.kpi if number is None else self.facts.assignments[number].kpi
        return number_text(kpi, value)

    def inputs_text(self) -> str:
        """What the inputs are measured in: "revenue in k€, cost in k€"."""
        numbers = [self._series(code) for code in codes(parsed(self.kpi.formula))]
        read = [self.facts.assignments[number].kpi for number in numbers if number is not None]
        return ", ".join(f"{k.code} in {k.unit_of_measure}" for k in read if k.unit_of_measure)

    def _reason(self, step: Step, row: int, column: int, label: str) -> str:
        reason = Reason(int(step.reasons[row, column]))
        if reason == Reason.NONE:
            return "not measured then"
        if reason != Reason.MISSING_INPUT:
            return _arithmetic_reason(step, row, column, reason)
        known = _numbers(step, row, column).keys() | self._alone(step, column).keys()
        missing = [one for one in inputs(step.expression) if one not in known]
        if not missing:
            return "in no part of it do all inputs have a value"
        return f"no value of {_listed(missing)} in {label}"

    def _alone(self, step: Step, column: int) -> dict[Input, float]:
        """The inputs' own figures, whether their partners have one or not."""
        found = {}
        for one in inputs(step.expression):
            number = self._series(one.code) if one.window is None else None
            value = math.nan if number is None else float(self.figures.values[number, column])
            if not math.isnan(value):
                found[one] = value
        return found


def _numbers(step: Step, row: int, column: int) -> dict[Input, float]:
    """What the formula read, without what is missing."""
    found = {one: float(values[row, column]) for one, values in step.inputs.items()}
    return {one: value for one, value in found.items() if not math.isnan(value)}


def _arithmetic_reason(step: Step, row: int, column: int, reason: Reason) -> str:
    said = REASONS[reason]
    for one, beneath in step.steps.items():
        is_there = math.isnan(step.inputs[one][row, column])
        if is_there and beneath.reasons[row, column] == reason:
            return f"{said} in `{one.code}`"
    return said


def _listed(missing: Iterable[Input]) -> str:
    return ", ".join(f"`{one}`" for one in missing)
