"""The mail that reminds somebody of what they owe: what it says, and sending it once."""

import smtplib
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from organizations.models import Organization, Person
from organizations.services.jobs.leases import Work, WorkFailed, WorkPutOff
from scorecards.links import entry_href, my_page_href, reminders_href, values_due_href
from scorecards.selectors.entry.cells import day_label
from scorecards.selectors.entry.owed import Debtor
from scorecards.selectors.entry.slots import Slot
from scorecards.selectors.reminders import stop_code

MOST_VALUES = 30
AWAY = "The mail server does not answer, or does not let us in."
LATER = "The mail server did not take the e-mail ({code})."
REFUSED = "The mail server refuses the e-mail to this address ({code})."
UNKNOWN = (
    "The connection broke while the e-mail was sent. Nobody knows whether it was, so it is not sent"
    " again by itself."
)
FOR_GOOD = 500  # from here on, SMTP refuses for good


@dataclass(frozen=True)
class UnitDue:
    """What is due at a unit, with the address of its grid."""

    name: str
    href: str
    values: tuple[str, ...]


def reminder_mail(organization: Organization, debtor: Debtor) -> EmailMultiAlternatives:
    """What somebody owes, by unit, as text and as HTML."""
    user = debtor.user
    person = Person.objects.live().get(organization=organization, user=user)
    stop_href = absolute(reverse("reminders-stop", args=[stop_code(organization, user)]))
    count = len(debtor.due)
    subject = f"{count} values are due" if count > 1 else "1 value is due"
    context = {
        "person": person,
        "organization": organization,
        "said": _said(organization, debtor.due),
        "units": _units(organization, debtor.due[:MOST_VALUES]),
        "n_more": max(count - MOST_VALUES, 0),
        "values_href": absolute(values_due_href(organization.code)),
        "my_page_href": absolute(my_page_href(organization.code)),
        "choose_href": absolute(reminders_href(organization.code)),
        "stop_href": stop_href,
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(f"{organization.name}: {subject}".split()),
        body=render_to_string("scorecards/mail/reminder.txt", context),
        to=[user.email],
        headers={
            "List-Unsubscribe": f"<{stop_href}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("scorecards/mail/reminder.html", context), "text/html")
    return mail


def absolute(path: str) -> str:
    """The address as it stands in a mail."""
    return urljoin(settings.SITE_URL, path)


def _said(organization: Organization, due: tuple[Slot, ...]) -> str:
    since = day_label(due[0].due_on, organization)
    if len(due) == 1:
        return f"1 value that you answer for is due since {since}."
    return f"{len(due)} values that you answer for are due, the oldest since {since}."


def _units(organization: Organization, due: tuple[Slot, ...]) -> list[UnitDue]:
    by_unit = sorted(due, key=lambda slot: (slot.assignment.unit.name, slot.assignment.unit_id))
    return [
        UnitDue(
            name=unit.name,
            href=absolute(entry_href(organization.code, unit.code)),
            values=tuple(_value(organization, slot) for slot in slots),
        )
        for unit, slots in groupby(by_unit, key=lambda slot: slot.assignment.unit)
    ]


def _value(organization: Organization, slot: Slot) -> str:
    since = day_label(slot.due_on, organization)
    return f"{slot.assignment.kpi.name} for {slot.label}, due since {since}"


# --- Sending


def send_once(work: Work, mail: EmailMultiAlternatives) -> None:
    """Send the mail of a job, never twice: an earlier try that broke off may have sent it."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    mail.extra_headers["Message-ID"] = f"<{work.job.code}@{domain}>"
    connection: Any = get_connection()
    try:
        connection.open()
    except OSError as error:  # those of SMTP are of this kind, too
        raise WorkPutOff(AWAY) from error
    try:
        if not work.begin_outside():
            raise WorkFailed(UNKNOWN)
        connection.send_messages([mail])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
        work.end_outside()
        raise _refused(refusal) from refusal
    except OSError as error:
        raise WorkFailed(UNKNOWN) from error
    finally:
        connection.close()


def _refused(refusal: smtplib.SMTPException) -> WorkFailed | WorkPutOff:
    """The server answered that it has not taken the mail: for now, or for good."""
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _ in refusal.recipients.values()), default=FOR_GOOD)
    else:
        code = getattr(refusal, "smtp_code", FOR_GOOD)
    if code >= FOR_GOOD:
        return WorkFailed(REFUSED.format(code=code))
    return WorkPutOff(LATER.format(code=code))
