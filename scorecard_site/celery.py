"""The Celery application: background work by task name."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_ready
from django.core.exceptions import ImproperlyConfigured
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scorecard_site.settings")

app = Celery("scorecard_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


def keep_django_logging(**kwargs: Any) -> None:
    """Receiving this signal at all keeps Celery from replacing the logging of settings.py."""


def refuse_insecure_start(**kwargs: Any) -> None:
    """Leave with a sentence; Celery would merely log an exception and go on."""
    from scorecard_site import checks

    try:
        checks.refuse_insecure_start()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def sweep_at_start(**kwargs: Any) -> None:
    """Pick up at once what lost messages left behind while no worker ran."""
    app.send_task("scorecards.tasks.sweep_scores")
    app.send_task("organizations.tasks.sweep_jobs")


setup_logging.connect(keep_django_logging)
worker_init.connect(refuse_insecure_start)
beat_init.connect(refuse_insecure_start)
worker_ready.connect(sweep_at_start)
