"""Roles and invitations: given and taken back, and an organization is never left alone."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from organizations.access import user_access
from organizations.models import Membership, Person, User
from organizations.selectors import roles_held
from organizations.services.invitations import add_person, invite_person
from organizations.services.people import change_person, create_person, grant_role
from organizations.services.roles import (
    deactivate_person,
    give_role,
    reactivate_person,
    take_role,
)
from organizations.services.structure import InUse, StaleVersion, retire_structure
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def roles(person: Person) -> dict[str, str]:
    person.refresh_from_db()
    return {held.unit.code: held.role for held in roles_held(person)}


# --- Roles


def test_a_role_is_given_changed_and_taken_back(acme: World) -> None:
    bob, root = acme.people["bob"], acme.users["root"]
    give_role(person=bob, unit=acme.units["apac"], role="manager", by=root)
    held = give_role(person=bob, unit=acme.units["apac"], role="viewer", by=root, version=1)
    assert roles(bob) == {"sales": "viewer", "apac": "viewer"}
    assert held.history.first().history_user == root
    with pytest.raises(StaleVersion):
        give_role(person=bob, unit=acme.units["apac"], role="manager", version=1)
    with pytest.raises(StaleVersion):
        take_role(person=bob, unit=acme.units["apac"], version=1)
    assert take_role(person=bob, unit=acme.units["apac"], version=2) == "viewer"
    assert roles(bob) == {"sales": "viewer"}
    with pytest.raises(ValidationError, match="no role at APAC"):
        take_role(person=bob, unit=acme.units["apac"])


def test_a_role_needs_a_sign_in_and_a_unit_of_the_organization(acme: World, rival: World) -> None:
    with pytest.raises(ValidationError, match="Invite them first"):
        give_role(person=acme.people["ada"], unit=acme.units["sales"], role="viewer")
    with pytest.raises(ValidationError, match="no such unit"):
        give_role(person=acme.people["bob"], unit=rival.units["emea"], role="viewer")
    with pytest.raises(ValidationError):
        give_role(person=acme.people["bob"], unit=acme.units["emea"], role="emperor")


def test_the_last_administrator_of_all_stays(acme: World) -> None:
    root, top = acme.people["root"], acme.units["acme"]
    said = "Nobody else administers all of Acme"
    with pytest.raises(ValidationError, match=said):
        deactivate_person(person=root)
    with pytest.raises(ValidationError, match=said):
        take_role(person=root, unit=top)
    with pytest.raises(ValidationError, match=said):
        give_role(person=root, unit=top, role="manager")
    assert roles(root) == {"acme": "administrator"}
    give_role(person=acme.people["alice"], unit=acme.units["emea"], role="administrator")
    with pytest.raises(ValidationError, match=said):
        deactivate_person(person=root)
    give_role(person=acme.people["bob"], unit=top, role="administrator")
    deactivate_person(person=root)
    assert roles(root) == {}


def test_somebody_switched_off_by_an_operator_administers_nothing(acme: World) -> None:
    grant_role(user=acme.users["bob"], unit=acme.units["acme"], role="administrator")
    User.objects.filter(pk=acme.users["bob"].pk).update(is_active=False)
    with pytest.raises(ValidationError, match="Nobody else"):
        deactivate_person(person=acme.people["root"])


def test_deactivated_and_reactivated(acme: World) -> None:
    alice, user = acme.people["alice"], acme.users["alice"]
    give_role(person=alice, unit=acme.units["apac"], role="viewer")
    take_role(person=alice, unit=acme.units["apac"])
    give_role(person=alice, unit=acme.units["apac"], role="contributor")
    deactivate_person(person=alice, by=acme.users["root"])
    assert user_access(user, "acme") is None
    with pytest.raises(ValidationError, match="no role any more"):
        deactivate_person(person=alice)
    reactivate_person(person=alice)
    assert roles(alice) == {"emea": "manager", "apac": "contributor"}
    with pytest.raises(ValidationError, match="a role already"):
        reactivate_person(person=alice)


def test_a_unit_that_is_gone_gives_no_role_back(acme: World) -> None:
    bob = acme.people["bob"]
    take_role(person=bob, unit=acme.units["sales"])
    give_role(person=bob, unit=acme.units["apac"], role="viewer")
    with pytest.raises(InUse, match="Bob"):
        retire_structure(row=acme.units["apac"])
    deactivate_person(person=bob)
    retire_structure(row=acme.units["apac"])
    reactivate_person(person=bob)
    assert roles(bob) == {"sales": "viewer"}


# --- Invitations


def invited(acme: World, email: str, **about: Any) -> Person:
    person = create_person(organization=acme.organization, code="eve", name="Eve")
    unit = acme.units["sales"]
    return invite_person(person=person, email=email, unit=unit, role="viewer", **about)


def test_an_invited_person_has_a_role_and_no_password(acme: World) -> None:
    eve = invited(acme, " Eve@Example.org ")
    assert eve.user is not None
    assert (eve.email, eve.user.email) == ("eve@example.org", "eve@example.org")
    assert not eve.user.has_usable_password()
    assert roles(eve) == {"sales": "viewer"}


def test_a_sign_in_of_another_organization_gets_the_role(acme: World, rival: World) -> None:
    eve = invited(acme, "CHARLIE@example.org")
    assert eve.user == rival.users["charlie"]
    assert roles(eve) == {"sales": "viewer"}
    access = user_access(rival.users["charlie"], "rival")
    assert access is not None
    assert set(access.roles.values()) == {"administrator"}


def test_one_sign_in_is_one_person(acme: World) -> None:
    with pytest.raises(ValidationError, match="“Bob” signs in with this address") as refusal:
        invited(acme, "bob@example.org")
    assert list(refusal.value.message_dict) == ["email"]


@pytest.mark.parametrize("email", ["", "eve", "eve@", "e\x00@example.org", "a b@example.org"])
def test_an_address_that_is_none(acme: World, email: str) -> None:
    with pytest.raises(ValidationError, match="Write an e-mail address"):
        invited(acme, email)
    assert not User.objects.filter(name="Eve").exists()


def test_an_invitation_needs_a_role(acme: World) -> None:
    with pytest.raises(ValidationError, match="Choose a role"):
        invite_person(person=acme.people["ada"], email="ada@example.org")
    assert acme.people["ada"].user_id is None


def test_a_mistyped_address_is_put_right_until_they_sign_in(acme: World) -> None:
    eve = invited(acme, "evve@example.org")
    eve = invite_person(person=eve, email="eve@example.org", version=eve.version)
    assert eve.user is not None
    assert roles(eve) == {"sales": "viewer"}
    assert not Membership.objects.live().filter(user__email="evve@example.org").exists()
    User.objects.filter(pk=eve.user.pk).update(last_login=timezone.now())
    with pytest.raises(ValidationError, match="has signed in"):
        invite_person(person=eve, email="other@example.org")


def test_somebody_new_without_and_with_a_role(acme: World) -> None:
    mine: dict[str, Any] = {"organization": acme.organization}
    assert add_person(**mine, code="eve", name="Eve").user is None
    unit = acme.units["emea"]
    eva = add_person(**mine, code="eva", name="Eva", email="e@x.org", unit=unit, role="viewer")
    assert roles(eva) == {"emea": "viewer"}
    with pytest.raises(ValidationError, match="e-mail address"):
        add_person(**mine, code="evi", name="Evi", unit=unit, role="viewer")


def test_a_name_changes_and_the_address_of_a_sign_in_stays(acme: World) -> None:
    bob = change_person(person=acme.people["bob"], version=1, name="Robert")
    assert (bob.name, bob.version, bob.history.count()) == ("Robert", 2, 2)
    with pytest.raises(StaleVersion):
        change_person(person=bob, version=1, name="Rob")
    with pytest.raises(ValidationError, match="belongs to a sign-in"):
        change_person(person=bob, email="else@example.org")
    assert change_person(person=acme.people["ada"], email="ada@example.org").version == 2
