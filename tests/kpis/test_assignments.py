"""Where KPIs are measured: changing, ending and removing it, and moving units."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from kpis.models import Assignment, Change
from kpis.services.changes import EARLIEST
from kpis.services.library import (
    assign_kpi,
    change_assignment,
    change_kpi,
    define_kpi,
    remove_assignment,
)
from kpis.services.units import move_unit
from organizations.services.structure import InUse, StaleVersion, delete_structure
from scorecards.services.structure import link_kpi
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def summed(acme: World) -> World:
    """Revenue is the sum of the units beneath: EMEA of Sales of Ada, and APAC apart."""
    change_kpi(kpi=acme.kpis["revenue"], unit_rule="sum")
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["apac"])
    acme.kpis["revenue"].refresh_from_db()
    Change.objects.all().delete()
    return acme


def noted(world: World, kpi: str = "revenue") -> set[str]:
    """The units of the KPI's open changes since the first period."""
    rows = Change.objects.filter(organization=world.organization)
    assert all((row.first_start, row.last_start) == (EARLIEST, None) for row in rows)
    assert set(rows.values_list("assignment__kpi__code", flat=True)) <= {kpi}
    return set(rows.values_list("assignment__unit__code", flat=True))


def test_days_and_people_are_changed(summed: World) -> None:
    ada = change_assignment(
        assignment=summed.assignment("revenue", "ada"),
        version=1,
        by=summed.users["alice"],
        responsible=summed.people["ada"],
        starts_on=dt.date(2026, 1, 1),
        ends_on=dt.date(2026, 4, 1),
    )
    assert (ada.owner_name, ada.version, ada.history.count()) == ("Ada Byron", 2, 2)
    assert ada.history.first().history_user == summed.users["alice"]
    assert noted(summed) == {"emea", "sales", "ada"}


def test_another_responsible_person_alters_no_figure(summed: World, rival: World) -> None:
    sales = summed.assignment("revenue", "sales")
    change_assignment(assignment=sales, responsible=summed.people["carol"])
    assert not noted(summed)
    with pytest.raises(ValidationError, match="no such person"):
        change_assignment(assignment=sales, responsible=rival.people["charlie"])
    with pytest.raises(ValidationError, match="cannot be changed"):
        change_assignment(assignment=sales, unit=summed.units["apac"])
    with pytest.raises(StaleVersion):
        change_assignment(assignment=sales, version=1, responsible=None)
    with pytest.raises(ValidationError):
        change_assignment(
            assignment=sales, starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 2, 1)
        )


def test_own_values_need_a_sum_or_a_mean(summed: World) -> None:
    emea = change_assignment(assignment=summed.assignment("revenue", "emea"), own_values="adds")
    assert emea.own_values == "adds"
    assert noted(summed) == {"emea", "sales", "ada"}
    with pytest.raises(ValidationError, match="not a sum or a mean") as refused:
        change_assignment(assignment=summed.assignment("share", "sales"), own_values="adds")
    assert list(refused.value.message_dict) == ["own_values"]
    with pytest.raises(ValidationError, match="not a sum or a mean"):
        assign_kpi(kpi=summed.kpis["share"], unit=summed.units["apac"], own_values="replaces")
    with pytest.raises(ValidationError):
        change_assignment(assignment=emea, own_values="doubles")


def test_a_place_without_figures_is_removed(summed: World) -> None:
    ada = summed.assignment("revenue", "ada")
    remove_assignment(assignment=ada)
    assert not Assignment.objects.live().filter(pk=ada.pk).exists()
    assert noted(summed) == {"emea", "sales", "ada"}


def test_a_place_with_values_or_targets_stays(summed: World) -> None:
    with pytest.raises(InUse, match="target"):
        remove_assignment(assignment=summed.assignment("revenue", "sales"))
    summed.record("revenue", "ada", {"2026-01-01": 1})
    with pytest.raises(InUse, match="measurement"):
        remove_assignment(assignment=summed.assignment("revenue", "ada"))


def test_a_place_that_an_objective_counts_stays(acme: World) -> None:
    sales, objective = acme.units["sales"], acme.objectives["sales", "improve"]
    orders = define_kpi(organization=acme.organization, code="orders", name="Orders")
    for unit in ("sales", "emea"):
        assign_kpi(kpi=orders, unit=acme.units[unit])
    link = link_kpi(objective=objective, kpi=orders)
    with pytest.raises(InUse, match=f"objective “{objective}” of “{objective.scorecard}”"):
        remove_assignment(assignment=acme.assignment("orders", "sales"))
    # The scorecard of another unit counts it at that unit alone.
    remove_assignment(assignment=acme.assignment("orders", "emea"))
    delete_structure(row=link)
    remove_assignment(assignment=acme.assignment("orders", "sales"))
    assert not Assignment.objects.live().filter(kpi=orders, unit=sales).exists()


def test_a_place_that_a_formula_there_reads_stays(acme: World) -> None:
    double = define_kpi(
        organization=acme.organization, code="double", name="Double", formula="revenue * 2"
    )
    assign_kpi(kpi=double, unit=acme.units["ada"])
    with pytest.raises(InUse, match="KPI “Double”"):
        remove_assignment(assignment=acme.assignment("revenue", "ada"))
    remove_assignment(assignment=acme.assignment("double", "ada"))
    remove_assignment(assignment=acme.assignment("revenue", "ada"))


def test_a_new_place_reaches_the_line_and_what_is_beneath(summed: World) -> None:
    assign_kpi(kpi=summed.kpis["revenue"], unit=summed.units["acme"])
    assert noted(summed) == {"acme", "emea", "apac", "sales", "ada"}


def test_a_place_of_its_own_reaches_nothing_else(acme: World) -> None:
    Change.objects.all().delete()
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["acme"])
    assert noted(acme) == {"acme"}


# --- Moving


def test_a_move_reaches_both_lines_and_what_moved(
    summed: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(32):
        moved = move_unit(unit=summed.units["sales"], parent=summed.units["apac"])
    assert moved.parent == summed.units["apac"]
    assert noted(summed) == {"emea", "apac", "sales", "ada"}


def test_a_move_within_one_line_leaves_the_other_alone(summed: World) -> None:
    move_unit(unit=summed.units["ada"], parent=summed.units["emea"])
    assert noted(summed) == {"emea", "sales", "ada"}


def test_a_move_does_not_reach_what_stands_alone(acme: World) -> None:
    Change.objects.all().delete()
    move_unit(unit=acme.units["sales"], parent=acme.units["apac"])
    assert not noted(acme)
    change_kpi(kpi=acme.kpis["revenue"], inherits_target=True)
    Change.objects.all().delete()
    move_unit(unit=acme.units["sales"], parent=acme.units["emea"])
    assert noted(acme) == {"emea", "sales", "ada"}


def test_a_refused_move_leaves_nothing(summed: World) -> None:
    with pytest.raises(ValidationError, match="lies beneath"):
        move_unit(unit=summed.units["emea"], parent=summed.units["sales"])
    assert not noted(summed)
