"""An organization that is changed in every way, while its stored scores must stay right.

Run by `test_incremental.py`: hypothesis chooses the changes and their order.
"""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from calculations.periods import Frequency, Period
from calculations.rollup import RollUpRule
from kpis.models import KPI, Assignment, Change, Measurement, Target
from kpis.services.library import assign_kpi, change_assignment, change_kpi, remove_assignment
from kpis.services.measurements import (
    delete_measurement,
    record_measurements,
    record_values,
)
from kpis.services.refusals import Refused
from kpis.services.resolution import RowToRecord
from kpis.services.targets import remove_target, set_target
from kpis.services.units import move_unit
from organizations.models import ClosedPeriod, Organization, Unit
from organizations.services.locks import lock_scores
from organizations.services.structure import InUse
from scorecards.models import Assessment, Edition, Objective, ReportedSheet, Scorecard, ScoreSheet
from scorecards.selectors.scoring.computation import computed_sheets
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.assessments import assess, remove_assessment
from scorecards.services.closing import close_period, reopen_period
from scorecards.services.editions import publish_edition
from scorecards.services.refresh import (
    COLUMNS,
    rebuild_scores,
    refresh_periods,
    refresh_scores,
    stale_periods,
)
from scorecards.services.staleness import mark_changes, mark_due, mark_new_periods
from scorecards.services.structure import NodeChange, change_structure, link_kpi
from scorecards.services.verification import verify_scores
from tests.scorecards import random_world
from tests.scorecards.random_world import CALENDARS, CHOICES, LIBRARY, TODAY, TREE, everything

REFUSALS = (ValidationError, InUse, Refused)
KEY = ("scorecard__code", "frequency", "period_start")

units, kpis = st.sampled_from(sorted(TREE)), st.sampled_from(sorted(LIBRARY))
scorecards = st.sampled_from(["ops", "north", "top"])
numbers = st.integers(0, 40)  # which of those that there are
values = st.integers(-40, 900).map(lambda n: n / 7)
weights = st.sampled_from([0.0, 0.3, 1.0, 2.5])
days_back = st.integers(0, 210)
reasons = st.sampled_from([None, "A late invoice."])
frequencies = st.sampled_from([Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR])
calendars = st.sampled_from(CALENDARS)
definitions = st.sampled_from(
    [(kpi, {name: one}) for codes, name, choice in CHOICES for kpi in codes for one in choice]
)


def snapshot(organization: Organization) -> dict[Any, str]:
    """What every sheet says, all but when it was computed; the numbers to their last bit."""
    rows = ScoreSheet.objects.filter(organization=organization)
    return {
        tuple(row[name] for name in KEY): json.dumps(row, default=str, sort_keys=True)
        for row in rows.values(*KEY, *COLUMNS, "is_stale")
    }


def reported(organization: Organization) -> dict[int, str]:
    rows = ReportedSheet.objects.filter(organization=organization).values()
    return {row["id"]: json.dumps(row, default=str) for row in rows}


class Scores(RuleBasedStateMachine):
    """An organization that is changed in every way; each example is rolled back."""

    organization_id: int

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.clock = time_machine.travel(TODAY, tick=False)
        self.now = self.clock.start()
        self.said: dict[int, str] = {}

    def teardown(self) -> None:
        try:
            self.refresh()
            found = verify_scores(organization_id=self.organization_id)
            assert (found.stale, found.differences) == (0, ())
        finally:
            self.roll_back()

    def roll_back(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(calendar=calendars)
    def begin(self, calendar: tuple[int, list[str]]) -> None:
        organization = self.organization
        organization.fiscal_month, organization.reporting_frequencies = calendar
        organization.save()
        random_world.fill(organization)
        self.refresh()

    @property
    def organization(self) -> Organization:
        return Organization.objects.get(pk=self.organization_id)

    @property
    def today(self) -> dt.date:
        return self.organization.today()

    def unit(self, code: str) -> Unit:
        found: Unit = Unit.objects.get(organization_id=self.organization_id, code=code)
        return found

    def kpi(self, code: str) -> KPI:
        found: KPI = KPI.objects.get(organization_id=self.organization_id, code=code)
        return found

    def scorecard(self, unit: str) -> Scorecard:
        found: Scorecard = Scorecard.objects.get(
            organization_id=self.organization_id, unit__code=unit
        )
        return found

    def one_of(self, rows: Any, number: int) -> Any:
        """One of those that there are; None where there is none."""
        mine = list(rows.filter(organization_id=self.organization_id).order_by("pk"))
        return mine[number % len(mine)] if mine else None

    def attempt(self, write: Callable[[], Any]) -> None:
        """A change may be refused, and then leaves no trace."""
        self.now.shift(60)
        before = self.counts()
        try:
            write()
        except REFUSALS:
            assert self.counts() == before

    def counts(self) -> list[Any]:
        mine = {"organization_id": self.organization_id}
        return [
            Change.objects.filter(**mine).count(),
            Measurement.objects.filter(**mine).count(),
            Assignment.objects.live().filter(**mine).count(),
            Target.objects.live().filter(**mine).count(),
            Edition.objects.filter(**mine, superseded_at=None).count(),
            Assessment.objects.filter(**mine, superseded_at=None).count(),
            ClosedPeriod.objects.filter(**mine).count(),
            ScoreSheet.objects.filter(**mine, is_stale=True).count(),
            sum(Unit.objects.filter(**mine).values_list("version", flat=True)),
            sum(KPI.objects.filter(**mine).values_list("version", flat=True)),
        ]

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

    # Time and refreshing

    @rule(days=st.integers(1, 45))
    def pass_days(self, days: int) -> None:
        self.now.shift(dt.timedelta(days=days))

    @rule()
    def refresh(self) -> None:
        """After it everything is current: computing all again changes nothing at all."""
        refresh_scores(organization_id=self.organization_id)
        incremental = snapshot(self.organization)
        rebuild_scores(organization_id=self.organization_id)
        assert snapshot(self.organization) == incremental
        self.check_reported()

    @rule(numbers=st.sets(st.integers(0, 12)))
    def refresh_partly(self, numbers: set[int]) -> None:
        """Some periods earlier than others: what is not stale is right at any moment."""
        organization = self.organization
        lock_scores(organization.pk)
        mark_changes(organization)
        mark_due(organization)
        mark_new_periods(organization)
        periods = [period for n, period in enumerate(stale_periods(organization)) if n in numbers]
        if periods:
            refresh_periods(organization=organization, periods=periods)
        self.check_marks()

    @rule()
    def check_marks(self) -> None:
        """Whatever has changed since: what is not marked as stale says what is so now."""
        organization = self.organization
        mark_changes(organization)
        mark_due(organization)
        sheets = ScoreSheet.objects.filter(organization=organization)
        periods = {Period(Frequency(sheet.frequency), sheet.period_start) for sheet in sheets}
        ids = sorted({sheet.scorecard_id for sheet in sheets})
        computed = {
            (each.scorecard_id, each.period): each.fields
            for each in computed_sheets(organization, sorted(periods), ids)
        }
        for sheet in sheets:
            period = Period(Frequency(sheet.frequency), sheet.period_start)
            if not sheet.is_stale:
                fields = computed[sheet.scorecard_id, period]
                assert {name: getattr(sheet, name) for name in fields} == fields, (sheet, period)

    def check_reported(self) -> None:
        now = reported(self.organization)
        assert self.said.items() <= now.items()
        self.said = now
