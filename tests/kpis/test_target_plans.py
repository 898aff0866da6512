"""Plans for many targets: shown first, stored second."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from calculations.arrays import floats
from calculations.periods import Frequency, Period
from kpis.models import Target, TargetRevision
from kpis.selectors.held_targets import HeldTargets, held_targets, target_values
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.target_plans import apply_plan, own_parts, plan_cells, roll_over, split_year
from kpis.services.targets import set_target
from tests.worlds import START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
YEAR = Period(Frequency.YEAR, START)
NEXT = Period(Frequency.YEAR, dt.date(2027, 1, 1))


def month(number: int, year: int = 2026) -> Period:
    return Period(Frequency.MONTH, dt.date(year, number, 1))


def held(world: World, *places: tuple[str, str]) -> HeldTargets:
    return held_targets([world.assignment(*place) for place in places or [("revenue", "sales")]])


def targets(world: World, kpi: str = "revenue", unit: str = "sales") -> list[Any]:
    rows = Target.objects.live().filter(assignment=world.assignment(kpi, unit))
    return list(rows.order_by("valid_from").values_list("valid_from", "red_flag", "target"))


def everything() -> list[Any]:
    return [*Target.objects.order_by("pk").values(), *TargetRevision.objects.values()]


# --- Which target holds


def test_a_target_holds_until_the_next(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=dt.date(2026, 3, 1), target=130)
    found = held(acme)
    wanted = [found.at(assignment.pk, dt.date(2026, m, 1)) for m in (1, 2, 3, 12)]
    assert [row.target for row in wanted if row] == [100, 100, 130, 130]
    assert found.at(assignment.pk, dt.date(2025, 12, 31)) is None
    assert found.beginning(assignment.pk, dt.date(2026, 2, 1)) is None
    assert found.begins_between(assignment.pk, START, dt.date(2026, 4, 1))
    assert not found.begins_between(assignment.pk, dt.date(2026, 3, 1), dt.date(2026, 4, 1))


def test_targets_of_any_number_of_kpis_are_one_statement(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    places = [acme.assignment(kpi, "sales") for kpi in ("revenue", "nps", "defects")]
    with django_assert_num_queries(1):
        assert len(held_targets(places).by_assignment) == 3


# --- Cells


def test_a_plan_stores_nothing(acme: World) -> None:
    before = everything()
    assignment, now = acme.assignment("revenue", "sales"), held(acme)
    plan_cells([(assignment, month(3), 5.0), (assignment, month(1), None)], now)
    split_year(assignment=assignment, year=YEAR, total=1, profile=floats([1] * 12), held=now)
    roll_over(assignments=[assignment], year=YEAR, factor=2, held=now)
    assert everything() == before


def test_the_red_flag_of_a_summed_kpi_moves_along(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    plan = plan_cells([(assignment, month(3), 150.0)], held(acme))
    assert apply_plan(plan=plan, by=acme.users["alice"]) == 1
    assert targets(acme) == [(START, 80, 100), (dt.date(2026, 3, 1), 120, 150)]


def test_the_red_flag_of_another_kpi_stays(acme: World) -> None:
    assignment = acme.assignment("nps", "sales")
    quarter = Period(Frequency.QUARTER, dt.date(2026, 4, 1))
    found = held(acme, ("nps", "sales"))
    (cell,) = plan_cells([(assignment, quarter, 45.0)], found)
    assert cell.new is not None
    assert (cell.new["red_flag"], cell.new["target"]) == (20, 45)
    (refused,) = plan_cells([(assignment, quarter, 15.0)], found)
    assert "must be above the red flag 20" in refused.refusal


def test_a_cell_can_be_taken_away(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=dt.date(2026, 3, 1), target=130)
    plan = plan_cells([(assignment, month(3), None), (assignment, month(4), None)], held(acme))
    assert [cell.is_change for cell in plan] == [True, False]
    assert apply_plan(plan=plan, by=acme.users["alice"]) == 1
    assert targets(acme) == [(START, 80, 100)]
    assert TargetRevision.objects.get().target == 130


def test_what_says_so_already_is_no_change(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    plan = plan_cells([(assignment, month(1), 100.0)], held(acme))
    assert not plan[0].is_change
    assert apply_plan(plan=plan, by=acme.users["alice"]) == 0
    assert not TargetRevision.objects.exists()


def test_refused_cells_are_left_out(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    plan = plan_cells(
        [(assignment, month(2), 90.0), (assignment, month(3), 95.0)],
        held(acme),
        lambda period: "closed" if period == month(2) else "",
    )
    assert [cell.refusal for cell in plan] == ["closed", ""]
    assert apply_plan(plan=plan, by=None) == 1
    assert [row[2] for row in targets(acme)] == [100, 95]


# --- A year split


def test_a_split_year_adds_up_and_goes_on(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    plan = split_year(
        assignment=assignment,
        year=YEAR,
        total=1000,
        profile=floats([1] * 11 + [2]),
        held=held(acme),
    )
    apply_plan(plan=plan, by=acme.users["alice"])
    rows = targets(acme)
    assert sum(target for _, _, target in rows) == 1000
    assert rows[-1] == (dt.date(2026, 12, 1), 122, 153)
    december = held(acme).at(assignment.pk, dt.date(2027, 6, 1))
    assert december is not None
    assert december.valid_from == dt.date(2026, 12, 1)


def test_a_split_is_one_batch_whatever_its_parts(
    acme: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assignment = acme.assignment("revenue", "sales")
    plan = split_year(
        assignment=assignment, year=YEAR, total=1000, profile=floats([1] * 12), held=held(acme)
    )
    with django_assert_max_num_queries(20):
        assert apply_plan(plan=plan, by=acme.users["alice"]) == 12


def test_weeks_of_a_year_with_53(acme: World) -> None:
    kpi = define_kpi(organization=acme.organization, code="visits", name="V", frequency="week")
    assignment = assign_kpi(kpi=kpi, unit=acme.units["sales"])
    weeks = own_parts(assignment, YEAR)
    assert len(weeks) == 53
    plan = split_year(
        assignment=assignment, year=YEAR, total=530, profile=floats([1] * 53), held=HeldTargets({})
    )
    assert {cell.new["target"] for cell in plan if cell.new} == {10}


# --- Into the next year


def test_a_year_rolls_over_with_all_its_figures(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(
        assignment=assignment,
        valid_from=dt.date(2026, 7, 1),
        baseline=50,
        floor=100,
        red_flag=150,
        target=200,
        stretch=300,
    )
    plan = roll_over(assignments=[assignment], year=YEAR, factor=1.1, held=held(acme))
    assert [(cell.period, cell.new and cell.new["target"]) for cell in plan] == [
        (month(1, 2027), 110),
        (month(7, 2027), 220),
    ]
    assert plan[0].old is not None
    assert plan[0].old["target"] == 200
    apply_plan(plan=plan, by=acme.users["alice"])
    july = Target.objects.get(assignment=assignment, valid_from=dt.date(2027, 7, 1))
    figures = {name: v for name, v in target_values(july).items() if v is not None}
    assert figures == {"baseline": 55, "floor": 110, "red_flag": 165, "target": 220, "stretch": 330}


def test_targets_of_the_next_year_are_replaced(acme: World) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=dt.date(2027, 5, 1), red_flag=1, target=2)
    plan = roll_over(assignments=[assignment], year=YEAR, factor=1, held=held(acme))
    apply_plan(plan=plan, by=None)
    year = [row for row in targets(acme) if row[0] >= dt.date(2027, 1, 1)]
    assert year == [(dt.date(2027, 1, 1), 80, 100), (dt.date(2027, 5, 1), 80, 100)]


def test_ranges_and_curves_roll_over(acme: World) -> None:
    kpi = define_kpi(
        organization=acme.organization, code="stock", name="Stock", direction="range", decimals=1
    )
    bounds = assign_kpi(kpi=kpi, unit=acme.units["sales"])
    curve = assign_kpi(kpi=kpi, unit=acme.units["emea"])
    figures: dict[str, Any] = {"red_low": 10, "target_low": 20, "target_high": 30, "red_high": 40}
    set_target(assignment=bounds, valid_from=START, **figures)
    set_target(assignment=curve, valid_from=START, curve=[[0, 0], [10, 100]])
    plan = roll_over(
        assignments=[bounds, curve], year=YEAR, factor=1.5, held=held_targets([bounds, curve])
    )
    first, second = (cell.new or {} for cell in plan)
    assert [first[name] for name in figures] == [15, 30, 45, 60]
    assert second["curve"] == [[0, 0], [15, 100]]


def test_yes_and_no_carry_on(acme: World) -> None:
    assignment = acme.assignment("certified", "sales")
    set_target(assignment=assignment, valid_from=START, target=1)
    found = held_targets([assignment])
    (cell,) = roll_over(assignments=[assignment], year=YEAR, factor=1.5, held=found)
    assert cell.new is not None
    assert cell.new["target"] == 1


def test_what_would_pass_a_natural_bound_is_refused(acme: World) -> None:
    assignment = acme.assignment("share", "sales")
    set_target(assignment=assignment, valid_from=START, target=97)
    found = held_targets([assignment])
    (cell,) = roll_over(assignments=[assignment], year=YEAR, factor=1.1, held=found)
    assert "above the natural maximum 100" in cell.refusal
    assert apply_plan(plan=[cell], by=None) == 0


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), 1001])
def test_factors_that_are_none(acme: World, factor: float) -> None:
    with pytest.raises(ValidationError, match="above 0"):
        roll_over(
            assignments=[acme.assignment("revenue", "sales")],
            year=YEAR,
            factor=factor,
            held=held(acme),
        )
