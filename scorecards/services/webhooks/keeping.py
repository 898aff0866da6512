"""Setting webhooks up, changing, pausing and removing them, and asking them for a sign of life."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.models import Organization, Unit, User
from organizations.services.locks import lock_organization
from organizations.services.outgoing import NotAllowed, checked_url
from organizations.services.structure import (
    changed,
    created,
    locked,
    require_same_organization,
    require_version,
    restore_structure,
    retire_structure,
)
from scorecards.models import Webhook, WebhookChannel, WebhookDelivery
from scorecards.selectors.kpis.texts import suggested_code

from .announcing import send
from .secrets import FORMER_KEPT, new_secret, sealed_secret

MOST = 20  # of one organization: every value is told to each
TEST = "test"


@transaction.atomic
def add_webhook(
    *, organization: Organization, by: User | None = None, **fields: Any
) -> tuple[Webhook, str]:
    """A webhook with its secret, which is told only now. Raises ValidationError, by field."""
    lock_organization(organization.pk)
    live = Webhook.objects.live().filter(organization=organization)
    codes = list(Webhook.objects.filter(organization=organization).values_list("code", flat=True))
    if live.count() >= MOST:
        raise ValidationError(f"There are {MOST} webhooks already: remove one first.")
    webhook = Webhook(organization=organization)
    _fill(webhook, **fields)
    webhook.code = suggested_code(webhook.name, codes) or suggested_code("webhook", codes)
    webhook._history_user = by  # type: ignore[attr-defined]
    created(webhook)
    secret = new_secret()
    WebhookChannel.objects.create(
        organization=organization, webhook=webhook, sealed=sealed_secret(secret)
    )
    return webhook, secret


@transaction.atomic
def change_webhook(
    *, webhook: Webhook, version: int | None, by: User | None = None, **fields: Any
) -> Webhook:
    """Another name, address, unit or choice of events. Raises StaleVersion, ValidationError."""
    webhook = locked(webhook)
    require_version(webhook, version)
    _fill(webhook, **fields)
    return changed(webhook, by)


def _fill(webhook: Webhook, *, name: str, url: str, unit: Unit, events: Sequence[str]) -> None:
    """Raises ValidationError, by field."""
    problems = {}
    require_same_organization(webhook.organization_id, unit)
    if not name.strip():
        problems["name"] = "Write a name."
    if unit.kind == Unit.Kind.INDIVIDUAL:
        problems["unit"] = "Units of individuals are told to nobody: choose another one."
    if not events or not set(events) <= set(Webhook.Event.values):
        problems["events"] = "Choose what it is told."
    try:
        checked_url(url)
    except NotAllowed as refusal:
        problems["url"] = str(refusal)
    if problems:
        raise ValidationError(problems)
    webhook.name, webhook.url, webhook.unit = name.strip(), url, unit
    webhook.events = [event for event in Webhook.Event.values if event in events]


@transaction.atomic
def renew_secret(*, webhook: Webhook) -> str:
    """Another secret, which is told only now; the former one is signed with for a day more."""
    channel = WebhookChannel.objects.select_for_update().get(webhook=webhook)
    secret = new_secret()
    channel.former, channel.former_until = channel.sealed, timezone.now() + FORMER_KEPT
    channel.sealed = sealed_secret(secret)
    channel.save(update_fields=["sealed", "former", "former_until"])
    return secret


def pause_webhook(*, webhook: Webhook, why: str = "") -> None:
    """Tell it nothing; what happens meanwhile is not told later."""
    still = WebhookChannel.objects.filter(webhook=webhook, paused_at=None)
    still.update(paused_at=timezone.now(), paused_why=why)


def resume_webhook(*, webhook: Webhook) -> None:
    """Tell it again what happens from now on."""
    about = {"paused_at": None, "paused_why": "", "failing_since": None}
    WebhookChannel.objects.filter(webhook=webhook).update(**about)


@transaction.atomic
def test_webhook(*, webhook: Webhook) -> WebhookDelivery:
    """Send it a message that says no more than that it is a test."""
    data = {"organization": webhook.organization.code, "webhook": webhook.code}
    return send(webhook, webhook.organization, TEST, data)


test_webhook.__test__ = False  # type: ignore[attr-defined]


def remove_webhook(*, webhook: Webhook, version: int | None, by: User | None = None) -> None:
    """Tell it nothing any more; it can come back with its secret. Raises StaleVersion."""
    retire_structure(row=webhook, by=by, version=version)


def restore_webhook(*, webhook: Webhook, by: User | None = None) -> None:
    """Raises ValidationError where there are too many meanwhile."""
    live = Webhook.objects.live().filter(organization_id=webhook.organization_id)
    if live.count() >= MOST:
        raise ValidationError(f"There are {MOST} webhooks already: remove one first.")
    restore_structure(row=webhook, by=by)
