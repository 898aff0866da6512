"""Units, roles, tokens and deletion."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from kpis.services.library import define_kpi
from organizations.models import ApiToken, Membership, Unit
from organizations.services.people import (
    create_organization,
    create_person,
    grant_role,
    revoke_role,
)
from organizations.services.structure import (
    InUse,
    create_unit,
    delete_structure,
    move_unit,
)
from organizations.services.tokens import issue_token
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


# --- Codes and texts


@pytest.mark.parametrize(
    "code",
    ["", "Sales", "1st", "sa-les", "sales!", "x" * 51, "kpis", "true", "sales\n", "ünit", "a b"],
)
def test_codes_that_cannot_stand_in_an_address(acme: World, code: str) -> None:
    with pytest.raises(ValidationError):
        create_unit(
            organization=acme.organization,
            code=code,
            name="X",
            kind="team",
            parent=acme.units["acme"],
        )


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "x" * 201])
def test_texts_that_cannot_be_stored(acme: World, name: str) -> None:
    with pytest.raises(ValidationError):
        create_person(organization=acme.organization, code="eve", name=name)


def test_texts_are_stored_in_one_form(acme: World) -> None:
    person = create_person(organization=acme.organization, code="eve", name="Rene\u0301e")
    person.refresh_from_db()
    assert person.name == "Ren\u00e9e"


@pytest.mark.parametrize(
    "settings",
    [
        {"fiscal_month": 13},
        {"time_zone": "Mars/Olympus"},
        {"minimum_coverage": 2},
        {"reporting_frequencies": []},
        {"reporting_frequencies": ["fortnight"]},
        {"reporting_frequencies": "month"},
        {"code": "kpis"},
    ],
)
def test_settings_that_make_no_sense(db: None, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        create_organization(**{"code": "initech", "name": "Initech", **settings})


# --- The border


def test_nothing_crosses_the_border(acme: World, rival: World) -> None:
    foreign, organization = rival.units["emea"], acme.organization
    with pytest.raises(ValidationError, match="no such unit"):
        create_unit(organization=organization, code="x", name="X", kind="team", parent=foreign)
    with pytest.raises(ValidationError, match="no such unit"):
        move_unit(unit=acme.units["sales"], parent=foreign)
    with pytest.raises(ValidationError, match="no such unit"):
        issue_token(organization=organization, name="x", scopes=["measurements:read"], unit=foreign)
    with pytest.raises(ValidationError, match="no such person"):
        define_kpi(organization=organization, code="x", name="X", owner=rival.people["charlie"])


# --- The tree


def test_a_unit_moves_with_all_beneath_it(acme: World) -> None:
    moved = move_unit(unit=acme.units["sales"], parent=acme.units["apac"])
    assert moved.version == 2
    assert [unit.code for unit in Unit.objects.ancestors(acme.units["ada"])] == [
        *("acme", "apac", "sales")
    ]
    assert moved.history.count() == 2


@pytest.mark.parametrize(
    ("unit", "parent"), [("emea", "emea"), ("emea", "sales"), ("emea", "ada"), ("acme", "apac")]
)
def test_a_cycle_is_refused(acme: World, unit: str, parent: str) -> None:
    with pytest.raises(ValidationError):
        move_unit(unit=acme.units[unit], parent=acme.units[parent])


# --- Deleting


def test_deleting_refuses_while_others_use_it(acme: World) -> None:
    with pytest.raises(InUse) as refusal:
        delete_structure(row=acme.units["sales"])
    assert any("Ada Byron" in user for user in refusal.value.users)
    assert any("scorecard" in user for user in refusal.value.users)
    assert str(refusal.value).startswith("“Sales” is used by")
    acme.units["sales"].refresh_from_db()
    assert acme.units["sales"].deleted_at is None


def test_what_nobody_uses_is_marked_as_deleted(acme: World) -> None:
    delete_structure(row=acme.units["apac"])
    apac = Unit.objects.get(pk=acme.units["apac"].pk)
    assert apac.deleted_at is not None
    assert apac not in Unit.objects.live()
    assert apac.history.count() == 2


def test_deleted_users_of_it_do_not_count(acme: World) -> None:
    child = create_unit(
        organization=acme.organization,
        code="tokyo",
        name="Tokyo",
        kind="team",
        parent=acme.units["apac"],
    )
    with pytest.raises(InUse):
        delete_structure(row=acme.units["apac"])
    delete_structure(row=child)
    delete_structure(row=acme.units["apac"])


# --- Roles and tokens


def test_a_role_is_replaced_and_taken_back(acme: World) -> None:
    bob, sales = acme.users["bob"], acme.units["sales"]
    grant_role(user=bob, unit=sales, role="manager")
    membership = Membership.objects.live().get(user=bob)
    assert (membership.role, membership.version) == ("manager", 2)
    revoke_role(user=bob, unit=sales)
    assert not Membership.objects.live().filter(user=bob).exists()
    assert [h.role for h in membership.history.order_by("history_id")] == [
        *("viewer", "manager", "manager")
    ]
    grant_role(user=bob, unit=sales, role="viewer")
    assert Membership.objects.filter(user=bob).count() == 2


def test_an_unknown_role_is_refused(acme: World) -> None:
    with pytest.raises(ValidationError):
        grant_role(user=acme.users["bob"], unit=acme.units["sales"], role="emperor")
    with pytest.raises(ValidationError):
        grant_role(user=acme.users["bob"], unit=acme.units["emea"], role="emperor")


@pytest.mark.parametrize(
    "about",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"days": 0},
        {"days": 3651},
        {"name": ""},
        {"name": "a\x00b"},
    ],
)
def test_tokens_that_make_no_sense(acme: World, about: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        issue_token(
            **{
                "organization": acme.organization,
                "name": "billing",
                "scopes": ["measurements:read"],
                **about,
            }
        )


def test_a_token_is_stored_as_a_hash(acme: World) -> None:
    token, secret = acme.token()
    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(stored)
    assert token.is_valid_at(timezone.now())
    assert not token.is_valid_at(timezone.now() + dt.timedelta(days=366))
