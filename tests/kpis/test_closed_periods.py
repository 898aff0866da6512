"""Closed periods, rolled-up and computed values: what is refused, and what a reason permits."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import (
    Assignment,
    Change,
    Measurement,
    MeasurementRevision,
    Restatement,
    Target,
    TargetRevision,
)
from kpis.services.library import assign_kpi, change_assignment, change_kpi, define_kpi
from kpis.services.measurements import Recorded, delete_measurement, record_measurements
from kpis.services.refusals import Refused
from kpis.services.resolution import RowToRecord
from kpis.services.targets import remove_target, set_target, set_targets
from organizations.access import Access, user_access
from organizations.models import ClosedPeriod
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LATE = "An invoice came late"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def close(world: World, unit: str, frequency: str, start: str) -> ClosedPeriod:
    return ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units[unit],
        frequency=frequency,
        period_start=dt.date.fromisoformat(start),
        closed_at=NOW,
    )


@pytest.fixture
def closed(acme: World) -> World:
    """The first quarter is closed for EMEA and all beneath it."""
    close(acme, "emea", "quarter", "2026-01-01")
    return acme


def access(world: World, name: str = "alice") -> Access:
    found = user_access(world.users[name], "acme")
    assert found
    return found


def record(world: World, *rows: dict[str, Any], name: str = "alice") -> Recorded:
    usual: dict[str, Any] = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 1}
    return record_measurements(
        access=access(world, name),
        rows=[RowToRecord(**(usual | row)) for row in rows],
        is_atomic=False,
    )


def codes(recorded: Recorded) -> list[tuple[int, str]]:
    return [(refusal.index, refusal.code) for refusal in recorded.rejected]


# --- Values of closed periods


def test_a_closed_period_takes_no_values(closed: World) -> None:
    months = ("2025-12", "2026-01", "2026-03", "2026-04")
    recorded = record(closed, *({"period": month} for month in months))
    assert codes(recorded) == [(1, "period_closed"), (2, "period_closed")]
    assert recorded.created == 2
    assert recorded.rejected[0].field == "period"
    assert recorded.rejected[0].detail == (
        '2026-Q1 is closed at "emea"; give a reason to restate it, or have the period opened again.'
    )


@pytest.mark.parametrize(
    ("unit", "frequency", "start", "is_closed"),
    [
        ("acme", "year", "2026-01-01", True),
        ("sales", "month", "2026-03-01", True),
        ("sales", "month", "2026-02-01", False),
        ("ada", "month", "2026-03-01", False),
        ("apac", "year", "2026-01-01", False),
    ],
)
def test_what_a_closing_covers(
    acme: World, unit: str, frequency: str, start: str, is_closed: bool
) -> None:
    close(acme, unit, frequency, start)
    assert codes(record(acme, {})) == ([(0, "period_closed")] if is_closed else [])


def test_an_opened_period_takes_values_again(closed: World) -> None:
    ClosedPeriod.objects.update(reopened_at=NOW)
    assert record(closed, {}).created == 1


def test_a_shorter_closed_period_does_not_close_a_longer_one(acme: World) -> None:
    close(acme, "sales", "month", "2026-01-01")
    assert record(acme, {"kpi": "nps", "period": "2026-Q1"}).created == 1


def test_a_closing_above_is_not_named_to_those_who_cannot_see_the_unit(closed: World) -> None:
    limited = Access(
        organization=closed.organization,
        roles={},
        is_unbound=True,
        limit_id=closed.units["sales"].pk,
    )
    row = RowToRecord(kpi="revenue", unit="sales", period="2026-03", value=1)
    recorded = record_measurements(access=limited, rows=[row], is_atomic=True)
    assert "closed at a unit above" in recorded.rejected[0].detail


def test_a_restated_value_keeps_its_reason(closed: World) -> None:
    closed.record("revenue", "sales", {"2026-02-01": 5, "2026-03-01": 5}, reason="before")
    Restatement.objects.all().delete()
    recorded = record(
        closed,
        {"period": "2026-01", "value": 7, "reason": f" {LATE} "},
        {"period": "2026-02", "value": 5, "reason": LATE},
        {"period": "2026-03", "value": 6, "reason": "Counted twice"},
        {"period": "2026-04", "value": 6, "reason": "not closed"},
    )
    assert recorded == Recorded(created=2, updated=1, unchanged=1)
    rows = Restatement.objects.order_by("period_start")
    assert [(row.period_start.month, row.reason) for row in rows] == [
        (1, LATE),
        (3, "Counted twice"),
    ]
    first = rows[0]
    assert (first.subject, first.user, first.token) == ("value", closed.users["alice"], None)
    assert first.assignment == closed.assignment("revenue", "sales")
    assert first.organization == closed.organization
    assert first.at == Measurement.objects.get(period_start="2026-01-01").recorded_at
    assert MeasurementRevision.objects.get(period_start="2026-03-01").value == 5


def test_many_restated_values_keep_their_reasons(closed: World) -> None:
    """More rows than travel as parameters."""
    close(closed, "emea", "year", "2025-01-01")
    daily = define_kpi(
        organization=closed.organization, code="daily", name="Daily", frequency="day"
    )
    assign_kpi(kpi=daily, unit=closed.units["sales"])
    days = [(dt.date(2025, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(250)]
    recorded = record(closed, *({"kpi": "daily", "period": d, "reason": LATE} for d in days))
    assert recorded.created == Restatement.objects.count() == 250


def test_a_contributor_may_not_restate(closed: World) -> None:
    recorded = record(closed, {"reason": LATE}, {"period": "2026-04", "reason": LATE}, name="carol")
    assert codes(recorded) == [(0, "not_permitted")]
    assert recorded.rejected[0].field == "reason"
    assert recorded.created == 1
    assert not Restatement.objects.exists()


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_blank_reason_is_none(closed: World, reason: str | None) -> None:
    assert codes(record(closed, {"reason": reason})) == [(0, "period_closed")]


@pytest.mark.parametrize("reason", ["x" * 1001, "a\x00b", "a\ud800"])
def test_reasons_that_cannot_be_stored(closed: World, reason: str) -> None:
    recorded = record(closed, {"reason": reason}, {"period": "2026-04", "reason": reason})
    assert codes(recorded) == [(0, "invalid_text"), (1, "invalid_text")]


def test_closings_cost_one_statement(acme: World) -> None:
    def statements(*rows: dict[str, Any]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            record(acme, *rows)
        return [query["sql"] for query in queries]

    rows = [{"period": f"{year}-05", "value": year} for year in range(1990, 2020)]
    few, many = statements(rows[0]), statements(*rows[1:])
    assert len(few) == len(many)
    assert sum("closedperiod" in sql for sql in many) == 1
    close(acme, "emea", "year", "2024-01-01")
    with_closing = statements(*({**row, "value": 0} for row in rows))
    assert sum("closedperiod" in sql for sql in with_closing) == 1
    assert not any("restatement" in sql for sql in with_closing)


def test_a_trusted_path_respects_closed_periods(closed: World) -> None:
    with pytest.raises(ValidationError, match="2026-Q1 is closed"):
        closed.record("revenue", "sales", {"2026-03-01": 1, "2026-04-01": 1})
    assert not Measurement.objects.exists()
    values: dict[str, float] = {"2026-03-01": 1, "2026-04-01": 1}
    closed.record("revenue", "sales", values, reason=LATE, user=closed.users["root"])
    restated = Restatement.objects.get()
    assert (restated.period_start, restated.user) == (dt.date(2026, 3, 1), closed.users["root"])


def test_a_closed_value_is_taken_back_with_a_reason(closed: World) -> None:
    closed.record("revenue", "sales", {"2026-03-01": 1}, reason="before")
    Restatement.objects.all().delete()
    measurement = Measurement.objects.get()
    for name, reason, code in (
        ("alice", None, "period_closed"),
        ("carol", LATE, "not_permitted"),
        ("alice", "x" * 1001, "invalid_text"),
    ):
        with pytest.raises(Refused) as refused:
            delete_measurement(access=access(closed, name), measurement=measurement, reason=reason)
        assert refused.value.code == code
    assert Measurement.objects.exists()
    delete_measurement(access=access(closed), measurement=measurement, reason=LATE)
    restated = Restatement.objects.get()
    assert (restated.reason, restated.user) == (LATE, closed.users["alice"])
    assert not Measurement.objects.exists()


def test_an_open_value_is_taken_back_without_a_trace_of_the_reason(closed: World) -> None:
    closed.record("revenue", "sales", {"2026-04-01": 1})
    measurement = Measurement.objects.get()
    delete_measurement(access=access(closed, "carol"), measurement=measurement, reason=LATE)
    assert not Restatement.objects.exists()


# --- Values that follow from others


@pytest.fixture
def summed(acme: World) -> World:
    change_kpi(kpi=acme.kpis["revenue"], unit_rule="sum")
    return acme


def test_a_sum_is_recorded_beneath(summed: World) -> None:
    recorded = record(summed, {"unit": "emea"}, {"unit": "sales"}, {"unit": "ada"})
    assert codes(recorded) == [(0, "rolled_up"), (1, "rolled_up")]
    assert "units beneath" in recorded.rejected[0].detail
    assert recorded.created == 1


def test_units_further_beneath_count_too(summed: World) -> None:
    summed.assignment("revenue", "sales").mark_deleted()
    assert codes(record(summed, {"unit": "emea"})) == [(0, "rolled_up")]
    summed.assignment("revenue", "ada").mark_deleted()
    assert record(summed, {"unit": "emea"}).created == 1


@pytest.mark.parametrize("own_values", ["adds", "replaces"])
def test_own_values_are_taken_where_they_mean_something(summed: World, own_values: str) -> None:
    change_assignment(assignment=summed.assignment("revenue", "sales"), own_values=own_values)
    assert record(summed, {}).created == 1


def test_units_beneath_count_in_their_days(summed: World) -> None:
    change_assignment(assignment=summed.assignment("revenue", "ada"), starts_on=dt.date(2026, 3, 1))
    assert record(summed, {"period": "2026-02"}).created == 1
    assert codes(record(summed, {"period": "2026-03"})) == [(0, "rolled_up")]
    change_assignment(assignment=summed.assignment("revenue", "ada"), starts_on=None, ends_on=START)
    assert record(summed, {"period": "2026-03"}).created == 1
    assert codes(record(summed, {"period": "2025-12"})) == [(0, "rolled_up")]


def test_a_formula_takes_no_values(acme: World) -> None:
    acme.kpis["double"] = define_kpi(
        organization=acme.organization, code="double", name="Double", formula="revenue * 2"
    )
    for unit in ("emea", "sales"):
        assign_kpi(kpi=acme.kpis["double"], unit=acme.units[unit])
    rows = [{"kpi": "double", "unit": unit} for unit in ("emea", "sales")]
    for rule in ("own", "formula"):
        change_kpi(kpi=acme.kpis["double"], unit_rule=rule)
        assert codes(record(acme, *rows)) == [(0, "computed"), (1, "computed")]
    change_kpi(kpi=acme.kpis["double"], unit_rule="mean")
    assert codes(record(acme, *rows)) == [(0, "rolled_up"), (1, "computed")]


def test_rolled_up_rows_cost_one_statement_more(summed: World) -> None:
    def count(*rows: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert record(summed, *rows).created == len(rows)
        return len(queries)

    plain = [{"kpi": "share", "period": f"{year}-05"} for year in range(1990, 2020)]
    rolled = [{**row, "kpi": "revenue", "unit": "ada"} for row in plain]
    alone = count(plain[0])
    assert count(*plain[1:]) == alone
    assert count(rolled[0]) == count(*rolled[1:]) == alone + 1


# --- Targets


def test_a_closed_period_wants_what_it_wanted(closed: World) -> None:
    sales = closed.assignment("revenue", "sales")
    with pytest.raises(ValidationError, match="2026-Q1 is closed"):
        set_target(assignment=sales, valid_from=dt.date(2026, 2, 14), target=50)
    assert Target.objects.filter(assignment=sales).count() == 1
    # It holds until the target of January begins: nothing closed is reached.
    set_target(assignment=sales, valid_from=dt.date(2025, 10, 1), target=50)


def test_an_earlier_target_that_would_hold_in_a_closed_period(closed: World) -> None:
    share = closed.assignment("share", "sales")
    with pytest.raises(ValidationError, match="2026-Q1 is closed"):
        set_target(assignment=share, valid_from=dt.date(2025, 10, 1), target=50)
    set_target(assignment=share, valid_from=dt.date(2026, 4, 1), target=50)
    assert not Restatement.objects.exists()


def test_a_restated_target_keeps_its_reason(closed: World) -> None:
    sales, alice = closed.assignment("revenue", "sales"), closed.users["alice"]
    set_target(assignment=sales, valid_from=START, target=90, by=alice, reason=LATE)
    restated = Restatement.objects.get()
    assert (restated.subject, restated.period_start, restated.reason, restated.user) == (
        *("target", START, LATE, alice),
    )
    set_target(assignment=sales, valid_from=START, target=90, by=alice)
    assert Restatement.objects.count() == 1
    assert TargetRevision.objects.count() == 1


def test_a_removed_target_is_kept(acme: World) -> None:
    nps, alice = acme.assignment("nps", "sales"), acme.users["alice"]
    target = Target.objects.live().get(assignment=nps)
    Change.objects.all().delete()
    remove_target(target=target, by=alice)
    assert not Target.objects.live().filter(assignment=nps).exists()
    kept = TargetRevision.objects.get()
    assert (kept.target, kept.superseded_by, kept.valid_from) == (40, alice, START)
    change = Change.objects.get()
    assert (change.assignment, change.first_start, change.last_start) == (nps, START, None)
    assert last_editor(target) == alice
    with pytest.raises(ValidationError, match="removed meanwhile"):
        remove_target(target=target, by=alice)


def test_a_target_of_a_closed_period_is_removed_with_a_reason(closed: World) -> None:
    target = Target.objects.live().get(assignment=closed.assignment("nps", "sales"))
    with pytest.raises(ValidationError, match="2026-Q1 is closed"):
        remove_target(target=target, by=None)
    remove_target(target=target, by=None, reason=LATE)
    assert Restatement.objects.get().subject == "target"


def last_editor(row: Target) -> Any:
    return row.history.order_by("history_id").last().history_user


def grid(world: World, values: dict[str, float | None]) -> list[Any]:
    sales = world.assignment("revenue", "sales")
    return [(sales, dt.date.fromisoformat(day), {"target": v}) for day, v in values.items()]


def test_many_targets_are_set_together(acme: World) -> None:
    alice, sales = acme.users["alice"], acme.assignment("revenue", "sales")
    Change.objects.all().delete()
    cells = grid(acme, {"2026-01-01": 90, "2026-02-15": 95, "2026-03-01": 100})
    rows = set_targets(assignment_figures=cells, by=alice)
    assert [(row.valid_from.month, row.target, row.version) for row in rows] == [
        *((1, 90, 2), (2, 95, 1), (3, 100, 1)),
    ]
    assert TargetRevision.objects.get().target == 100
    assert {last_editor(row) for row in rows} == {alice}
    assert Change.objects.get().first_start == START
    Change.objects.all().delete()
    again = set_targets(assignment_figures=cells, by=alice)
    assert [row.pk for row in again] == [row.pk for row in rows]
    assert (TargetRevision.objects.count(), Change.objects.count()) == (1, 0)
    assert Target.objects.live().filter(assignment=sales).count() == 3
    assert set_targets(assignment_figures=[], by=alice) == []


def test_one_bad_target_keeps_all_from_being_set(closed: World) -> None:
    sales = closed.assignment("revenue", "sales")
    cells = grid(
        closed,
        {"2026-02-03": 90, "2026-05-01": 95, "2026-05-02": 96, "2026-06-01": float("nan")},
    )
    cells += [(sales, dt.date(2026, 7, 1), {"goal": 1}), (sales, dt.date(2026, 8, 1), {})]
    Change.objects.all().delete()
    with pytest.raises(ValidationError) as refused:
        set_targets(assignment_figures=cells, by=None)
    errors: Any = refused.value.message_dict
    assert {day.isoformat() for _, day in errors} == {
        *("2026-02-03", "2026-05-02", "2026-06-01", "2026-07-01", "2026-08-01"),
    }
    assert all(pk == sales.pk and said[0].endswith(".") for (pk, _), said in errors.items())
    assert "2026-Q1 is closed" in errors[sales.pk, dt.date(2026, 2, 3)][0]
    assert Target.objects.live().filter(assignment=sales).count() == 1
    assert not Change.objects.exists()


def test_targets_of_another_organization_are_refused(acme: World, rival: World) -> None:
    foreign = rival.assignment("secret_sauce", "emea")
    cells = [*grid(acme, {"2026-02-01": 1}), (foreign, START, {"target": 1})]
    with pytest.raises(ValidationError, match="no such assignment"):
        set_targets(assignment_figures=cells, by=None)


def test_statements_do_not_depend_on_the_number_of_targets(acme: World) -> None:
    assignments = list(Assignment.objects.live().filter(kpi=acme.kpis["revenue"]))

    def count(months: range, value: float) -> int:
        days = [dt.date(2020 + m // 12, m % 12 + 1, 1) for m in months]
        cells = [(a, day, {"target": value}) for a in assignments for day in days]
        with CaptureQueriesContext(connection) as queries:
            set_targets(assignment_figures=cells, by=None)
        return len(queries)

    assert count(range(2), 1) == count(range(10, 22), 1)
    assert count(range(2), 2) == count(range(10, 14), 2)
