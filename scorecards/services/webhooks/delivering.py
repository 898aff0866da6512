"""Sending one message: signed as the Standard Webhooks specification says, with a bounded answer.

https://github.com/standard-webhooks/standard-webhooks: the signature is a HMAC-SHA256, in base64,
of `<id>.<timestamp>.<body>` with the secret.
"""

import base64
import datetime as dt
import hashlib
import hmac
from http import HTTPStatus

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from organizations.services.jobs.handlers import MOST_TRIES
from organizations.services.jobs.leases import Work, WorkFailed, WorkPutOff
from organizations.services.outgoing import Answer, NotAllowed, OutgoingError, send_request
from organizations.services.sealing import Unreadable
from scorecards.models import WebhookChannel, WebhookDelivery

from .secrets import key_of, opened_secrets

MOST_BYTES = 64 * 1024  # of an answer that is only looked at
LONGEST_SAID = 500
GIVEN_UP_AFTER = dt.timedelta(days=3)
LONGEST_WAIT = 3600  # seconds; whatever a receiver asks for
REMOVED = "The webhook was removed or paused meanwhile."
GONE = "The receiver answered 410: it does not want to be told any more."
UNREADABLE = "The secret cannot be read any more, since SECRET_KEY has changed: make a new one."
NEVER = f"Every message has failed for {GIVEN_UP_AFTER.days} days."


def deliver(work: Work) -> None:
    """Send the job's message; a receiver may get it twice, and tells it by its id."""
    delivery = WebhookDelivery.objects.select_related("webhook").get(job_id=work.job.pk)
    channel = WebhookChannel.objects.get(webhook=delivery.webhook)
    if delivery.webhook.deleted_at is not None or channel.paused_at is not None:
        raise WorkFailed(REMOVED)
    try:
        answer = send_request(
            url=delivery.webhook.url,
            method="POST",
            headers=signed_headers(channel, str(work.job.code), delivery.body, timezone.now()),
            body=delivery.body.encode(),
            most_bytes=MOST_BYTES,
        )
    except Unreadable:
        raise WorkFailed(UNREADABLE) from None
    except OutgoingError as error:
        _note(delivery, None, str(error))
        _failed(channel, work.job.tries)
        if isinstance(error, NotAllowed):
            raise WorkFailed(str(error)) from None
        raise WorkPutOff(str(error)) from None
    _conclude(work, delivery, channel, answer)


def _conclude(
    work: Work, delivery: WebhookDelivery, channel: WebhookChannel, answer: Answer
) -> None:
    text = answer.content.decode("utf-8", "replace").replace("\x00", "")
    if answer.is_good:
        with work.finishing():
            _note(delivery, answer.status, text)
            WebhookChannel.objects.filter(pk=channel.pk).update(failing_since=None)
        return
    _note(delivery, answer.status, text)
    if answer.status == HTTPStatus.GONE:
        pause(channel, GONE)
        raise WorkFailed(GONE)
    _failed(channel, work.job.tries)
    raise WorkPutOff(f"The receiver answered {answer.status}.", _asked_wait(answer))


def signed_headers(
    channel: WebhookChannel, name: str, body: str, at: dt.datetime
) -> dict[str, str]:
    """What tells the receiver that the message is ours, and not an old one; raises Unreadable."""
    stamp = str(int(at.timestamp()))
    content = f"{name}.{stamp}.{body}".encode()
    signatures = [
        base64.b64encode(hmac.digest(key_of(secret), content, hashlib.sha256)).decode()
        for secret in opened_secrets(channel, at)
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def pause(channel: WebhookChannel, why: str) -> None:
    """Tell it nothing more until somebody looks; what happens meanwhile is not told later."""
    still = WebhookChannel.objects.filter(pk=channel.pk, paused_at=None)
    still.update(paused_at=timezone.now(), paused_why=why)


@transaction.atomic
def _failed(channel: WebhookChannel, tries: int) -> None:
    """Remember since when nothing arrives; after days of it no more is sent."""
    now = timezone.now()
    mine = WebhookChannel.objects.filter(pk=channel.pk)
    mine.update(failing_since=Coalesce(F("failing_since"), now))
    is_given_up = tries >= MOST_TRIES
    if is_given_up and mine.filter(failing_since__lte=now - GIVEN_UP_AFTER).exists():
        pause(channel, NEVER)


def _note(delivery: WebhookDelivery, status: int | None, said: str) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        status_code=status, said=said[:LONGEST_SAID], answered_at=timezone.now()
    )


def _asked_wait(answer: Answer) -> dt.datetime | None:
    """How long the receiver asks to be left alone, in seconds; other forms are not read."""
    text = answer.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_WAIT))):
        return None
    return timezone.now() + dt.timedelta(seconds=min(int(text), LONGEST_WAIT))
