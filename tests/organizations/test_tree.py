"""The shape of the tree: changed, moved and retired, by one and by two at once."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from kpis.services.units import move_unit
from organizations.models import ClosedPeriod, Membership, Unit
from organizations.selectors import closings, unit_tree
from organizations.services.roles import deactivate_person, give_role
from organizations.services.structure import (
    StaleVersion,
    change_unit,
    create_unit,
    restore_structure,
    retire_structure,
)
from tests.kpis.test_formula_concurrency import refused
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
JANUARY = dt.date(2026, 1, 1)
alone = pytest.mark.django_db(transaction=True)


def test_a_unit_is_renamed(acme: World) -> None:
    apac = acme.units["apac"]
    saved = change_unit(unit=apac, version=1, name="Asia", kind="department")
    assert (saved.name, saved.kind, saved.version) == ("Asia", "department", 2)
    assert change_unit(unit=apac, version=2, name="Asia", kind="department").version == 2
    with pytest.raises(StaleVersion):
        change_unit(unit=apac, version=1, name="East", kind="department")
    for unit, kind in ((apac, "individual"), (acme.units["ada"], "team")):
        with pytest.raises(ValidationError, match="an individual's from its beginning"):
            change_unit(unit=unit, name="X", kind=kind)


def test_nothing_is_hung_beneath_what_is_gone(acme: World) -> None:
    apac = retire_structure(row=acme.units["apac"], version=1)
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        move_unit(unit=acme.units["sales"], parent=apac)
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        create_unit(
            organization=acme.organization, code="tokyo", name="T", kind="team", parent=apac
        )
    restored = restore_structure(row=apac)
    assert (restored.deleted_at, restored.version) == (None, 3)
    assert move_unit(unit=acme.units["sales"], parent=restored, version=1).version == 2
    with pytest.raises(StaleVersion):
        move_unit(unit=acme.units["sales"], parent=acme.units["emea"], version=1)


def test_a_code_taken_meanwhile_keeps_a_retired_unit_away(acme: World) -> None:
    apac = retire_structure(row=acme.units["apac"])
    parent = acme.units["acme"]
    create_unit(organization=acme.organization, code="apac", name="New", kind="team", parent=parent)
    with pytest.raises(ValidationError):
        restore_structure(row=apac)


def closed(acme: World, unit: str) -> bool:
    tree, known = unit_tree(acme.organization), closings(acme.organization)
    period = acme.organization.calendar.parse_label("2026-01")
    return known.covering(tree.line(acme.units[unit].pk), period) is not None


def test_what_is_closed_stays_closed_in_another_line(acme: World) -> None:
    ClosedPeriod.objects.create(
        organization=acme.organization,
        unit=acme.units["emea"],
        frequency="month",
        period_start=JANUARY,
        closed_at=timezone.now(),
        note="As shown.",
    )
    move_unit(unit=acme.units["sales"], parent=acme.units["apac"])
    assert closed(acme, "sales")
    assert closed(acme, "ada")
    assert not closed(acme, "apac")
    carried = ClosedPeriod.objects.standing().get(unit=acme.units["sales"])
    assert carried.note == "As shown."
    move_unit(unit=acme.units["sales"], parent=acme.units["emea"])
    assert closed(acme, "sales")
    carried.refresh_from_db()
    assert "EMEA" in carried.reopening_reason
    retire_structure(row=acme.units["apac"])


@alone
def test_two_moves_at_once_make_no_cycle(acme: World) -> None:
    emea, apac, top = (acme.units[code] for code in ("emea", "apac", "acme"))
    for _ in range(6):
        count = refused(
            lambda: move_unit(unit=emea, parent=apac), lambda: move_unit(unit=apac, parent=emea)
        )
        assert count == 1
        assert len(list(unit_tree(acme.organization).beneath(top.pk))) == 5
        for unit in (emea, apac):
            move_unit(unit=Unit.objects.get(pk=unit.pk), parent=top)


@alone
def test_a_unit_is_not_retired_while_another_comes_beneath(acme: World) -> None:
    for _ in range(6):
        apac = Unit.objects.get(pk=acme.units["apac"].pk)
        count = refused(
            lambda apac=apac: retire_structure(row=apac),  # type: ignore[misc]
            lambda apac=apac: move_unit(unit=acme.units["sales"], parent=apac),  # type: ignore[misc]
        )
        assert count == 1
        live = set(Unit.objects.live().values_list("pk", flat=True))
        assert (
            set(Unit.objects.live().exclude(parent=None).values_list("parent", flat=True)) <= live
        )
        move_unit(unit=acme.units["sales"], parent=acme.units["emea"])
        apac.refresh_from_db()
        restore_structure(row=apac)


@alone
def test_two_administrators_do_not_remove_each_other(acme: World) -> None:
    root, bob = acme.people["root"], acme.people["bob"]
    give_role(person=bob, unit=acme.units["acme"], role="administrator")
    assert (
        refused(lambda: deactivate_person(person=root), lambda: deactivate_person(person=bob)) == 1
    )
    left = Membership.objects.live().filter(unit=acme.units["acme"], role="administrator")
    assert left.count() == 1
