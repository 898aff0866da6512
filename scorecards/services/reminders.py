"""Reminding people by e-mail of values that they owe: each person once for each slot.

Every morning a job for each organization finds who is to be reminded, and queues a job for each of
them; that one looks again, since much may have been entered meanwhile, and sends the mail.
"""

import datetime as dt
import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from calculations.schedules import Every, Schedule
from organizations.models import Organization, Slot, User
from organizations.services.jobs.handlers import Recurring
from organizations.services.jobs.leases import Work
from organizations.services.jobs.queue import Wish, enqueue_all
from scorecards.models import ReminderChoice
from scorecards.selectors.entry.owed import Debtor, debtors, is_news
from scorecards.selectors.reminders import rhythms

from .reminder_mail import reminder_mail, send_once

Rhythm = ReminderChoice.Rhythm
WHAT = "reminders"
FIND, REMIND = "find_reminders", "remind"
AT = dt.time(7, 0)  # at the organization's place
ONE_DAY = dt.timedelta(days=1)
EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
MONDAY = 0


def reminder_slots(now: dt.datetime) -> Iterable[Recurring]:
    """Every morning of every organization; none while no mail server is named."""
    if not has_mail_server():
        return
    schedule = Schedule(Every.DAY, at=AT)
    for organization in Organization.objects.order_by("pk"):
        yield Recurring(organization, WHAT, schedule, EVER, FIND)


def has_mail_server() -> bool:
    """Whether mails go anywhere but to the log."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def find_reminders(work: Work) -> None:
    """Queue a reminder for everybody who is to have one at this slot."""
    organization, slot = work.organization, str(work.args["slot"])
    after, until = _days(organization, dt.datetime.fromisoformat(slot))
    chosen = rhythms(organization)
    wishes = [
        _wish(organization, each, slot)
        for each in debtors(organization)
        if is_wanted(chosen.get(each.user.pk, ReminderChoice.DEFAULT), each, after, until)
    ]
    with work.finishing():
        enqueue_all(wishes)


def _wish(organization: Organization, debtor: Debtor, slot: str) -> Wish:
    user = debtor.user
    args = {"user": user.pk, "slot": slot}
    return Wish(REMIND, organization, args, key=f"{user.pk} {slot}", about=str(user))


def remind(work: Work) -> None:
    """Send somebody what they owe now, if they still do and still want to be told."""
    organization, user_id = work.organization, int(work.args["user"])
    found = debtors(organization, user_id)
    rhythm = rhythms(organization).get(user_id, ReminderChoice.DEFAULT)
    if found and rhythm != Rhythm.NEVER:
        mail = reminder_mail(organization, found[0])
        send_once(work, mail)


# --- When


def _days(organization: Organization, at: dt.datetime) -> tuple[dt.date, dt.date]:
    """The days since the reminders before: (after, until]. One day, but for a downtime."""
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    until = at.astimezone(zone).date()
    before = Slot.objects.filter(organization=organization, what=WHAT, at__lt=at)
    last: dt.datetime | None = before.aggregate(last=Max("at"))["last"]
    return (last.astimezone(zone).date() if last else until - ONE_DAY), until


def is_wanted(rhythm: str, debtor: Debtor, after: dt.date, until: dt.date) -> bool:
    """Whether somebody of that rhythm is reminded on one of the days (after, until]."""
    if rhythm == Rhythm.NEWS:
        return any(is_news(slot, after, until) for slot in debtor.due)
    if rhythm == Rhythm.WEEKLY:
        days = range(min((until - after).days, 7))
        return any((until - n * ONE_DAY).weekday() == MONDAY for n in days)
    return rhythm == Rhythm.DAILY


# --- Choosing


@transaction.atomic
def choose_reminders(*, organization: Organization, user: User, rhythm: str) -> None:
    """When somebody wants to be reminded; their own choice alone, so the last one holds.

    Raises ValidationError for no such rhythm.
    """
    if rhythm not in Rhythm.values:
        raise ValidationError({"rhythm": "Choose when you want to be reminded."})
    ReminderChoice.objects.update_or_create(
        organization=organization, user=user, defaults={"rhythm": rhythm}
    )
