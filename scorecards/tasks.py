"""Background work: each task calls one service."""

from celery import shared_task

from scorecards.services.imports.work import run_import as run
from scorecards.services.refresh import refresh_scores as refresh
from scorecards.services.sweep import sweep_scores as sweep


@shared_task  # type: ignore[untyped-decorator]
def refresh_scores(organization_id: int) -> int:
    """Bring the organization's scores up to date; returns how many sheets were computed."""
    return refresh(organization_id=organization_id)


@shared_task  # type: ignore[untyped-decorator]
def sweep_scores() -> int:
    """Do what a lost message left undone, and what the passing of days asks for."""
    return sweep()


@shared_task  # type: ignore[untyped-decorator]
def run_import(import_id: int) -> str:
    """Read, check, apply or undo an import, whatever it waits for; returns its state then."""
    return run(import_id=import_id)
