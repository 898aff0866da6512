"""Targets and values: what services keep, and what they refuse."""

import datetime as dt
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.core.exceptions import ValidationError
from structlog.testing import capture_logs

from kpis.models import Change, Measurement, MeasurementRevision, Target, TargetRevision
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.measurements import (
    Recorded,
    delete_measurement,
    record_measurements,
    record_values,
)
from kpis.services.resolution import RowToRecord
from kpis.services.targets import set_target
from organizations.access import Access, user_access
from tests.worlds import START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


def access(world: World, name: str = "carol") -> Access:
    found = user_access(world.users[name], "acme")
    assert found
    return found


def record(world: World, *rows: dict[str, Any], is_atomic: bool = True) -> Recorded:
    return record_measurements(
        access=access(world),
        rows=[RowToRecord(**{"kpi": "revenue", "unit": "sales", **row}) for row in rows],
        is_atomic=is_atomic,
    )


# --- KPIs


@pytest.mark.parametrize(
    "fields",
    [
        {"value_kind": "graded"},
        {"value_kind": "graded", "grades": [["A", 1]]},
        {"value_kind": "graded", "grades": [["A", 1], ["A", 2]]},
        {"value_kind": "graded", "grades": [["A", 1], ["B", 1]]},
        {"value_kind": "graded", "grades": "A, B"},
        {"grades": [["A", 1], ["B", 2]]},
        {"natural_minimum": 2, "natural_maximum": 1},
        {"decimals": 10},
        {"frequency": "fortnight"},
        {"time_rule": "median"},
    ],
)
def test_definitions_that_make_no_sense(acme: World, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        define_kpi(organization=acme.organization, code="x", name="X", **fields)


def test_a_kpi_is_assigned_once_to_a_unit(acme: World) -> None:
    with pytest.raises(ValidationError):
        assign_kpi(kpi=acme.kpis["nps"], unit=acme.units["sales"])


def test_a_foreign_unit_cannot_measure(acme: World, rival: World) -> None:
    with pytest.raises(ValidationError, match="no such unit"):
        assign_kpi(kpi=acme.kpis["nps"], unit=rival.units["emea"])


# --- Targets


def test_a_changed_target_keeps_what_it_said(acme: World) -> None:
    assignment = acme.assignment("nps", "sales")
    alice = acme.users["alice"]
    target = set_target(assignment=assignment, valid_from=START, red_flag=25, target=45, by=alice)
    assert (target.red_flag, target.target, target.version) == (25, 45, 2)
    revision = TargetRevision.objects.get()
    assert (revision.red_flag, revision.target) == (20, 40)
    assert revision.superseded_by == alice
    assert revision.said_at <= revision.superseded_at
    assert target.history.count() == 2


def test_a_target_starts_with_a_period(acme: World) -> None:
    assignment = acme.assignment("nps", "sales")
    target = set_target(assignment=assignment, valid_from=dt.date(2026, 5, 17), target=50)
    assert target.valid_from == dt.date(2026, 4, 1)
    assert Target.objects.filter(assignment=assignment).count() == 2
    assert not TargetRevision.objects.exists()
    change = Change.objects.filter(assignment=assignment).latest("pk")
    assert (change.first_start, change.last_start) == (dt.date(2026, 4, 1), None)


@pytest.mark.parametrize(
    ("kpi", "figures"),
    [
        ("nps", {}),
        ("nps", {"red_flag": 50, "target": 40}),
        ("nps", {"target": float("nan")}),
        ("nps", {"target": float("inf")}),
        ("nps", {"target": 1e19}),
        ("nps", {"red_low": 1, "target_low": 2, "target_high": 3, "red_high": 4}),
        ("nps", {"goal": 1}),
        ("nps", {"curve": [[1, 0], [1, 100]]}),
        ("nps", {"curve": [[0, 0], [1, 100]], "target": 1}),
        ("defects", {"red_flag": 5, "target": 10}),
    ],
)
def test_targets_that_make_no_sense(acme: World, kpi: str, figures: dict[str, Any]) -> None:
    before = list(Target.objects.order_by("pk").values())
    Change.objects.all().delete()
    with pytest.raises(ValidationError):
        set_target(assignment=acme.assignment(kpi, "sales"), valid_from=START, **figures)
    assert list(Target.objects.order_by("pk").values()) == before
    assert not Change.objects.exists()


# --- Values


def test_a_corrected_value_is_kept_with_who_and_when(acme: World) -> None:
    record(acme, {"period": "2026-03", "value": 1, "note": "first"})
    first = Measurement.objects.get()
    record(acme, {"period": "2026-03", "value": 2})
    now = Measurement.objects.get()
    assert (now.value, now.note, now.user) == (2, "first", acme.users["carol"])
    kept = MeasurementRevision.objects.get()
    assert (kept.value, kept.note, kept.reason) == (1, "first", "corrected")
    assert kept.recorded_at == first.recorded_at
    assert kept.superseded_at == now.recorded_at
    assert kept.superseded_by_user == acme.users["carol"]
    assert kept.organization == acme.organization


def test_a_note_alone_is_a_correction(acme: World) -> None:
    record(acme, {"period": "2026-03", "value": 1})
    assert record(acme, {"period": "2026-03", "value": 1, "note": "checked"}).updated == 1
    assert record(acme, {"period": "2026-03", "value": 1}).unchanged == 1
    assert record(acme, {"period": "2026-03", "value": 1, "note": ""}).updated == 1
    assert Measurement.objects.get().note == ""


def test_an_unchanged_value_leaves_no_trace(acme: World) -> None:
    record(acme, {"period": "2026-03", "value": 1})
    before = Measurement.objects.values().get()
    Change.objects.all().delete()
    assert record(acme, {"period": "2026-03", "value": 1}) == Recorded(unchanged=1)
    assert Measurement.objects.values().get() == before
    assert not Change.objects.exists()
    assert not MeasurementRevision.objects.exists()


def test_minus_zero_is_zero(acme: World) -> None:
    record(acme, {"period": "2026-03", "value": 0.0})
    assert record(acme, {"period": "2026-03", "value": -0.0}).unchanged == 1


def test_changes_name_the_periods(acme: World) -> None:
    Change.objects.all().delete()
    months = ("2026-03", "2025-11", "2026-01")
    record(acme, *({"period": month, "value": 1} for month in months))
    change = Change.objects.get()
    assert (change.first_start, change.last_start) == (dt.date(2025, 11, 1), dt.date(2026, 3, 1))


def test_a_value_outside_the_days_of_the_assignment_is_refused(acme: World) -> None:
    acme.units["apac"].refresh_from_db()
    assign_kpi(
        kpi=acme.kpis["revenue"],
        unit=acme.units["acme"],
        starts_on=dt.date(2026, 2, 1),
        ends_on=dt.date(2026, 4, 1),
    )
    rows = [
        RowToRecord(kpi="revenue", unit="acme", period=f"2026-0{month}", value=1)
        for month in (1, 2, 3, 4)
    ]
    recorded = record_measurements(access=access(acme, "root"), rows=rows, is_atomic=False)
    assert [(r.index, r.code) for r in recorded.rejected] == [
        *((0, "not_assigned"), (3, "not_assigned"))
    ]
    assert recorded.created == 2


def test_deleted_kpis_units_and_assignments_take_no_values(acme: World) -> None:
    acme.kpis["share"].mark_deleted()
    acme.assignment("defects", "sales").mark_deleted()
    recorded = record(
        acme,
        {"kpi": "share", "period": "2026-03", "value": 1},
        {"kpi": "defects", "period": "2026-03", "value": 1},
    )
    assert [refusal.code for refusal in recorded.rejected] == ["unknown_kpi", "not_assigned"]


def test_a_deleted_value_is_kept_once(acme: World) -> None:
    record(acme, {"period": "2026-03", "value": 1})
    measurement = Measurement.objects.get()
    for _ in range(2):
        delete_measurement(access=access(acme), measurement=measurement)
    kept = MeasurementRevision.objects.get()
    assert (kept.value, kept.reason) == (1, "deleted")
    assert kept.superseded_by_user == acme.users["carol"]
    record(acme, {"period": "2026-03", "value": 1})
    assert Measurement.objects.get().pk != measurement.pk


def test_a_losing_queue_fails_nothing(
    acme: World,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The message only wakes a worker: the next sweep finds the change."""
    nobody = current_app.connection_for_write("redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app, "send_task", partial(current_app.send_task, connection=nobody))
    with capture_logs() as told:
        with django_capture_on_commit_callbacks(execute=True):
            assert record(acme, {"period": "2026-03", "value": 1}).created == 1
        for thread in [each for each in threading.enumerate() if each.name == "wake"]:
            thread.join()
    assert [each["event"] for each in told] == ["refresh_not_woken"]
    assert Change.objects.exists()


def test_no_values_are_recorded_without_a_word(acme: World) -> None:
    assert record_values(organization=acme.organization, rows=[]).created == 0
