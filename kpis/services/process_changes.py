"""Declaring that the process behind a KPI was changed on purpose.

What is declared is not edited: it is taken back, and declared anew.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency
from kpis.models import Assignment, ProcessChange
from organizations.models import User
from organizations.services.locks import lock_organization
from organizations.services.structure import created, restore_structure, retire_structure

UNSAID = "Say what was changed."


@transaction.atomic
def declare_process_change(
    *, assignment: Assignment, day: dt.date, note: str, by: User | None = None
) -> ProcessChange:
    """From the own period on that contains the day, values come from a changed process.

    Values and scores stay as they are, also of closed periods: only limits, signals and forecasts
    begin anew. Raises ValidationError, by field: a period to come, one declared already, no note.
    """
    lock_organization(assignment.organization_id)
    organization = assignment.kpi.organization
    period = organization.calendar.period(Frequency(assignment.kpi.frequency), day)
    label = organization.calendar.label(period)
    if period.start > organization.today():
        raise ValidationError({"period": f"{label} has not begun: declare the change then."})
    declared = ProcessChange.objects.live().filter(assignment=assignment, period_start=period.start)
    if declared.exists():
        raise ValidationError(
            {
                "period": ValidationError(
                    f"A change is declared from {label} on already: take it back first.", "unique"
                )
            }
        )
    return created(
        ProcessChange(
            organization_id=assignment.organization_id,
            assignment=assignment,
            period_start=period.start,
            note=_said(note),
            declared_at=timezone.now(),
            declared_by=by,
        )
    )


@transaction.atomic
def take_back_process_change(
    *, change: ProcessChange, by: User | None = None, version: int | None = None
) -> ProcessChange:
    """It was no change after all. Raises StaleVersion, and ValidationError where it is gone."""
    return retire_structure(row=change, by=by, version=version)


@transaction.atomic
def restore_process_change(*, change: ProcessChange, by: User | None = None) -> ProcessChange:
    """It stands again. Raises ValidationError where another one stands in its place."""
    return restore_structure(row=change, by=by)


def on_one_line(note: str) -> str:
    """As notes are stored.

    >>> on_one_line("  A new   boiler ")
    'A new boiler'
    """
    return " ".join(note.split())


def _said(note: str) -> str:
    text = on_one_line(note)
    if not text:
        raise ValidationError({"note": UNSAID})
    return text
