"""Waking the worker that refreshes scores."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

REFRESH_TASK = "scorecards.tasks.refresh_scores"

logger = structlog.get_logger(__name__)


def wake_refresh(organization_id: int) -> None:
    """Send one message for the organization once the transaction is stored.

    Losing it only delays the scores until the next sweep, so a queue that is down fails nothing.
    """
    send = partial(_send, organization_id)
    waiting = (each[1] for each in transaction.get_connection().run_on_commit)
    if not any(getattr(each, "func", None) is _send and each.args == send.args for each in waiting):
        transaction.on_commit(send)


def _send(organization_id: int) -> None:
    try:
        current_app.send_task(REFRESH_TASK, [organization_id], retry=False)
    except (OSError, KombuError) as error:
        logger.warning("refresh_not_woken", organization_id=organization_id, reason=str(error))
