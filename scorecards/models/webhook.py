"""Other systems that are told what happens, and what they were told."""

from typing import Any

from django.db import models

from organizations.models import LIVE, CodedStructure, Job, Organization, Unit


class Webhook(CodedStructure):
    """An address that is told of events at a unit and beneath."""

    class Event(models.TextChoices):
        VALUE_RECORDED = "value.recorded", "Values were recorded"
        STATUS_CHANGED = "status.changed", "A status changed"
        PERIOD_CLOSED = "period.closed", "A period was closed"

    name = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    events: Any = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], condition=LIVE, name="webhook_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class WebhookChannel(models.Model):
    """How a webhook goes, and with which secret: what its history must not keep.

    sealed: the secret, encrypted; former: the one before, with which is signed as well until
    former_until, so that the receiver can change it without losing anything.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    webhook = models.OneToOneField(Webhook, on_delete=models.PROTECT, related_name="+")
    sealed = models.CharField(max_length=500)
    former = models.CharField(max_length=500, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(former="", former_until=None)
                | (~models.Q(former="") & models.Q(former_until__isnull=False)),
                name="webhook_former_secret_ends",
            )
        ]

    def __str__(self) -> str:
        return f"channel {self.webhook_id}"


class WebhookDelivery(models.Model):
    """A message to a webhook, and the last answer to it.

    The job is its sending: its code is the message's name, and with it the message is forgotten.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=30)
    body = models.TextField()
    created_at = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    said = models.CharField(max_length=500, blank=True)  # the beginning of the answer
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.event} at {self.created_at:%Y-%m-%d %H:%M}"
