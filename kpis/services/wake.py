"""Waking the worker that refreshes scores."""

import structlog
from celery import current_app
from django.db import transaction

REFRESH_TASK = "scorecards.tasks.refresh_scores"

logger = structlog.get_logger(__name__)


def wake_refresh(organization_id: int) -> None:
    """Send the message once the transaction is stored.

    Losing it only delays the scores until the next sweep, so a queue that is down fails nothing.
    """
    transaction.on_commit(lambda: _send(organization_id))


def _send(organization_id: int) -> None:
    try:
        current_app.send_task(REFRESH_TASK, [organization_id], retry=False)
    except (OSError, current_app.connection_for_write().connection_errors) as error:
        logger.warning("refresh_not_woken", organization_id=organization_id, reason=str(error))
