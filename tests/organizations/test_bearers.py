"""Tokens are remembered for a moment; whatever takes a right away works on the next request."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from organizations import bearers
from organizations.access import Access, Action
from organizations.bearers import bearer, is_remembered
from organizations.models import ApiToken, Membership, Organization, User
from organizations.services.people import grant_role, revoke_role
from organizations.services.structure import create_unit, move_unit
from organizations.services.tokens import revoke_token
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def statements(secret: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        bearer(secret)
    return len(queries)


def access_of(secret: str) -> Access:
    found = bearer(secret)
    assert found
    assert found.access
    return found.access


@pytest.fixture
def carols(acme: World) -> str:
    """The secret of a token that Carol, contributor of Sales, has made and just used."""
    secret = acme.token(name="carols", created_by=acme.users["carol"])[1]
    bearer(secret)
    return secret


def test_a_token_is_looked_up_once(acme: World, carols: str) -> None:
    assert is_remembered(carols)
    assert statements(carols) == 1
    assert access_of(carols).can(Action.RECORD_VALUES, acme.units["sales"].pk)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=31)):
        assert statements(carols) == 2  # the token with its stamp, roles; the units stay


TAKEN: dict[str, Callable[[], Any]] = {
    "revoked": lambda: revoke_token(token=ApiToken.objects.get(name="carols")),
    "revoked past the services": lambda: ApiToken.objects.update(revoked_at=NOW),
    "deactivated past the services": lambda: User.objects.filter(name="Carol").update(
        is_active=False
    ),
}


@pytest.mark.parametrize("how", TAKEN)
def test_who_has_left_is_nobody_at_once(acme: World, carols: str, how: str) -> None:
    TAKEN[how]()
    assert bearer(carols) is None
    assert not is_remembered(carols)


def test_a_role_that_is_taken_or_changed_counts_at_once(acme: World, carols: str) -> None:
    carol, sales = acme.users["carol"], acme.units["sales"]
    grant_role(user=carol, unit=sales, role="viewer")
    assert not access_of(carols).can(Action.RECORD_VALUES, sales.pk)
    revoke_role(user=carol, unit=sales)
    found = bearer(carols)
    assert found
    assert found.access is None
    Membership.objects.filter(user=carol).update(deleted_at=None, role="contributor")
    assert access_of(carols).can(Action.RECORD_VALUES, sales.pk)


def test_settings_and_units_count_at_once(acme: World, carols: str) -> None:
    assert access_of(carols).visible_unit("apac")
    Organization.objects.filter(code="acme").update(openness=Organization.Openness.LINE)
    assert access_of(carols).visible_unit("apac") is None
    new = create_unit(
        organization=acme.organization,
        code="crew",
        name="Crew",
        kind="team",
        parent=acme.units["sales"],
    )
    assert access_of(carols).can(Action.RECORD_VALUES, new.pk)
    move_unit(unit=new, parent=acme.units["apac"])
    assert access_of(carols).visible_unit("crew") is None
    acme.people["ada"].user = acme.users["carol"]
    acme.people["carol"].user = None
    acme.people["carol"].save()
    acme.people["ada"].save()
    assert access_of(carols).visible_unit("ada")


def test_what_was_taken_back_was_never_there(acme: World, carols: str) -> None:
    """What a transaction saw before it failed is not remembered as if it had been."""
    carol, sales = acme.users["carol"], acme.units["sales"]
    with transaction.atomic():
        grant_role(user=carol, unit=sales, role="viewer")
        assert not access_of(carols).can(Action.RECORD_VALUES, sales.pk)
        transaction.set_rollback(True)
    assert access_of(carols).can(Action.RECORD_VALUES, sales.pk)


def test_each_request_has_rows_of_its_own(acme: World, carols: str) -> None:
    first = access_of(carols)
    assert first.user
    assert first.token
    first.organization.openness = "line"
    first.user.name = first.token.name = "Mallory"
    second = access_of(carols)
    assert second.organization.openness == "all"
    assert (str(second.user), str(second.token)) == ("Carol", "carols")
    assert second.token is not None
    assert second.token.organization is second.organization
    assert second.tree is first.tree


def test_organizations_share_nothing_and_memory_is_bounded(
    acme: World, rival: World, carols: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    charlies = rival.token(created_by=rival.users["charlie"])[1]
    assert {each.code for each in access_of(charlies).tree.by_id.values()} == {"rival", "emea"}
    grant_role(user=rival.users["charlie"], unit=rival.units["emea"], role="viewer")
    assert statements(carols) == 1
    monkeypatch.setattr(bearers, "MOST_TOKENS", 1)
    assert access_of(charlies).organization == rival.organization
    assert statements(carols) > 1
    assert not is_remembered(charlies)


def test_use_is_noted_once_a_minute(acme: World, carols: str) -> None:
    first = ApiToken.objects.get(name="carols").last_used_at
    assert first
    with time_machine.travel(first + dt.timedelta(seconds=20)):
        bearer(carols)
    assert ApiToken.objects.get(name="carols").last_used_at == first
    with time_machine.travel(first + dt.timedelta(seconds=61)):
        bearer(carols)
        assert statements(carols) == 1
    assert ApiToken.objects.get(name="carols").last_used_at != first


def test_the_database_stamps_every_write_that_decides(db: None) -> None:
    """A migration that makes one of these tables anew on SQLite must create its triggers again."""
    tables = [f"organizations_{name}" for name in ("membership", "organization", "person", "unit")]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
            expected = [f"{t}_access_{event}" for t in tables for event in ("insert", "update")]
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname")
            expected = [f"{table}_access" for table in tables]
        assert [name for (name,) in cursor.fetchall()] == expected
