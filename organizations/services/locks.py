"""Locks that keep two transactions of one organization apart."""

from django.db import connection

from organizations.models import Organization


def lock_organization(organization_id: int) -> None:
    """Wait until no other transaction edits a graph of the organization; held until its end.

    On SQLite every write transaction is alone already.
    """
    Organization.objects.select_for_update(no_key=True).only("pk").get(pk=organization_id)


def lock_scores(organization_id: int) -> None:
    """Wait until no other transaction marks or computes the organization's scores."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SCORES_LOCK, organization_id])


SCORES_LOCK = 7001  # the first half of the advisory lock's key; any number used nowhere else
