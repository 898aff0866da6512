"""All that changes in an organization while its stored scores must stay right.

Run by `test_incremental.py`: hypothesis chooses the changes and their order.
"""

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from calculations.periods import Frequency
from calculations.rollup import RollUpRule
from kpis.models import Assignment, Measurement, Target
from kpis.services.library import assign_kpi, change_assignment, change_kpi, remove_assignment
from kpis.services.measurements import delete_measurement, record_measurements, record_values
from kpis.services.resolution import RowToRecord
from kpis.services.targets import remove_target, set_target
from kpis.services.units import move_unit
from organizations.models import ClosedPeriod
from scorecards.models import Assessment, Objective
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.assessments import assess, remove_assessment
from scorecards.services.closing import close_period, reopen_period
from scorecards.services.editions import publish_edition
from scorecards.services.structure import NodeChange, change_structure, link_kpi
from tests.scorecards import random_world
from tests.scorecards.random_machine import CheckedScores
from tests.scorecards.random_world import CHOICES, LIBRARY, TREE, everything

units, kpis = st.sampled_from(sorted(TREE)), st.sampled_from(sorted(LIBRARY))
scorecards = st.sampled_from(["ops", "north", "top"])
numbers = st.integers(0, 40)  # which of those that there are
values = st.integers(-40, 900).map(lambda n: n / 7)
weights = st.sampled_from([0.0, 0.3, 1.0, 2.5])
days_back = st.integers(0, 210)
reasons = st.sampled_from([None, "A late invoice."])
frequencies = st.sampled_from([Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR])
definitions = st.sampled_from(
    [(kpi, {name: one}) for codes, name, choice in CHOICES for kpi in codes for one in choice]
)


class Scores(CheckedScores):
    """Changes of every kind."""

    # Values

    @rule(
        rows=st.lists(st.tuples(kpis, units, days_back, values), min_size=1, max_size=5),
        reason=reasons,
    )
    def push(self, rows: list[tuple[str, str, int, float]], reason: str | None) -> None:
        access = everything(self.organization)
        told = [
            RowToRecord(
                kpi=kpi,
                unit=unit,
                period=(self.today - dt.timedelta(days=back)).isoformat(),
                value=value,
                reason=reason,
            )
            for kpi, unit, back, value in rows
        ]
        self.attempt(lambda: record_measurements(access=access, rows=told, is_atomic=False))

    @rule(number=numbers, value=values, reason=reasons)
    def correct(self, number: int, value: float, reason: str | None) -> None:
        row = self.one_of(Measurement.objects.all(), number)
        if row is not None:
            rows = [(row.assignment_id, row.period_start, value, None)]
            organization = self.organization
            self.attempt(lambda: record_values(organization=organization, rows=rows, reason=reason))

    @rule(number=numbers, reason=reasons)
    def delete(self, number: int, reason: str | None) -> None:
        row = self.one_of(Measurement.objects.all(), number)
        if row is not None:
            access = everything(self.organization)
            self.attempt(lambda: delete_measurement(access=access, measurement=row, reason=reason))

    # Targets

    @rule(
        number=numbers,
        back=days_back,
        red_flag=values,
        distance=st.integers(-20, 20),
        reason=reasons,
    )
    def want(
        self, number: int, back: int, red_flag: float, distance: int, reason: str | None
    ) -> None:
        place = self.one_of(Assignment.objects.live(), number)
        self.attempt(
            lambda: set_target(
                assignment=place,
                valid_from=self.today - dt.timedelta(days=back),
                red_flag=red_flag,
                target=red_flag + distance,
                reason=reason,
            )
        )

    @rule(number=numbers, reason=reasons)
    def no_longer_want(self, number: int, reason: str | None) -> None:
        row = self.one_of(Target.objects.live(), number)
        if row is not None:
            self.attempt(lambda: remove_target(target=row, by=None, reason=reason))

    # Definitions, and where they are measured

    @rule(definition=definitions)
    def define(self, definition: tuple[str, dict[str, Any]]) -> None:
        kpi, fields = definition
        if fields.get("weighting"):
            fields = {"weighting": self.kpi(fields["weighting"])}
        self.attempt(lambda: change_kpi(kpi=self.kpi(kpi), **fields))

    @rule(kpi=kpis, unit=units)
    def assign(self, kpi: str, unit: str) -> None:
        self.attempt(lambda: assign_kpi(kpi=self.kpi(kpi), unit=self.unit(unit)))

    @rule(number=numbers)
    def unassign(self, number: int) -> None:
        row = self.one_of(Assignment.objects.live(), number)
        self.attempt(lambda: remove_assignment(assignment=row))

    @rule(number=numbers, starts=st.none() | days_back, lasts=st.none() | st.integers(1, 120))
    def limit(self, number: int, starts: int | None, lasts: int | None) -> None:
        row = self.one_of(Assignment.objects.live(), number)
        starts_on = None if starts is None else self.today - dt.timedelta(days=starts)
        ends_on = None if lasts is None else (starts_on or self.today) + dt.timedelta(days=lasts)
        self.attempt(
            lambda: change_assignment(assignment=row, starts_on=starts_on, ends_on=ends_on)
        )

    @rule(
        kpi=st.sampled_from(["orders", "mood"]),
        unit=units,
        own=st.sampled_from(Assignment.OwnValues.values),
    )
    def record_here(self, kpi: str, unit: str, own: str) -> None:
        place = random_world.assignment(self.organization, kpi, unit)
        if place is not None:
            self.attempt(lambda: change_assignment(assignment=place, own_values=own))

    @rule(unit=units, parent=units)
    def move(self, unit: str, parent: str) -> None:
        self.attempt(lambda: move_unit(unit=self.unit(unit), parent=self.unit(parent)))

    # Structure

    @rule(
        unit=scorecards,
        number=numbers,
        weight=weights,
        by=st.sampled_from(list(RollUpRule)),
        is_capped=st.booleans(),
        back=st.none() | days_back,
    )
    def restructure(
        self,
        unit: str,
        number: int,
        weight: float,
        by: RollUpRule,
        is_capped: bool,
        back: int | None,
    ) -> None:
        scorecard = self.scorecard(unit)
        nodes = structure_nodes(scorecard)
        node = nodes[number % len(nodes)]
        said: dict[str, Any] = {"weight": weight} if node.kind != "scorecard" else {}
        if node.kind not in ("kpi", "contribution"):
            said |= {"rule": by, "is_capped": is_capped}
        changes = {node.key: NodeChange(node.row.version, said)}
        day = None if back is None else self.today - dt.timedelta(days=back)
        self.attempt(lambda: change_structure(scorecard=scorecard, changes=changes, valid_from=day))

    @rule(
        unit=scorecards,
        objective=st.sampled_from(["sell", "run"]),
        kpi=kpis,
        back=st.none() | days_back,
    )
    def link(self, unit: str, objective: str, kpi: str, back: int | None) -> None:
        scorecard = self.scorecard(unit)
        row = Objective.objects.get(scorecard=scorecard, code=objective)
        day = None if back is None else self.today - dt.timedelta(days=back)
        self.attempt(lambda: link_kpi(objective=row, kpi=self.kpi(kpi), weight=0.4))
        self.attempt(lambda: publish_edition(scorecard=scorecard, valid_from=day))

    # Assessments and closed periods

    @rule(
        unit=scorecards,
        number=numbers,
        frequency=frequencies,
        back=days_back,
        status=st.sampled_from(Assessment.Verdict.values),
    )
    def assess(self, unit: str, number: int, frequency: Frequency, back: int, status: str) -> None:
        scorecard = self.scorecard(unit)
        nodes = [node for node in structure_nodes(scorecard) if node.kind != "contribution"]
        node = nodes[number % len(nodes)]
        kind, _, code = node.key.partition(".")
        period = self.organization.calendar.period(frequency, self.today - dt.timedelta(days=back))
        self.attempt(
            lambda: assess(
                scorecard=scorecard,
                node=kind,
                code=code.rpartition(".")[2],
                period=period,
                status=status,
                reason="Seen with my own eyes.",
                by=None,
            )
        )

    @rule(number=numbers)
    def no_longer_assess(self, number: int) -> None:
        row = self.one_of(Assessment.objects.standing(), number)
        if row is not None:
            self.attempt(lambda: remove_assessment(assessment=row, by=None))

    @rule(unit=units, frequency=frequencies, back=days_back)
    def close(self, unit: str, frequency: Frequency, back: int) -> None:
        period = self.organization.calendar.period(frequency, self.today - dt.timedelta(days=back))
        self.attempt(lambda: close_period(unit=self.unit(unit), period=period))

    @rule(number=numbers)
    def reopen(self, number: int) -> None:
        row = self.one_of(ClosedPeriod.objects.standing(), number)
        if row is not None:
            self.attempt(lambda: reopen_period(closing=row, reason="Too early."))
