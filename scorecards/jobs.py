"""What is done for each kind of background work, and what recurs."""

import datetime as dt
from collections.abc import Iterable

from organizations.services.jobs.handlers import Recurring, handles, recurring
from organizations.services.jobs.leases import Work

from .printing.books import make_book
from .services import reminders
from .services.books import KIND as BOOK
from .services.webhooks.announcing import KIND as WEBHOOK
from .services.webhooks.delivering import deliver


@recurring(reminders.WHAT)
def reminder_slots(now: dt.datetime) -> Iterable[Recurring]:
    """Reminders of values, every morning."""
    return reminders.reminder_slots(now)


@handles(reminders.FIND, name="Finding who is to be reminded")
def find_reminders(work: Work) -> None:
    """Whom to remind this morning."""
    reminders.find_reminders(work)


@handles(reminders.REMIND, name="Reminding of values")
def remind(work: Work) -> None:
    """One mail to one person."""
    reminders.remind(work)


@handles(BOOK, name="Making a briefing book", tries=3)
def briefing_book(work: Work) -> None:
    """Make one file of chosen units and pages."""
    make_book(work)


@handles(WEBHOOK, name="Telling another system")
def tell_webhook(work: Work) -> None:
    """Send one message to a webhook."""
    deliver(work)
