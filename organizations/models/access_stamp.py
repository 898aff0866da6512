"""What tells whether something that decides on access has changed since it was read."""

from django.db import models

from .organization import Organization


class AccessStamp(models.Model):
    """Random, and another one after every write to the organization, its units, people or roles.

    The database itself renews it, by triggers, so that no write can forget to. Being random, one of
    a transaction that was rolled back never comes again. Disposable: backups leave it out.
    """

    organization = models.OneToOneField(
        Organization,
        on_delete=models.PROTECT,
        primary_key=True,
        db_constraint=False,
        related_name="access_stamp",
    )
    stamp = models.CharField(max_length=36)

    def __str__(self) -> str:
        return self.stamp
