"""The law of stored scores: refreshing what changed equals computing everything, bit for bit."""

import datetime as dt
import os
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from kpis.models import KPI
from kpis.services.library import change_kpi, define_kpi
from organizations.models import Organization
from organizations.services.people import create_organization
from organizations.services.structure import create_unit
from scorecards.models import ScoreSheet
from scorecards.services.editions import activate_scorecard
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    create_scorecard,
    link_kpi,
)
from scorecards.services.verification import verify_scores
from tests.scorecards import random_world
from tests.scorecards.random_changes import Scores
from tests.scorecards.random_world import START, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_refreshing_what_changed_equals_computing_everything() -> None:
    """LAW_EXAMPLES=100 looks longer, and elsewhere each time."""
    with time_machine.travel(TODAY, tick=False):
        organization = random_world.build()
    machine = type("Scores", (Scores,), {"organization_id": organization.pk})
    is_postgresql = connection.vendor == "postgresql"
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("LAW_EXAMPLES", "4" if is_postgresql else "2")),
            stateful_step_count=25 if is_postgresql else 20,
            deadline=None,
            derandomize="LAW_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )


@pytest.fixture
def law() -> Iterator[Organization]:
    with time_machine.travel(TODAY, tick=False):
        yield random_world.build()


def test_a_formula_with_longer_periods_reads_them_whole(law: Organization) -> None:
    law.reporting_frequencies = ["week", "quarter"]
    law.save()
    random_world.fill(law)
    refresh_scores(organization_id=law.pk)
    # All periods at once above, each for itself here: no period lends its values to another.
    found = verify_scores(organization_id=law.pk)
    assert (found.stale, found.differences) == (0, ())


@pytest.mark.parametrize("is_marked_between", [False, True])
def test_periods_that_came_and_went_unseen_are_scored_later(
    law: Organization, is_marked_between: bool
) -> None:
    random_world.fill(law)
    refresh_scores(organization_id=law.pk)
    with time_machine.travel(TODAY + dt.timedelta(days=70), tick=False):
        if is_marked_between:
            random_world.push(law, [("late", "north", dt.date(2026, 7, 1), 3)])
            verify_scores(organization_id=law.pk)
        refresh_scores(organization_id=law.pk)
        months = ScoreSheet.objects.filter(scorecard__code="ops_card", frequency="month")
        starts = months.order_by("period_start").values_list("period_start", flat=True)
        assert list(starts) == [dt.date(2026, month, 1) for month in range(1, 8)]


def test_a_year_to_date_of_earlier_values_looks_back_a_year(law: Organization) -> None:
    law.reporting_frequencies = ["month", "quarter"]
    law.save()
    kpi = {kpi.code: kpi for kpi in KPI.objects.filter(organization=law)}
    change_kpi(kpi=kpi["rate"], formula="prev(orders)")
    change_kpi(kpi=kpi["pace"], formula="ytd(rate)")
    random_world.fill(law)
    refresh_scores(organization_id=law.pk)
    random_world.push(law, [("orders", "crew", dt.date(2025, 3, 1), 17)])
    refresh_scores(organization_id=law.pk)
    march = ScoreSheet.objects.get(
        scorecard__code="ops_card", frequency="month", period_start="2026-03-01"
    )
    assert march.detail["kpis"]["pace"]["value"] == 17
    assert not verify_scores(organization_id=law.pk).differences


def test_one_value_refreshes_its_line_whatever_the_depth() -> None:
    with time_machine.travel(TODAY, tick=False):
        statements = {depth: statements_of_one_value(depth) for depth in (3, 8)}
    assert statements[3] == statements[8]


def statements_of_one_value(depth: int) -> int:
    """A value at the end of a line of units with a scorecard each, summed up to the top."""
    organization = create_organization(code=f"line_{depth}", name="Line")
    kpi = define_kpi(organization=organization, code="orders", name="Orders", unit_rule="sum")
    parent = None
    for level in range(depth + 1):
        kind = "team" if parent else "corporate"
        parent = create_unit(
            organization=organization, code=f"u{level}", name="Unit", kind=kind, parent=parent
        )
        card = create_scorecard(unit=parent, code=f"card_{level}", name="Card")
        perspective = add_perspective(scorecard=card, code="one", name="One")
        objective = add_objective(perspective=perspective, code="grow", name="Grow")
        link_kpi(objective=objective, kpi=kpi)
        activate_scorecard(scorecard=card, valid_from=START)
    refresh_scores(organization_id=organization.pk)
    random_world.push(organization, [("orders", f"u{depth}", START, 17)])
    with CaptureQueriesContext(connection) as queries:
        refreshed = refresh_scores(organization_id=organization.pk)
    frequencies = len(organization.frequencies)
    assert refreshed == (depth + 1) * frequencies
    top = ScoreSheet.objects.get(
        organization=organization,
        scorecard__code="card_0",
        frequency="month",
        period_start=START,
    )
    assert top.detail["kpis"]["orders"]["value"] == 17
    return len(queries)
