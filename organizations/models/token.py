"""Keys with which other systems use the API."""

import datetime as dt
import hashlib
import secrets
import string
import zlib
from typing import Self

from django.db import models
from django.utils import timezone

from .organization import Organization
from .people import User
from .structure import PlainText, TenantHistory
from .unit import Unit

SCOPES = ("measurements:read", "measurements:write", "structure:read", "structure:write")
TOKEN_PREFIX = "los_"  # noqa: S105  lets people and scanners recognise a leaked token
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH, CHECK_LENGTH = 40, 6
LENGTH = len(TOKEN_PREFIX) + RANDOM_LENGTH + CHECK_LENGTH
# Tokens of the first version: 40 characters of URL-safe base64 without a checksum.
FORMER_LENGTH = len(TOKEN_PREFIX) + 40
FORMER_DIGITS = DIGITS + "-_"


def new_secret() -> str:
    """A secret of 238 random bits that anybody can tell from a mistyped one."""
    begun = TOKEN_PREFIX + "".join(secrets.choice(DIGITS) for _ in range(RANDOM_LENGTH))
    return begun + checksum(begun)


def checksum(text: str) -> str:
    """The CRC-32 of an ASCII text in six digits of base 62.

    >>> checksum("los_0000000000000000000000000000000000000000")
    '26x1iY'
    """
    rest, digits = zlib.crc32(text.encode("ascii")), ""
    for _ in range(CHECK_LENGTH):
        rest, digit = divmod(rest, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits


def is_well_formed(secret: str) -> bool:
    """Whether the text can be a secret at all: no database is needed to tell a mistyped one."""
    if not secret.startswith(TOKEN_PREFIX) or not set(secret) <= set(FORMER_DIGITS):
        return False
    if len(secret) == FORMER_LENGTH:
        return True
    return len(secret) == LENGTH and secret.endswith(checksum(secret[:-CHECK_LENGTH]))


def secret_digest(secret: str) -> str:
    """The form in which a token is stored: a fast hash suffices for 238 random bits."""
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

    history = TenantHistory(excluded_fields=["digest", "last_used_at"])
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
