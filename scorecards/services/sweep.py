"""The sweep: every few seconds, everything that waits to be computed."""

import structlog
from django.db import DatabaseError

from organizations.models import Organization

from .refresh import refresh_scores

logger = structlog.get_logger(__name__)


def sweep_scores() -> int:
    """Refresh every organization; one that fails delays no other. Returns the sheets computed."""
    count = 0
    for organization_id in Organization.objects.order_by("pk").values_list("pk", flat=True):
        try:
            count += refresh_scores(organization_id=organization_id)
        except (DatabaseError, ArithmeticError, LookupError, ValueError):
            logger.exception("sweep_failed", organization_id=organization_id)
    return count
