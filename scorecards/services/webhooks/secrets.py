"""Secrets with which messages are signed: told once, kept encrypted, changed without a gap."""

import base64
import datetime as dt
import secrets

from organizations.services.sealing import opened, sealed
from scorecards.models import WebhookChannel

PREFIX = "whsec_"  # as receivers' libraries expect it
N_BYTES = 32
PURPOSE = "secrets of webhooks"
FORMER_KEPT = dt.timedelta(days=1)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(N_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes with which is signed."""
    return base64.b64decode(secret.removeprefix(PREFIX))


def sealed_secret(secret: str) -> str:
    return sealed(secret, purpose=PURPOSE)


def opened_secrets(channel: WebhookChannel, at: dt.datetime) -> list[str]:
    """The secret, and while it is still accepted the former one; raises Unreadable."""
    stored = [channel.sealed]
    if channel.former_until and at < channel.former_until:
        stored.append(channel.former)
    return [opened_secret(each) for each in stored]


def opened_secret(stored: str) -> str:
    """Raises Unreadable."""
    return opened(stored, purpose=PURPOSE)
