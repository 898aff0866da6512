"""Answers for load balancers and container health checks."""

from datetime import datetime
from typing import Any

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
        reason, ages = _obstacle(), {}
        if not reason:
            ages = oldest_pending_seconds()
            reason = _delay(ages)
    except DatabaseError:
        reason, ages = "The database does not answer.", {}
    answer: dict[str, Any] = {"status": "not ready" if reason else "ready", "reason": reason}
    answer |= {"oldest_pending_seconds": max(ages.values(), default=None), "waiting_seconds": ages}
    return JsonResponse(answer, status=503 if reason else 200)


def oldest_pending_seconds() -> dict[str, float]:
    """For how long work of each sort has waited for a worker; what does not wait is not there."""
    now = timezone.now()
    waiting = {
        "changes": _oldest("kpis", "Change", "created_at"),
        "jobs": _unserved_since(now),
        "imports": _oldest("scorecards", "Import", "changed_at", **_unread_imports()),
    }
    return {
        name: round((now - since).total_seconds(), 1)
        for name, since in waiting.items()
        if since is not None
    }


def _oldest(app: str, model: str, column: str, **which: Any) -> datetime | None:
    rows = apps.get_model(app, model)._default_manager.filter(**which)
    found: datetime | None = (
        rows.order_by(column).values_list(column.lstrip("-"), flat=True).first()
    )
    return found


def _unserved_since(now: datetime) -> datetime | None:
    """Since when jobs wait and nobody takes any: a long queue that moves is no fault."""
    since = _oldest("organizations", "Job", "due_at", due_at__lte=now, state="waiting")
    if since is None or (now - since).total_seconds() <= OLDEST_PENDING_SECONDS:
        return since
    last = _oldest("organizations", "Job", "-started_at", started_at__isnull=False)
    return max(since, last) if last else since


def _unread_imports() -> dict[str, Any]:
    """Those that nobody has; one that is worked on for long is no fault."""
    working = apps.get_model("scorecards", "Import").WORKING
    return {"state__in": working, "lease_until": None}


def _obstacle() -> str:
    missing = _unapplied_migrations()
    return f"{missing} migrations are not applied: run manage.py migrate." if missing else ""


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _delay(ages: dict[str, float]) -> str:
    """What has waited too long: each sort is taken at the latest by the next sweep."""
    late = [(age, name) for name, age in ages.items() if age > OLDEST_PENDING_SECONDS]
    if not late:
        return ""
    age, name = max(late)
    return f"{WAITS[name].format(age)}: is a worker running?"


WAITS = {
    "changes": "Changes have waited {:.0f} seconds for their scores",
    "jobs": "Jobs have waited {:.0f} seconds",
    "imports": "Files that were brought in have waited {:.0f} seconds",
}
