"""Keys with which other systems use the API."""

import datetime as dt
import hashlib
import secrets
from typing import Self

from django.db import models
from django.utils import timezone

from .organization import Organization
from .people import User
from .structure import PlainText
from .unit import Unit

SCOPES = ("measurements:read", "measurements:write", "structure:read", "structure:write")
TOKEN_PREFIX = "los_"  # noqa: S105  lets people and scanners recognise a leaked token


def new_secret() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(30)


def secret_digest(secret: str) -> str:
    """The form in which a token is stored: a fast hash suffices for 240 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def in_force(self) -> Self:
        """Tokens that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(PlainText):
    """A key of one organization with scopes, an optional unit limit, and an expiry."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(revoked_at=None),
                name="token_name_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_valid_at(self, moment: dt.datetime) -> bool:
        return self.revoked_at is None and moment < self.expires_at
