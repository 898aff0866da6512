"""Answers for load balancers and container health checks."""

from datetime import datetime

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# A worker sweeps every 10 seconds; work this old means that none is running.
OLDEST_PENDING_SECONDS = 300


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Database, migrations and workers keep up; 503 with the reason otherwise."""
    try:
        reason, age = _obstacle(), None
        if not reason:
            age = oldest_pending_seconds()
            reason = _delay(age)
    except DatabaseError:
        reason, age = "The database does not answer.", None
    answer = {"status": "not ready" if reason else "ready", "reason": reason}
    return JsonResponse({**answer, "oldest_pending_seconds": age}, status=503 if reason else 200)


def oldest_pending_seconds() -> float | None:
    """Age of the change that has waited longest for its scores, None when nothing waits."""
    changes = apps.get_model("kpis", "Change")._default_manager
    created: datetime | None = (
        changes.order_by("created_at").values_list("created_at", flat=True).first()
    )
    if created is None:
        return None
    return round((timezone.now() - created).total_seconds(), 1)


def _obstacle() -> str:
    missing = _unapplied_migrations()
    return f"{missing} migrations are not applied: run manage.py migrate." if missing else ""


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _delay(age: float | None) -> str:
    if age is None or age <= OLDEST_PENDING_SECONDS:
        return ""
    return f"Changes have waited {age:.0f} seconds for their scores: is a worker running?"
