"""Waking the worker that refreshes scores."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

REFRESH_TASK = "scorecards.tasks.refresh_scores"
# What comes within this time shares a message, and a single push does not wait for its own.
TOGETHER_SECONDS = 0.02

logger = structlog.get_logger(__name__)


def wake_refresh(organization_id: int) -> None:
    """Send one message for the organization once the transaction is stored.

    Losing it only delays the scores until the next sweep, so a queue that is down fails nothing.
    """
    wake = partial(_wake, organization_id)
    waiting = (each[1] for each in transaction.get_connection().run_on_commit)
    if not any(getattr(each, "func", None) is _wake and each.args == wake.args for each in waiting):
        transaction.on_commit(wake)


@contextmanager
def in_place_of_message(organization_id: int) -> Iterator[None]:
    """Within, this process does what a message would ask for: one that waits need not be sent.

    It waited for what was stored before, so whatever is read within finds that. If it fails, the
    message is sent after all.
    """
    was_waiting = _messenger().take(organization_id)
    try:
        yield
    except BaseException:
        if was_waiting:
            _wake(organization_id)
        raise


class _Messenger:
    """Sends messages from a thread of its own, which lives as long as there are any.

    No daemon: the process waits at its end until everything is sent.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: dict[int, None] = {}
        self.is_running = False

    def add(self, organization_id: int) -> None:
        with self.lock:
            self.waiting[organization_id] = None
            if not self.is_running:
                self.is_running = True
                threading.Thread(target=self._run, name="wake").start()

    def take(self, organization_id: int) -> bool:
        """Whether a message waits; it does not any more then."""
        with self.lock:
            is_waiting = organization_id in self.waiting
            self.waiting.pop(organization_id, None)
            return is_waiting

    def _run(self) -> None:
        while True:
            time.sleep(TOGETHER_SECONDS)
            with self.lock:
                taken, self.waiting = self.waiting, {}
                if not taken:
                    self.is_running = False
                    return
            for organization_id in taken:
                _send(organization_id)


_messengers = {os.getpid(): _Messenger()}


def _messenger() -> _Messenger:
    # A process that was forked has a copy of the lock, but not of the thread that may hold it.
    return _messengers.setdefault(os.getpid(), _Messenger())


def _wake(organization_id: int) -> None:
    _messenger().add(organization_id)


def _send(organization_id: int) -> None:
    try:
        current_app.send_task(REFRESH_TASK, [organization_id], retry=False)
    except (OSError, KombuError) as error:
        logger.warning("refresh_not_woken", organization_id=organization_id, reason=str(error))
