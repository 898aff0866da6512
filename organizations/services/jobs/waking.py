"""Waking workers: a message says no more than that there is something to do."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

RUN_TASK = "organizations.tasks.run_jobs"
# Each worker that is woken goes on until nothing waits, so a few messages set all of them going.
MOST_MESSAGES = 4
EXPIRES = 60  # seconds; those that nobody took must not pile up while no worker runs

logger = structlog.get_logger(__name__)


def wake_workers(jobs: int = 1) -> None:
    """Send messages for so many jobs once the transaction is stored; losing them only delays."""
    asked = (each[1] for each in transaction.get_connection().run_on_commit)
    sent = sum(each.args[0] for each in asked if getattr(each, "func", None) is _send)
    more = min(jobs, MOST_MESSAGES - sent)
    if more > 0:
        transaction.on_commit(partial(_send, more))


def _send(messages: int) -> None:
    try:
        for _ in range(messages):
            current_app.send_task(RUN_TASK, retry=False, expires=EXPIRES)
    except (OSError, KombuError) as error:
        logger.warning("workers_not_woken", reason=str(error))
