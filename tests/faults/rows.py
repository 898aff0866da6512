"""What stands in the rows, values and work to do: for whoever looks at a round that failed."""

from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError

from kpis.models import Change, SourceRun
from organizations.models import Job, Slot
from scorecards.models import Import, ScoreSheet
from tests.faults import points
from tests.faults.accounts import Versions, account
from tests.faults.rounds import stored

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


def told_rows(said: Versions) -> str:
    """The newest of each table, and which of the values that were acknowledged so far are lost."""
    points.disconnect()
    try:
        stale = ScoreSheet.objects.filter(is_stale=True).count()
        tables = (line for model, names in ABOUT.items() for line in _table(model, names))
        found = account(said, stored())
        values = ("--- Values", *found.lines()[:5], *found.problems)
        return "\n".join([*tables, f"--- Score sheets that are stale: {stale}", *values])
    except DatabaseError as error:
        return f"The database does not answer: {error}"


def _table(model: Any, names: tuple[str, ...]) -> Iterable[str]:
    yield f"--- {model.__name__}: {model._default_manager.count()}, the newest first"
    for row in model._default_manager.order_by("-pk").values_list("pk", *names)[:MOST]:
        told = (f"{name}={value}" for name, value in zip(names, row[1:], strict=True))
        yield f"{row[0]}: {', '.join(told)}"[:400]
