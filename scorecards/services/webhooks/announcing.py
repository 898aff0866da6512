"""From what happened to messages: one for each webhook that wants to hear of it, in bounded parts.

Messages are stored in the transaction of what they tell of, so none is sent of what was not stored,
and none is lost. Units of individuals are told to nobody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils import timezone

from organizations.models import Organization
from organizations.selectors import UnitTree, unit_tree
from organizations.services.jobs.queue import enqueue
from organizations.statements import models_of
from scorecards.models import Webhook, WebhookDelivery

KIND = "webhook"
MOST_ITEMS = 500  # in one message


@dataclass(frozen=True)
class Happening:
    """Something that happened at a unit; item: how it is told."""

    unit_id: int
    item: Mapping[str, Any]


# Written out: every refresh of scores asks it.
AT_WORK = """
SELECT {columns} FROM scorecards_webhook
JOIN scorecards_webhookchannel c ON c.webhook_id = scorecards_webhook.id
WHERE scorecards_webhook.organization_id = %(organization)s AND deleted_at IS NULL
  AND c.paused_at IS NULL
ORDER BY scorecards_webhook.id
"""


def webhooks_at_work(organization: Organization) -> list[Webhook]:
    """Those that are sent what they want to hear of; one statement."""
    return models_of(Webhook, AT_WORK, organization=organization.pk)


def listeners(webhooks: Iterable[Webhook], event: str) -> list[Webhook]:
    """Those of the webhooks that want to hear of such events."""
    return [webhook for webhook in webhooks if event in webhook.events]


def announce(
    organization: Organization,
    webhooks: Sequence[Webhook],
    event: str,
    member: str,
    happenings: Iterable[Happening],
) -> None:
    """Ask for messages to the webhooks, each with what happened at its units, if anything did.

    member: what the list of items is called in the message's data.
    """
    happened = list(happenings)
    if not webhooks or not happened:
        return
    tree = unit_tree(organization)
    told = [each for each in happened if _is_told(tree, each.unit_id)]
    for webhook in webhooks:
        items = [each.item for each in told if _is_beneath(tree, each.unit_id, webhook.unit_id)]
        for part in _parts(items):
            data = {"organization": organization.code, member: part}
            send(webhook, organization, event, data)


def send(
    webhook: Webhook, organization: Organization, event: str, data: Mapping[str, Any]
) -> WebhookDelivery:
    """Store one message and ask for its delivery."""
    now = timezone.now()
    body = {"type": event, "timestamp": now.isoformat(), "data": data}
    job = enqueue(
        kind=KIND,
        organization=organization,
        args={"webhook": webhook.pk},
        about=f"{webhook.name}: {event}",
    )
    return WebhookDelivery.objects.create(
        organization=organization,
        webhook=webhook,
        job=job,
        event=event,
        body=orjson.dumps(body).decode(),
        created_at=now,
    )


def _parts(items: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(items), MOST_ITEMS):
        yield items[start : start + MOST_ITEMS]


def _is_told(tree: UnitTree, unit_id: int) -> bool:
    node = tree.by_id.get(unit_id)
    return node is not None and not node.is_individual


def _is_beneath(tree: UnitTree, unit_id: int, top_id: int) -> bool:
    return any(node.id == top_id for node in tree.line(unit_id))
