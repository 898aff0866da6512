"""What the figures of assignments follow from: units beneath, inputs of formulas, targets above."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calculations.aggregation import TimeRule
from calculations.formulas.expressions import codes
from calculations.formulas.parsing import parsed
from calculations.periods import Frequency
from calculations.series import NOWHERE, Series
from calculations.units import UnitRule
from kpis.models import KPI, Assignment
from organizations.models import Organization, Unit

from .graph import KPIEdges, kpi_edges

Place = tuple[int, int]  # KPI id, unit id


@dataclass(frozen=True)
class KpiNetwork:
    """Series that follow from each other; the first ones are those of the requested assignments.

    assignments: by series, the one that it stands for; recorded: by assignment id, the series that
    its recorded values belong to (absent: they count nowhere); wanted: by assignment id, the series
    that its targets belong to; kinds: by unit id, where series follow from other units.
    """

    assignments: tuple[Assignment, ...]
    series: tuple[Series, ...]
    recorded: dict[int, int]
    wanted: dict[int, int]
    kinds: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """Definitions that are not stored yet: what KPIs would read, and where they would be measured.

    The assignments stand in place of stored ones of the same KPI and unit; their ids need not be
    known to the database, but each must be an id of its own.
    """

    edges: KPIEdges
    assignments: tuple[Assignment, ...]


def kpi_network(
    organization: Organization,
    assignments: Sequence[Assignment],
    proposal: Proposal | None = None,
) -> KpiNetwork:
    """The series of the assignments and of all that they follow from.

    No statement where every value is recorded where it is shown, else three (two for a proposal),
    and one more where formulas read KPIs that were not asked for. The assignments must have their
    KPIs at hand.
    """
    if not any(_follows(assignment.kpi) for assignment in assignments):
        numbers = {assignment.pk: number for number, assignment in enumerate(assignments)}
        series = tuple(series_of(assignment) for assignment in assignments)
        return KpiNetwork(tuple(assignments), series, numbers, numbers)
    related = _related(organization, assignments, proposal)
    builder = _Builder(related)
    for assignment in assignments:
        builder.number(assignment)
    return builder.built()


def measured_behind(
    series: Sequence[Series], number: int, *, with_weights: bool = False
) -> set[int]:
    """The series whose recorded values are behind a series' value, the series itself if measured.

    Weights tell how much a value counts, not what it is: they are behind it only if asked for.
    """
    found: set[int] = set()
    seen: set[int] = set()
    waiting = [number]
    while waiting:
        at = waiting.pop()
        if at in seen or at == NOWHERE:
            continue
        seen.add(at)
        one = series[at]
        if one.is_measured:
            found.add(at)
        waiting += [*one.children, *(read for _, read in one.inputs), one.replacement]
        waiting += one.weights if with_weights else ()
    return found


def series_of(assignment: Assignment, **follows: Any) -> Series:
    """What the arithmetic needs to know; follows: what the values follow from, if anything."""
    kpi = assignment.kpi
    return Series(
        frequency=Frequency(kpi.frequency),
        time_rule=TimeRule(kpi.time_rule),
        sign=kpi.sign,
        is_yes_no=kpi.value_kind == KPI.ValueKind.YES_NO,
        natural_minimum=number_of(kpi.natural_minimum),
        natural_maximum=number_of(kpi.natural_maximum),
        grace_days=kpi.grace_days,
        starts_on=assignment.starts_on,
        ends_on=assignment.ends_on,
        carry_forward=kpi.carry_forward,
        unit=assignment.unit_id,
        unit_rule=UnitRule(kpi.unit_rule),
        **follows,
    )


def number_of(value: float | None) -> float:
    """For the arithmetic: what is not given is nan."""
    return math.nan if value is None else value


def _follows(kpi: KPI) -> bool:
    return bool(kpi.formula) or kpi.is_rolled_up or kpi.takes_target_from_above


@dataclass(frozen=True)
class Related:
    """All assignments that may matter, by place, and the tree that they hang in."""

    by_place: dict[Place, Assignment]
    parents: dict[int, int | None]
    kinds: dict[int, str]
    kpi_ids: dict[str, int]  # by code

    def above(self, assignment: Assignment) -> Iterable[Assignment]:
        """The same KPI's assignments at the units above, nearest first."""
        unit_id = self.parents.get(assignment.unit_id)
        while unit_id is not None:
            found = self.by_place.get((assignment.kpi_id, unit_id))
            if found is not None:
                yield found
            unit_id = self.parents.get(unit_id)

    def children(self) -> dict[int, list[Assignment]]:
        """By assignment id, the nearest ones of the same KPI at units beneath, in order of id."""
        beneath: dict[int, list[Assignment]] = defaultdict(list)
        for assignment in sorted(self.by_place.values(), key=lambda each: each.pk):
            nearest = next(iter(self.above(assignment)), None)
            if nearest is not None:
                beneath[nearest.pk].append(assignment)
        return beneath


def _related(
    organization: Organization, assignments: Sequence[Assignment], proposal: Proposal | None
) -> Related:
    """Every assignment of the KPIs concerned, at the units themselves, above and beneath."""
    edges = proposal.edges if proposal else kpi_edges(organization)
    kpi_ids = {a.kpi_id for a in assignments}
    kpi_ids |= {needed for kpi_id in kpi_ids for needed in edges.needs(kpi_id)}
    units = Unit.objects.live().filter(organization=organization)
    rows = list(units.values_list("id", "parent_id", "kind"))
    parents = {unit_id: parent_id for unit_id, parent_id, _ in rows}
    given = (*(proposal.assignments if proposal else ()), *assignments)
    kpis = {a.kpi_id: a.kpi for a in given}
    kpis |= KPI.objects.live().in_bulk(kpi_ids - kpis.keys())
    stored = _stored(kpis, _line_and_beneath(parents, {a.unit_id for a in given}))
    by_place = {(a.kpi_id, a.unit_id): a for a in (*stored, *given)}
    codes = {a.kpi.code: a.kpi_id for a in by_place.values()}
    kinds = {unit_id: kind for unit_id, _, kind in rows}
    return Related(by_place, parents, kinds, codes)


def _line_and_beneath(parents: Mapping[int, int | None], unit_ids: set[int]) -> set[int]:
    """The units, all above and all beneath them."""
    beneath: dict[int | None, list[int]] = defaultdict(list)
    for unit_id, parent_id in parents.items():
        beneath[parent_id].append(unit_id)
    found: set[int] = set()
    waiting = list(unit_ids)
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting += beneath[unit_id]
    for unit_id in unit_ids:
        above = parents.get(unit_id)
        while above is not None and above not in found:
            found.add(above)
            above = parents.get(above)
    return found & parents.keys()


def _stored(kpis: Mapping[int, KPI], unit_ids: Collection[int]) -> list[Assignment]:
    """The assignments of the KPIs, which are given by id, at the units."""
    found = Assignment.objects.live().filter(kpi_id__in=kpis, unit_id__in=unit_ids)
    stored = list(found)
    for assignment in stored:
        assignment.kpi = kpis[assignment.kpi_id]
    return stored


@dataclass
class _Builder:
    """Numbers assignments as they are needed; what each follows from is filled in at the end."""

    related: Related
    assignments: list[Assignment] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)

    def number(self, assignment: Assignment) -> int:
        """The series' number of the assignment."""
        if assignment.pk not in self.numbers:
            self.numbers[assignment.pk] = len(self.assignments)
            self.assignments.append(assignment)
        return self.numbers[assignment.pk]

    def at(self, kpi_id: int | None, unit_id: int) -> int:
        """The number of the KPI's series at the unit; NOWHERE where it is not measured there."""
        found = self.related.by_place.get((kpi_id, unit_id)) if kpi_id else None
        return NOWHERE if found is None else self.number(found)

    def built(self) -> KpiNetwork:
        beneath = self.related.children()
        series: list[Series] = []
        # The list grows while it is walked: what is needed is numbered, and then walked itself.
        for assignment in self.assignments:
            children = beneath[assignment.pk] if assignment.kpi.is_rolled_up else []
            series.append(
                self._rolled_up(assignment, children) if children else self._alone(assignment)
            )
        recorded = {
            assignment.pk: number
            for number, (assignment, one) in enumerate(zip(self.assignments, series, strict=True))
            if one.is_measured
        }
        wanted = dict(self.numbers)
        self._add_own_values(series, recorded)
        self._add_targets_above(series, wanted)
        return KpiNetwork(
            tuple(self.assignments), tuple(series), recorded, wanted, self.related.kinds
        )

    def _alone(self, assignment: Assignment) -> Series:
        kpi = assignment.kpi
        if not kpi.formula:
            return series_of(assignment)
        formula = parsed(kpi.formula)
        inputs = tuple(
            (code, self.at(self.related.kpi_ids.get(code), assignment.unit_id))
            for code in codes(formula)
        )
        return series_of(assignment, formula=formula, inputs=inputs)

    def _rolled_up(self, assignment: Assignment, children: list[Assignment]) -> Series:
        weighting = assignment.kpi.weighting_id
        numbers = tuple(self.number(child) for child in children)
        if not weighting:
            return series_of(assignment, children=numbers)
        if assignment.own_values == Assignment.OwnValues.ADDS:
            self.at(weighting, assignment.unit_id)  # weighs the values recorded here
        weights = tuple(self.at(weighting, child.unit_id) for child in children)
        return series_of(assignment, children=numbers, weights=weights)

    def _add_own_values(self, series: list[Series], recorded: dict[int, int]) -> None:
        """Where values recorded at a unit count beside or instead of those beneath: a series."""
        for number, assignment in enumerate(self.assignments[: len(series)]):
            if (
                not series[number].is_rolled_up
                or assignment.own_values == Assignment.OwnValues.NONE
            ):
                continue
            recorded[assignment.pk] = own = len(series)
            series.append(series_of(assignment))
            self.assignments.append(assignment)
            one = series[number]
            if assignment.own_values == Assignment.OwnValues.REPLACES:
                series[number] = replace(one, replacement=own)
                continue
            weights = (*one.weights, self._own_weight(assignment)) if one.weights else ()
            series[number] = replace(one, children=(*one.children, own), weights=weights)

    def _own_weight(self, assignment: Assignment) -> int:
        weighting_id = assignment.kpi.weighting_id
        return NOWHERE if weighting_id is None else self.at(weighting_id, assignment.unit_id)

    def _add_targets_above(self, series: list[Series], wanted: dict[int, int]) -> None:
        """Series that stand for nothing but the targets of units above."""
        for number, assignment in enumerate(self.assignments[: len(series)]):
            if not assignment.kpi.takes_target_from_above or number != self.numbers[assignment.pk]:
                continue
            above = list(self.related.above(assignment))
            for each in above:
                if each.pk not in wanted:
                    wanted[each.pk] = len(series)
                    series.append(series_of(each))
                    self.assignments.append(each)
            targets_from = tuple(wanted[each.pk] for each in above)
            series[number] = replace(series[number], targets_from=targets_from)
