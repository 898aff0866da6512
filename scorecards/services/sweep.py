"""The sweep: every few seconds, everything that waits to be computed."""

import structlog
from django.db import DatabaseError

from organizations.models import Organization
from organizations.services.idempotency import forget_old_answers

from .books import forget_old_books
from .imports.tidying import tidy_imports
from .imports.waking import wake_waiting_imports
from .refresh import refresh_scores

logger = structlog.get_logger(__name__)


def sweep_scores() -> int:
    """Refresh every organization; one that fails delays no other. Returns the sheets computed.

    Imports that wait get a message each: another worker may take them.
    """
    _sweep_imports()
    forget_old_answers()
    forget_old_books()
    count = 0
    for organization_id in Organization.objects.order_by("pk").values_list("pk", flat=True):
        try:
            count += refresh_scores(organization_id=organization_id)
        except (DatabaseError, ArithmeticError, LookupError, ValueError):
            logger.exception("sweep_failed", organization_id=organization_id)
    return count


def _sweep_imports() -> None:
    try:
        wake_waiting_imports()
        tidy_imports()
    except DatabaseError:
        logger.exception("sweep_of_imports_failed")
