"""Background work: each task calls one service."""

from celery import shared_task

from organizations.services.jobs.running import run_due_jobs
from organizations.services.jobs.slots import fire_due_slots
from organizations.services.jobs.sweeping import sweep_jobs as sweep


@shared_task  # type: ignore[untyped-decorator]
def run_jobs() -> int:
    """Do what is due for a while; returns how many jobs were taken."""
    return run_due_jobs()


@shared_task  # type: ignore[untyped-decorator]
def sweep_jobs() -> int:
    """Do what lost messages and killed workers left undone; returns how many jobs are due."""
    return sweep()


@shared_task  # type: ignore[untyped-decorator]
def tick() -> int:
    """Ask for what recurs, once a minute; returns how many slots fired."""
    return fire_due_slots()
