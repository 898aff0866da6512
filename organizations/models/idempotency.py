"""What was answered to requests that may be sent again."""

from django.db import models

from .organization import Organization
from .people import User
from .token import ApiToken


class IdempotencyKey(models.Model):
    """A key that a token or a signed-in person sent with a request, and what it was answered.

    Written in the transaction of what the request did; kept for a day. body: None where the answer
    told a secret.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(
        ApiToken, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField(null=True)  # noqa: DJ001  no body is not an empty one
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "key"],
                condition=models.Q(user=None),
                name="idempotency_key_once_per_token",
            ),
            models.UniqueConstraint(
                fields=["organization", "user", "key"],
                condition=models.Q(token=None),
                name="idempotency_key_once_per_user",
            ),
            models.CheckConstraint(
                condition=models.Q(token=None, user__isnull=False)
                | models.Q(token__isnull=False, user=None),
                name="idempotency_key_of_token_or_user",
            ),
        ]

    def __str__(self) -> str:
        return self.key
