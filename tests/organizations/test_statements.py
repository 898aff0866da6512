"""Statements that are written out say the same on both databases."""

import datetime as dt
from typing import Any

import pytest
from django.db.models import QuerySet
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Frequency, Period
from organizations.models import Organization, Unit
from organizations.statements import as_date, executed, fetched, in_periods, models_of
from tests.kpis.test_closed_periods import close
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNITS = (
    "SELECT id FROM organizations_unit WHERE organization_id = %(organization)s AND code {codes}"
)


def test_collections_numbers_and_texts(acme: World) -> None:
    codes = {"emea", "apac", "nowhere", "'; --"}
    found = {pk for (pk,) in fetched(UNITS, organization=acme.organization.pk, codes=codes)}
    assert found == {acme.units["emea"].pk, acme.units["apac"].pk}
    by_id = "SELECT {columns} FROM organizations_unit WHERE id {ids} ORDER BY name"
    units = models_of(Unit, by_id, ("id", "name"), ids=found)
    assert [unit.name for unit in units] == sorted(acme.units[c].name for c in ("apac", "emea"))
    assert units[0].code in codes  # read when it is asked for
    assert_same(models_of(Unit, by_id, ids=found), Unit.objects.filter(pk__in=found))
    organization = "SELECT {columns} FROM organizations_organization WHERE id = %(id)s"
    read = models_of(Organization, organization, id=acme.organization.pk)
    assert_same(read, Organization.objects.filter(pk=acme.organization.pk))


def assert_same(found: list[Any], expected: QuerySet[Any]) -> None:
    """Every field has the very value that Django reads."""
    for mine, row in zip(found, expected.order_by("name"), strict=True):
        for field in row._meta.concrete_fields:
            assert getattr(mine, field.attname) == getattr(row, field.attname), field.name


def test_among_none_is_nothing(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert fetched(UNITS, organization=acme.organization.pk, codes=()) == []
        assert models_of(Unit, UNITS, organization=acme.organization.pk, codes=[]) == []


def test_exactly_these_periods(acme: World) -> None:
    january = dt.date(2026, 1, 1)
    month, quarter = (Period(each, january) for each in (Frequency.MONTH, Frequency.QUARTER))
    close(acme, "emea", "month", "2026-01-01")
    close(acme, "apac", "quarter", "2026-01-01")
    for periods, units in (([month], {"emea"}), ([month, quarter], {"emea", "apac"})):
        in_these, parameters = in_periods(periods)
        statement = "SELECT unit_id, period_start FROM organizations_closedperiod WHERE "
        rows = fetched(statement + in_these, **parameters)
        assert {pk for pk, _ in rows} == {acme.units[code].pk for code in units}
        assert {as_date(start) for _, start in rows} == {january}
    written = executed("DELETE FROM organizations_closedperiod WHERE " + in_these, **parameters)
    assert written == 2
