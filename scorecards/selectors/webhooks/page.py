"""The pages of webhooks: each with how it goes, its form, and its last messages."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db.models import OuterRef, QuerySet, Subquery

from organizations.access import Access
from organizations.models import Job
from scorecards.models import Webhook, WebhookChannel, WebhookDelivery
from scorecards.selectors.administration.choices import Choice, unit_options
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField

DELIVERIES = 50
ON_ITS_WAY = ("waiting", "being sent")
EVENT_HINTS = {
    Webhook.Event.VALUE_RECORDED: "Each new or corrected value, up to 500 in a message.",
    Webhook.Event.STATUS_CHANGED: "Of a KPI, an objective or a scorecard, in any period.",
    Webhook.Event.PERIOD_CLOSED: "Its figures are final.",
}
STATES = {
    Job.State.WAITING: "waiting",
    Job.State.RUNNING: "being sent",
    Job.State.DONE: "delivered",
    Job.State.FAILED: "failed",
    Job.State.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Typed:
    """What was typed into the form, with what is wrong with it, by field."""

    texts: Mapping[str, str] = field(default_factory=dict)
    events: frozenset[str] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""


@dataclass(frozen=True)
class WebhookRow:
    code: str
    name: str
    host: str
    unit: str
    events: str
    state: str
    is_well: bool
    last: dt.datetime | None


@dataclass(frozen=True)
class EventChoice:
    option: Option
    is_chosen: bool


@dataclass(frozen=True)
class WebhookForm:
    version: int
    name: FormField
    url: FormField
    unit: Choice
    events: tuple[EventChoice, ...]
    events_problem: str
    problem: str
    saved_by: str


@dataclass(frozen=True)
class Delivery:
    """A message: job: the code of its sending, by which it is sent again."""

    job: str
    event: str
    at: dt.datetime
    state: str
    is_well: bool
    may_repeat: bool
    answer: str
    reason: str
    body: str
    said: str
    next_at: dt.datetime | None


@dataclass(frozen=True)
class WebhookPage:
    code: str
    name: str
    url: str
    paused_at: dt.datetime | None
    paused_why: str
    failing_since: dt.datetime | None
    former_until: dt.datetime | None
    form: WebhookForm
    deliveries: tuple[Delivery, ...]

    @property
    def is_sending(self) -> bool:
        """Whether a message is on its way for the first time: a moment shows what became of it."""
        return any(each.is_well and each.state in ON_ITS_WAY for each in self.deliveries)


def live_webhooks(access: Access) -> QuerySet[Webhook]:
    found: QuerySet[Webhook] = Webhook.objects.live().filter(organization=access.organization)
    return found


def webhook_rows(access: Access) -> tuple[WebhookRow, ...]:
    """All of them, by name; two statements."""
    answered = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-answered_at")
    found = live_webhooks(access).annotate(
        last=Subquery(answered.exclude(answered_at=None).values("answered_at")[:1])
    )
    webhooks = list(found.order_by("name", "pk"))
    of = {each.webhook_id: each for each in WebhookChannel.objects.filter(webhook__in=webhooks)}
    return tuple(_row(access, webhook, of[webhook.pk]) for webhook in webhooks)


def _row(access: Access, webhook: Any, channel: WebhookChannel) -> WebhookRow:
    labels = dict(Webhook.Event.choices)
    unit = access.tree.by_id.get(webhook.unit_id)
    return WebhookRow(
        code=webhook.code,
        name=webhook.name,
        host=urlsplit(webhook.url).hostname or "",
        unit=unit.name if unit else "a retired unit",
        events=", ".join(str(labels[event]).lower() for event in webhook.events),
        state=_state(channel),
        is_well=channel.paused_at is None and channel.failing_since is None,
        last=webhook.last,
    )


def _state(channel: WebhookChannel) -> str:
    if channel.paused_at:
        return "paused"
    return "failing" if channel.failing_since else "active"


def webhook_page(access: Access, webhook: Webhook, typed: Typed) -> WebhookPage:
    """One webhook; a fixed number of statements."""
    channel = WebhookChannel.objects.get(webhook=webhook)
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("job")
    return WebhookPage(
        code=webhook.code,
        name=webhook.name,
        url=webhook.url,
        paused_at=channel.paused_at,
        paused_why=channel.paused_why,
        failing_since=channel.failing_since,
        former_until=channel.former_until,
        form=webhook_form(access, typed, webhook),
        deliveries=tuple(_deliveries(rows.order_by("-created_at", "-pk")[:DELIVERIES])),
    )


def _deliveries(rows: Iterable[WebhookDelivery]) -> Iterable[Delivery]:
    for row in rows:
        state = Job.State(row.job.state)
        waits_again = state is Job.State.WAITING and row.job.tries > 0
        yield Delivery(
            job=str(row.job.code),
            event=row.event,
            at=row.created_at,
            state=STATES[state],
            is_well=state is not Job.State.FAILED and not waits_again,
            may_repeat=state in (Job.State.FAILED, Job.State.CANCELLED),
            answer=str(row.status_code or ""),
            reason=row.job.reason and row.job.reason.rstrip(".") + ".",
            body=row.body,
            said=row.said,
            next_at=row.job.due_at if waits_again else None,
        )


def webhook_form(access: Access, typed: Typed, webhook: Webhook | None = None) -> WebhookForm:
    """The form, blank or of a webhook, or with what was typed."""
    root = next(iter(access.tree.children(None)), None)
    unit = access.tree.by_id.get(webhook.unit_id) if webhook else root
    stored = {
        "name": webhook.name if webhook else "",
        "url": webhook.url if webhook else "",
        "unit": unit.code if unit else "",
    }
    texts = stored | dict(typed.texts)
    events = typed.events
    if events is None:
        events = frozenset(webhook.events if webhook else Webhook.Event.values)
    units = [each for each in access.tree.depth_first() if not each[0].is_individual]
    options, is_long = unit_options(units)
    problems = typed.problems

    def line(name: str, label: str, hint: str, kind: str, most: int) -> FormField:
        return FormField(name, label, hint, kind, most, texts[name], problems.get(name, ""))

    return WebhookForm(
        version=webhook.version if webhook else 0,
        name=FormField("name", "Name", "", "text", 100, texts["name"], problems.get("name", "")),
        url=FormField(
            "url", "Address", URL_HINT, "code", 500, texts["url"], problems.get("url", "")
        ),
        unit=Choice(
            "unit", "At", texts["unit"], options, is_long, UNIT_HINT, problems.get("unit", "")
        ),
        events=tuple(
            EventChoice(Option(value, label, EVENT_HINTS[Webhook.Event(value)]), value in events)
            for value, label in Webhook.Event.choices
        ),
        events_problem=problems.get("events", ""),
        problem=problems.get("", ""),
        saved_by=typed.saved_by,
    )


URL_HINT = "Where the messages are posted, such as https://example.com/scorecard."
UNIT_HINT = "It is told of this unit and all beneath; never of units of individuals."
