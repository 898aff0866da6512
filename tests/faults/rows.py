"""What stands in the rows that are work to do: for whoever looks at a round that failed."""

from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError

from kpis.models import Change, SourceRun
from organizations.models import Job, Slot
from scorecards.models import Import, ScoreSheet
from tests.faults import points

MOST = 40
ABOUT: dict[Any, tuple[str, ...]] = {
    Import: ("organization__code", "state", "attempt", "tries", "lease_until", "changed_at"),
    Job: (
        *("organization__code", "kind", "about", "state", "attempt", "tries", "due_at"),
        *("lease_until", "reason", "args"),
    ),
    SourceRun: ("source__name", "state", "created", "updated", "refused", "said", "lines"),
    Slot: ("organization__code", "what", "at", "claimed_at"),
    Change: ("organization__code", "assignment_id", "first_start", "created_at"),
}


def told_rows() -> str:
    """The newest of each table."""
    points.disconnect()
    try:
        stale = ScoreSheet.objects.filter(is_stale=True).count()
        tables = (line for model, names in ABOUT.items() for line in _table(model, names))
        return "\n".join([*tables, f"--- Score sheets that are stale: {stale}"])
    except DatabaseError as error:
        return f"The database does not answer: {error}"


def _table(model: Any, names: tuple[str, ...]) -> Iterable[str]:
    yield f"--- {model.__name__}: {model._default_manager.count()}, the newest first"
    for row in model._default_manager.order_by("-pk").values_list("pk", *names)[:MOST]:
        told = (f"{name}={value}" for name, value in zip(names, row[1:], strict=True))
        yield f"{row[0]}: {', '.join(told)}"[:400]
