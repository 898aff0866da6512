"""One bad row for each constraint of kpis."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from kpis.models import (
    MAX_CARRY_FORWARD,
    Change,
    KPIInput,
    Measurement,
    MeasurementRevision,
    Restatement,
    SourceFeed,
    SourceRun,
    Target,
    TargetRevision,
)
from kpis.services.library import define_kpi
from kpis.services.process_changes import declare_process_change
from kpis.services.targets import set_target
from organizations.models import ApiToken
from tests.constraints import BadRow, altered, assert_refused, constraint_names, copied, names
from tests.kpis.sources_world import new_source
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAY = dt.date(2026, 1, 1)
NAN, INFINITY = float("nan"), float("inf")


def bad_rows(world: World) -> list[tuple[str, BadRow]]:
    return [
        *kpi_rows(world),
        *target_rows(world),
        *measurement_rows(world),
        *source_rows(world),
        *process_change_rows(world),
    ]


def kpi_rows(world: World) -> list[tuple[str, BadRow]]:
    nps, rating = world.kpis["nps"], world.kpis["rating"]
    assignment = world.assignment("nps", "sales")
    mean = define_kpi(organization=world.organization, code="mean", name="Mean", unit_rule="mean")
    return [
        ("kpi_code_once", copied(nps)),
        ("kpi_grades_exactly_if_graded", altered(rating, grades=None)),
        ("kpi_grades_exactly_if_graded", altered(nps, grades=[["A", 1], ["B", 2]])),
        ("kpi_natural_bounds_in_order", altered(nps, natural_minimum=5, natural_maximum=5)),
        ("kpi_decimals_at_most_9", altered(nps, decimals=10)),
        ("kpi_frequency_is_known", altered(nps, frequency="fortnight")),
        ("kpi_time_rule_is_known", altered(nps, time_rule="median")),
        ("kpi_unit_rule_is_known", altered(nps, unit_rule="median")),
        ("kpi_weighting_only_for_means", altered(nps, weighting=rating)),
        ("kpi_not_weighted_by_itself", altered(mean, weighting=mean)),
        ("kpi_formula_rule_has_a_formula", altered(nps, unit_rule="formula")),
        ("kpi_formula_yields_a_number", altered(rating, formula="nps")),
        ("kpi_carry_forward_is_bounded", altered(nps, carry_forward=MAX_CARRY_FORWARD + 1)),
        ("kpi_benchmark_has_a_source", altered(nps, benchmark=44)),
        ("kpi_benchmark_has_a_source", altered(nps, benchmark_source="The sector, 2025")),
        ("kpi_benchmark_is_finite", altered(nps, benchmark=INFINITY, benchmark_source="x")),
        ("assignment_once_per_unit", copied(assignment)),
        ("assignment_ends_after_its_start", altered(assignment, starts_on=DAY, ends_on=DAY)),
        ("assignment_own_values_are_known", altered(assignment, own_values="doubles")),
        *input_rows(world),
    ]


def input_rows(world: World) -> list[tuple[str, BadRow]]:
    nps = world.kpis["nps"]
    row = KPIInput.objects.create(
        organization=world.organization, kpi=nps, input=world.kpis["revenue"]
    )
    return [
        ("kpi_input_once", copied(row)),
        ("kpi_input_not_itself", altered(row, input=nps)),
    ]


def target_rows(world: World) -> list[tuple[str, BadRow]]:
    target = Target.objects.get(assignment=world.assignment("nps", "sales"))
    set_target(assignment=target.assignment, valid_from=target.valid_from, target=41)
    revision = TargetRevision.objects.get()
    wrong_order = {"red_low": 1, "target_low": 3, "target_high": 2, "red_high": 4, "target": None}
    return [
        ("target_once_per_period", copied(target)),
        ("target_has_exactly_one_form", altered(target, target=None)),
        ("target_has_exactly_one_form", altered(target, target=None, red_low=1)),
        ("target_has_exactly_one_form", altered(target, red_low=1)),
        ("target_has_exactly_one_form", altered(target, curve=[[0, 0], [1, 100]])),
        ("target_has_exactly_one_form", altered(target, **wrong_order, red_flag=None)),
        ("target_is_finite", altered(target, target=1e19)),
        ("target_is_finite", altered(target, baseline=INFINITY)),
        (
            "target_revision_said_first",
            altered(revision, superseded_at=revision.said_at - dt.timedelta(seconds=1)),
        ),
    ]


def process_change_rows(world: World) -> list[tuple[str, BadRow]]:
    assignment = world.assignment("nps", "sales")
    row = declare_process_change(assignment=assignment, day=DAY, note="New survey")
    return [
        ("process_change_once_per_period", copied(row)),
        ("process_change_says_what_changed", altered(row, note="")),
    ]


def measurement_rows(world: World) -> list[tuple[str, BadRow]]:
    for value in (1, 2):
        world.record("nps", "sales", {"2026-01-01": value})
    measurement, revision = Measurement.objects.get(), MeasurementRevision.objects.get()
    change = Change.objects.filter(last_start__isnull=False).first()
    assert change
    early = revision.recorded_at - dt.timedelta(seconds=1)
    restatement = Restatement.objects.create(
        organization=world.organization,
        assignment=measurement.assignment,
        period_start=measurement.period_start,
        subject="value",
        reason="late",
        at=timezone.now(),
    )
    return [
        ("measurement_once_per_period", copied(measurement)),
        ("measurement_is_finite", altered(measurement, value=INFINITY)),
        ("measurement_is_finite", altered(measurement, value=-1.1e18)),
        ("measurement_revision_is_finite", altered(revision, value=INFINITY)),
        ("measurement_revision_said_first", altered(revision, superseded_at=early)),
        ("restatement_has_a_reason", altered(restatement, reason="")),
        ("change_ends_after_its_start", altered(change, last_start=dt.date(1999, 1, 1))),
    ]


def source_rows(world: World) -> list[tuple[str, BadRow]]:
    source = new_source(world)
    run = SourceRun.objects.create(
        organization=world.organization, source=source, started_at=timezone.now()
    )
    feed = SourceFeed.objects.create(
        organization=world.organization,
        source=source,
        assignment=world.assignment("revenue", "sales"),
    )
    return [
        ("source_code_once", copied(source, author=issued_author(world))),
        ("source_run_state_is_known", altered(run, state="lost", finished_at=timezone.now())),
        ("source_run_ends_with_its_state", altered(run, state="done")),
        ("source_feeds_once", copied(feed)),
    ]


def issued_author(world: World) -> ApiToken:
    return world.token(name="another")[0]


def test_every_constraint_refuses(acme: World) -> None:
    table = bad_rows(acme)
    for name, bad_row in table:
        assert_refused(name, bad_row)
    assert names(table) == constraint_names("kpis")


def test_not_a_number_is_refused(acme: World) -> None:
    """PostgreSQL would store it and spoil every mean; SQLite makes null of it, refused too."""
    acme.record("nps", "sales", {"2026-01-01": 1})
    name = "measurement_is_finite" if connection.vendor == "postgresql" else ""
    assert_refused(name, altered(Measurement.objects.get(), value=NAN))


def test_bounds_themselves_are_accepted(acme: World) -> None:
    acme.record("nps", "sales", {"2026-01-01": 1e18, "2025-10-01": -1e18})
    assert Measurement.objects.filter(recorded_at__lte=timezone.now()).count() == 2
