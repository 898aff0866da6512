"""Locks that keep two transactions of one organization, or of all, apart."""

from django.db import connection

from organizations.models import Organization
from organizations.statements import statement_cursor


def lock_organization(organization_id: int) -> None:
    """Wait until no other transaction edits a graph of the organization; held until its end.

    On SQLite every write transaction is alone already.
    """
    Organization.objects.select_for_update(no_key=True).only("pk").get(pk=organization_id)


def lock_scores(organization_id: int) -> None:
    """Wait until no other transaction marks or computes the organization's scores."""
    if connection.vendor == "postgresql":
        with statement_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SCORES_LOCK, organization_id])


def lock_closings(organization_id: int, *, may_close: bool = False) -> None:
    """Wait until no other transaction closes a period; held until this one's end.

    Those that write values or targets share the lock, and then see what is closed; the one that
    closes (may_close) waits for them all, so that nothing slips into a period behind its report.
    """
    if connection.vendor == "postgresql":
        share = "" if may_close else "_shared"
        with statement_cursor() as cursor:
            cursor.execute(
                f"SELECT pg_advisory_xact_lock{share}(%s, %s)", [CLOSINGS_LOCK, organization_id]
            )


def lock_installation() -> None:
    """Wait until no other transaction makes the first user; held until this one's end."""
    if connection.vendor == "postgresql":
        with statement_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [INSTALLATION_LOCK])


# The first halves of the advisory locks' keys; any numbers used nowhere else.
SCORES_LOCK, CLOSINGS_LOCK, INSTALLATION_LOCK = 7001, 7002, 7003
