"""What operators can do at /operators/, and what they cannot."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from organizations.models import Membership, Organization, Unit, User
from scorecards.models import Perspective
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import add_perspective
from tests.worlds import World

pytestmark = pytest.mark.django_db

EDITABLE = {User, Organization, Membership}
APPS = ("organizations", "kpis", "scorecards", "strategy_maps")
REGISTERED = [
    model
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    if not model.__name__.startswith("Historical")
]


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("op@example.org", "a password of an operator"))
    return client


@pytest.fixture
def full(acme: World) -> World:
    acme.record("revenue", "sales", {"2026-01-01": 1})
    acme.record("revenue", "sales", {"2026-01-01": 2})
    refresh_scores(organization_id=acme.organization.pk)
    acme.record("revenue", "sales", {"2026-02-01": 2})
    acme.token()
    return acme


def test_every_model_is_registered() -> None:
    assert set(REGISTERED) <= set(admin.site._registry)


@pytest.mark.parametrize("name", ["alice", "root"])
def test_members_are_no_operators(acme: World, client: Client, name: str) -> None:
    client.force_login(acme.users[name])
    answer = client.get(address(Unit, "changelist"))
    assert answer.status_code in (302, 403)


def test_lists_and_rows_open_for_every_model(full: World, operator: Client) -> None:
    for model in REGISTERED:
        page = operator.get(address(model, "changelist"), {"q": "x"})
        assert page.status_code == 200, model
        row = model._default_manager.first()
        if row is not None:
            assert operator.get(address(model, "change", row.pk)).status_code == 200, model
            assert operator.get(address(model, "history", row.pk)).status_code == 200, model


def test_lists_take_a_constant_number_of_statements(
    full: World, operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def count(model: Any) -> int:
        with django_assert_max_num_queries(12) as queries:
            operator.get(address(model, "changelist"))
        return len(queries.captured_queries)

    before = {model: count(model) for model in REGISTERED}
    for i in range(5):
        add_perspective(scorecard=full.scorecards["sales"], code=f"more_{i}", name=f"More {i}")
        user = User.objects.create_user(f"u{i}@example.org")
        Membership.objects.create(
            organization=full.organization, user=user, unit=full.units["sales"], role="viewer"
        )
    assert Perspective.objects.count() > 5
    full.record("revenue", "sales", {f"2025-0{month}-01": month for month in range(1, 8)})
    full.record("revenue", "sales", {f"2025-0{month}-01": -month for month in range(1, 8)})
    assert {model: count(model) for model in REGISTERED} == before


@pytest.mark.parametrize("model", [m for m in REGISTERED if m not in EDITABLE])
def test_the_rest_is_read_only(full: World, operator: Client, model: Any) -> None:
    assert operator.get(address(model, "add")).status_code == 403
    row = model._default_manager.first()
    if row is None:
        return
    before = model._default_manager.filter(pk=row.pk).values().get()
    for page in ("change", "delete"):
        assert operator.post(address(model, page, row.pk), {"post": "yes"}).status_code == 403
    if hasattr(row, "history"):
        version = row.history.first()
        if version is not None:
            history = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_simple_history",
                args=[row.pk, version.history_id],
            )
            assert operator.get(history).status_code == 200
            assert operator.post(history, {}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_an_operator_makes_a_user_with_a_password(operator: Client) -> None:
    fields = {"email": "New@Example.org", "name": "New", "usable_password": "true"}
    passwords = {"password1": "quite a long one", "password2": "quite a long one"}
    answer = operator.post(address(User, "add"), fields | passwords)
    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(email="new@example.org")
    assert user.check_password("quite a long one")
    again = operator.post(address(User, "add"), fields | passwords)
    assert again.status_code == 200
    assert b"already" in again.content


def test_a_password_is_set_and_never_shown(acme: World, operator: Client) -> None:
    user = acme.users["bob"]
    page = operator.get(address(User, "change", user.pk)).content.decode()
    assert user.password not in page
    answer = operator.post(
        reverse("admin:auth_user_password_change", args=[user.pk]),
        {
            "usable_password": "true",
            "password1": "another long one",
            "password2": "another long one",
        },
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password("another long one")


def test_nobody_and_no_organization_is_deleted(acme: World, operator: Client) -> None:
    user, organization = acme.users["bob"], acme.organization
    assert operator.post(address(User, "delete", user.pk), {"post": "yes"}).status_code == 403
    answer = operator.post(address(Organization, "delete", organization.pk), {"post": "yes"})
    assert answer.status_code == 403


def test_an_operator_makes_and_edits_an_organization(operator: Client) -> None:
    fields = {
        "code": "initech",
        "name": "Initech",
        "fiscal_month": 4,
        "fiscal_year_named_by": "end",
        "time_zone": "Europe/Berlin",
        "display_scale": "index",
        "minimum_coverage": 0.5,
        "reporting_frequencies": '["month", "year"]',
        "openness": "all",
    }
    answer = operator.post(address(Organization, "add"), fields)
    assert answer.status_code == 302
    organization = Organization.objects.get(code="initech")
    url = address(Organization, "change", organization.pk)
    answer = operator.post(url, {**fields, "name": "Initech Ltd", "fiscal_month": 7})
    assert answer.status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.version) == ("Initech Ltd", 2)
    assert organization.fiscal_month == 4
    assert organization.history.count() == 2


def test_an_operator_grants_and_takes_back_a_role(acme: World, operator: Client) -> None:
    user, unit = User.objects.create_user("dora@example.org"), acme.units["emea"]
    fields = {"user": user.pk, "unit": unit.pk, "role": "manager"}
    assert operator.post(address(Membership, "add"), fields).status_code == 302
    membership = Membership.objects.live().get(user=user)
    assert membership.organization == acme.organization
    url = address(Membership, "change", membership.pk)
    assert operator.post(url, {"role": "viewer"}).status_code == 302
    membership.refresh_from_db()
    assert membership.role == "viewer"
    answer = operator.post(address(Membership, "delete", membership.pk), {"post": "yes"})
    assert answer.status_code == 302
    membership.refresh_from_db()
    assert membership.deleted_at is not None
    assert operator.post(url, {"role": "administrator"}).status_code == 403


def test_a_role_that_does_not_exist_is_refused(acme: World, operator: Client) -> None:
    fields = {"user": acme.users["bob"].pk, "unit": acme.units["emea"].pk, "role": "emperor"}
    assert operator.post(address(Membership, "add"), fields).status_code == 200
    assert Membership.objects.filter(unit=acme.units["emea"]).count() == 1
