"""An organization whose stored scores are checked, whatever random_changes.py does to it."""

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
from kpis.models import KPI, Assignment, Change, Measurement, Target
from kpis.services.refusals import Refused
from organizations.models import ClosedPeriod, Organization, Unit
from organizations.services.locks import lock_scores
from organizations.services.structure import InUse
from scorecards.models import Assessment, Edition, ReportedSheet, Scorecard, ScoreSheet
from scorecards.selectors.scoring.computation import computed_sheets
from scorecards.services.refresh import (
    rebuild_scores,
    refresh_periods,
    refresh_scores,
    stale_periods,
)
from scorecards.services.sheet_storage import SAID
from scorecards.services.staleness import mark_changes, mark_due, mark_new_periods
from scorecards.services.verification import verify_scores
from tests.scorecards import random_world
from tests.scorecards.random_world import CALENDARS, TODAY

REFUSALS = (ValidationError, InUse, Refused)
KEY = ("scorecard__code", "frequency", "period_start")

calendars = st.sampled_from(CALENDARS)


def snapshot(organization: Organization) -> dict[Any, str]:
    """What every sheet says, all but when it was computed; the numbers to their last bit."""
    rows = ScoreSheet.objects.filter(organization=organization)
    return {
        tuple(row[name] for name in KEY): json.dumps(row, default=str, sort_keys=True)
        for row in rows.values(*KEY, *SAID, "is_stale")
    }


def reported(organization: Organization) -> dict[int, str]:
    rows = ReportedSheet.objects.filter(organization=organization).values()
    return {row["id"]: json.dumps(row, default=str) for row in rows}


class CheckedScores(RuleBasedStateMachine):
    """An organization that somebody changes; each example is rolled back."""

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
