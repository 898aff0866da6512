"""Boards, strategy maps and charts that anybody may read who has their address."""

import datetime as dt
import hashlib
from base64 import urlsafe_b64encode
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from calculations.periods import Frequency, Period
from kpis.models import KPI
from organizations.models import Organization, Unit, User
from organizations.models.structure import PlainText, TenantHistory

SALT = "scorecards.public_link"


def secret_digest(secret: str) -> str:
    """By which the link of an address is found."""
    return hashlib.sha256(secret.encode()).hexdigest()


def made_secret(nonce: str, key: str | None = None) -> str:
    """What the address holds: it follows from the site's secret key, so no backup tells it."""
    made = salted_hmac(SALT, nonce, secret=key, algorithm="sha256").digest()
    return urlsafe_b64encode(made).decode().rstrip("=")


class PublicLinkQuerySet(models.QuerySet["PublicLink"]):
    def in_force(self) -> Self:
        """Links that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def showing(self, kind: str, unit_id: int, kpi_id: int | None = None) -> Self:
        """Links to what is of the kind at the unit; of a chart, that of the KPI."""
        return self.filter(kind=kind, unit_id=unit_id, kpi_id=kpi_id)


class PublicLink(PlainText):
    """What everybody with the address may read of a unit: its board, its map, or a KPI's chart.

    kpi: of a chart, and of nothing else. period_start: of the only period that it shows, or at
    which a chart ends; None: the last one of the frequency that is over. smallest: what lies
    beneath is not told of any count.
    """

    class Kind(models.TextChoices):
        """What is shown; a further kind needs a reader and a page, see `views/public.py`."""

        BOARD = "board"
        CHART = "chart"
        MAP = "map", "Strategy map"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BOARD)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kpi = models.ForeignKey(KPI, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=32, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    frequency = models.CharField(max_length=10, choices=[(f.value, f.value) for f in Frequency])
    period_start = models.DateField("period", null=True, blank=True)
    smallest = models.PositiveSmallIntegerField("smallest count shown", default=5)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = TenantHistory(excluded_fields=["nonce", "digest"])
    objects = PublicLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="public_link_chart_names_a_kpi",
                condition=models.Q(kind="chart", kpi__isnull=False)
                | (~models.Q(kind="chart") & models.Q(kpi=None)),
            )
        ]

    def __str__(self) -> str:
        if self.kpi is not None:
            return f"public chart of {self.kpi} at {self.unit}"
        return f"public {self.get_kind_display().lower()} of {self.unit}"

    @property
    def secret(self) -> str:
        """What its address holds; "" where the site has lost the key that made it."""
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            secret = made_secret(self.nonce, key)
            if secret_digest(secret) == self.digest:
                return secret
        return ""

    def period(self, today: dt.date) -> Period:
        """The period that it shows on a day; of a chart, which follows its KPI, the last one."""
        calendar = self.organization.calendar
        frequency = Frequency(self.kpi.frequency if self.kpi else self.frequency)
        if self.period_start is not None:
            return calendar.period(frequency, self.period_start)
        return calendar.shift(calendar.period(frequency, today), -1)
