"""Waking a worker for an import, and again where a message was lost."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import KombuError

from scorecards.models import Import

RUN_TASK = "scorecards.tasks.run_import"

logger = structlog.get_logger(__name__)


def wake_import(import_id: int) -> None:
    """Send a message once the transaction is stored; losing it only delays the import."""
    transaction.on_commit(partial(_send, import_id))


def wake_waiting_imports() -> int:
    """Send a message for each import that waits for a worker; returns how many do."""
    waiting = list(Import.objects.waiting(timezone.now()).values_list("pk", flat=True))
    for import_id in waiting:
        _send(import_id)
    return len(waiting)


def _send(import_id: int) -> None:
    try:
        current_app.send_task(RUN_TASK, [import_id], retry=False)
    except (OSError, KombuError) as error:
        logger.warning("import_not_woken", import_id=import_id, reason=str(error))
