"""Who sees and may do what, by role, openness and token."""

from typing import Any

import pytest

from organizations.access import Access, Action, token_access, user_access, valid_token
from organizations.models import Organization, Role
from organizations.services.people import grant_role
from organizations.services.tokens import revoke_token
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ALL = {"acme", "emea", "sales", "ada", "apac"}


def access(world: World, name: str) -> Access:
    found = user_access(world.users[name], world.organization.code)
    assert found
    return found


def seen(found: Access) -> set[str]:
    return {node.code for node in found.tree.by_id.values() if found.sees(node.id)}


def permitted(found: Access, action: Action) -> set[str]:
    return {node.code for node in found.tree.by_id.values() if found.can(action, node.id)}


@pytest.mark.parametrize(
    ("name", "sees"),
    [("root", ALL), ("alice", ALL), ("bob", ALL - {"ada"}), ("carol", ALL - {"ada"})],
)
def test_members_see_all_units_but_others_individuals(
    acme: World, name: str, sees: set[str]
) -> None:
    assert seen(access(acme, name)) == sees


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("root", ALL),
        ("alice", ALL - {"apac"}),
        ("bob", {"acme", "emea", "sales"}),
        ("carol", {"acme", "emea", "sales"}),
    ],
)
def test_an_organization_may_restrict_members_to_their_line(
    acme: World, name: str, sees: set[str]
) -> None:
    acme.organization.openness = Organization.Openness.LINE
    acme.organization.save()
    assert seen(access(acme, name)) == sees


def test_an_individual_is_seen_by_the_person(acme: World) -> None:
    ada = acme.people["ada"]
    ada.user = acme.users["bob"]
    # Bob is a person of his own in this world; that one lets go of the sign-in first.
    own = acme.people["bob"]
    own.user = None
    own.save()
    ada.save()
    assert "ada" in seen(access(acme, "bob"))


@pytest.mark.parametrize(
    ("name", "action", "units"),
    [
        ("bob", Action.RECORD_VALUES, set()),
        ("carol", Action.RECORD_VALUES, {"sales", "ada"}),
        ("carol", Action.EDIT_STRUCTURE, set()),
        ("alice", Action.EDIT_STRUCTURE, {"emea", "sales", "ada"}),
        ("alice", Action.ADMINISTER, set()),
        ("root", Action.ADMINISTER, ALL),
    ],
)
def test_roles_hold_for_the_unit_and_all_beneath(
    acme: World, name: str, action: Action, units: set[str]
) -> None:
    assert permitted(access(acme, name), action) == units


def test_the_best_of_several_roles_counts(acme: World) -> None:
    grant_role(user=acme.users["bob"], unit=acme.units["emea"], role=Role.MANAGER)
    assert permitted(access(acme, "bob"), Action.EDIT_STRUCTURE) == {"emea", "sales", "ada"}


def test_strangers_and_the_inactive_have_no_access(acme: World, rival: World) -> None:
    assert user_access(rival.users["charlie"], "acme") is None
    assert user_access(acme.users["bob"], "nowhere") is None
    acme.users["bob"].is_active = False
    assert user_access(acme.users["bob"], "acme") is None


# --- Tokens


def of_token(world: World, *scopes: str, **about: Any) -> Access:
    token = world.token(*scopes, **about)[0]
    found = token_access(token, "acme")
    assert found
    return found


def test_a_token_of_an_operator_is_bound_by_scopes_alone(acme: World) -> None:
    found = of_token(acme)
    assert seen(found) == ALL
    assert permitted(found, Action.RECORD_VALUES) == ALL
    assert permitted(found, Action.EDIT_STRUCTURE) == set()


def test_a_token_is_confined_to_its_unit(acme: World) -> None:
    found = of_token(acme, unit=acme.units["sales"])
    assert seen(found) == permitted(found, Action.RECORD_VALUES) == {"sales", "ada"}


def test_a_token_does_no_more_than_its_maker(acme: World) -> None:
    found = of_token(acme, created_by=acme.users["carol"])
    assert permitted(found, Action.RECORD_VALUES) == {"sales", "ada"}
    assert seen(found) == ALL - {"ada"}
    limited = of_token(acme, name="both", created_by=acme.users["carol"], unit=acme.units["apac"])
    assert permitted(limited, Action.RECORD_VALUES) == set()
    assert seen(limited) == {"apac"}


def test_a_token_works_in_its_organization_only(acme: World, rival: World) -> None:
    token, secret = acme.token()
    assert valid_token(secret) == token
    assert token_access(token, "rival") is None
    revoke_token(token=token)
    assert valid_token(secret) is None
    assert valid_token("los_nobody") is None
