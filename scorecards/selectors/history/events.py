"""What happened once and has no history of its own: periods closed and reopened, and restated.

Such rows are read as rows of a history are: with its columns, as of something that came to be.
"""

from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.fields import BooleanField, IntegerField

from kpis.models import Restatement
from organizations.models import ClosedPeriod

Rows = QuerySet[Any, Any]


def closings() -> Rows:
    return _events(ClosedPeriod.objects.select_related("closed_by"), "closed_at", "closed_by_id")


def reopenings() -> Rows:
    rows = ClosedPeriod.objects.exclude(reopened_at=None).select_related("reopened_by")
    return _events(rows, "reopened_at", "reopened_by_id")


def restatements() -> Rows:
    rows = Restatement.objects.select_related("assignment__kpi", "user", "token")
    return _events(rows, "at", "user_id")


def _events(rows: Any, at: str, by: str) -> Rows:
    """The rows with the columns that a row of a history has."""
    found: Rows = rows.annotate(
        history_date=F(at),
        history_id=F("pk"),
        history_user=F(by),
        history_user_id=F(by),
        history_type=Value("+", CharField()),
        history_change_reason=Value("", CharField()),
        before_id=Value(None, IntegerField()),
        is_last=Value(True, BooleanField()),
    )
    return found.filter(Q(history_date__isnull=False))


def as_record(name: str, row: Any) -> Any:
    """The row with whoever did it."""
    by = {"closing": "closed_by", "reopening": "reopened_by"}.get(name, "user")
    row.history_user = getattr(row, by)
    token = getattr(row, "token", None)
    if token is not None:
        row.history_change_reason = f"API token “{token}”"
    return row


def reason_of(name: str, record: Any) -> str:
    """What was said with it, "" where nothing was."""
    field = {"closing": "note", "reopening": "reopening_reason"}.get(name, "reason")
    return str(getattr(record, field))
