"""The clock: every minute, what recurs is asked for, each slot once.

A slot is claimed by a unique row in the transaction that asks for its work, so it fires once with
any number of beats and workers. After a downtime the latest slot of each schedule fires, and those
before it are skipped.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.utils import timezone

from calculations.schedules import latest_slot
from organizations.models import Slot

from .handlers import Recur, Recurring, recurrences
from .queue import Wish, enqueue_all

logger = structlog.get_logger(__name__)

Fired = tuple[Recurring, dt.datetime]


def fire_due_slots(now: dt.datetime | None = None) -> int:
    """Ask for the work of every slot that has come; returns how many fired.

    Whatever fails in one way of recurring delays no other.
    """
    now = now or timezone.now()
    count = 0
    for name, recur in recurrences().items():
        try:
            count += _fire(recur, now)
        except (DatabaseError, ArithmeticError, LookupError, ValueError):
            logger.exception("recurring_failed", name=name)
    return count


def _fire(recur: Recur, now: dt.datetime) -> int:
    come = [(each, slot) for each, slot in _latest(recur(now), now) if slot > each.since]
    fresh = _unclaimed(come)
    if not fresh:
        return 0
    with transaction.atomic():
        claimed = claim_slots(fresh)
        enqueue_all(_wish(each, slot) for each, slot in claimed)
    return len(claimed)


def _latest(those: Iterable[Recurring], now: dt.datetime) -> Iterable[Fired]:
    for each in those:
        yield each, latest_slot(each.schedule, each.organization.time_zone, now)


def _unclaimed(come: list[Fired]) -> list[Fired]:
    """Those after which none of the same schedule was claimed, so that no clock goes back."""
    if not come:
        return []
    oldest = min(slot for _, slot in come)
    organizations = {each.organization.pk for each, _ in come}
    rows = Slot.objects.filter(at__gte=oldest, organization__in=organizations)
    last = {
        (organization, what): at
        for organization, what, at in rows.values_list("organization_id", "what")
        .annotate(last=Max("at"))
        .order_by()
    }
    return [(e, at) for e, at in come if not at <= last.get((e.organization.pk, e.what), NEVER)]


NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def claim_slots(slots: list[Fired]) -> list[Fired]:
    """Those that nobody else has claimed; to be called in the transaction of their effect."""
    claim = uuid.uuid4()
    rows = [Slot(organization=e.organization, what=e.what, at=at, claim=claim) for e, at in slots]
    Slot.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    ours = set(Slot.objects.filter(claim=claim).values_list("organization_id", "what", "at"))
    return [(e, at) for e, at in slots if (e.organization.pk, e.what, at) in ours]


def _wish(each: Recurring, slot: dt.datetime) -> Wish:
    key = each.key or f"{each.what} {slot:%Y-%m-%dT%H:%MZ}"
    args = {**each.args, "slot": slot.isoformat()}
    return Wish(each.kind, each.organization, args, key, each.about)
