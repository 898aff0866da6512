"""Requests that may be sent again: what was done once is answered from what was kept."""

import datetime as dt
import hashlib
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from organizations.access import Access
from organizations.models import IdempotencyKey

KEPT_FOR = dt.timedelta(hours=24)
# More at once would hold up the sweep.
FORGOTTEN_AT_ONCE = 10_000


class KeyInUse(Exception):
    """Another request with the key is still being answered."""


def kept_answer(*, access: Access, key: str) -> IdempotencyKey | None:
    """What the key was answered in the last day; None where it is new.

    Until the transaction ends the key belongs to this one; raises KeyInUse where it is another's.
    """
    owner = _owner(access)
    _hold(owner, key)
    found = IdempotencyKey.objects.filter(**owner, key=key).first()
    if found is not None and found.created_at < timezone.now() - KEPT_FOR:
        found.delete()
        return None
    return found


def keep_answer(
    *,
    access: Access,
    key: str,
    digest: str,
    status: int,
    headers: dict[str, str],
    body: str | None,
) -> None:
    """Keep what was answered, in the transaction of what was done."""
    IdempotencyKey.objects.create(
        **_owner(access),
        key=key,
        digest=digest,
        status=status,
        headers=headers,
        body=body,
        created_at=timezone.now(),
    )


@transaction.atomic
def forget_old_answers() -> int:
    """Delete keys that are older than a day; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    count, _ = IdempotencyKey.objects.filter(
        pk__in=old.order_by("created_at").values("pk")[:FORGOTTEN_AT_ONCE]
    ).delete()
    return count


def _owner(access: Access) -> dict[str, Any]:
    """A key is the token's, or else the person's within the organization."""
    by = {"token": access.token} if access.token else {"user": access.user}
    return {"organization": access.organization, "token": None, "user": None, **by}


def _hold(owner: dict[str, Any], key: str) -> None:
    """SQLite lets one transaction write at a time; whoever comes second waits for the first."""
    if connection.vendor != "postgresql":
        return
    said = ":".join(str(getattr(each, "pk", "")) for each in owner.values())
    digest = hashlib.blake2b(f"{said}:{key}".encode(), digest_size=8).digest()
    if not take_lock(int.from_bytes(digest, signed=True)):
        raise KeyInUse


def take_lock(number: int) -> bool:
    """Whether the number was nobody's until now; it is this transaction's until its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
