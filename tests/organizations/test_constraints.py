"""One bad row for each constraint of organizations."""

import datetime as dt
import uuid
from typing import Any

import pytest

from organizations.models import (
    LIVE,
    ClosedPeriod,
    IdempotencyKey,
    Job,
    Membership,
    Organization,
    Person,
    Slot,
    Unit,
)
from tests.constraints import BadRow, altered, assert_refused, constraint_names, copied, names
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def bad_rows(world: World) -> list[tuple[str, BadRow]]:
    organization, units = world.organization, world.units
    bob = world.users["bob"]
    membership = Membership.objects.live().get(user=bob)
    token = world.token()[0]
    return [
        ("organization_fiscal_month_is_a_month", altered(organization, fiscal_month=13)),
        ("organization_fiscal_month_is_a_month", altered(organization, fiscal_month=0)),
        ("organization_minimum_coverage_is_a_share", altered(organization, minimum_coverage=1.1)),
        ("organization_minimum_coverage_is_a_share", altered(organization, minimum_coverage=-0.1)),
        ("user_email_once_in_any_case", copied(bob, email="BOB@example.org")),
        ("person_code_once", copied(world.people["bob"], user_id=None)),
        ("person_once_per_user", copied(world.people["bob"], code="bob_again")),
        ("membership_once_per_unit", copied(membership, role="manager")),
        ("membership_role_is_known", altered(membership, role="emperor")),
        ("token_name_once", copied(token, digest="0" * 64)),
        ("unit_code_once", copied(units["emea"])),
        ("unit_one_root_per_organization", copied(units["acme"], code="second_root")),
        ("unit_one_per_individual", copied(units["ada"], code="ada_again")),
        ("unit_person_exactly_if_individual", altered(units["ada"], person=None)),
        ("unit_person_exactly_if_individual", altered(units["sales"], person=world.people["bob"])),
        ("unit_not_its_own_parent", altered(units["sales"], parent=units["sales"])),
        *closing_rows(world),
        *key_rows(world),
        *job_rows(world),
    ]


def closing_rows(world: World) -> list[tuple[str, BadRow]]:
    closing = ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units["emea"],
        frequency="quarter",
        period_start=dt.date(2026, 1, 1),
        closed_at=NOW,
    )
    return [
        ("closed_period_once", copied(closing)),
        ("closed_period_frequency_is_known", altered(closing, frequency="fortnight")),
        (
            "closed_period_reopened_after_closing",
            altered(closing, reopened_at=NOW - dt.timedelta(seconds=1)),
        ),
    ]


def job_rows(world: World) -> list[tuple[str, BadRow]]:
    about = {"organization": world.organization}
    job = Job.objects.create(kind="one", key="once", **about)
    slot = Slot.objects.create(what="clock", at=NOW, claim=uuid.uuid4(), **about)
    return [
        ("job_queued_once", copied(job, code=uuid.uuid4())),
        ("job_state_is_known", altered(job, state="asleep", finished_at=NOW)),
        ("job_done_is_a_part", altered(job, done=2, total=1)),
        ("job_leased_while_it_runs", altered(job, state="running")),
        ("job_leased_while_it_runs", altered(job, lease_until=NOW)),
        ("job_ends_with_its_state", altered(job, state="done")),
        ("job_ends_with_its_state", altered(job, finished_at=NOW)),
        ("slot_fires_once", copied(slot, claim=uuid.uuid4())),
    ]


def key_rows(world: World) -> list[tuple[str, BadRow]]:
    about: dict[str, Any] = {
        "organization": world.organization,
        "key": "k-1",
        "digest": "0" * 64,
        "status": 200,
        "created_at": NOW,
    }
    of_token = IdempotencyKey.objects.create(token=world.token(name="keys")[0], **about)
    of_user = IdempotencyKey.objects.create(user=world.users["bob"], **about)
    return [
        ("idempotency_key_once_per_token", copied(of_token)),
        ("idempotency_key_once_per_user", copied(of_user)),
        ("idempotency_key_of_token_or_user", altered(of_user, user=None)),
        ("idempotency_key_of_token_or_user", altered(of_token, user=world.users["bob"])),
    ]


def test_every_constraint_refuses(acme: World) -> None:
    table = bad_rows(acme)
    for name, bad_row in table:
        assert_refused(name, bad_row)
    assert names(table) == constraint_names("organizations")


def test_what_is_deleted_frees_its_name(acme: World) -> None:
    for row in (acme.units["apac"], acme.people["carol"]):
        row.mark_deleted()
        copied(row, deleted_at=None)()
        assert row._meta.base_manager.filter(LIVE, code=row.code).count() == 1


def test_every_row_beneath_an_organization_belongs_to_one() -> None:
    for model in (Person, Membership, Unit):
        assert not model._meta.get_field("organization").null
        history = model.history.model
        assert not history._meta.get_field("organization").null
    assert Organization._meta.get_field("code").unique
